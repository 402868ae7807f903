"""Reads the scales, times and grades an outcome is recorded by."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.catalog.resource_files import resource_path
from planner.catalog.section import Section
from planner.domain.outcome import BEFORE, Measure, OutcomeScales, Scheme, Term, VisitTime

if TYPE_CHECKING:
    from pathlib import Path


def load_outcome_scales() -> OutcomeScales:
    """Read ``resources/outcome``.

    Raises
    ------
    InputRefusedError
        When a file is wrong; it says which, where and what.
    """
    folder = resource_path("outcome")
    visits = Section.of_file(folder / "visits.toml")
    visits.refuse_other_keys({"measures", "time"})
    cirse = [_scheme(path) for path in folder.glob("cirse-*.toml")]
    return OutcomeScales(
        measures=MappingProxyType(
            {name: _measure(visits.section("measures"), name) for name in _names(visits)}
        ),
        times=tuple(_time(one) for one in visits.sections("time")),
        cirse=MappingProxyType(
            {one.id: one for one in sorted(cirse, key=lambda one: one.version, reverse=True)}
        ),
        ctcae=_scheme(folder / "ctcae-5.toml"),
        leak_kinds=_scheme(folder / "leak-kinds.toml"),
        leak_places=_scheme(folder / "leak-places.toml"),
    )


def _names(visits: Section) -> tuple[str, ...]:
    return tuple(visits.section("measures").values)


def _measure(measures: Section, name: str) -> Measure:
    one = measures.section(name)
    one.refuse_other_keys({"name", "unit", "least", "most"})
    return Measure(
        id=name,
        name=one.text("name"),
        unit=one.text("unit"),
        least=one.sourced("least"),
        most=one.sourced("most"),
    )


def _time(one: Section) -> VisitTime:
    one.refuse_other_keys({"id", "name", "day"})
    time = VisitTime(id=one.text("id"), name=one.text("name"), day=one.sourced("day"))
    if time.is_before is not (time.day.value < 0.0):
        one.refuse(f"only the time {BEFORE!r} lies before the treatment")
    return time


def _scheme(path: Path) -> Scheme:
    """Read one scheme; the file carries the name of its id."""
    whole = Section.of_file(path)
    whole.refuse_other_keys({"id", "name", "version", "source", "term"})
    if whole.text("id") != path.stem:
        whole.refuse(f"the id {whole.text('id')!r} must be the name of the file")
    terms: dict[str, Term] = {}
    for one in whole.sections("term"):
        one.refuse_other_keys({"id", "words", "status"})
        term = Term(id=one.text("id"), words=one.text("words"), status=one.status())
        if term.id in terms:
            one.refuse(f"the term {term.id} is there twice")
        terms[term.id] = term
    return Scheme(
        id=path.stem,
        name=whole.text("name"),
        version=whole.text("version"),
        source=whole.text("source"),
        terms=MappingProxyType(terms),
    )
