"""What a person types about an outcome, read and held against the scales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.domain.errors import UsageError
from planner.domain.levels import Level
from planner.domain.outcome import CementLeak, Complication, Outcome, Visit, days_between

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.outcome import OutcomeScales, Scheme, VisitTime

BASELINE_VAS_IN_THE_CHECK = (
    "Pain before the treatment is a question of the check, because a rule reads it there. "
    "Answer it under Check (`--clinical vas=` on the command line)."
)
YES_NO_OPEN: Mapping[str, bool | None] = {"yes": True, "no": False, "": None}
_YES_NO_WORDS = {said: word for word, said in YES_NO_OPEN.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedVisit:
    """One visit as typed; an empty text is a number that nobody recorded."""

    time: str
    on: str = ""
    numbers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedComplication:
    """One complication as typed and chosen; ``scheme`` is a version of CIRSE."""

    what: str
    scheme: str
    grade: str
    ctcae: str = ""
    on: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedLeak:
    """One leak as chosen; ``symptoms`` is ``yes``, ``no`` or empty."""

    level: str
    kind: str
    place: str
    symptoms: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedOutcome:
    """A whole outcome as typed."""

    treated_on: str = ""
    visits: tuple[TypedVisit, ...] = ()
    complications_asked: bool = False
    complications: tuple[TypedComplication, ...] = ()
    leaks_sought: bool = False
    leaks: tuple[TypedLeak, ...] = ()


def read_outcome(typed: TypedOutcome, scales: OutcomeScales) -> Outcome:
    """Return what was typed as a value; visits with nothing in them are left out.

    Raises
    ------
    UsageError
        With a sentence that says where and what cannot be read or is out of range.
    """
    treated_on = typed.treated_on.strip()
    visits = tuple(_visit(one, scales) for one in typed.visits)
    try:
        outcome = Outcome(
            treated_on=treated_on,
            visits=tuple(one for one in visits if one != Visit(time=one.time)),
            complications_asked=typed.complications_asked or bool(typed.complications),
            complications=tuple(_complication(one, scales) for one in typed.complications),
            leaks_sought=typed.leaks_sought or bool(typed.leaks),
            leaks=tuple(_leak(one, scales) for one in typed.leaks),
        )
    except ValueError as refusal:
        raise UsageError(_sentence(refusal)) from refusal
    _check_order(outcome, scales)
    return outcome


def typed_of(outcome: Outcome, scales: OutcomeScales) -> TypedOutcome:
    """Return an outcome as it would be typed, with every time of the schedule."""
    return TypedOutcome(
        treated_on=outcome.treated_on,
        visits=tuple(
            _typed_visit(outcome.visit(time), scales) for time in _times_of(outcome, scales)
        ),
        complications_asked=outcome.complications_asked,
        complications=tuple(
            TypedComplication(
                what=one.what,
                scheme=one.cirse_scheme,
                grade=one.cirse_grade,
                ctcae=one.ctcae_grade,
                on=one.on,
            )
            for one in outcome.complications
        ),
        leaks_sought=outcome.leaks_sought,
        leaks=tuple(
            TypedLeak(
                level=str(one.level),
                kind=one.kind,
                place=one.place,
                symptoms=_YES_NO_WORDS[one.had_symptoms],
            )
            for one in outcome.leaks
        ),
    )


def _times_of(outcome: Outcome, scales: OutcomeScales) -> tuple[str, ...]:
    """Return the times of the schedule, and after them those only this outcome has."""
    known = tuple(one.id for one in scales.times)
    return (*known, *(one.time for one in outcome.visits if one.time not in known))


def _typed_visit(visit: Visit, scales: OutcomeScales) -> TypedVisit:
    numbers = {name: getattr(visit, name) for name in scales.measures}
    return TypedVisit(
        time=visit.time,
        on=visit.on,
        numbers={name: number_as_typed(one) for name, one in numbers.items()},
    )


def number_as_typed(value: float | None) -> str:
    """Return a number as a person types it, exact to its last digit; empty for none."""
    return "" if value is None else repr(value).removesuffix(".0")


def visit_time(name: str, scales: OutcomeScales) -> VisitTime:
    """Return a time by its id; ``UsageError`` with the ids there are."""
    found = next((one for one in scales.times if one.id == name), None)
    if found is None:
        known = ", ".join(one.id for one in scales.times)
        raise UsageError(f"there is no visit '{name}'; there are: {known}")
    return found


def _visit(typed: TypedVisit, scales: OutcomeScales) -> Visit:
    time = visit_time(typed.time, scales)
    numbers = {}
    for name, text in typed.numbers.items():
        if text.strip():
            numbers[name] = _number(text, time, name, scales)
    if time.is_before and "vas" in numbers:
        raise UsageError(BASELINE_VAS_IN_THE_CHECK)
    try:
        return Visit(time=time.id, on=typed.on.strip(), **numbers)
    except ValueError as refusal:
        raise UsageError(f"{time.name}: {refusal}.") from refusal


def _number(text: str, time: VisitTime, name: str, scales: OutcomeScales) -> float:
    measure = scales.measures[name]
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        raise UsageError(f"{time.name}, {measure.name}: '{text.strip()}' is no number.") from None
    if not measure.least.value <= value <= measure.most.value:
        raise UsageError(
            f"{time.name}, {measure.name}: {measure.least.value:g} to {measure.most.value:g} "
            f"{measure.unit}, not {value:g}."
        )
    return value


def _complication(typed: TypedComplication, scales: OutcomeScales) -> Complication:
    if typed.scheme not in scales.cirse:
        raise UsageError(
            f"there is no scheme '{typed.scheme}'; there are: {', '.join(scales.cirse)}"
        )
    return Complication(
        what=typed.what.strip(),
        cirse_scheme=typed.scheme,
        cirse_grade=_term(typed.grade, scales.cirse[typed.scheme]),
        ctcae_scheme=scales.ctcae.id if typed.ctcae else "",
        ctcae_grade=_term(typed.ctcae, scales.ctcae) if typed.ctcae else "",
        on=typed.on.strip(),
    )


def _leak(typed: TypedLeak, scales: OutcomeScales) -> CementLeak:
    try:
        level = Level(typed.level.strip().upper())
    except ValueError:
        raise UsageError(
            f"'{typed.level}' is not a level; write C1-C7, T1-T13, L1-L6, S1"
        ) from None
    if typed.symptoms not in YES_NO_OPEN:
        raise UsageError(f"symptoms of a leak are yes, no or left open, not '{typed.symptoms}'")
    return CementLeak(
        level=level,
        kind=_term(typed.kind, scales.leak_kinds),
        place=_term(typed.place, scales.leak_places),
        had_symptoms=YES_NO_OPEN[typed.symptoms],
    )


def _term(name: str, scheme: Scheme) -> str:
    if name not in scheme.terms:
        known = ", ".join(scheme.terms)
        raise UsageError(f"{scheme.name} {scheme.version} has no '{name}'; it has: {known}")
    return name


def _check_order(outcome: Outcome, scales: OutcomeScales) -> None:
    """Refuse a day that cannot be: follow-up before the treatment, or the first visit after it."""
    for visit in outcome.visits:
        time = visit_time(visit.time, scales)
        days = days_between(outcome.treated_on, visit.on)
        if days is None:
            continue
        if time.is_before and days > 0:
            raise UsageError(f"{time.name}: {visit.on} lies after the treatment.")
        if not time.is_before and days < 0:
            raise UsageError(f"{time.name}: {visit.on} lies before the treatment.")
    for one in outcome.complications:
        days = days_between(outcome.treated_on, one.on)
        if days is not None and days < 0:
            raise UsageError(f"'{one.what}': {one.on} lies before the treatment.")


def _sentence(refusal: ValueError) -> str:
    text = str(refusal)
    return f"{text[:1].upper()}{text[1:]}."
