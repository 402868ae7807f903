"""What protecting layers do to the tissue map, and how thick they have to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.devices import Modality
from planner.domain.protection import Agent
from planner.domain.structures import CANAL, CORD, DURAL_SAC, in_words
from planner.physics.heat.tissue_classes import TissueClass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from planner.catalog import Catalog
    from planner.domain.devices import Device
    from planner.domain.protection import ProtectionLayer
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry

MADE_OF: Final = {
    Agent.CO2: TissueClass.GAS,
    Agent.DEXTROSE: TissueClass.WATER,
    Agent.SALINE: TissueClass.WATER,
}
"""Saline is never simulated under current, so what it conducts is not asked."""

CURRENT: Final = frozenset({Modality.BIPOLAR_RF, Modality.MONOPOLAR_RF})

NERVES: Final = (CANAL, CORD, DURAL_SAC)
NERVE_KINDS: Final = ("root:", "foramen:")


def painted_at(
    points_mm: Vector, layers: Iterable[ProtectionLayer]
) -> dict[TissueClass, NDArray[np.bool_]]:
    """Return which points, LPS mm, shape ``(n, 3)``, a layer fills, by what it counts as."""
    found: dict[TissueClass, NDArray[np.bool_]] = {}
    for layer in layers:
        inside = layer.shape.contains(points_mm)
        number = MADE_OF[layer.agent]
        found[number] = found[number] | inside if number in found else inside
    return found


def painted_in(
    geometry: VolumeGeometry, layers: Sequence[ProtectionLayer]
) -> dict[TissueClass, NDArray[np.bool_]]:
    """Return which voxels of a grid a layer fills."""
    if not layers:
        return {}
    k, j, i = np.indices(geometry.shape_kji, dtype=np.float64)
    points = geometry.lps_mm(np.stack([i, j, k], axis=-1).reshape(-1, 3))
    return {
        number: inside.reshape(geometry.shape_kji)
        for number, inside in painted_at(points, layers).items()
    }


def why_refused(device: Device, layers: Iterable[ProtectionLayer]) -> str:
    """Say why a device must not work beside the layers; empty where it may."""
    if device.modality not in CURRENT or not any(layer.agent.conducts for layer in layers):
        return ""
    return (
        f"{device.name} is not simulated: saline is planned as a layer. It conducts and carries "
        "the current to what it should protect. Use D5W or CO2."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """What a layer has to make up for.

    Attributes
    ----------
    structure
        The nerve structure nearest to the layer.
    zone_mm
        From the edge of the zone to it, in the scan as it is: the layer moves nothing.
    needed_mm
        Missing to the distance from which rule A3 is silent.
    """

    structure: str
    zone_mm: float
    needed_mm: float


def separation_of(
    layer: ProtectionLayer,
    points_mm: Mapping[str, Vector],
    zone_mm: Mapping[str, float],
    catalog: Catalog,
) -> Separation | None:
    """Return what separation is missing at the nerve structure nearest to a layer.

    Parameters
    ----------
    points_mm, zone_mm
        Surface of each structure, LPS, and how far the zone ends from it.
    """
    nerves = [
        name
        for name in zone_mm
        if name in points_mm and (name in NERVES or name.startswith(NERVE_KINDS))
    ]
    if not nerves:
        return None
    middle = layer.centre.array
    name = min(
        nerves, key=lambda one: float(np.linalg.norm(points_mm[one] - middle, axis=1).min())
    )
    wanted = catalog.rules["A3"].thresholds["warn_below_mm"].value
    return Separation(
        structure=name, zone_mm=zone_mm[name], needed_mm=max(0.0, wanted - zone_mm[name])
    )


def separation_words(layer: ProtectionLayer, separation: Separation) -> str:
    """Say whether a layer is thick enough, in whole millimetres."""
    where = in_words(separation.structure)
    needed = int(np.ceil(separation.needed_mm))
    if needed == 0:
        return f"{layer.agent}: the {where} is far enough from the zone without it."
    enough = "enough" if layer.thickness_mm >= needed else "NOT ENOUGH"
    return (
        f"{layer.agent}, {layer.thickness_mm:g} mm: the {where} needs {needed} mm of separation "
        f"more; {enough} if it pushes them apart by all of it."
    )
