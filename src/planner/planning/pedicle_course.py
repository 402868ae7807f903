"""Which way a pedicle runs, and how far that may be off.

``Pedicle.axis`` is the slant across which its size was read: one of a few, taken because the
section across it is narrow. A view down a pedicle asks for the direction along which most of it
is seen through. That is looked for about the axis, and the directions that are nearly as good
tell how sure it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.sourced import Interval
from planner.domain.while_open import kept_while_open
from planner.geometry.kernels import kernel
from planner.geometry.points import unit
from planner.planning.sampling import trilinear
from planner.planning.surfaces import surroundings_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Pedicle, Vertebra
    from planner.domain.levels import Side
    from planner.domain.plan import Trajectory
    from planner.geometry.points import Vector
    from planner.planning.surfaces import Surroundings

INWARD_DEG: Final = np.arange(-20.0, 45.1, 4.0)
UPWARD_DEG: Final = np.arange(-32.0, 24.1, 4.0)
"""Directions tried, in the vertebra's own frame: what is believed of a pedicle, and some more."""

HALF_LENGTH_MM: Final = 4.0
"""A line must stay in bone so far each way of the isthmus; farther on are lamina and body."""

STEP_MM: Final = 0.5
ACROSS_MM, UPRIGHT_MM = 0.6, 0.8
"""Lines of a bundle are so far apart."""

BESIDE_MM: Final = 2.0
"""A bundle may reach beyond the measured size by this."""

LEFT_AT, HELD_AT = 0.3, 0.7
"""Shares of a voxel at which a line has left the outline, and at which it surely has not."""

NEARLY: Final = 0.8
"""Directions whose bundle is this share of the largest are as likely."""

AXIS_OFF_DEG: Final = 20.0
"""Beside a wide pedicle many directions are as good; then the axis tells, loosely."""

DOUBTS: Final = 1.5
"""The interval is the spread of the likely directions times this. On ten digital spines (T5 to
L5) that held the true angles of 19 pedicles in 20 (derived)."""

CACHED_COURSES: Final = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class PedicleCourse:
    """Which way a pedicle runs.

    Attributes
    ----------
    direction
        Unit vector to the front, LPS.
    inward_deg, upward_deg
        Its angles in the vertebra's own frame towards the midline and towards the upper endplate.
    rim
        Directions where one of the angles is at an end of its interval, LPS.
    """

    direction: tuple[float, float, float]
    inward_deg: Interval
    upward_deg: Interval
    rim: tuple[tuple[float, float, float], ...]


def course_of(trajectory: Trajectory, anatomy: Anatomy) -> PedicleCourse | None:
    """Return the course of the pedicle on a needle's side of its vertebra."""
    vertebra = anatomy.vertebrae[trajectory.level]
    return pedicle_course(vertebra, trajectory.side, surroundings_of(anatomy, trajectory.level))


@kept_while_open(CACHED_COURSES)
def pedicle_course(
    vertebra: Vertebra, side: Side, surroundings: Surroundings
) -> PedicleCourse | None:
    """Return the course of a pedicle; ``None`` without a pedicle or a way through its outline."""
    pedicle = vertebra.pedicles.get(side)
    if pedicle is None:
        return None
    inward, upward = (grid.ravel() for grid in np.meshgrid(INWARD_DEG, UPWARD_DEG, indexing="ij"))
    pairs = zip(inward.tolist(), upward.tolist(), strict=True)
    ways = np.array([_way(vertebra, side, *pair) for pair in pairs])
    held = np.array([_held_lines(surroundings, vertebra, pedicle, way) for way in ways])
    if not held.max() > 0.0:
        return None
    off = np.degrees(np.arccos(np.clip(ways @ unit(np.array(pedicle.axis)), -1.0, 1.0)))
    weight = np.clip(held / held.max() - NEARLY, 0.0, None) * np.exp(-((off / AXIS_OFF_DEG) ** 2))
    weight /= weight.sum()
    a, b = _spread(inward, weight), _spread(upward, weight)
    angles = [
        (a.best, b.best),
        (a.low, b.best),
        (a.high, b.best),
        (a.best, b.low),
        (a.best, b.high),
    ]
    middle, *rim = (_triple(_way(vertebra, side, *pair)) for pair in angles)
    return PedicleCourse(direction=middle, inward_deg=a, upward_deg=b, rim=tuple(rim))


def _spread(angle_deg: NDArray[np.float64], weight: NDArray[np.float64]) -> Interval:
    best = float(weight @ angle_deg)
    doubt = DOUBTS * float(np.sqrt(weight @ (angle_deg - best) ** 2))
    return Interval(best - doubt, best, best + doubt)


def _triple(way: Vector) -> tuple[float, float, float]:
    return (float(way[0]), float(way[1]), float(way[2]))


def _way(vertebra: Vertebra, side: Side, inward_deg: float, upward_deg: float) -> Vector:
    """Return the unit vector at angles towards the midline and towards the upper endplate."""
    inward, upward = radians(inward_deg), radians(upward_deg)
    left, anterior, superior = (
        np.array(axis) for axis in (vertebra.left, vertebra.anterior, vertebra.superior)
    )
    flat = cos(inward) * anterior - side.sign * sin(inward) * left
    return unit(cos(upward) * flat + sin(upward) * superior)


def _held_lines(
    surroundings: Surroundings, vertebra: Vertebra, pedicle: Pedicle, way: Vector
) -> float:
    """Return how many of the lines through a pedicle one way stay in its bone."""
    across = unit(np.cross(way, np.array(vertebra.superior)))
    upright = np.cross(across, way)
    wide = pedicle.width_mm.best / 2.0 + BESIDE_MM
    tall = pedicle.height_mm.best / 2.0 + BESIDE_MM
    u = np.arange(-wide, wide + 0.01, ACROSS_MM)[:, None, None]
    v = np.arange(-tall, tall + 0.01, UPRIGHT_MM)[None, :, None]
    begins = pedicle.isthmus.array - HALF_LENGTH_MM * way + u * across + v * upright
    grid = surroundings.geometry
    step = grid.ijk_from_lps[:3, :3] @ way * STEP_MM
    count = round(2.0 * HALF_LENGTH_MM / STEP_MM) + 1
    return float(_unbroken(surroundings.bone, grid.ijk(begins.reshape(-1, 3)), step, count))


@kernel
def _unbroken(
    bone: NDArray[np.uint8],
    starts_ijk: NDArray[np.float64],
    step_ijk: NDArray[np.float64],
    count: int,
) -> float:
    """Return how many lines stay in a mask; those that graze its surface count in part."""
    total = 0.0
    for n in range(len(starts_ijk)):
        i, j, k = starts_ijk[n, 0], starts_ijk[n, 1], starts_ijk[n, 2]
        least = 1.0
        for m in range(count):
            here = trilinear(bone, i + m * step_ijk[0], j + m * step_ijk[1], k + m * step_ijk[2])
            least = min(least, here)
            if least <= LEFT_AT:
                break
        total += min(max((least - LEFT_AT) / (HELD_AT - LEFT_AT), 0.0), 1.0)
    return total
