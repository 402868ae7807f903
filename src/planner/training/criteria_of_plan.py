"""Scores a plan by what it would really do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.structures import in_words
from planner.planning.measures import Direction, gertzbein_robbins
from planner.training.criteria_of_reading import NO_PLAN
from planner.training.line import share
from planner.training.score_card import Judged

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.training.judged_case import JudgedCase
    from planner.training.outcome import Near, Outcome, TrueNeedle

NO_NEEDLE = "No needle was planned."


def missing_plan(case: JudgedCase) -> Judged | None:
    """Return why nothing can be judged of a plan, ``None`` where there is a needle."""
    if case.plan is None:
        return Judged(share=0.0, reason=NO_PLAN)
    if not case.outcome.needles:
        return Judged(share=0.0, reason=NO_NEEDLE)
    return None


def approach(case: JudgedCase) -> Judged:
    """Ask for a way in that this spine allows, named, and taken by every needle."""
    if missing := missing_plan(case):
        return missing
    reading = case.attempt.reading
    ways = {(one.approach, one.side) for one in case.truth.ways}
    good = " or ".join(
        f"{one.approach} from {'either side' if one.side is None else f'the {one.side}'}"
        for one in case.truth.ways
    )
    named = {(reading.approach, reading.side), (reading.approach, None)} & ways
    if not named:
        words = f"You chose {reading.approach} from the {reading.side}; right is {good}."
        return Judged(share=0.0, reason=words, at=case.truth.lesion_at)
    for needle in case.outcome.needles:
        if not {(needle.way, needle.side), (needle.way, None)} & ways:
            words = f"Needle {needle.id} really goes {needle.way} from the {needle.side}."
            return Judged(share=0.5, reason=f"{words} Right is {good}.", at=needle.tip)
    return Judged(share=1.0, reason=f"The way is right: {good}.", at=case.outcome.needles[0].tip)


def breach(case: JudgedCase) -> Judged:
    """Judge by how far the worst needle leaves its pedicle; medial counts twice."""
    if missing := missing_plan(case):
        return missing
    marks = case.standard.criteria["breach"].marks

    def earned(needle: TrueNeedle) -> float:
        medial = needle.breach_way is Direction.MEDIAL
        none_mm = marks["none_medial_mm"] if medial else marks["none_mm"]
        return share(needle.breach_mm, marks["full_mm"], none_mm)

    worst = min(case.outcome.needles, key=lambda one: (earned(one), -one.breach_mm))
    grade = gertzbein_robbins(worst.breach_mm)
    if worst.breach_way is None:
        words = f"Grade {grade}: no needle leaves a pedicle it goes through."
    else:
        words = (
            f"Grade {grade}: needle {worst.id} stands {worst.breach_mm:.1f} mm out of the "
            f"{worst.side} pedicle of {worst.level}, {worst.breach_way}."
        )
    return Judged(share=earned(worst), reason=words, at=worst.breach_at or worst.tip)


def canal(case: JudgedCase) -> Judged:
    """Judge the least distance of any needle to the canal or what is in it."""
    return _distance(case, "canal", lambda needle: needle.canal, "the canal")


def roots(case: JudgedCase) -> Judged:
    """Judge the least distance to a root or foramen."""
    return _distance(case, "roots", lambda needle: needle.root, "any root or foramen")


def organs(case: JudgedCase) -> Judged:
    """Judge the least distance to a great vessel or the pleura."""
    return _distance(case, "organs", lambda needle: needle.organ, "any great vessel or lung")


def _distance(
    case: JudgedCase, name: str, pick: Callable[[TrueNeedle], Near | None], what: str
) -> Judged:
    if missing := missing_plan(case):
        return missing
    worst = _nearest(case.outcome, pick)
    if worst is None:
        return Judged(share=1.0, reason=f"No needle comes near {what}.")
    best = _nearest(case.reference, pick)
    marks = case.standard.criteria[name].marks
    reached = None if best is None else best.distance_mm
    earned = share(worst.distance_mm, marks["full_mm"], marks["none_mm"], reached)
    words = f"{worst.distance_mm:.1f} mm to the {in_words(worst.structure)}"
    if worst.distance_mm <= 0.0:
        words = f"A needle meets the {in_words(worst.structure)}"
    told = "" if reached is None else f" The reference keeps {reached:.1f} mm."
    return Judged(share=earned, reason=f"{words}.{told}", at=worst.at)


def _nearest(outcome: Outcome, pick: Callable[[TrueNeedle], Near | None]) -> Near | None:
    found = [near for near in map(pick, outcome.needles) if near is not None]
    return min(found, key=lambda one: one.distance_mm, default=None)


def tip(case: JudgedCase) -> Judged:
    """Judge how far the worst tip is from the lesion; outside of the body it earns nothing."""
    if missing := missing_plan(case):
        return missing
    outside = next((one for one in case.outcome.needles if not one.in_body), None)
    if outside is not None:
        words = f"The tip of needle {outside.id} is not in the body of {outside.level}."
        if outside.to_lesion_mm > 0.0:
            return Judged(share=0.0, reason=words, at=outside.tip)
    worst = max(case.outcome.needles, key=lambda one: one.to_lesion_mm)
    best = max((one.to_lesion_mm for one in case.reference.needles), default=0.0)
    marks = case.standard.criteria["tip"].marks
    earned = share(worst.to_lesion_mm, marks["full_mm"], marks["none_mm"], best)
    where = (
        f"{worst.to_lesion_mm:.1f} mm from the lesion" if worst.to_lesion_mm else "in the lesion"
    )
    return Judged(share=earned, reason=f"The tip of needle {worst.id} is {where}.", at=worst.tip)


def coverage(case: JudgedCase) -> Judged:
    """Judge the share of the lesion that the predicted zone holds."""
    if missing := missing_plan(case):
        return missing
    found = case.outcome.covered_percent
    if found is None:
        return _unpredicted(case, "coverage")
    marks = case.standard.criteria["coverage"].marks
    best = case.reference.covered_percent
    earned = share(found, marks["full_percent"], marks["none_percent"], best)
    told = "" if best is None else f" The reference holds {best:.0f} %."
    words = f"The zone holds {found:.0f} % of the lesion.{told}"
    return Judged(share=earned, reason=words, at=case.outcome.missed_at or case.truth.lesion_at)


def heat(case: JudgedCase) -> Judged:
    """Judge the worst temperature at a nerve structure in any run, heat or cold."""
    if missing := missing_plan(case):
        return missing
    found = case.outcome.heat
    if found is None:
        return _unpredicted(case, "heat")
    marks = case.standard.criteria["heat"].marks
    kind = "cold_" if found.is_cold else ""
    full, none = marks[f"full_{kind}celsius"], marks[f"none_{kind}celsius"]
    ref = case.reference.heat
    best = ref.celsius if ref is not None and ref.is_cold is found.is_cold else None
    told = "" if best is None else f" With the reference it is {best:.1f} °C."
    end = "down to" if found.is_cold else "up to"
    words = (
        f"The model predicts {end} {found.celsius:.1f} °C at the {in_words(found.structure)}, "
        f"all doubt taken to the worse side.{told}"
    )
    return Judged(share=share(found.celsius, full, none, best), reason=words, at=found.at)


def thermocouple(case: JudgedCase) -> Judged:
    """Judge how far the thermocouple lies from the worst place at a nerve."""
    if missing := missing_plan(case):
        return missing
    laid = case.attempt.thermocouple
    worst = case.outcome.heat or case.reference.heat
    if worst is None or worst.at is None:
        return _unpredicted(case, "heat")
    if laid is None:
        words = f"None was laid. The {in_words(worst.structure)} sees the worst here."
        return Judged(share=0.0, reason=words, at=worst.at)
    marks = case.standard.criteria["thermocouple"].marks
    far_mm = laid.distance_mm(worst.at)
    words = f"It lies {far_mm:.1f} mm from where the {in_words(worst.structure)} sees the worst."
    earned = share(far_mm, marks["full_mm"], marks["none_mm"])
    return Judged(share=earned, reason=words, at=worst.at)


def cement(case: JudgedCase) -> Judged:
    """Judge the chance that cement reaches canal or foramen."""
    if missing := missing_plan(case):
        return missing
    found = case.outcome.leak
    if found is None:
        return _unpredicted(case, "cement")
    marks = case.standard.criteria["cement"].marks
    best = None if case.reference.leak is None else case.reference.leak.share
    earned = share(found.share, marks["full_share"], marks["none_share"], best)
    told = "" if best is None else f" With the reference {best:.0%} of runs do."
    words = f"{found.share:.0%} of the runs of the model leak there ({found.words}).{told}"
    return Judged(share=earned, reason=words, at=found.at)


def _unpredicted(case: JudgedCase, name: str) -> Judged:
    why = case.outcome.unpredicted.get(name, "The model gives no answer for this plan.")
    return Judged(share=0.0, reason=f"Not predicted, so nothing is earned. {why}")
