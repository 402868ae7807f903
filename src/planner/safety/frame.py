"""Whether what is outlined of one level can be what it is said to be.

Outlines made elsewhere may be mirrored, in other units or cut off. A distance to such an outline
is a number like any other, so what contradicts itself is refused before anything is measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.domain.levels import Side
from planner.domain.structures import CANAL, POSTERIOR_WALL
from planner.safety.gives import gives
from planner.safety.measured import MissingInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.anatomy import Vertebra
    from planner.geometry.points import Vector

FRAME_TOLERANCE = 0.05
"""How far left, anterior and superior may stray from unit vectors at right angles."""

CANAL_GAP_MM = 4.0
"""Longest piece of a body beside which the canal may be missing: a slice of a coarse scan, and
what tilt and the rounding of outlines take away at the ends."""

BESIDE_MM = 60.0
"""A canal farther from the middle of a body than this is that of another place."""

LEAST_WALL_POINTS = 30
"""A posterior wall has a point for each square millimetre, hundreds in all."""

WALL_REACH = 1.5
"""Times the half depth of the body: how far behind its middle a wall may lie at most."""


@gives(bool)
def check_frame(vertebra: Vertebra) -> bool:
    """Return true, or raise where the size or the axes of a body cannot be those of one."""
    size = np.array(vertebra.body_size_mm)
    if not (np.isfinite(size).all() and (size > 0.0).all()):
        raise MissingInputError(f"the size of the body of {vertebra.level}")
    axes = np.array((vertebra.left, vertebra.anterior, vertebra.superior))
    square = np.abs(axes @ axes.T - np.eye(3)).max() <= FRAME_TOLERANCE
    # left, anterior and superior are left-handed: anterior is against the posterior of LPS.
    if not (square and float(np.linalg.det(axes)) < 0.0):
        raise MissingInputError(f"which way {vertebra.level} faces")
    return True


@gives(bool)
def check_sides(vertebra: Vertebra, foramina: Mapping[Side, Vector]) -> bool:
    """Return true, or raise where a pedicle or foramen of a level lies on the other side.

    ``foramina`` are points of the foramina below the level, each of shape ``(n, 3)``, LPS.
    """
    left = np.array(vertebra.left)
    for side in Side:
        places = [vertebra.pedicles[side].isthmus.array] if side in vertebra.pedicles else []
        places += [foramina[side].mean(axis=0)] if side in foramina else []
        for place in places:
            if not float((place - vertebra.body_centre.array) @ left) * side.sign > 0.0:
                raise MissingInputError(
                    f"which side is the {side} in the outlines of {vertebra.level}"
                )
    return True


@gives(bool)
def check_canal(vertebra: Vertebra, canal_mm: Vector) -> bool:
    """Return true, or raise where the canal is not outlined beside the whole of a body.

    ``canal_mm`` are points of its surface, shape ``(n, 3)``, LPS.
    """
    offset = canal_mm - vertebra.body_centre.array
    up = np.array(vertebra.superior)
    height = offset @ up
    beside = np.linalg.norm(offset - np.outer(height, up), axis=1) <= BESIDE_MM
    half = vertebra.body_size_mm[2] / 2.0
    within = np.sort(height[beside & (np.abs(height) < half)])
    gaps = np.diff(np.concatenate([[-half], within, [half]]))
    if not gaps.max() <= CANAL_GAP_MM:
        raise MissingInputError(
            f"the canal is not outlined beside the whole of {vertebra.level}", structure=CANAL
        )
    return True


def check_wall(vertebra: Vertebra, points_mm: Vector) -> None:
    """Make sure that the points of a posterior wall lie behind the body they belong to.

    Raises
    ------
    MissingInputError
        When they do not.
    """
    behind = -(points_mm - vertebra.body_centre.array) @ np.array(vertebra.anterior)
    most = WALL_REACH * vertebra.body_size_mm[1] / 2.0
    if len(points_mm) < LEAST_WALL_POINTS or not 0.0 < float(np.median(behind)) <= most:
        raise MissingInputError(
            f"the posterior wall of {vertebra.level} is not outlined", structure=POSTERIOR_WALL
        )
