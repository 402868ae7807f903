"""Scores what a trainee read and answered, before and beside the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.domain.finding import Severity
from planner.training.attempt import LesionSide
from planner.training.line import share
from planner.training.score_card import Judged
from planner.training.true_reading import Presence

if TYPE_CHECKING:
    from planner.training.judged_case import JudgedCase

ANSWERABLE: Final = frozenset({Severity.WARN, Severity.STOP})
"""Findings that a name and a reason settle."""

NO_PLAN: Final = "You decided not to treat, so there is nothing to judge."
_LEFT_RIGHT: Final = {LesionSide.LEFT, LesionSide.RIGHT}


def level(case: JudgedCase) -> Judged:
    """Give all or nothing for the vertebra with the lesion."""
    said, is_it = case.attempt.reading.level, case.exercise.level
    at = case.truth.lesion_at
    if said is is_it:
        return Judged(share=1.0, reason=f"The lesion is in {is_it}, as you said.", at=at)
    return Judged(share=0.0, reason=f"The lesion is in {is_it}; you said {said}.", at=at)


def side(case: JudgedCase) -> Judged:
    """Give all or nothing; where it is not plain, more than one answer counts."""
    said, truth = case.attempt.reading.lesion_side, case.truth
    right = said in truth.sides_that_count
    words = f"{truth.side_why} You said {said}; the best answer is {truth.lesion_side}."
    if not right and {said, truth.lesion_side} == _LEFT_RIGHT:
        words += " Read the letters at the edges of the picture."
    return Judged(share=float(right), reason=words, at=truth.lesion_at)


def dangers(case: JudgedCase) -> Judged:
    """Give the share of the dangers that were named, less those named that are not there."""
    named, known = case.attempt.reading.dangers, case.standard.dangers
    by = {
        presence: {name for name, one in case.truth.dangers.items() if one.presence is presence}
        for presence in Presence
    }
    there, absent = by[Presence.PRESENT], by[Presence.ABSENT]
    missed, false = there - named, named & absent
    told = [
        f"Missed: {known[name].words.lower()}. {_why(case, name)}"
        for name in known
        if name in missed
    ]
    told += [
        f"Not so: {known[name].words.lower()}. {_why(case, name)}"
        for name in known
        if name in false
    ]
    told = told or ["All that is dangerous was named, and nothing else."]
    shown = next((name for name in known if name in missed | false), None)
    shown = shown or next(iter(sorted(there)), None)
    at = None if shown is None else case.truth.dangers[shown].at
    earned = (1.0 - len(missed) / len(there)) if there else 1.0
    cost = case.standard.criteria["dangers"].marks["each_false"]
    earned = min(1.0, max(0.0, earned - cost * len(false)))
    return Judged(share=earned, reason=" ".join(told), at=at)


def _why(case: JudgedCase, name: str) -> str:
    return case.truth.dangers[name].why


def decision(case: JudgedCase) -> Judged:
    """Give all or nothing for treating this patient here, or not."""
    reading, exercise = case.attempt.reading, case.exercise
    at = case.truth.lesion_at
    if reading.treat is exercise.treat:
        words = "Treating here is right." if exercise.treat else exercise.why_not
        return Judged(share=1.0, reason=words, at=at)
    words = "This patient can be treated." if exercise.treat else exercise.why_not
    return Judged(share=0.0, reason=f"{words} You decided otherwise.", at=at)


def checklist(case: JudgedCase) -> Judged | None:
    """Give the share of answers that are as in the chart, with the confirmation of the side."""
    if not case.exercise.treat:
        return None
    if case.plan is None:
        return Judged(share=0.0, reason=NO_PLAN)
    answers, chart = case.plan.clinical, case.exercise.chart
    wrong = [name for name, value in chart.items() if getattr(answers, name) != value]
    open_ = [name for name in wrong if getattr(answers, name) is None]
    wrong = [name for name in wrong if name not in open_]
    side_open = case.plan.side_confirmation is None
    count = len(chart) + 1
    right = count - len(wrong) - len(open_) - side_open
    marks = case.standard.criteria["checklist"].marks
    earned = share(100.0 * right / count, marks["full_percent"], marks["none_percent"])
    told = [f"{right} of {count} are right."]
    told += [f"Other than in the chart: {_names(wrong)}."] if wrong else []
    told += [f"Not answered: {_names(open_)}."] if open_ else []
    told += ["Nobody confirmed left and right."] if side_open else []
    return Judged(share=earned, reason=" ".join(told))


def _names(fields: list[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in fields)


def warnings(case: JudgedCase) -> Judged | None:
    """Take off for every finding on the truth that nobody answered, or nobody can."""
    if not case.exercise.treat:
        return None
    plan = case.plan
    if plan is None or not plan.trajectories:
        return Judged(share=0.0, reason=NO_PLAN)
    answered = {one.rule for one in plan.acknowledgements if one.by.strip() and one.reason.strip()}
    left = [
        one
        for one in case.outcome.findings
        if one.severity not in ANSWERABLE or not answered & {one.rule, *one.also}
    ]
    marks = case.standard.criteria["warnings"].marks
    earned = share(float(len(left)), marks["full_open"], marks["none_open"])
    if not left:
        return Judged(share=earned, reason="Nothing that the rules say was left open.")
    told = [f"{one.severity.value.replace('_', ' ')} {one.rule}: {one.message}" for one in left]
    at = next((one.at for one in left if one.at is not None), None)
    return Judged(share=earned, reason=f"Left open: {' '.join(told)}", at=at)


def time(case: JudgedCase) -> Judged:
    """Take off slowly for the minutes used."""
    minutes = case.attempt.seconds / 60.0
    marks = case.standard.criteria["time"].marks
    earned = share(minutes, marks["full_min"], marks["none_min"])
    return Judged(share=earned, reason=f"You took {minutes:.0f} minutes.")


def shots(case: JudgedCase) -> Judged | None:
    """Take off for every X-ray picture beyond a few; one led without any earns nothing."""
    taken = case.attempt.shots
    if taken is None or not case.exercise.treat:
        return None
    if case.plan is None:
        return Judged(share=0.0, reason=NO_PLAN)
    marks = case.standard.criteria["shots"].marks
    if taken < marks["least_shots"]:
        words = f"{taken} X-ray pictures: a needle that nobody looks at is led blindly."
        return Judged(share=0.0, reason=words)
    earned = share(float(taken), marks["full_shots"], marks["none_shots"])
    return Judged(share=earned, reason=f"{taken} X-ray pictures were taken.")
