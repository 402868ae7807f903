"""Disc planes as lines in a picture, and what dragging such a line does to the plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.corrections import DiscPlane
from planner.geometry.points import PointLps, unit

if TYPE_CHECKING:
    from planner.geometry.points import Vector

HALF_LINE_MM = 26.0
"""Half the drawn length: a little over half the depth of a lumbar endplate."""

FARTHEST_MM = 30.0
"""Beside this the picture does not pass through the disc any more."""

FLATTEST = 0.35
"""Least sine between picture and disc: an axial picture shows no line to drag."""


@dataclass(frozen=True, slots=True)
class DiscLine:
    """A disc plane cut by a picture: the middle and the two ends."""

    middle: PointLps
    start: PointLps
    end: PointLps


def disc_line(
    disc: DiscPlane, at: PointLps, picture_normal: tuple[float, float, float]
) -> DiscLine | None:
    """Return where a picture through ``at`` cuts a disc, or ``None`` when it does not."""
    across, up = np.array(picture_normal), np.array(disc.normal)
    along = np.cross(up, across)
    size = float(np.linalg.norm(along))
    if size < FLATTEST:
        return None
    along /= size
    towards = np.cross(along, up)
    away_mm = float((at.array - disc.middle.array) @ across) / float(towards @ across)
    if abs(away_mm) > FARTHEST_MM:
        return None
    middle = disc.middle.array + towards * away_mm
    return DiscLine(
        PointLps.of(middle),
        PointLps.of(middle - along * HALF_LINE_MM),
        PointLps.of(middle + along * HALF_LINE_MM),
    )


def moved(disc: DiscPlane, start: PointLps, to: PointLps) -> DiscPlane:
    """Return the plane pulled along its own normal as far as the mouse went that way."""
    up = np.array(disc.normal)
    return DiscPlane(
        middle=disc.middle.moved(up * float((to.array - start.array) @ up)), normal=disc.normal
    )


def tilted(
    disc: DiscPlane, line: DiscLine, to: PointLps, picture_normal: tuple[float, float, float]
) -> DiscPlane:
    """Return the plane turned about the picture's normal until its line runs through ``to``."""
    across = np.array(picture_normal)
    wanted = to.array - line.middle.array
    wanted = wanted - across * float(wanted @ across)
    if float(np.linalg.norm(wanted)) < 1.0:
        return disc
    before, after = unit(line.end.array - line.middle.array), unit(wanted)
    if float(before @ after) < 0.0:
        after = -after
    angle = float(np.arctan2(np.cross(before, after) @ across, before @ after))
    return DiscPlane(middle=disc.middle, normal=_turned(disc.normal, across, angle))


def _turned(
    direction: tuple[float, float, float], axis: Vector, angle_rad: float
) -> tuple[float, float, float]:
    """Turn a unit vector about a unit axis (Rodrigues)."""
    old = np.array(direction)
    cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
    new = unit(
        old * cosine + np.cross(axis, old) * sine + axis * float(axis @ old) * (1.0 - cosine)
    )
    return float(new[0]), float(new[1]), float(new[2])


def new_disc(at: PointLps, others: tuple[DiscPlane, ...]) -> DiscPlane:
    """Return a disc at a click, turned like the nearest one."""
    nearest = min(others, key=lambda disc: disc.middle.distance_mm(at))
    return DiscPlane(middle=at, normal=nearest.normal)
