"""Scores an attempt: a pure function of the attempt, the truth and the standard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.training import criteria_of_plan as of_plan
from planner.training import criteria_of_reading as of_reading
from planner.training.attempt import LesionSide
from planner.training.score_card import CriterionScore, Fatal, Judged, ScoreCard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from planner.geometry.points import PointLps
    from planner.training.judged_case import JudgedCase

_OF_READING: Final[Mapping[str, Callable[[JudgedCase], Judged | None]]] = {
    "level": of_reading.level,
    "side": of_reading.side,
    "dangers": of_reading.dangers,
    "decision": of_reading.decision,
    "warnings": of_reading.warnings,
    "checklist": of_reading.checklist,
    "time": of_reading.time,
    "shots": of_reading.shots,
}
_OF_PLAN: Final[Mapping[str, Callable[[JudgedCase], Judged]]] = {
    "approach": of_plan.approach,
    "breach": of_plan.breach,
    "canal": of_plan.canal,
    "roots": of_plan.roots,
    "organs": of_plan.organs,
    "tip": of_plan.tip,
    "coverage": of_plan.coverage,
    "heat": of_plan.heat,
    "thermocouple": of_plan.thermocouple,
    "cement": of_plan.cement,
}
"""Scored only where treating is right."""

NOT_UNDER_XRAY: Final = frozenset(
    {"coverage", "heat", "thermocouple", "cement", "warnings", "checklist"}
)
"""Not asked of who sees two X-ray pictures alone: only a needle is led there."""


def score(case: JudgedCase) -> ScoreCard:
    """Return the score; equal cases give equal scores, and a better number never a lower one."""
    found = []
    for criterion in case.standard.criteria.values():
        judged = _judged(case, criterion.id)
        if judged is None:
            continue
        found.append(
            CriterionScore(
                id=criterion.id,
                title=criterion.title,
                points=criterion.weight * judged.share,
                weight=criterion.weight,
                reason=judged.reason,
                at=judged.at,
                source=criterion.source,
                status=criterion.status,
            )
        )
    return ScoreCard(
        attempt=case.attempt.id,
        exercise=case.exercise.id,
        criteria=tuple(found),
        fatal=tuple(_fatal(case)),
        pass_percent=case.standard.pass_percent,
    )


def _judged(case: JudgedCase, name: str) -> Judged | None:
    if case.attempt.shots is not None and name in NOT_UNDER_XRAY:
        return None
    if name in _OF_READING:
        return _OF_READING[name](case)
    return _OF_PLAN[name](case) if case.exercise.treat else None


def _fatal(case: JudgedCase) -> Iterator[Fatal]:
    steps = {
        "wrong-level": _wrong_level(case),
        "wrong-side": _wrong_side(case),
        "canal-crossed": _canal_crossed(case),
        "contraindicated": _contraindicated(case),
    }
    for name, step in case.standard.fatal.items():
        found = steps[name]
        if step.counts and found is not None:
            reason, at = found
            yield Fatal(id=name, words=step.words, reason=reason, at=at, source=step.source)


def _wrong_level(case: JudgedCase) -> tuple[str, PointLps] | None:
    right = case.exercise.level
    for needle in case.outcome.needles:
        if needle.level is not right:
            words = (
                f"The tip of needle {needle.id} is at {needle.level}; the lesion is in {right}."
            )
            return words, needle.tip
    said = case.attempt.reading
    if case.plan is not None and said.level is not right:
        return f"You said {said.level}; the lesion is in {right}.", case.truth.lesion_at
    return None


def _wrong_side(case: JudgedCase) -> tuple[str, PointLps] | None:
    for needle in case.outcome.needles:
        if needle.named_side is not needle.side:
            words = (
                f"Needle {needle.id} is called {needle.named_side} and goes in on the "
                f"{needle.side}."
            )
            return words, needle.tip
    said, truth = case.attempt.reading.lesion_side, case.truth
    opposite = {said, truth.lesion_side} == {LesionSide.LEFT, LesionSide.RIGHT}
    if opposite and said not in truth.sides_that_count:
        return f"{truth.side_why} You said {said}.", truth.lesion_at
    return None


def _canal_crossed(case: JudgedCase) -> tuple[str, PointLps] | None:
    for needle in case.outcome.needles:
        if needle.canal is not None and needle.canal.distance_mm <= 0.0:
            return f"Needle {needle.id} meets the {needle.canal.structure}.", needle.canal.at
    return None


def _contraindicated(case: JudgedCase) -> tuple[str, PointLps] | None:
    if case.exercise.treat or not case.attempt.reading.treat:
        return None
    return case.exercise.why_not, case.truth.lesion_at
