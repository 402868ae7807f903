"""Where cement leaves a cannula, as voxels of a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.physics.cement.paths import Kind, Place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.geometry.points import PointLps, Vector
    from planner.physics.cement.medium import CementMedium

OUTLET_MM = 1.5
"""Half width of the opening of a bone needle of 10 to 13 G."""

REACH_MM = 3.0
"""A tip in cortex or just outside the bone still feeds open bone this near."""

THROUGH_MM = 15.0
"""A tip in the cement of an earlier injection feeds the bone round it, this far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One stage of giving: where the opening is, and how much has been given at its end."""

    tip: PointLps
    until_ml: float


def drawn_back(
    tip: PointLps, backward: Vector, volume_ml: float, pull_back_mm: float
) -> tuple[Outlet, ...]:
    """Return the stages of an injection: half from the tip and half from further back."""
    if pull_back_mm <= 0.0:
        return (Outlet(tip=tip, until_ml=volume_ml),)
    behind = tip.moved(backward * pull_back_mm)
    return (
        Outlet(tip=tip, until_ml=volume_ml / 2.0),
        Outlet(tip=behind, until_ml=volume_ml),
    )


def outlet_voxels(
    medium: CementMedium, permeability: NDArray[np.float32], tip: PointLps
) -> NDArray[np.int64]:
    """Return the flat indices of open bone at a tip; empty where there is none near enough."""
    geometry = medium.geometry
    centre = geometry.ijk(tip.array)[::-1]
    at = tuple(np.rint(centre).astype(int))
    inside = all(0 <= place < size for place, size in zip(at, medium.hu.shape, strict=True))
    in_cement = inside and medium.kind[at] == Kind.TAKEN
    reach = (THROUGH_MM if in_cement else REACH_MM) / geometry.spacing_mm[0]
    low = np.maximum(np.floor(centre - reach).astype(int), 0)
    high = np.minimum(np.ceil(centre + reach).astype(int) + 1, medium.hu.shape)
    if (high <= low).any():
        return np.empty(0, np.int64)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    is_open = (permeability[box] > 0.0) & (medium.place[box] == Place.BONE)
    places = np.argwhere(is_open) + low
    away = np.linalg.norm(places - centre, axis=1) * geometry.spacing_mm[0]
    if not len(places) or away.min() > reach * geometry.spacing_mm[0]:
        return np.empty(0, np.int64)
    near = away <= max(OUTLET_MM, float(away.min()) + OUTLET_MM / 2.0)
    return np.asarray(np.ravel_multi_index(tuple(places[near].T), medium.hu.shape), dtype=np.int64)


def stages(
    medium: CementMedium, permeability: NDArray[np.float32], outlets: Sequence[Outlet]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the voxels of every stage, where each begins, and the volume at its end, mm3.

    A stage whose opening lies in nothing open gives through the one before it; with no open
    voxel at all nothing is given.
    """
    found: list[NDArray[np.int64]] = []
    until: list[float] = []
    for outlet in outlets:
        own = outlet_voxels(medium, permeability, outlet.tip)
        if len(own):
            found.append(own)
            until.append(outlet.until_ml * 1000.0)
        elif found:
            until[-1] = outlet.until_ml * 1000.0
    firsts = np.cumsum([0, *(len(own) for own in found)]).astype(np.int64)
    flat = np.concatenate(found) if found else np.empty(0, np.int64)
    return flat, firsts, np.array(until)
