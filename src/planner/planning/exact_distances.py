"""The two distances that decide about a path, exact and quick, and under an error of the hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.plan import Approach
from planner.geometry.points import unit
from planner.planning.pedicle_margins import pedicle_margins
from planner.planning.segment_distance import nearest_in_blocks
from planner.planning.surfaces import surroundings_of

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.levels import Side
    from planner.domain.plan import Trajectory
    from planner.geometry.points import Vector
    from planner.planning.surfaces import Surroundings

ENOUGH_MM: Final = 8.0
"""More distance than this makes a path no better."""

HAND_ERROR_MM: Final = 2.0
"""Error of a tip placed by hand under CT (derived): the distance below which rule N2 holds a
path; no source gives one for the spine."""

WAYS: Final = 8


@dataclass(frozen=True, slots=True)
class Exact:
    """Distances of one path, mm: to what it must keep away from, and bone about it.

    ``sure_mm`` is the least bone about it that the measures leave room for.
    """

    clearance_mm: float
    pedicle_mm: float
    sure_mm: float = ENOUGH_MM

    @property
    def worst_mm(self) -> float:
        """The lesser of the two."""
        return min(self.clearance_mm, self.pedicle_mm)


def exact_distances(
    entry_mm: Vector,
    tip_mm: Vector,
    surroundings: Surroundings,
    *,
    radius_mm: float,
    pedicle_of: tuple[Vertebra, Side] | None,
) -> Exact:
    """Measure a path that lies outside everything it must keep away from.

    ``pedicle_of`` names the pedicle it runs in, ``None`` for other approaches. Distances of
    ``ENOUGH_MM`` and more are all the same.
    """
    clearance = ENOUGH_MM
    if len(surroundings.danger_points_mm):
        distance, _, _ = nearest_in_blocks(
            surroundings.danger_points_mm, surroundings.danger_balls, entry_mm, tip_mm
        )
        clearance = min(float(distance) - radius_mm, ENOUGH_MM)
    if pedicle_of is None:
        return Exact(clearance, ENOUGH_MM)
    vertebra, side = pedicle_of
    margins = pedicle_margins(
        entry_mm, tip_mm, vertebra, side, surroundings, outer_diameter_mm=2.0 * radius_mm
    )
    if margins is None:
        return Exact(clearance, -ENOUGH_MM, -ENOUGH_MM)
    return Exact(clearance, min(margins.worst_mm.best, ENOUGH_MM), margins.worst_mm.low)


def turned_tips(trajectory: Trajectory, error_mm: float = HAND_ERROR_MM) -> list[Vector]:
    """Return where the tip may come to lie when it is off by an error, in ``WAYS`` directions."""
    tip = trajectory.tip.array
    direction = unit(tip - trajectory.entry.array)
    across = unit(np.cross(direction, np.eye(3)[int(np.abs(direction).argmin())]))
    beside = np.cross(direction, across)
    turns = 2.0 * np.pi * np.arange(WAYS) / WAYS
    return [tip + error_mm * (np.cos(turn) * across + np.sin(turn) * beside) for turn in turns]


def worst_under_error_mm(
    trajectory: Trajectory,
    anatomy: Anatomy,
    *,
    outer_diameter_mm: float,
    error_mm: float = HAND_ERROR_MM,
) -> float:
    """Return the worst distance when the needle is turned so that its tip is off by an error.

    The needle turns about its entry, into ``WAYS`` directions; no structure may be reached, and
    in a pedicle the bone about the needle counts too.
    """
    surroundings = surroundings_of(anatomy, trajectory.level)
    in_pedicle = trajectory.approach is Approach.TRANSPEDICULAR
    vertebra = anatomy.vertebrae[trajectory.level]
    return min(
        exact_distances(
            trajectory.entry.array,
            tip,
            surroundings,
            radius_mm=outer_diameter_mm / 2.0,
            pedicle_of=(vertebra, trajectory.side) if in_pedicle else None,
        ).worst_mm
        for tip in turned_tips(trajectory, error_mm)
    )
