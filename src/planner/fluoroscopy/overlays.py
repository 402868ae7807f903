"""What is planned, laid on a simulated X-ray picture: needle, zone, cement, outlines.

All in pixels of the picture, column first; whole numbers are centres of pixels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from planner.geometry.points import unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.fluoroscopy.xray_view import XrayView
    from planner.geometry.capsule import Capsule
    from planner.geometry.ellipsoid import Spheroid
    from planner.geometry.points import Vector

OUTLINE_POINTS: Final = 96

CEMENT_PER_MM: Final = 0.08
"""Attenuation of cement with barium at 60 keV (recalled); for the look of it alone."""


def needle_outline(view: XrayView, needle: Capsule) -> NDArray[np.float64]:
    """Return the four corners of a needle's shadow, shape ``(4, 2)``, start first.

    Down its own barrel the shadow is a dot: the corners then are those of its width.
    """
    source = view.source.array
    ends = np.stack((needle.start.array, needle.end.array))
    normal = np.cross(ends[0] - source, ends[1] - source)
    if float(np.linalg.norm(normal)) < 1e-6 * float(np.linalg.norm(ends[0] - source)):
        normal = np.array(view.right)
    beside = needle.radius_mm * unit(normal)
    corners = np.stack((ends[0] + beside, ends[1] + beside, ends[1] - beside, ends[0] - beside))
    return view.project(corners)


def zone_outline(view: XrayView, zone: Spheroid) -> NDArray[np.float64]:
    """Return the shadow's edge of an ellipsoid of revolution, shape ``(n, 2)``; empty inside it.

    Scaled to a ball, the edge is the circle whose tangents pass through the source.
    """
    frame = _frame(np.array(zone.axis))
    half = np.array((zone.half_width_mm, zone.half_width_mm, zone.half_length_mm))
    centre = zone.centre.array
    source = (view.source.array - centre) @ frame / half
    far2 = float(source @ source)
    if far2 <= 1.0:
        return np.empty((0, 2))
    ways = _frame(source)
    turn = 2.0 * np.pi * np.arange(OUTLINE_POINTS) / OUTLINE_POINTS
    ring = np.cos(turn)[:, None] * ways[:, 0] + np.sin(turn)[:, None] * ways[:, 1]
    edge = source / far2 + np.sqrt(1.0 - 1.0 / far2) * ring
    return view.project(centre + (edge * half) @ frame.T)


def _frame(axis: Vector) -> Vector:
    """Return two directions across an axis and its own, as orthonormal columns."""
    along = unit(axis)
    across = unit(np.cross(along, np.eye(3)[int(np.abs(along).argmin())]))
    return np.stack((across, np.cross(along, across), along), axis=1)


def shadow_edge(length_mm: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return the edge of a mask's shadow, same shape, from the way of every ray through it."""
    held = length_mm > 0.0
    inner = held.copy()
    inner[1:] &= held[:-1]
    inner[:-1] &= held[1:]
    inner[:, 1:] &= held[:, :-1]
    inner[:, :-1] &= held[:, 1:]
    return np.asarray(held & ~inner)


def cement_attenuation(length_mm: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what planned cement adds to a picture, from the way of every ray through it."""
    return np.asarray(length_mm * np.float32(CEMENT_PER_MM), dtype=np.float32)
