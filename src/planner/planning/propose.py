"""Trajectories to a vertebral body, searched, measured and put into words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.levels import Side
from planner.domain.plan import Approach, Trajectory, TrajectoryId
from planner.domain.progress import unreported
from planner.domain.structures import POSTERIOR_WALL
from planner.geometry.points import PointLps
from planner.planning.aims import LARGE_LESION, LesionPart, choose_aims, lesion_in
from planner.planning.body_outline import skin_on_line
from planner.planning.corridors import PREFERENCE, corridors_for
from planner.planning.measure import measure
from planner.planning.path_search import (
    AWKWARD_MM,
    ENOUGH_MM,
    KEEP_AWAY_MM,
    Paths,
    Task,
    search,
    sift,
    window_axes,
)
from planner.planning.proposals import Proposals, ProposedTrajectory
from planner.planning.reasons import reasons_for
from planner.planning.search_space import search_space
from planner.planning.soft_tissue import way_through
from planner.planning.surfaces import surroundings_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.devices import Device
    from planner.domain.levels import Level
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector
    from planner.planning.measures import TrajectoryMeasures

USUAL_DIAMETER_MM: Final = 2.4
"""A 13 gauge bone needle (recalled), when no device says what goes in."""

DIFFERENT_MM: Final = 5.0
"""Two paths whose tips and bone entries lie nearer than this are the same path."""

LOOKED_AT: Final = 60
"""Best paths of one approach that are followed out to the skin."""

JITTER_MM: Final = (-0.6, -0.3, 0.0, 0.3, 0.6)
"""Second, finer window about each of the best paths."""

EXTRA: Final = 2
"""Paths measured beyond those asked for, because exact measures may change their order."""

HELD_RANK: Final = 10
"""Paths that the rules would hold come after all others."""


def propose(  # noqa: PLR0913  # a door: what to search, each by name
    ct: CtVolume,
    anatomy: Anatomy,
    level: Level,
    *,
    side: Side | None = None,
    approach: Approach | None = None,
    target: PointLps | None = None,
    device: Device | None = None,
    outer_diameter_mm: float | None = None,
    count: int = 3,
    report: ProgressReport = unreported,
) -> Proposals:
    """Return the best few trajectories that really differ, or why there are none.

    Parameters
    ----------
    side, approach
        ``None`` searches both sides, all approaches that suit the level.
    target
        Where the tip shall lie; ``None`` aims at the lesion in this body, or at its front third.
    device
        Gives the zone to lay on a lesion.
    outer_diameter_mm
        Of the widest thing that goes through bone, as ``Catalog.access_diameter`` says; ``None``
        takes what the device itself states.

    Raises
    ------
    KeyError
        When the anatomy has no such vertebra.
    """
    surroundings = surroundings_of(anatomy, level)
    vertebra = anatomy.vertebrae[level]
    report(0.1, "Preparing the search")
    lesion = lesion_in(anatomy, surroundings)
    diameter = outer_diameter_mm or access_diameter_mm(device)
    space = search_space(anatomy, level)
    none_because: list[str] = []
    found: list[ProposedTrajectory] = []
    searched = 0
    sides = tuple(Side) if side is None else (side,)
    corridors = corridors_for(level, approach)
    if not corridors:
        none_because.append(f"A {approach} path is not used at {level}.")
    for one_side in sides:
        pedicle = vertebra.pedicles.get(one_side)
        if pedicle is None:
            none_because.append(f"The {one_side} pedicle of {level} was not found.")
            continue
        aims = choose_aims(
            vertebra, surroundings, one_side, target=target, lesion=lesion, device=device
        )
        for corridor in corridors:
            report(0.3, f"Searching {one_side} {corridor.approach} paths")
            task = Task(
                vertebra=vertebra,
                side=one_side,
                pedicle=pedicle,
                corridor=corridor,
                aims=aims,
                radius_mm=diameter / 2.0,
                space=space,
            )
            paths = search(task)
            searched += paths.searched
            if paths.none_because:
                none_because.append(paths.none_because)
                continue
            chosen, because = _followed_out(task, paths, ct, anatomy, count + EXTRA)
            none_because += [because] if because else []
            found += [
                _measured(item, ct, anatomy, diameter, lesion, device, aims.what)
                for item in chosen
            ]
    return Proposals(
        trajectories=_ranked(found, vertebra, count),
        none_because=tuple(none_because),
        notes=_notes(level, lesion),
        searched=searched,
    )


def access_diameter_mm(device: Device | None) -> float:
    """Return the diameter of what goes through bone: the cannula where the device has one."""
    if device is None:
        return USUAL_DIAMETER_MM
    for key in ("cannula_outer_diameter_mm", "outer_diameter_mm"):
        if key in device.numbers:
            return device.numbers[key].value
    return USUAL_DIAMETER_MM


def _followed_out(
    task: Task, paths: Paths, ct: CtVolume, anatomy: Anatomy, count: int
) -> tuple[list[Trajectory], str]:
    """Return the best paths that reach the skin through soft tissue and differ."""
    taken: list[Trajectory] = []
    blocked: dict[str, int] = {}
    looked = 0
    for index in _spread(paths):
        if len(taken) >= count or looked >= LOOKED_AT:
            break
        looked += 1
        finer = _finer(task, paths, int(index))
        best = int(finer.value.argmax())
        trajectory = _to_skin(task, finer, best, ct, len(taken) + 1)
        if obstacle := way_through(trajectory, ct, anatomy):
            blocked[obstacle] = blocked.get(obstacle, 0) + 1
            continue
        taken.append(trajectory)
    if taken:
        return taken, ""
    worst = max(blocked, key=lambda name: blocked[name])
    return [], f"{task.name}: the best {looked} paths all pass {worst} on the way to the skin."


def _spread(paths: Paths) -> Iterable[int]:
    """Yield path indices, best first, leaving out those too like an earlier one."""
    left = np.ones(len(paths.value), dtype=np.bool_)
    while left.any():
        best = int(np.where(left, paths.value, -np.inf).argmax())
        yield best
        tip = np.linalg.norm(paths.tips_mm - paths.tips_mm[best], axis=1)
        through = np.linalg.norm(paths.through_mm - paths.through_mm[best], axis=1)
        left &= np.maximum(tip, through) >= DIFFERENT_MM / 2.0
        left[best] = False


def _finer(task: Task, paths: Paths, index: int) -> Paths:
    """Search a small window about one path; never returns a worse one."""
    lateral, upward = window_axes(task)
    u, v = (grid.ravel()[:, None] for grid in np.meshgrid(JITTER_MM, JITTER_MM))
    window = paths.through_mm[index] + u * lateral + v * upward
    near = np.linalg.norm(task.aims.points_mm - paths.tips_mm[index], axis=1)
    finer = sift(task, window, np.array([int(near.argmin())]))
    if len(finer.value) and finer.value.max() > paths.value[index]:
        return finer
    one = slice(index, index + 1)
    return replace(
        paths,
        tips_mm=paths.tips_mm[one],
        through_mm=paths.through_mm[one],
        outward=paths.outward[one],
        worst_mm=paths.worst_mm[one],
        value=paths.value[one],
    )


def _to_skin(task: Task, paths: Paths, index: int, ct: CtVolume, number: int) -> Trajectory:
    tip = PointLps.of(paths.tips_mm[index])
    outward = paths.outward[index]
    skin = skin_on_line(ct, tip, outward)
    entry = _edge_of_scan(ct, tip, outward) if skin is None else skin
    return Trajectory(
        id=TrajectoryId(f"P{number}"),
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


def _measured(
    trajectory: Trajectory,
    ct: CtVolume,
    anatomy: Anatomy,
    diameter: float,
    lesion: LesionPart | None,
    device: Device | None,
    aim: str,
) -> ProposedTrajectory:
    measures = measure(trajectory, ct, anatomy, outer_diameter_mm=diameter)
    worst = worst_mm(measures)
    awkward = abs(measures.angles_deg["endplate"]) / 90.0
    return ProposedTrajectory(
        trajectory=trajectory,
        measures=measures,
        score=min(worst, ENOUGH_MM) - AWKWARD_MM * awkward,
        worst_mm=worst,
        reasons=reasons_for(trajectory, measures, lesion=lesion, device=device, aim=aim),
    )


def worst_mm(measures: TrajectoryMeasures) -> float:
    """Return the least of the clearances and, in a pedicle, the bone about the needle.

    The posterior wall is left out: a path into the body passes beside it and may be near.
    """
    distances = [
        item.distance_mm.best for item in measures.clearances if item.structure != POSTERIOR_WALL
    ]
    if measures.pedicle is not None:
        distances.append(measures.pedicle.worst_mm.best)
    return min(distances, default=ENOUGH_MM)


def _ranked(
    found: list[ProposedTrajectory], vertebra: Vertebra, count: int
) -> tuple[ProposedTrajectory, ...]:
    """Return the best that differ; the pedicle first where nothing would hold it."""

    def rank(item: ProposedTrajectory) -> tuple[int, float]:
        clear = min(
            (
                near.distance_mm.best
                for near in item.measures.clearances
                if near.structure != POSTERIOR_WALL
            ),
            default=ENOUGH_MM,
        )
        held = 0 if clear >= KEEP_AWAY_MM and item.worst_mm > 0.0 else HELD_RANK
        return (held + PREFERENCE[item.trajectory.approach], -item.score)

    taken: list[ProposedTrajectory] = []
    for item in sorted(found, key=rank):
        if all(_differ(item, other, vertebra) for other in taken):
            taken.append(item)
    named = enumerate(taken[:count], start=1)
    return tuple(
        replace(item, trajectory=replace(item.trajectory, id=TrajectoryId(f"P{place}")))
        for place, item in named
    )


def _differ(one: ProposedTrajectory, other: ProposedTrajectory, vertebra: Vertebra) -> bool:
    first, second = one.trajectory, other.trajectory
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


def _notes(level: Level, lesion: LesionPart | None) -> tuple[str, ...]:
    if lesion is None or lesion.share_of_body < LARGE_LESION:
        return ()
    return (
        f"The lesion takes {lesion.share_of_body:.0%} of the body of {level}: plan two needles, "
        "one from each side (Chen 2022).",
    )
