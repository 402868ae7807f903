"""Vessels and airways of the lungs: trees that branch and taper from the hilum outward."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.points import unit
from planner.phantom.blades import blade

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from planner.geometry.points import Vector
    from planner.phantom.organ_rows import SpineLine

HILUM = 5.4
"""Running level at which the main branches enter the lungs."""

THINNEST_MM = 0.5
"""Vessels thinner than this are part of the lung's own density."""

CHILD_SHARES, CHILD_TURNS_RAD = (0.84, 0.68), (0.38, 0.75)
"""Width of the two branches of a vessel, and how far each turns away from it."""

LENGTH_PER_RADIUS, SHORTEST_MM = 4.6, 8.0

TRUNKS = (
    # forward, downward share of the direction of a main branch, and its radius in mm
    (0.2, -0.9, 5.0),
    (0.8, 0.0, 4.4),
    (-0.5, 0.3, 4.6),
    (-0.1, 0.9, 5.2),
)

AIRWAY_THINNEST_MM, AIRWAY_WALL_MM = 1.4, 0.8


def place_mm(spine: SpineLine, low_mm: float, step_mm: float, level: float) -> Vector:
    """Return the middle of the vertebral bodies at a running level, LPS mm."""
    rows = np.argsort(spine.r)
    heights = low_mm + step_mm * np.arange(len(spine.r))
    return np.array(
        [np.interp(level, spine.r[rows], v[rows]) for v in (spine.x, spine.y, heights)]
    )


def main_bronchi(carina: Vector, hilum: Vector) -> Iterator[tuple[NDArray[np.float64], float]]:
    """Give both main bronchi as rows with their HU, wall before lumen."""
    for sign in (1.0, -1.0):
        start = carina + np.array([-2.0, -37.0, 0.0])
        end = hilum + np.array([sign * 34.0, -36.0, 0.0])
        for radius, hu in ((6.4, 40.0), (5.2, -980.0)):
            yield blade(start, end, np.array([0.0, 1.0, 0.0]), (radius,) * 4), hu


def lung_trees(
    hilum: Vector, blood_hu: float, random: np.random.Generator
) -> Iterator[tuple[NDArray[np.float64], float]]:
    """Give the vessels and airways of both lungs as rows with their HU."""
    for sign in (1.0, -1.0):
        for forward, down, radius in TRUNKS:
            start = hilum + np.array([sign * 30.0, -40.0 - 4.0 * forward, -6.0 * down])
            heading = unit(np.array([sign * 0.8, -forward, -down]))
            yield from branches(start, heading, radius, blood_hu, random)
            vein = start + np.array([0.0, -9.0, -7.0])
            yield from branches(vein, heading, 0.85 * radius, blood_hu, random)
            beside = start + np.array([sign * 4.0, -7.0, 0.0])
            yield from _airways(beside, heading, 0.8 * radius, random)


def branches(
    start: Vector,
    heading: Vector,
    radius: float,
    hu: float,
    random: np.random.Generator,
    thinnest_mm: float = THINNEST_MM,
) -> Iterator[tuple[NDArray[np.float64], float]]:
    """Give one vessel and all that branches from it, as rows with their HU."""
    reach = max(LENGTH_PER_RADIUS * radius, SHORTEST_MM) * random.uniform(0.7, 1.2)
    end = start + heading * reach
    thin = 0.88 * radius
    yield blade(start, end, _across(heading), (radius, thin, radius, thin)), hu
    for share, turned in _turns(heading, random):
        if share * radius > thinnest_mm:
            yield from branches(end, turned, share * radius, hu, random, thinnest_mm)


def _airways(
    start: Vector, heading: Vector, radius: float, random: np.random.Generator
) -> Iterator[tuple[NDArray[np.float64], float]]:
    end = start + heading * 5.0 * radius * random.uniform(0.8, 1.2)
    for wide, hu in ((radius + AIRWAY_WALL_MM, 0.0), (radius, -980.0)):
        thin = 0.85 * wide
        yield blade(start, end, _across(heading), (wide, thin, wide, thin)), hu
    for share, turned in _turns(heading, random):
        if share * radius > AIRWAY_THINNEST_MM:
            yield from _airways(end, turned, share * radius, random)


def _turns(heading: Vector, random: np.random.Generator) -> list[tuple[float, Vector]]:
    """Return the width and the direction of both branches, on opposite sides."""
    one = _across(heading)
    other = np.cross(heading, one)
    around = random.uniform(0.0, 2.0 * np.pi)
    aside = np.cos(around) * one + np.sin(around) * other
    return [
        (share, unit(heading * np.cos(turn) + sign * aside * np.sin(turn)))
        for share, turn, sign in zip(CHILD_SHARES, CHILD_TURNS_RAD, (1.0, -1.0), strict=True)
    ]


def _across(heading: Vector) -> Vector:
    least = np.eye(3)[int(np.argmin(np.abs(heading)))]
    return unit(least - heading * float(least @ heading))
