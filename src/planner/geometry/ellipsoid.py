"""Ellipsoids: the shape of a tabulated ablation zone."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import PointLps, Vector

UNIT_TOLERANCE = 1e-9
"""How far a unit vector's length may stray from one."""

_MOST_STEPS = 60
"""Newton's steps at most; 15 was the most that any of 600 000 random points took."""

_STANDS_STILL = 4e-16
"""Relative: a step shorter than this is the rounding of a float."""

_LEAST = 1e-100
"""Stands for 0 under a quotient, so small that it changes no number and so large that none
overflows."""


@dataclass(frozen=True, slots=True)
class Spheroid:
    """An ellipsoid of revolution about ``axis``.

    Attributes
    ----------
    centre
        LPS mm.
    axis
        Unit vector of the axis of revolution, LPS.
    half_length_mm
        Half axis along ``axis``.
    half_width_mm
        Half axis across ``axis``.
    """

    centre: PointLps
    axis: tuple[float, float, float]
    half_length_mm: float
    half_width_mm: float

    def __post_init__(self) -> None:
        if abs(sqrt(sum(value**2 for value in self.axis)) - 1.0) > UNIT_TOLERANCE:
            raise ValueError("the axis of a spheroid must be a unit vector")
        if not (self.half_length_mm > 0.0 and self.half_width_mm > 0.0):
            raise ValueError("the half axes of a spheroid must be positive")

    @property
    def volume_mm3(self) -> float:
        """4/3 pi a b^2."""
        return 4.0 / 3.0 * pi * self.half_length_mm * self.half_width_mm**2

    def meridian_mm(self, points_mm: Vector) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return each point's place along and across the axis, both shape ``(n,)``."""
        offset = np.atleast_2d(points_mm) - self.centre.array
        along = offset @ np.array(self.axis)
        square = np.einsum("ij,ij->i", offset, offset)
        across = np.sqrt(np.maximum(square - along**2, 0.0))
        return along, across

    def contains(self, points_mm: Vector) -> NDArray[np.bool_]:
        """Tell which points, shape ``(n, 3)`` LPS mm, lie inside or on the surface."""
        along, across = self.meridian_mm(points_mm)
        level = (along / self.half_length_mm) ** 2 + (across / self.half_width_mm) ** 2
        return np.asarray(level <= 1.0)

    def bounds_mm(self, points_mm: Vector) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what the signed distance of points, shape ``(n, 3)``, is at least and at most.

        Quicker by far than the distance itself: those of the balls about and within.
        """
        offset = points_mm - self.centre.array
        away = np.sqrt(np.einsum("ij,ij->i", offset, offset))
        halves = (self.half_length_mm, self.half_width_mm)
        return away - max(halves), away - min(halves)

    def signed_distance_mm(self, points_mm: Vector) -> NDArray[np.float64]:
        """Return the exact distance to the surface, shape ``(n,)``; negative inside.

        Solves for the nearest point of the meridian ellipse by Newton's method on Eberly's
        monotone function ("Distance from a point to an ellipse", 2013).
        """
        along, across = self.meridian_mm(points_mm)
        distance = _ellipse_distance(
            np.abs(along), across, self.half_length_mm, self.half_width_mm
        )
        inside = self.contains(points_mm)
        if inside.shape != distance.shape:
            raise ValueError("which points lie inside was not told for each")
        return np.where(inside, -distance, distance)


def _ellipse_distance(
    u: NDArray[np.float64], v: NDArray[np.float64], half_u: float, half_v: float
) -> NDArray[np.float64]:
    """Return the distance of points (u >= 0, v >= 0) to the ellipse, shape ``(n,)``."""
    if half_u == half_v:
        return np.asarray(np.abs(np.hypot(u, v) - half_u))
    if half_u < half_v:
        u, v, half_u, half_v = v, u, half_v, half_u
    ratio = (half_u / half_v) ** 2
    top, z_v = ratio * u / half_u, v / half_v
    beyond = ratio - 1.0
    # At the larger of the two places where one term alone is 1 the function is between 0 and 1.
    # It falls and is convex from there on, so that Newton's steps never go past the root.
    root = np.maximum(np.maximum(z_v, top - beyond), _LEAST)
    for _ in range(_MOST_STEPS):
        along, across = top / (root + beyond), z_v / root
        excess = along * along + across * across - 1.0
        slope = 2.0 * (along * along / (root + beyond) + across * across / root)
        step = np.maximum(excess / np.maximum(slope, _LEAST), 0.0)
        if (step <= _STANDS_STILL * root).all():
            break
        root = root + step
    near_u = half_u * top / (root + beyond)
    near_v = half_v * np.sqrt(np.maximum(1.0 - (near_u / half_u) ** 2, 0.0))
    # On the long axis close to the centre the nearest point is off the axis.
    return np.asarray(np.hypot(u - near_u, v - near_v))
