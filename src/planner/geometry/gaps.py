"""How near two thick lines come to each other, exact to rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.points import PointLps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.geometry.capsule import Capsule


@dataclass(frozen=True, slots=True)
class Gap:
    """Least distance between two solids, negative where they run into each other.

    ``at_one`` and ``at_other`` are the points of their axes where it is.
    """

    mm: float
    at_one: PointLps
    at_other: PointLps


def capsule_gap(one: Capsule, other: Capsule) -> Gap:
    """Return where two capsules come nearest."""
    ends = (one.start.array, one.end.array, other.start.array, other.end.array)
    distance, along_one, along_other = _closest_approach(*ends)
    at_one = PointLps.of(ends[0] + along_one * (ends[1] - ends[0]))
    at_other = PointLps.of(ends[2] + along_other * (ends[3] - ends[2]))
    return Gap(distance - one.radius_mm - other.radius_mm, at_one, at_other)


def least_gap(ones: Sequence[Capsule], others: Sequence[Capsule]) -> Gap:
    """Return the least gap between any capsule of one body and any of another."""
    return min(
        (capsule_gap(one, other) for one in ones for other in others), key=lambda gap: gap.mm
    )


def _closest_approach(
    start_a: NDArray[np.float64],
    end_a: NDArray[np.float64],
    start_b: NDArray[np.float64],
    end_b: NDArray[np.float64],
) -> tuple[float, float, float]:
    """Return the distance between two segments and where along each it is taken.

    Clamped closed form (Ericson 2005, section 5.1.9); a segment may be a point.
    """
    u = end_a - start_a
    v = end_b - start_b
    w = start_a - start_b
    uu, vv, uv = float(u @ u), float(v @ v), float(u @ v)
    uw, vw = float(u @ w), float(v @ w)
    free = uu * vv - uv * uv
    along_a = 0.0
    if free > 1e-12 * uu * vv:
        along_a = min(max((uv * vw - uw * vv) / free, 0.0), 1.0)
    along_b = (uv * along_a + vw) / vv if vv > 0.0 else 0.0
    if along_b < 0.0 or vv == 0.0:
        along_b = 0.0
        along_a = min(max(-uw / uu, 0.0), 1.0) if uu > 0.0 else 0.0
    elif along_b > 1.0:
        along_b = 1.0
        along_a = min(max((uv - uw) / uu, 0.0), 1.0) if uu > 0.0 else 0.0
    apart = w + along_a * u - along_b * v
    return float(np.linalg.norm(apart)), along_a, along_b
