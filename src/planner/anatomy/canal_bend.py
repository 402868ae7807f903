"""Bends the axis of the canal through a point the user gave."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.errors import UsageError

if TYPE_CHECKING:
    from planner.anatomy.spine_curve import SpineCurve
    from planner.anatomy.straight_spine import StraightSpine
    from planner.anatomy.wall_lines import WallLines
    from planner.geometry.points import PointLps

BEND_MM = 20.0, 32.0
"""The axis is moved this far to both sides of the point, less and less."""

BEND_OF_SHIFT = 8.0
"""A shift bends the axis over so many times its own size, so that its slope stays under 0.2."""

FARTHEST_MM = 25.0
"""A point farther from the axis than this is not a bend of it but another path."""


def bent_to(spine: StraightSpine, at: PointLps) -> tuple[SpineCurve, WallLines, slice]:
    """Return the axis through a point, the wall lines beside it, and the rows that moved.

    The axis moves within the sections across it, which stay as they are: every place in the
    patient keeps its ``s``, so discs and levels stay too.

    Raises
    ------
    UsageError
        When the point lies beyond the spine or too far from the axis.
    """
    curve = spine.curve
    s, v, u = (float(value[0]) for value in curve.locate(at.array[None]))
    if not 0.0 <= s <= len(curve) - 1.0 or np.hypot(v, u) > FARTHEST_MM:
        raise UsageError(
            f"the point lies more than {FARTHEST_MM:.0f} mm from the canal that was found; import "
            "outlines made elsewhere for this scan"
        )
    place = np.arange(len(curve), dtype=np.float64)
    reach = float(np.clip(BEND_OF_SHIFT * np.hypot(v, u), *BEND_MM))
    part = np.clip(np.abs(place - s) / reach, 0.0, 1.0)
    weight = 0.5 * (1.0 + np.cos(np.pi * part))
    shift_v, shift_u = weight * v, weight * u
    moved = curve.points_mm + shift_v[:, None] * curve.anterior + shift_u[:, None] * curve.left
    walls = replace(
        spine.discs.walls,
        posterior_mm=spine.discs.walls.posterior_mm - shift_v,
        anterior_mm=spine.discs.walls.anterior_mm - shift_v,
    )
    rows = slice(max(0, int(s - reach)), min(len(curve), int(s + reach) + 2))
    return replace(curve, points_mm=np.ascontiguousarray(moved)), walls, rows
