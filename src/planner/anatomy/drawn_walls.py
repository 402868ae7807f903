"""Lets a line the user drew stand for the front or the back of the bodies."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.body_surface import ANGLES
from planner.domain.corrections import WallSide
from planner.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from planner.anatomy.body_surface import BodySurfaces
    from planner.anatomy.disc_search import DiscSearch
    from planner.anatomy.spine_curve import SpineCurve
    from planner.anatomy.straight_spine import StraightSpine
    from planner.anatomy.wall_lines import WallLines
    from planner.domain.corrections import WallLine

BLEND_MM = 6.0
"""The found wall goes over into the drawn one within this distance along the spine."""

FLAT_MM = 8.0
"""The drawn wall holds this far to each side of the midline, then gives way to what is found."""

FADE_MM = 6.0

THINNEST_BODY_MM = 8.0


def moved_walls(spine: StraightSpine, line: WallLine) -> tuple[WallLines, slice]:
    """Return the wall lines with one of them drawn by hand, and the rows that differ.

    Raises
    ------
    UsageError
        When the line is too short along the spine or runs far from the bodies.
    """
    walls = spine.discs.walls
    rows, v, weight = _along_rows(spine.curve, line, len(walls.posterior_mm))
    posterior, anterior = walls.posterior_mm.copy(), walls.anterior_mm.copy()
    moved = posterior if line.side is WallSide.POSTERIOR else anterior
    moved[rows] += weight * (v - moved[rows])
    if (anterior[rows] - posterior[rows] < THINNEST_BODY_MM).any():
        raise UsageError("the drawn wall leaves no body between front and back; draw it again")
    return replace(walls, posterior_mm=posterior, anterior_mm=anterior), rows


def held_to_walls(
    surfaces: BodySurfaces, discs: DiscSearch, curve: SpineCurve, lines: Iterable[WallLine]
) -> BodySurfaces:
    """Return the side walls with every drawn line as the wall near the midline."""
    radius = surfaces.radius_mm.copy()
    angle = np.linspace(-np.pi, np.pi, ANGLES, endpoint=False)
    for line in lines:
        rows, v, weight = _along_rows(curve, line, len(radius))
        facing = -np.cos(angle) if line.side is WallSide.POSTERIOR else np.cos(angle)
        reach = np.abs(v - discs.walls.centre_mm[rows])
        straight = reach[:, None] / np.maximum(facing, 0.05)[None]
        lateral = np.abs(straight * np.sin(angle)[None])
        share = np.clip(1.0 - (lateral - FLAT_MM) / FADE_MM, 0.0, 1.0) * (facing > 0.3)[None]
        share *= weight[:, None]
        radius[rows] += share * (straight - radius[rows])
    return replace(surfaces, radius_mm=radius)


def _along_rows(
    curve: SpineCurve, line: WallLine, count: int
) -> tuple[slice, NDArray[np.float64], NDArray[np.float64]]:
    """Return the rows a line covers with its blend, ``v`` of it on each, and its weight there."""
    s, v, u = curve.locate(np.array([point.array for point in line.points]))
    if np.ptp(s) < 3.0:
        raise UsageError("the wall line is too short along the spine; draw it over half a body")
    if (np.abs(u) > 25.0).any() or (v < -20.0).any() or (v > 68.0).any():
        raise UsageError("the wall line runs far from the vertebral bodies")
    order = np.argsort(s, kind="stable")
    s, v = s[order], v[order]
    start = int(np.clip(np.floor(s[0] - BLEND_MM), 0, count - 1))
    stop = int(np.clip(np.ceil(s[-1] + BLEND_MM) + 1, start + 1, count))
    place = np.arange(start, stop, dtype=np.float64)
    outside = np.maximum(np.maximum(s[0] - place, place - s[-1]), 0.0)
    return slice(start, stop), np.interp(place, s, v), np.clip(1.0 - outside / BLEND_MM, 0.0, 1.0)
