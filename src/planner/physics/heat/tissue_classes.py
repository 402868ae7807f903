"""The classes of a tissue map and their properties, from data files with status and source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.catalog.resource_files import resource_path
from planner.catalog.section import Section
from planner.physics.heat.medium import PropertyTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from planner.domain.devices import Tissue
    from planner.domain.sourced import Sourced, Status

ICE_LATENT_HEAT_J_PER_KG: Final = 3.34e5
"""Of water."""

ML_PER_MIN_KG_IN_SI: Final = 1.0 / 60e6
"""mL/(min kg) in m3/(s kg)."""


LEAST_CAPACITY_J_PER_M3_K: Final = 2e5
"""What gas is taken to store: a twentieth of tissue, and a hundred times the truth. Gas carries
3 % of the heat that tissue does and stores next to none, but its own few joules would make every
explicit step a hundred times shorter, beside a lung as under a layer of carbon dioxide."""


class TissueClass(IntEnum):
    """Number of a class in a tissue map: its place in the data file."""

    SOFT = 0
    CORTICAL = 1
    CANCELLOUS = 2
    LYTIC = 3
    BLASTIC = 4
    CSF = 5
    EPIDURAL_FAT = 6
    DISC = 7
    CORD = 8
    NERVE = 9
    FAT = 10
    VESSEL = 11
    GAS = 12
    CEMENT = 13
    WATER = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class TissueClasses:
    """Names and numbers of every class, and the limits that tell them apart.

    Attributes
    ----------
    numbers
        One mapping for each class, by key with the unit in the key.
    limits
        HU limits and thicknesses of the tissue map.
    """

    names: tuple[str, ...]
    numbers: tuple[Mapping[str, Sourced], ...]
    blood: Mapping[str, Sourced]
    limits: Mapping[str, Sourced]

    def table(self) -> PropertyTable:
        """Return the properties as plain arrays; the status is the weakest of all."""
        density = self._column("density_kg_per_m3")
        specific_heat = self._column("specific_heat_j_per_kg_k")
        capacity = np.maximum(density * specific_heat, LEAST_CAPACITY_J_PER_M3_K)
        blood_capacity = (
            self.blood["density_kg_per_m3"].value * self.blood["specific_heat_j_per_kg_k"].value
        )
        flow = self._column("perfusion_ml_per_min_per_kg") * ML_PER_MIN_KG_IN_SI * density
        conductivity = self._column("heat_conductivity_w_per_m_k")
        water = self._column("freezable_water_share")
        used = [item for numbers in self.numbers for item in numbers.values()]
        return PropertyTable(
            names=self.names,
            heat_conductivity_w_per_m_k=conductivity,
            heat_capacity_j_per_m3_k=capacity,
            perfusion_w_per_m3_k=flow * blood_capacity,
            conductivity_s_per_m=self._column("conductivity_460_khz_s_per_m"),
            frozen_heat_conductivity_w_per_m_k=conductivity
            * self._column("frozen_heat_conductivity_ratio"),
            frozen_heat_capacity_j_per_m3_k=capacity * self._column("frozen_specific_heat_ratio"),
            latent_heat_j_per_m3=water * density * ICE_LATENT_HEAT_J_PER_KG,
            status=max((item.status for item in used), key=lambda status: status.rank),
        )

    def weakest_status(self, present: Iterable[int], keys: Iterable[str]) -> Status:
        """Return the weakest status among some numbers of the classes that are in a map."""
        used = [self.numbers[number][key].status for number in present for key in keys]
        return max(used, key=lambda status: status.rank)

    def _column(self, key: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([numbers[key].value for numbers in self.numbers], dtype=np.float64)


FOR_HEAT: Final = (
    "density_kg_per_m3",
    "specific_heat_j_per_kg_k",
    "heat_conductivity_w_per_m_k",
)
FOR_BLOOD: Final = ("perfusion_ml_per_min_per_kg",)
FOR_CURRENT: Final = ("conductivity_460_khz_s_per_m",)
FOR_COLD: Final = (
    "freezable_water_share",
    "frozen_heat_conductivity_ratio",
    "frozen_specific_heat_ratio",
)
REQUIRED: Final = (*FOR_HEAT, *FOR_BLOOD, *FOR_CURRENT, *FOR_COLD)
LIMITS: Final = (
    "cortical_from_hu",
    "cancellous_from_hu",
    "blastic_from_hu",
    "fat_below_hu",
    "gas_below_hu",
    "epidural_fat_mm",
    "csf_exchange_per_s",
)
NO_TISSUE: Final = "none"


def tissue_classes(tissues: Mapping[str, Tissue], path: Path | None = None) -> TissueClasses:
    """Read the classes; ``tissues`` are those of the catalogue.

    Raises
    ------
    InputRefusedError
        When the file lacks a number or names a tissue the catalogue does not have.
    """
    section = Section.of_file(path or resource_path("physics", "tissue_map.toml"))
    section.refuse_other_keys({"blood", "limits", "classes"})
    items = section.sections("classes")
    if len(items) != len(TissueClass):
        section.refuse(f"there must be {len(TissueClass)} classes, got {len(items)}")
    limits = section.numbers("limits")
    _require(limits, LIMITS, section.section("limits").refuse)
    blood = _tissue_numbers(section.section("blood"), tissues)
    _require(blood, REQUIRED[:2], section.section("blood").refuse)
    return TissueClasses(
        names=tuple(item.text("name") for item in items),
        numbers=tuple(MappingProxyType(_class_numbers(item, tissues)) for item in items),
        blood=MappingProxyType(blood),
        limits=MappingProxyType(limits),
    )


def _tissue_numbers(section: Section, tissues: Mapping[str, Tissue]) -> dict[str, Sourced]:
    name = section.text("tissue")
    if name == NO_TISSUE:
        return {}
    if name not in tissues:
        section.refuse(f"the catalogue has no tissue {name!r}")
    return dict(tissues[name].numbers)


def _class_numbers(section: Section, tissues: Mapping[str, Tissue]) -> dict[str, Sourced]:
    section.refuse_other_keys({"name", "tissue", "numbers"})
    own = section.numbers("numbers")
    section.section("numbers").refuse_other_keys(REQUIRED)
    merged = {**_tissue_numbers(section, tissues), **own}
    _require(merged, REQUIRED, section.refuse)
    return {key: merged[key] for key in REQUIRED}


def _require(
    numbers: Mapping[str, Sourced], keys: tuple[str, ...], refuse: Callable[[str], None]
) -> None:
    if missing := [key for key in keys if key not in numbers]:
        refuse(f"missing {', '.join(missing)}")
