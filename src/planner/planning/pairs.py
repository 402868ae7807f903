"""Two needles at once, one from each side, for a lesion that takes most of its body."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.levels import Side
from planner.domain.plan import TrajectoryId
from planner.planning.aims import choose_half_aims
from planner.planning.exact_distances import ENOUGH_MM
from planner.planning.needle_assembly import bare_needle
from planner.planning.needle_gaps import needle_gaps
from planner.planning.proposals import ProposedPair
from planner.planning.ranking import COVERAGE_MM, best_that_differ, differ, is_held
from planner.planning.reasons import first_zone
from planner.planning.side_search import believed_pedicle, search_side

if TYPE_CHECKING:
    from planner.planning.aims import LesionPart
    from planner.planning.proposals import ProposedTrajectory
    from planner.planning.side_search import Question

EACH: Final = 4
"""Paths of each approach and side that are paired with all of the other side."""

BESIDE_MM: Final = 2.0
"""Surfaces of two needles must stay this far apart (derived): the error of a hand."""


def find_pairs(question: Question, count: int) -> tuple[tuple[ProposedPair, ...], str]:
    """Return the best pairs that differ in both needles or one, or none and why."""
    lesion = question.lesion
    if lesion is None:
        return (), "Two needles: no lesion was outlined in this body for them to share."
    vertebra = question.anatomy.vertebrae[question.level]
    found: dict[Side, list[ProposedTrajectory]] = {}
    for side in Side:
        pedicle, doubt = believed_pedicle(question, side)
        if pedicle is None:
            return (), f"Two needles: none from the {side}. {doubt}"
        aims = choose_half_aims(vertebra, side, lesion, question.device)
        answer = search_side(question, side, pedicle, aims, EACH)
        if not answer.found:
            return (), f"Two needles: none from the {side}. {' '.join(answer.none_because)}"
        found[side] = best_that_differ(answer.found, vertebra)
    pairs = [
        _pair(question, lesion, left, right)
        for left, right in product(found[Side.LEFT], found[Side.RIGHT])
    ]
    apart = [pair for pair in pairs if pair.between.surfaces_mm >= BESIDE_MM]
    if not apart:
        nearest = max(pair.between.surfaces_mm for pair in pairs)
        return (), (
            f"Two needles: every pair comes nearer than {BESIDE_MM:g} mm to each other; at best "
            f"{nearest:.1f} mm."
        )
    return _best(question, apart, count), ""


def _pair(
    question: Question, lesion: LesionPart, left: ProposedTrajectory, right: ProposedTrajectory
) -> ProposedPair:
    one = replace(left.trajectory, id=TrajectoryId("left"))
    other = replace(right.trajectory, id=TrajectoryId("right"))
    (between,) = needle_gaps(
        {item.id: bare_needle(item, question.diameter_mm) for item in (one, other)}
    )
    zones = [first_zone(needle, question.device) for needle in (one, other)]
    held = [zone.contains(lesion.points_mm) for zone in zones if zone is not None]
    return ProposedPair(
        left=left,
        right=right,
        worst_mm=min(left.worst_mm, right.worst_mm),
        between=between,
        coverage=float(np.mean(np.logical_or.reduce(held))) if held else None,
        reasons=(),
    )


def _best(question: Question, pairs: list[ProposedPair], count: int) -> tuple[ProposedPair, ...]:
    vertebra = question.anatomy.vertebrae[question.level]
    taken: list[ProposedPair] = []
    for pair in sorted(pairs, key=_rank):
        if len(taken) < count and all(
            differ(pair.left.trajectory, other.left.trajectory, vertebra)
            or differ(pair.right.trajectory, other.right.trajectory, vertebra)
            for other in taken
        ):
            taken.append(pair)
    return tuple(_named(question, pair, place) for place, pair in enumerate(taken, start=1))


def _rank(pair: ProposedPair) -> tuple[bool, bool, float]:
    """Sort by what the rules would hold, then by distance and coverage together."""
    unseen = pair.left.measures.skin is None or pair.right.measures.skin is None
    value = min(pair.worst_mm, ENOUGH_MM) + COVERAGE_MM * (pair.coverage or 0.0)
    return (is_held(pair.left) or is_held(pair.right), unseen, -value)


def _named(question: Question, pair: ProposedPair, place: int) -> ProposedPair:
    left_id, right_id = TrajectoryId(f"P{place}L"), TrajectoryId(f"P{place}R")
    return replace(
        pair,
        left=replace(pair.left, trajectory=replace(pair.left.trajectory, id=left_id)),
        right=replace(pair.right, trajectory=replace(pair.right.trajectory, id=right_id)),
        between=replace(pair.between, first=left_id, second=right_id),
        reasons=_reasons(question, pair),
    )


def _reasons(question: Question, pair: ProposedPair) -> tuple[str, ...]:
    found = [
        f"One needle from each side ({pair.left.trajectory.approach} on the left, "
        f"{pair.right.trajectory.approach} on the right); the worst distance of both is "
        f"{pair.worst_mm:.1f} mm.",
        f"Their tips lie {pair.between.tips_mm:.0f} mm apart, and their surfaces nowhere nearer "
        f"than {pair.between.surfaces_mm:.1f} mm.",
    ]
    if pair.coverage is not None and question.device is not None:
        row = question.device.zone_rows[0]
        found.append(
            f"Two zones of {row.length_mm.value:g} x {row.width_mm.value:g} mm, the first in the "
            f"table of {question.device.name}, would hold {pair.coverage:.0%} of the lesion in "
            "this body together."
        )
    return tuple(found)
