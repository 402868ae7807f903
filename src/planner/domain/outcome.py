"""What became of the patient: pain, function, morphine, complications and cement leaks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.levels import Level
    from planner.domain.sourced import Sourced, Status

BEFORE = "before"
"""Id of the time before the treatment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What was asked at one time; ``None`` means that nobody recorded it.

    Attributes
    ----------
    time
        Id of a ``VisitTime``.
    on
        Day of the visit, ``YYYY-MM-DD``; empty where nobody said.
    vas
        Pain, 0 to 10. That of the time before the treatment is an answer of the plan
        (``ClinicalAnswers.vas``), because a rule reads it there.
    """

    time: str
    on: str = ""
    vas: float | None = None
    odi_percent: float | None = None
    morphine_mg_per_day: float | None = None

    def __post_init__(self) -> None:
        _check_day(self.on)
        for name in ("vas", "odi_percent", "morphine_mg_per_day"):
            value = getattr(self, name)
            if value is not None and not (isfinite(value) and value >= 0.0):
                raise ValueError(f"{name} must not be negative, got {value}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Complication:
    """One complication, graded by two schemes whose version is kept with the grade.

    Attributes
    ----------
    what
        In a person's own words.
    cirse_scheme, cirse_grade
        Id of the scheme with its version, and the grade in it.
    ctcae_scheme, ctcae_grade
        The same; an empty grade means that nobody graded it so.
    """

    what: str
    cirse_scheme: str
    cirse_grade: str
    ctcae_scheme: str = ""
    ctcae_grade: str = ""
    on: str = ""

    def __post_init__(self) -> None:
        _check_day(self.on)
        if not (self.what.strip() and self.cirse_grade):
            raise ValueError("a complication needs words and a CIRSE grade")


@dataclass(frozen=True, slots=True, kw_only=True)
class CementLeak:
    """Cement seen outside of one vertebra.

    Attributes
    ----------
    kind
        The way it came, id of a term of the scheme of kinds.
    place
        Where it lies, id of a term of the scheme of places.
    had_symptoms
        ``None`` where nobody said.
    """

    level: Level
    kind: str
    place: str
    had_symptoms: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """All that is recorded after a treatment; empty before.

    Attributes
    ----------
    treated_on
        Day of the treatment, ``YYYY-MM-DD``.
    complications_asked
        Whether somebody looked for complications. Without it an empty list says nothing.
    leaks_sought
        Whether a scan after the treatment was read for leaks; the same.
    """

    treated_on: str = ""
    visits: tuple[Visit, ...] = ()
    complications_asked: bool = False
    complications: tuple[Complication, ...] = ()
    leaks_sought: bool = False
    leaks: tuple[CementLeak, ...] = ()

    def __post_init__(self) -> None:
        _check_day(self.treated_on)
        if len({visit.time for visit in self.visits}) != len(self.visits):
            raise ValueError("one time is recorded twice")
        if self.complications and not self.complications_asked:
            raise ValueError("there are complications, so somebody looked for them")
        if self.leaks and not self.leaks_sought:
            raise ValueError("there are leaks, so somebody looked for them")

    def visit(self, time: str) -> Visit:
        """Return what was recorded at a time; an empty visit where nothing was."""
        return next((one for one in self.visits if one.time == time), Visit(time=time))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number that is asked at each time, and the range a number must lie in."""

    id: str
    name: str
    unit: str
    least: Sourced
    most: Sourced


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitTime:
    """When it is asked; ``day`` counts from the treatment."""

    id: str
    name: str
    day: Sourced

    @property
    def is_before(self) -> bool:
        """Whether it lies before the treatment."""
        return self.id == BEFORE


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One grade or class of a scheme; ``status`` is that of its words."""

    id: str
    words: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """A published list of grades or classes, with its version and where it comes from."""

    id: str
    name: str
    version: str
    source: str
    terms: Mapping[str, Term]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeScales:
    """Everything an outcome is recorded by.

    Attributes
    ----------
    measures
        ``vas``, ``odi_percent`` and ``morphine_mg_per_day``, by the fields of ``Visit``.
    cirse
        Versions of the CIRSE classification by id, newest first.
    """

    measures: Mapping[str, Measure]
    times: tuple[VisitTime, ...]
    cirse: Mapping[str, Scheme]
    ctcae: Scheme
    leak_kinds: Scheme
    leak_places: Scheme


def days_between(first: str, then: str) -> int | None:
    """Return how many days ``then`` comes after ``first``; ``None`` where one is not known."""
    if not (first and then):
        return None
    return (date.fromisoformat(then) - date.fromisoformat(first)).days


def _check_day(text: str) -> None:
    if not text:
        return
    try:
        well_formed = date.fromisoformat(text).isoformat() == text
    except ValueError:
        well_formed = False
    if not well_formed:
        raise ValueError(f"a day is written YYYY-MM-DD, not {text!r}")
