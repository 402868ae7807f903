"""All approaches of one side of a vertebra: searched, followed to the skin, measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from planner.domain.structures import POSTERIOR_WALL
from planner.geometry.points import PointLps
from planner.planning.exact_distances import (
    ENOUGH_MM,
    HAND_ERROR_MM,
    turned_tips,
    worst_under_error_mm,
)
from planner.planning.finalists import finalists
from planner.planning.measure import measure
from planner.planning.path_search import Task, awkward_mm, search
from planner.planning.pedicle_doubt import missing_foramen, oddly_wide, why_doubted
from planner.planning.pedicle_walls import measured_walls
from planner.planning.proposals import ProposedTrajectory
from planner.planning.ranking import COVERAGE_MM, LENGTH_MM_PER_MM, score_of
from planner.planning.reasons import coverage_of_first, off_centre, reasons_for
from planner.planning.soft_tissue import gas_distance_mm

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy, Pedicle
    from planner.domain.devices import Device
    from planner.domain.levels import Level, Side
    from planner.domain.plan import Trajectory
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume
    from planner.planning.aims import Aims, LesionPart
    from planner.planning.corridors import Corridor
    from planner.planning.measures import TrajectoryMeasures
    from planner.planning.search_space import SearchSpace
    from planner.planning.surfaces import Surroundings

GAS_NEAR_MM: Final = 20.0
"""Gas nearer than this is worth a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """What a search is asked, the same for every side; ``entry`` freezes the skin point."""

    ct: CtVolume
    anatomy: Anatomy
    level: Level
    surroundings: Surroundings
    space: SearchSpace
    corridors: tuple[Corridor, ...]
    lesion: LesionPart | None
    device: Device | None
    diameter_mm: float
    entry: PointLps | None
    report: ProgressReport


@dataclass(frozen=True, slots=True, kw_only=True)
class SideAnswer:
    """Paths of one side in no order, why an approach gave none, and how many were looked at."""

    found: tuple[ProposedTrajectory, ...]
    none_because: tuple[str, ...]
    searched: int


def believed_pedicle(question: Question, side: Side) -> tuple[Pedicle | None, str]:
    """Return the pedicle that paths of a side are placed by, or ``None`` and why not."""
    vertebra = question.anatomy.vertebrae[question.level]
    pedicle = vertebra.pedicles.get(side)
    if pedicle is None:
        return None, f"The {side} pedicle of {question.level} was not found."
    doubt = (
        why_doubted(vertebra, pedicle, question.surroundings)
        or oddly_wide(question.level, side, question.anatomy)
        or missing_foramen(question.level, side, question.surroundings)
    )
    return (None, doubt) if doubt else (pedicle, "")


def search_side(
    question: Question, side: Side, pedicle: Pedicle, aims: Aims, count: int
) -> SideAnswer:
    """Return up to ``count`` paths of each approach."""
    found: list[ProposedTrajectory] = []
    none_because: list[str] = []
    searched = 0
    vertebra = question.anatomy.vertebrae[question.level]
    for corridor in question.corridors:
        question.report(0.3, f"Searching {side} {corridor.approach} paths")
        task = Task(
            vertebra=vertebra,
            side=side,
            pedicle=pedicle,
            corridor=corridor,
            aims=aims,
            radius_mm=question.diameter_mm / 2.0,
            space=question.space,
            entry=question.entry,
            walls=measured_walls(vertebra, side, question.surroundings),
            lesion=question.lesion,
            device=question.device,
        )
        paths = search(task)
        searched += paths.searched
        if paths.none_because:
            none_because.append(paths.none_because)
            continue
        chosen, because = finalists(task, paths, question.ct, question.anatomy, count)
        none_because += [because] if because else []
        found += [_measured(question, item, aims.what) for item in chosen]
    return SideAnswer(found=tuple(found), none_because=tuple(none_because), searched=searched)


def _measured(question: Question, trajectory: Trajectory, aim: str) -> ProposedTrajectory:
    diameter = question.diameter_mm
    measures = measure(trajectory, question.ct, question.anatomy, outer_diameter_mm=diameter)
    gas = gas_distance_mm(trajectory, question.ct, diameter / 2.0)
    worst = min(worst_mm(measures), gas)
    off = worst_under_error_mm(trajectory, question.anatomy, outer_diameter_mm=diameter)
    if gas - HAND_ERROR_MM < off:
        off = min(off, _gas_under_error_mm(question, trajectory))
    why = reasons_for(
        trajectory, measures, lesion=question.lesion, device=question.device, aim=aim
    )
    coverage = coverage_of_first(trajectory, question.lesion, question.device)
    miss = off_centre(trajectory, question.lesion, question.device)
    awkward = float(awkward_mm(miss, measures.angles_deg["endplate"]))
    score = score_of(worst, awkward, coverage, trajectory.length_mm)
    return ProposedTrajectory(
        trajectory=trajectory,
        measures=measures,
        score=score,
        coverage=coverage,
        worst_mm=worst,
        gas_mm=gas,
        worst_under_error_mm=off,
        reasons=(
            *why,
            *((f"Lung or bowel gas is about {gas:.0f} mm away.",) if gas <= GAS_NEAR_MM else ()),
            _scored(worst, awkward, coverage, trajectory.length_mm, score),
            f"With the tip {HAND_ERROR_MM:g} mm off, the worst of these is {off:.1f} mm.",
        ),
    )


def _scored(
    worst: float, awkward: float, coverage: float | None, length_mm: float, score: float
) -> str:
    """Say what the place of a path among the others is made of."""
    parts = [f"worst distance {min(worst, ENOUGH_MM):.1f} mm"]
    if coverage is not None:
        parts.append(f"{COVERAGE_MM * coverage:.1f} for the {coverage:.0%} of the lesion held")
    parts.append(f"less {awkward:.2f} for its slant and place")
    parts.append(f"less {LENGTH_MM_PER_MM * length_mm:.2f} for {length_mm:.0f} mm from the skin")
    return f"Scored {score:.1f}: {', '.join(parts)}."


def _gas_under_error_mm(question: Question, trajectory: Trajectory) -> float:
    return min(
        gas_distance_mm(
            replace(trajectory, tip=PointLps.of(tip)), question.ct, question.diameter_mm / 2.0
        )
        for tip in turned_tips(trajectory)
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
