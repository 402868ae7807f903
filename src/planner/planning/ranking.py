"""Which proposals come first, and which are too like an earlier one to show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.structures import POSTERIOR_WALL
from planner.planning.corridors import PREFERENCE
from planner.planning.exact_distances import ENOUGH_MM
from planner.planning.path_search import KEEP_AWAY_MM

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.domain.anatomy import Vertebra
    from planner.domain.plan import Trajectory
    from planner.geometry.points import PointLps, Vector
    from planner.planning.proposals import ProposedTrajectory

DIFFERENT_MM: Final = 5.0
"""Two paths whose tips and places abeam the pedicle lie nearer than this are the same path."""

COVERAGE_MM: Final = 4.0
"""What covering the whole lesion is worth against covering none, in mm of worst distance: a tenth
more of the lesion weighs as much as 0.4 mm (derived). Every path keeps the limits anyway."""

LENGTH_MM_PER_MM: Final = 0.001
"""What a longer way from the skin costs, in mm of worst distance for a mm of way (derived): 100 mm
more weigh as much as 0.1 mm, so that it decides between paths that are else alike."""

HELD_RANK: Final = 10
"""Paths that the rules would hold come after all others."""


def is_held(item: ProposedTrajectory) -> bool:
    """Tell whether the rules would hold a path for what it comes near."""
    nearest = [
        near.distance_mm.best
        for near in item.measures.clearances
        if near.structure != POSTERIOR_WALL
    ]
    clear = min([*nearest, item.gas_mm])
    return clear < KEEP_AWAY_MM or item.worst_mm <= 0.0


def score_of(
    worst_mm: float, awkward_mm: float, coverage: float | None, length_mm: float
) -> float:
    """Return what paths of one kind are sorted by, mm of worst distance."""
    held = COVERAGE_MM * (coverage or 0.0)
    return min(worst_mm, ENOUGH_MM) + held - awkward_mm - LENGTH_MM_PER_MM * length_mm


def rank(item: ProposedTrajectory) -> tuple[int, bool, float]:
    """Return what proposals are sorted by: the pedicle first where nothing would hold it.

    A path whose skin point the scan does not show comes after those of its kind.
    """
    held = HELD_RANK if is_held(item) else 0
    unseen = item.measures.skin is None
    return (held + PREFERENCE[item.trajectory.approach], unseen, -item.score)


def best_that_differ(
    found: Iterable[ProposedTrajectory], vertebra: Vertebra
) -> list[ProposedTrajectory]:
    """Return proposals best first, without those too like a better one."""
    taken: list[ProposedTrajectory] = []
    for item in sorted(found, key=rank):
        if all(differ(item.trajectory, other.trajectory, vertebra) for other in taken):
            taken.append(item)
    return taken


def differ(first: Trajectory, second: Trajectory, vertebra: Vertebra) -> bool:
    """Tell whether two paths of one vertebra are really two."""
    if first.side is not second.side or first.approach is not second.approach:
        return True
    if first.tip.distance_mm(second.tip) >= DIFFERENT_MM:
        return True
    pedicle = vertebra.pedicles[first.side].isthmus
    apart = _point_abeam(first, pedicle) - _point_abeam(second, pedicle)
    return float(np.linalg.norm(apart)) >= DIFFERENT_MM / 2.0


def _point_abeam(trajectory: Trajectory, place: PointLps) -> Vector:
    """Return the point of a needle's line nearest to ``place``."""
    start, way = trajectory.entry.array, trajectory.tip.array - trajectory.entry.array
    return np.asarray(start + way * (((place.array - start) @ way) / (way @ way)))
