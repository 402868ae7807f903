"""The outcome of one treatment as one flat list of answers, for a register."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.domain.outcome import days_between

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.domain.outcome import OutcomeScales, Scheme
    from planner.domain.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer.

    Attributes
    ----------
    part
        ``treatment``, ``visit``, ``complications``, ``complication``, ``leaks`` or ``leak``.
    number
        Which visit, complication or leak, from 1.
    item
        What was asked, such as ``vas``.
    value
        The answer; ``None`` where nothing is recorded, so that a gap can be counted.
    when
        Id of the visit; empty elsewhere.
    planned_day, day
        Days after the treatment, as the schedule has it and as it was; ``None`` where not known.
    date
        The day itself. It identifies a person and leaves the house only when asked for.
    scheme, version, words
        Which published list a grade or class is from, and how it says it.
    is_own_words
        Whether ``value`` is text a person wrote, which may name somebody.
    """

    part: str
    item: str
    value: str | float | bool | None
    number: int = 1
    when: str = ""
    planned_day: int | None = None
    day: int | None = None
    date: str = ""
    unit: str = ""
    scheme: str = ""
    version: str = ""
    words: str = ""
    is_own_words: bool = False


def answers(plan: Plan, scales: OutcomeScales) -> tuple[Answer, ...]:
    """Return every answer, given or not, in the order of the form."""
    return (
        *_treatment(plan),
        *_visits(plan, scales),
        *_complications(plan, scales),
        *_leaks(plan, scales),
    )


def is_complete(plan: Plan, scales: OutcomeScales) -> bool:
    """Tell whether nothing is left open of the treatment, the visits, and what was looked for."""
    outcome = plan.outcome
    sought = bool(outcome.treated_on) and outcome.complications_asked and outcome.leaks_sought
    return sought and all(one.value is not None for one in _visits(plan, scales))


def _treatment(plan: Plan) -> Iterator[Answer]:
    on = plan.outcome.treated_on
    levels = sorted({needle.level for needle in plan.trajectories}, key=lambda one: one.order)
    devices = sorted({one.device_id for one in plan.ablations})
    cement_ml = sum(one.volume_ml for one in plan.cements)
    yield Answer(part="treatment", item="recorded", value=bool(on), date=on)
    yield Answer(part="treatment", item="levels", value=" ".join(levels) or None)
    yield Answer(part="treatment", item="planned_devices", value=" ".join(devices) or None)
    yield Answer(part="treatment", item="planned_cement", value=cement_ml, unit="mL")


def _visits(plan: Plan, scales: OutcomeScales) -> Iterator[Answer]:
    for number, time in enumerate(scales.times, start=1):
        visit = plan.outcome.visit(time.id)
        for name, measure in scales.measures.items():
            # Pain before the treatment is an answer of the plan, because a rule reads it there.
            at_baseline = time.is_before and name == "vas"
            yield Answer(
                part="visit",
                number=number,
                item=name,
                value=plan.clinical.vas if at_baseline else getattr(visit, name),
                when=time.id,
                planned_day=int(time.day.value),
                day=days_between(plan.outcome.treated_on, visit.on),
                date=visit.on,
                unit=measure.unit,
            )


def _complications(plan: Plan, scales: OutcomeScales) -> Iterator[Answer]:
    outcome = plan.outcome
    count = len(outcome.complications) if outcome.complications_asked else None
    yield Answer(part="complications", item="looked_for", value=outcome.complications_asked)
    yield Answer(part="complications", item="count", value=count)
    for number, one in enumerate(outcome.complications, start=1):
        day = days_between(outcome.treated_on, one.on)
        yield Answer(
            part="complication", number=number, item="what", value=one.what, day=day, date=one.on,
            is_own_words=True,
        )  # fmt: skip
        for item, known, scheme_id, grade in (
            ("cirse_grade", scales.cirse.get(one.cirse_scheme), one.cirse_scheme, one.cirse_grade),
            ("ctcae_grade", scales.ctcae, one.ctcae_scheme, one.ctcae_grade),
        ):
            scheme, version, words = _listed(known, scheme_id, grade)
            yield Answer(
                part="complication", number=number, item=item, value=grade or None, day=day,
                date=one.on, scheme=scheme, version=version, words=words,
            )  # fmt: skip


def _leaks(plan: Plan, scales: OutcomeScales) -> Iterator[Answer]:
    outcome = plan.outcome
    count = len(outcome.leaks) if outcome.leaks_sought else None
    yield Answer(part="leaks", item="looked_for", value=outcome.leaks_sought)
    yield Answer(part="leaks", item="count", value=count)
    for number, one in enumerate(outcome.leaks, start=1):
        yield Answer(part="leak", number=number, item="level", value=str(one.level))
        for item, known, term in (
            ("kind", scales.leak_kinds, one.kind),
            ("place", scales.leak_places, one.place),
        ):
            scheme, version, words = _listed(known, known.id, term)
            yield Answer(
                part="leak", number=number, item=item, value=term, scheme=scheme,
                version=version, words=words,
            )  # fmt: skip
        yield Answer(part="leak", number=number, item="symptoms", value=one.had_symptoms)


def _listed(known: Scheme | None, scheme_id: str, term: str) -> tuple[str, str, str]:
    """Return name, version and words; a list this program does not have keeps its id."""
    if known is None or known.id != scheme_id:
        return scheme_id, "", ""
    words = known.terms[term].words if term in known.terms else ""
    return known.name, known.version, words
