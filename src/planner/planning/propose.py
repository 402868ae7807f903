"""Trajectories to a vertebral body, searched, measured and put into words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.levels import Side
from planner.domain.plan import Approach, Trajectory, TrajectoryId
from planner.domain.progress import unreported
from planner.domain.structures import POSTERIOR_WALL
from planner.planning.aims import LARGE_LESION, LesionPart, choose_aims, lesion_in
from planner.planning.corridors import PREFERENCE, corridors_for
from planner.planning.exact_distances import ENOUGH_MM, HAND_ERROR_MM, worst_under_error_mm
from planner.planning.finalists import DIFFERENT_MM, finalists
from planner.planning.measure import measure
from planner.planning.path_search import KEEP_AWAY_MM, Task, awkward_mm, search
from planner.planning.pedicle_doubt import why_doubted
from planner.planning.proposals import Proposals, ProposedTrajectory
from planner.planning.reasons import reasons_for
from planner.planning.search_space import search_space
from planner.planning.soft_tissue import gas_distance_mm
from planner.planning.surfaces import surroundings_of

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.devices import Device
    from planner.domain.levels import Level
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps, Vector
    from planner.planning.measures import TrajectoryMeasures

USUAL_DIAMETER_MM: Final = 2.4
"""A 13 gauge bone needle (recalled), when no device says what goes in."""

EXTRA: Final = 2
"""Paths measured beyond those asked for, because exact measures may change their order."""

GAS_NEAR_MM: Final = 20.0
"""Gas nearer than this is worth a sentence."""

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
    entry: PointLps | None = None,
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
    entry
        A skin point to keep; ``None`` lets the search choose it.
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
    space = search_space(ct, anatomy, level)
    none_because: list[str] = []
    found: list[ProposedTrajectory] = []
    searched = 0
    sides = tuple(Side) if side is None else (side,)
    corridors = corridors_for(level, approach)
    if not corridors:
        what = "Needle paths are" if approach is None else f"A {approach} path is"
        none_because.append(f"{what} not used at {level}.")
    for one_side in sides:
        pedicle = vertebra.pedicles.get(one_side)
        if pedicle is None:
            none_because.append(f"The {one_side} pedicle of {level} was not found.")
            continue
        if doubt := why_doubted(vertebra, pedicle, surroundings):
            none_because.append(doubt)
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
                entry=entry,
            )
            paths = search(task)
            searched += paths.searched
            if paths.none_because:
                none_because.append(paths.none_because)
                continue
            chosen, because = finalists(task, paths, ct, anatomy, count + EXTRA)
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
    gas = gas_distance_mm(trajectory, ct, diameter / 2.0)
    worst = min(worst_mm(measures), gas)
    off = worst_under_error_mm(trajectory, anatomy, outer_diameter_mm=diameter)
    return ProposedTrajectory(
        trajectory=trajectory,
        measures=measures,
        score=min(worst, ENOUGH_MM) - float(awkward_mm(0.0, measures.angles_deg["endplate"])),
        worst_mm=worst,
        gas_mm=gas,
        worst_under_error_mm=off,
        reasons=(
            *reasons_for(trajectory, measures, lesion=lesion, device=device, aim=aim),
            *((f"Lung or bowel gas is about {gas:.0f} mm away.",) if gas <= GAS_NEAR_MM else ()),
            f"With the tip {HAND_ERROR_MM:g} mm off, the worst of these is {off:.1f} mm.",
        ),
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
    """Return the best that differ; the pedicle first where nothing would hold it.

    A path whose skin point the scan does not show comes after those of its kind.
    """

    def rank(item: ProposedTrajectory) -> tuple[int, bool, float]:
        nearest = [
            near.distance_mm.best
            for near in item.measures.clearances
            if near.structure != POSTERIOR_WALL
        ]
        clear = min([*nearest, item.gas_mm])
        held = 0 if clear >= KEEP_AWAY_MM and item.worst_mm > 0.0 else HELD_RANK
        unseen = item.measures.skin is None
        return (held + PREFERENCE[item.trajectory.approach], unseen, -item.score)

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
