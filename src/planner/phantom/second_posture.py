"""The same person in another posture: every vertebra moves as a rigid body, by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.transform import Rotation

from planner.domain.errors import UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.levels import Level
    from planner.geometry.points import Vector
    from planner.phantom.posture import Placed, Posture

TURNED_DEG = (3.0, 8.0)
SHIFTED_MM = (5.0, 20.0)
"""How far every vertebra of the scan has turned, and how far its middle lies from where it lay:
what a spine does between lying on the back and lying on the front."""

BEND_SD_DEG = (0.9, 0.5, 0.3)
"""Spread of what every disc bends alike, about LPS x, y and z."""

OWN_BEND_SD_DEG = 0.8
SLIDE_SD_MM = 0.3
"""Spread of what a disc bends and slides by itself, about and along each axis."""

TRIES = 2000


def motions(
    posture: Posture, levels: tuple[Level, Level], seed: tuple[int, int]
) -> dict[Level, NDArray[np.float64]]:
    """Return how each vertebra has moved, shape ``(4, 4)``: LPS mm then to LPS mm now.

    Neighbours turn about the middle of the disc between them, so that discs stay discs.

    Parameters
    ----------
    levels
        First and last level of the scan; those between have moved as far as asked.

    Raises
    ------
    UsageError
        When so many levels cannot all have moved that far.
    """
    random = np.random.default_rng([*seed, 12])
    placed = list(posture.placed.values())
    first, last = (list(posture.placed).index(level) for level in levels)
    for _ in range(TRIES):
        found = _drawn(placed, (first + last) // 2, random)
        wanted = range(first, last + 1)
        if all(_is_far_enough(found[place], placed[place].centre) for place in wanted):
            return {item.level: found[place] for place, item in enumerate(placed)}
    raise UsageError(
        f"{last - first + 1} levels cannot all have moved by {SHIFTED_MM[0]:g} to "
        f"{SHIFTED_MM[1]:g} mm in another posture: scan fewer levels"
    )


def _drawn(
    placed: list[Placed], middle: int, random: np.random.Generator
) -> list[NDArray[np.float64]]:
    """Draw one posture: the middle level first, its neighbours from disc to disc."""
    turn = _direction(random) * random.uniform(*TURNED_DEG)
    shift = _direction(random) * random.uniform(*SHIFTED_MM)
    bend = random.normal(0.0, BEND_SD_DEG)
    own = random.normal(0.0, OWN_BEND_SD_DEG, (len(placed), 3))
    slide = random.normal(0.0, SLIDE_SD_MM, (len(placed), 3))
    found: dict[int, NDArray[np.float64]] = {middle: _about(placed[middle].centre, turn, shift)}
    downward = [(place, place + 1, 1.0) for place in range(middle, len(placed) - 1)]
    upward = [(place, place - 1, -1.0) for place in range(middle, 0, -1)]
    for here, there, sign in (*downward, *upward):
        disc = _disc(placed[min(here, there)], placed[max(here, there)])
        step = _about(disc, sign * bend + own[there], slide[there])
        found[there] = found[here] @ step
    return [found[place] for place in range(len(placed))]


def _direction(random: np.random.Generator) -> Vector:
    drawn = random.standard_normal(3)
    return np.asarray(drawn / np.linalg.norm(drawn), dtype=np.float64)


def _about(point: Vector, turn_deg: Vector, shift_mm: Vector) -> NDArray[np.float64]:
    """Return the motion that turns about a point (rotation vector) and then shifts."""
    motion = np.eye(4)
    motion[:3, :3] = Rotation.from_rotvec(turn_deg, degrees=True).as_matrix()
    motion[:3, 3] = point - motion[:3, :3] @ point + shift_mm
    return motion


def _disc(upper: Placed, lower: Placed) -> Vector:
    """Return the middle of the disc between two neighbours, LPS."""
    ends = (
        upper.lps(np.array([0.0, 0.0, -upper.shape.height_mm / 2.0])),
        lower.lps(np.array([0.0, 0.0, lower.shape.height_mm / 2.0])),
    )
    return np.asarray(0.5 * (ends[0] + ends[1]), dtype=np.float64)


def _is_far_enough(motion: NDArray[np.float64], centre: Vector) -> bool:
    turned = np.degrees(np.linalg.norm(Rotation.from_matrix(motion[:3, :3]).as_rotvec()))
    shifted = np.linalg.norm(motion[:3, :3] @ centre + motion[:3, 3] - centre)
    return bool(
        TURNED_DEG[0] <= turned <= TURNED_DEG[1] and SHIFTED_MM[0] <= shifted <= SHIFTED_MM[1]
    )
