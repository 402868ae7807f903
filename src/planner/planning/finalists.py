"""From the best of a search to needles: made better on exact measures, and out to the skin."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.plan import Trajectory, TrajectoryId
from planner.geometry.points import PointLps, unit
from planner.planning.body_outline import skin_on_line
from planner.planning.exact_distances import ENOUGH_MM, Exact, exact_distances
from planner.planning.path_search import (
    BONE_ABOUT_MM,
    TOO_NEAR,
    Paths,
    Task,
    awkward_mm,
    too_narrow,
    window_axes,
)
from planner.planning.ranking import DIFFERENT_MM, score_of
from planner.planning.reasons import coverage_of_first
from planner.planning.soft_tissue import gas_distance_mm, way_through
from planner.planning.surfaces import surroundings_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector
    from planner.planning.surfaces import Surroundings

LOOKED_AT: Final = 48
"""Best paths of one approach that are made better and followed out to the skin."""

SHIFTS_MM: Final = (0.8, 0.4, 0.2, 0.1)
"""Steps by which a path is shifted across the pedicle while that makes it better."""

ROUNDS: Final = 3
LEAST_GAIN_MM: Final = 0.02
"""A path is shifted no more often, and not for less: measures are no better than that."""

GAS_MATTERS_MM: Final = 2.0
"""Gas farther than the worst distance by this is not reached by shifts of a pedicle's width."""

OUTSIDE_MM: Final = 60.0
"""Length beyond the pedicle on which a path is measured before its skin point is known."""


def exact(task: Task, surroundings: Surroundings, tip: Vector, through: Vector) -> Exact:
    """Measure a path exactly, apart from skin and soft tissue."""
    return exact_distances(
        through + OUTSIDE_MM * unit(through - tip),
        tip,
        surroundings,
        radius_mm=task.radius_mm,
        pedicle_of=(task.vertebra, task.side) if task.in_pedicle else None,
    )


def finalists(
    task: Task, paths: Paths, ct: CtVolume, anatomy: Anatomy, count: int
) -> tuple[list[Trajectory], str]:
    """Return the best paths that hold on exact measures, reach the skin, and differ.

    Where there is none, an empty list and the reason.
    """
    surroundings = surroundings_of(anatomy, task.vertebra.level)
    taken: list[Trajectory] = []
    best = Exact(-ENOUGH_MM, -ENOUGH_MM)
    blocked: dict[str, int] = {}
    for index in _by_exact_value(task, surroundings, paths, ct):
        if len(taken) >= count:
            break
        tip = paths.tips_mm[index]
        through, found = _improved(task, surroundings, paths, index, ct)
        if found.worst_mm > best.worst_mm:
            best = found
        if not holds(task, found):
            continue
        trajectory = _to_skin(task, tip, through, ct)
        if obstacle := way_through(trajectory, ct, anatomy):
            blocked[obstacle] = blocked.get(obstacle, 0) + 1
        else:
            taken.append(trajectory)
    if taken:
        return taken, ""
    if blocked:
        most = max(blocked, key=lambda name: blocked[name])
        return [], f"{task.name}: the best paths all pass {most} on the way to the skin."
    return [], _why_not(task, best)


def holds(task: Task, found: Exact) -> bool:
    """Whether a path keeps the limits of its approach."""
    in_bone = found.pedicle_mm >= BONE_ABOUT_MM and found.sure_mm >= 0.0
    return in_bone and found.clearance_mm >= task.keep_away_mm


def _why_not(task: Task, best: Exact) -> str:
    if best.pedicle_mm < BONE_ABOUT_MM or best.sure_mm < 0.0:
        words, limit, reached = too_narrow(task), BONE_ABOUT_MM, best.pedicle_mm
    else:
        words, limit, reached = TOO_NEAR, task.keep_away_mm, best.clearance_mm
    return f"{task.name}: {words.format(limit=limit)}; at best {reached:.1f} mm."


