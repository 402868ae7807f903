"""Turns surfaces in straightened coordinates into masks on any grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.bilinear import bilinear
from planner.anatomy.interpolation import held_at
from planner.anatomy.spine_curve import U_MM, V_MM
from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.body_surface import BodySurfaces
    from planner.anatomy.disc_search import DiscSearch

_LIKE_THE_LOWEST = 3
"""The body below the last disc is taken to be as tall as the usual of so many above it."""

_MIDDLE_MM = 8.0
"""Heights of bodies are read within this of their axis."""

_ROUNDING_MM = 1e-6
"""What lies between two radii may be larger than both by the last bit."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpineParts:
    """Bodies, discs and canal on one grid, numbered from inferior to superior.

    Attributes
    ----------
    bodies
        uint8: ``n + 1`` for the body between disc ``n - 1`` and disc ``n``.
    discs
        uint8: ``n + 1`` for disc ``n``.
    canal
        bool.
    """

    bodies: NDArray[np.uint8]
    discs: NDArray[np.uint8]
    canal: NDArray[np.bool_]


def spine_parts(
    located: NDArray[np.float32],
    discs: DiscSearch,
    surfaces: BodySurfaces,
    canal_radius: NDArray[np.float64],
) -> SpineParts:
    """Classify every voxel of a grid whose ``s, v, u`` are ``located``, shape (3, k, j, i)."""
    shape = located.shape[1:]
    bodies = np.zeros(shape, np.uint8)
    between = np.zeros(shape, np.uint8)
    canal = np.zeros(shape, np.bool_)
    _classify(
        located,
        discs.walls.centre_mm,
        surfaces.radius_mm,
        surfaces.below,
        surfaces.above,
        canal_radius,
        (float(V_MM[0]), float(U_MM[0])),
        bodies,
        between,
        canal,
    )
    return SpineParts(bodies=bodies, discs=between, canal=canal)


def without_what_is_below_the_foot(
    bodies: NDArray[np.uint8],
    located: NDArray[np.float32],
    discs: DiscSearch,
    surfaces: BodySurfaces,
) -> NDArray[np.uint8]:
    """Return ``bodies`` with the lowest ended where it can be thought to end.

    The first segment of a sacrum has grown together with the second, and no disc shows where it
    ends; so it is taken to be as tall as the bodies above it. Where there are none it stays.
    """
    below, above = surfaces.below, surfaces.above
    if len(below) < 2:
        return bodies
    heights = []
    for n in range(min(len(below) - 1, _LIKE_THE_LOWEST)):
        axis_mm = discs.walls.centre_at(0.5 * (discs.s_mm[n] + discs.s_mm[n + 1]))
        middle = np.ix_(np.abs(V_MM - axis_mm) <= _MIDDLE_MM, np.abs(U_MM) <= _MIDDLE_MM)
        heights.append(float(np.median((below[n + 1] - above[n])[middle])))
    foot = below[0] - float(np.median(heights))
    lowest = np.nonzero(bodies == 1)
    s, v, u = (axis[lowest].astype(np.float64) for axis in located)
    under = s < held_at(foot, [v - V_MM[0], u - U_MM[0]])
    out = bodies.copy()
    out[tuple(axis[under] for axis in lowest)] = 0
    return out


def inside_canal(
    located: NDArray[np.float32], canal_radius: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell which voxels of a grid lie inside a canal radius over (s, angle)."""
    out = np.zeros(located.shape[1:], np.bool_)
    _inside(located, canal_radius, out)
    return out


@kernel
def _inside(
    located: NDArray[np.float32], radius: NDArray[np.float64], out: NDArray[np.bool_]
) -> None:
    """Fill ``out``."""
    for k in range(located.shape[1]):
        for j in range(located.shape[2]):
            for i in range(located.shape[3]):
                s = float(located[0, k, j, i])
                v = float(located[1, k, j, i])
                u = float(located[2, k, j, i])
                if -0.5 <= s <= radius.shape[0] - 0.5 and abs(u) < 40.0:
                    out[k, j, i] = np.hypot(v, u) <= _polar(radius, s, v, u)


@kernel
def _polar(table: NDArray[np.float64], s: float, v: float, u: float) -> float:
    """Return a radius over (s, angle) by linear interpolation; the angle is that of (v, u)."""
    rows, angles = table.shape
    row = min(max(s, 0.0), rows - 1.0)
    low = min(int(row), rows - 2)
    part = row - low
    turn = (np.arctan2(u, v) + np.pi) / (2.0 * np.pi) * angles
    left = int(turn)
    rest = turn - left
    left = left % angles
    right = (left + 1) % angles
    at_low = table[low, left] * (1.0 - rest) + table[low, right] * rest
    at_high = table[low + 1, left] * (1.0 - rest) + table[low + 1, right] * rest
    return float(at_low * (1.0 - part) + at_high * part)


@kernel
def _classify(  # noqa: PLR0913 - a kernel takes arrays, not objects
    located: NDArray[np.float32],
    centre: NDArray[np.float64],
    radius: NDArray[np.float64],
    below: NDArray[np.float64],
    above: NDArray[np.float64],
    canal_radius: NDArray[np.float64],
    first: tuple[float, float],
    bodies: NDArray[np.uint8],
    between: NDArray[np.uint8],
    canal: NDArray[np.bool_],
) -> None:
    """Fill the three masks. The canal wins over the body."""
    rows = centre.shape[0]
    # Looking a radius up costs an angle; most voxels lie beyond any radius.
    reach, canal_reach = radius.max() + _ROUNDING_MM, canal_radius.max() + _ROUNDING_MM
    for k in range(located.shape[1]):
        for j in range(located.shape[2]):
            for i in range(located.shape[3]):
                s = float(located[0, k, j, i])
                v = float(located[1, k, j, i])
                u = float(located[2, k, j, i])
                if s < -0.5 or s > rows - 0.5 or abs(u) > 40.0 or v < -40.0 or v > 70.0:
                    continue
                away = np.hypot(v, u)
                if away <= canal_reach and away <= _polar(canal_radius, s, v, u):
                    canal[k, j, i] = True
                    continue
                place = min(max(s, 0.0), rows - 1.0)
                low = min(int(place), rows - 2)
                middle = centre[low] + (place - low) * (centre[low + 1] - centre[low])
                away = np.hypot(v - middle, u)
                if away > reach or away > _polar(radius, s, v - middle, u):
                    continue
                number = 1
                for n in range(below.shape[0]):
                    if s >= bilinear(above[n], v - first[0], u - first[1]):
                        number = n + 2
                    elif s > bilinear(below[n], v - first[0], u - first[1]):
                        between[k, j, i] = n + 1
                        number = 0
                        break
                    else:
                        break
                bodies[k, j, i] = number
