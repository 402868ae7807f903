"""Which vertebrae a correction may change, told before it is played."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.canal_bend import BEND_MM
from planner.anatomy.painted_spine import paints_spine
from planner.domain.corrections import (
    BoneScribble,
    BoneThreshold,
    BrushStroke,
    CanalPoint,
    Correction,
    DiscMoved,
    LesionGrown,
    WallLine,
)

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy
    from planner.domain.levels import Level
    from planner.geometry.points import PointLps

REACH_MM = 15.0
"""A correction reaches this far beyond its points, besides the neighbours of what it meets."""

NEIGHBOURS = 2
"""A line between two vertebrae changes both, and the split from those beside them."""


def touched_levels(anatomy: Anatomy, correction: Correction) -> frozenset[Level]:
    """Return the levels whose outline or name a correction may change; rather too many.

    A correction that splits or joins vertebrae moves the names of all, and so touches all.
    """
    if isinstance(correction, LesionGrown):
        return frozenset()
    if isinstance(correction, BrushStroke) and not paints_spine(correction):
        return frozenset()
    points = _points(correction)
    if not points:
        return frozenset(anatomy.vertebrae)
    reach_mm = BEND_MM[1] if isinstance(correction, CanalPoint) else REACH_MM
    ordered = sorted(anatomy.vertebrae.values(), key=lambda vertebra: vertebra.level.order)
    met = [
        n
        for n, vertebra in enumerate(ordered)
        if min(point.distance_mm(vertebra.centroid) for point in points)
        <= reach_mm + 0.75 * max(vertebra.body_size_mm)
        or _along_mm(vertebra.body_centre, vertebra.superior, points)
        <= reach_mm + 0.5 * vertebra.body_size_mm[2]
    ]
    beside = 0 if isinstance(correction, BrushStroke) else NEIGHBOURS
    near = {m for n in met for m in range(n - beside, n + beside + 1) if 0 <= m < len(ordered)}
    return frozenset(ordered[n].level for n in near)


def _points(correction: Correction) -> tuple[PointLps, ...]:
    """Return where a correction applies; nothing when it applies to the whole spine."""
    if isinstance(correction, DiscMoved):
        return correction.disc, correction.plane.middle
    if isinstance(correction, CanalPoint | BoneThreshold):
        return (correction.at,)
    if isinstance(correction, WallLine | BoneScribble | BrushStroke):
        return correction.points
    return ()


def _along_mm(
    centre: PointLps, superior: tuple[float, float, float], points: tuple[PointLps, ...]
) -> float:
    """Return the least distance of points from a body's middle plane."""
    offsets = np.array([point.array for point in points]) - centre.array
    return float(np.abs(offsets @ np.array(superior)).min())
