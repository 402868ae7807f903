"""Points on the surface of a zone, for the second way of measuring it."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from planner.safety.distance_field import FIELD_REACH_MM

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.geometry.ellipsoid import Spheroid
    from planner.geometry.points import Vector

ZONE_POINTS = 1500
"""Points on a zone's surface for the second way: about 1.4 mm apart on a 30 mm zone."""

SHELLS = (1.0, 0.75, 0.5, 0.25)
"""Shells within, so that a structure smaller than the zone is met as well."""

GOLDEN_ANGLE = np.pi * (3.0 - np.sqrt(5.0))

GAP = 0.1
"""Largest angle, radians, between neighbouring points of a shell."""

CLOSE_MM = 6.0
"""Farther away a zone is not looked at more closely: 1.4 mm beside the nearest place is 0.2 mm."""

BEST = 12
"""Points looked about more closely: the nearest may lie beside any of the first few."""

PATCH = 32
"""Points laid about each of them."""

ROUNDS = 3
"""Each looks about the best points of the one before, five times as closely: 0.03 mm at last."""

CLOSER = 5.0


@cache
def sphere_points(count: int) -> NDArray[np.float64]:
    """Return directions spread evenly over the unit sphere, shape ``(count, 3)``; read-only."""
    number = np.arange(count) + 0.5
    height = 1.0 - 2.0 * number / count
    ring, turn = np.sqrt(1.0 - height**2), GOLDEN_ANGLE * number
    found = np.stack([height, ring * np.cos(turn), ring * np.sin(turn)], axis=1)
    found.flags.writeable = False
    return found


@lru_cache(maxsize=64)
def axes_of(zone: Spheroid) -> NDArray[np.float64]:
    """Return the half axes of a zone as rows, mm, LPS; the first along its axis. Read-only."""
    axis = np.array(zone.axis)
    across = np.cross(axis, np.eye(3)[int(np.abs(axis).argmin())])
    across /= np.linalg.norm(across)
    third = np.cross(axis, across)
    found = np.stack(
        [zone.half_length_mm * axis, zone.half_width_mm * across, zone.half_width_mm * third]
    )
    found.flags.writeable = False
    return found


def zone_points(zone: Spheroid) -> Vector:
    """Return points spread over a zone's surface, and some within, shape ``(n, 3)`` LPS."""
    shell = sphere_points(ZONE_POINTS) @ axes_of(zone)
    return np.asarray(zone.centre.array + np.concatenate([share * shell for share in SHELLS]))


def least_over_zone(
    zone: Spheroid, points_mm: Vector, distance_mm: Callable[[Vector], NDArray[np.float64]]
) -> float:
    """Return the least distance over the surface of a zone and the shells within.

    ``points_mm`` are those of ``zone_points``. About the nearest of them the surface is looked
    at more closely, because a corner may touch the zone between two points.
    """
    axes = axes_of(zone)
    away = distance_mm(points_mm[:ZONE_POINTS])
    least = float(away.min())
    if least < min(zone.half_length_mm, zone.half_width_mm):  # else nothing fits within
        deepest = max(zone.half_length_mm, zone.half_width_mm) - least
        # Nor does anything where the centre is farther off than what fits within could be.
        if min(float(distance_mm(zone.centre.array[None, :])[0]), FIELD_REACH_MM) <= deepest:
            least = min(least, float(distance_mm(points_mm[ZONE_POINTS:]).min()))
    directions = sphere_points(ZONE_POINTS)
    reach = GAP
    for _ in range(ROUNDS):
        best = np.argpartition(away, BEST)[:BEST]
        if not 0.0 < least < CLOSE_MM:
            break
        directions = _about(directions[best], reach)
        away = distance_mm(zone.centre.array + directions @ axes)
        least = min(least, float(away.min()))
        reach /= CLOSER
    return least


def _about(directions: NDArray[np.float64], reach: float) -> NDArray[np.float64]:
    """Return directions within ``reach`` of each, and each itself, shape ``(n, 3)``."""
    number = np.arange(PATCH + 1)
    radius, turn = reach * np.sqrt(number / PATCH), GOLDEN_ANGLE * number
    helper = np.eye(3)[np.abs(directions).argmin(axis=1)]
    first = np.cross(directions, helper)
    first /= np.linalg.norm(first, axis=1)[:, None]
    second = np.cross(directions, first)
    spread = (
        directions[:, None, :]
        + (radius * np.cos(turn))[None, :, None] * first[:, None, :]
        + (radius * np.sin(turn))[None, :, None] * second[:, None, :]
    ).reshape(-1, 3)
    return np.asarray(spread / np.linalg.norm(spread, axis=1)[:, None])