def _by_exact_value(
    task: Task, surroundings: Surroundings, paths: Paths, ct: CtVolume
) -> list[int]:
    """Return the best paths that are not alike in the order of their exact value.

    The fields put paths within half a millimetre of each other in the wrong order.
    """
    chosen = list(islice(_spread(paths), LOOKED_AT))
    awkward = np.minimum(paths.worst_mm, ENOUGH_MM) - paths.value

    def value(index: int) -> float:
        tip, through = paths.tips_mm[index], paths.through_mm[index]
        found = exact(task, surroundings, tip, through)
        path = _to_skin(task, tip, through, ct)
        worst = min(found.worst_mm, gas_distance_mm(path, ct, task.radius_mm))
        coverage = coverage_of_first(path, task.lesion, task.device)
        return score_of(worst, float(awkward[index]), coverage, path.length_mm)

    return sorted(chosen, key=value, reverse=True)


def _spread(paths: Paths) -> Iterator[int]:
    """Yield path indices, best first, leaving out those too like an earlier one."""
    left = np.ones(len(paths.value), dtype=np.bool_)
    while left.any():
        best = int(np.where(left, paths.value, -np.inf).argmax())
        yield best
        tip = np.linalg.norm(paths.tips_mm - paths.tips_mm[best], axis=1)
        through = np.linalg.norm(paths.through_mm - paths.through_mm[best], axis=1)
        left &= np.maximum(tip, through) >= DIFFERENT_MM / 2.0
        left[best] = False


def _improved(
    task: Task, surroundings: Surroundings, paths: Paths, index: int, ct: CtVolume
) -> tuple[Vector, Exact]:
    """Shift a path across the pedicle while its exact value grows; its tip stays.

    Gas far away at first is not looked for again.
    """
    tip, through = paths.tips_mm[index], paths.through_mm[index]
    best = exact(task, surroundings, tip, through)
    if task.entry is not None:
        return through, best
    lateral, upward = window_axes(task)
    near_gas = _gas_mm(task, tip, through, ct) < best.worst_mm + GAS_MATTERS_MM

    def worth(found: Exact, through: Vector) -> float:
        gas = _gas_mm(task, tip, through, ct) if near_gas else ENOUGH_MM
        return _value(task, min(found.worst_mm, gas), tip, through)

    value = worth(best, through)
    for shift in SHIFTS_MM:
        for _ in range(ROUNDS):
            before = value
            for way in (lateral, -lateral, upward, -upward):
                moved = through + shift * way
                found = exact(task, surroundings, tip, moved)
                better = worth(found, moved)
                if better > value + LEAST_GAIN_MM:
                    value, through, best = better, moved, found
            if value == before:
                break
    return through, best


def _gas_mm(task: Task, tip: Vector, through: Vector, ct: CtVolume) -> float:
    return gas_distance_mm(_to_skin(task, tip, through, ct), ct, task.radius_mm)


def _value(task: Task, worst_mm: float, tip: Vector, through: Vector) -> float:
    superior = np.array(task.vertebra.superior)
    cranial = np.degrees(np.arcsin(np.clip(unit(tip - through) @ superior, -1.0, 1.0)))
    return worst_mm - float(awkward_mm(0.0, cranial))


def _to_skin(task: Task, tip_mm: Vector, through: Vector, ct: CtVolume) -> Trajectory:
    tip = PointLps.of(tip_mm)
    outward = unit(through - tip_mm)
    entry = task.entry or skin_on_line(ct, tip, outward) or _edge_of_scan(ct, tip, outward)
    return Trajectory(
        id=TrajectoryId("P"),
        level=task.vertebra.level,
        side=task.side,
        approach=task.corridor.approach,
        entry=entry,
        tip=tip,
    )


def _edge_of_scan(ct: CtVolume, tip: PointLps, outward: Vector) -> PointLps:
    """Return the last point of a line inside the scan."""
    index = ct.geometry.ijk(tip.array)
    step = ct.geometry.ijk_from_lps[:3, :3] @ outward
    last = np.array(ct.geometry.size_ijk, dtype=np.float64) - 1.0
    edge = np.where(step > 0.0, last, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        way: NDArray[np.float64] = np.where(step == 0.0, np.inf, (edge - index) / step)
    return PointLps.of(tip.array + max(float(way.min()), 1.0) * outward)
