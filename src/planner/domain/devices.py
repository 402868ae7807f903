"""Ablation devices, needles, cements and tissues as the catalogue holds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from planner.domain.sourced import Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.levels import Level
    from planner.domain.sourced import Sourced


class Modality(StrEnum):
    """How a device destroys tissue."""

    BIPOLAR_RF = "bipolar-rf"
    MONOPOLAR_RF = "monopolar-rf"
    MICROWAVE = "microwave"
    CRYO = "cryo"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneRow:
    """One row of a device's zone table. A setting that is ``None`` is not part of the row.

    Attributes
    ----------
    time_s
        Lowest and highest time the row holds for; never extrapolated beyond.
    length_mm, width_mm
        Full extent along and across the applicator.
    centre_from_tip_mm
        Distance of the zone's centre behind the applicator tip.
    tissue
        What it was measured in; ``not stated`` where the source does not say.
    settings_status, settings_source
        The weakest status of the power, setpoint and time, and where they come from: a size
        may be verified where the time it was reached in is not.
    """

    power_w: float | None
    setpoint_celsius: float | None
    time_s: tuple[float, float] | None
    length_mm: Sourced
    width_mm: Sourced
    centre_from_tip_mm: Sourced
    tissue: str
    settings_status: Status = Status.RECALLED
    settings_source: str = "not stated"

    @property
    def weakest_status(self) -> Status:
        """The status a zone drawn from this row can claim."""
        sizes = (self.length_mm, self.width_mm, self.centre_from_tip_mm)
        return max((self.settings_status, *(size.status for size in sizes)), key=lambda s: s.rank)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """An ablation applicator.

    Attributes
    ----------
    numbers
        Further catalogue values by key with the unit in the key
        (``outer_diameter_mm``, ``shaft_length_mm``, ``tip_beyond_cannula_mm`` ...).
    zone_rows
        Empty when no table was found; then no zone is drawn until a user enters one.
    forbidden_levels
        Levels the maker excludes.
    """

    id: str
    name: str
    maker: str
    modality: Modality
    numbers: Mapping[str, Sourced]
    zone_rows: tuple[ZoneRow, ...]
    forbidden_levels: tuple[Level, ...] = ()
    notes: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needle:
    """An access needle or cannula; its hub as a cylinder about the shaft."""

    id: str
    name: str
    gauge: int
    outer_diameter_mm: Sourced
    lengths_mm: tuple[Sourced, ...]
    hub_diameter_mm: Sourced
    hub_length_mm: Sourced


@dataclass(frozen=True, slots=True, kw_only=True)
class Cement:
    """A bone cement class."""

    id: str
    name: str
    viscosity_class: str
    numbers: Mapping[str, Sourced]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tissue:
    """Physical constants of a tissue, by key with the unit in the key."""

    id: str
    name: str
    numbers: Mapping[str, Sourced]


class Stricter(StrEnum):
    """Which way a limit becomes stricter."""

    HIGHER = "higher"
    LOWER = "lower"
    FIXED = "fixed"
    """Part of a definition; no site may change it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitChange:
    """A limit that a site has changed.

    Attributes
    ----------
    by, reason
        Who loosened it and why; they may be empty where it is stricter than shipped.
    """

    site: str
    rule: str
    name: str
    shipped: float
    value: float
    is_looser: bool
    by: str = ""
    reason: str = ""

    @property
    def sentence(self) -> str:
        """What was changed, in one sentence."""
        way = "loosened" if self.is_looser else "tightened"
        why = f" by {self.by}: {self.reason}" if self.is_looser else ""
        name = self.name.replace("_", " ")
        return (
            f"{self.site} {way} {self.rule} ({name}) from {self.shipped:g} to {self.value:g}{why}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """A rule as data: its words, thresholds and where they come from.

    Attributes
    ----------
    stricter
        For every threshold, which way it becomes stricter.
    changes
        What the site has changed of the shipped thresholds.
    """

    id: str
    title: str
    meaning: str
    thresholds: Mapping[str, Sourced]
    source: str
    status: Status
    stricter: Mapping[str, Stricter] = field(default_factory=dict)
    changes: tuple[LimitChange, ...] = ()
