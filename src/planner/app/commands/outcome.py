"""``planner outcome``: what became of the patient, into the plan and out to a register."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.app.output import Outcome
from planner.catalog.outcome_scales import load_outcome_scales
from planner.document.outcome_commands import record_outcome
from planner.document.plan_file import load_plan, save_plan
from planner.domain.errors import UsageError
from planner.exchange.outcome_table import answers, is_complete
from planner.session.outcome_entry import (
    TypedComplication,
    TypedLeak,
    TypedVisit,
    read_outcome,
    typed_of,
    visit_time,
)
from planner.session.register_desk import write_outcome

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection

    from planner.domain.outcome import OutcomeScales
    from planner.session.outcome_entry import TypedOutcome

NUMBERS_BY_WORD = {"vas": "vas", "odi": "odi_percent", "morphine": "morphine_mg_per_day"}


def outcome(arguments: argparse.Namespace) -> Outcome:
    """Record what is given, then write what is asked for; without either, say what is there."""
    plan, scales = load_plan(arguments.plan), load_outcome_scales()
    typed = _typed(arguments, typed_of(plan.outcome, scales), scales)
    recorded = record_outcome(read_outcome(typed, scales)).apply(plan)
    files: list[str] = []
    if recorded != plan:
        if arguments.out is None:
            raise UsageError("say with --out where to write the plan with what is recorded")
        plan = save_plan(arguments.out, recorded)
        files.append(str(arguments.out))
    if arguments.register is not None:
        if not arguments.register.is_dir():
            raise UsageError(f"the folder {arguments.register} does not exist; make it first")
        names = write_outcome(plan, scales, arguments.register, identified=arguments.identified)
        files += [str(arguments.register / name) for name in names]
    told = [one for one in answers(plan, scales) if one.value is not None]
    return Outcome(
        {
            "files": files,
            "revision": plan.revision,
            "complete": is_complete(plan, scales),
            "answers": [
                {"part": one.part, "number": one.number, "when": one.when, "item": one.item,
                 "value": one.value, "unit": one.unit}
                for one in told
            ],
        }
    )  # fmt: skip


def _typed(
    arguments: argparse.Namespace, before: TypedOutcome, scales: OutcomeScales
) -> TypedOutcome:
    """Return what was recorded with what is given: a visit replaces, the rest is added."""
    visits = {one.time: one for one in before.visits}
    for text in arguments.visit:
        one = _visit(text, scales)
        visits[one.time] = one
    complications = tuple(_complication(text, scales) for text in arguments.complication)
    leaks = tuple(_leak(text) for text in arguments.leak)
    return replace(
        before,
        treated_on=arguments.treated_on or before.treated_on,
        visits=tuple(visits.values()),
        complications_asked=before.complications_asked or arguments.complications_asked,
        complications=(*before.complications, *complications),
        leaks_sought=before.leaks_sought or arguments.leaks_sought,
        leaks=(*before.leaks, *leaks),
    )


def _visit(text: str, scales: OutcomeScales) -> TypedVisit:
    given = _parts(text, {"time", "on", *NUMBERS_BY_WORD})
    time = visit_time(given.get("time", ""), scales)
    numbers = {name: given.get(word, "") for word, name in NUMBERS_BY_WORD.items()}
    return TypedVisit(time=time.id, on=given.get("on", ""), numbers=numbers)


def _complication(text: str, scales: OutcomeScales) -> TypedComplication:
    given = _parts(text, {"what", "on", "ctcae", *scales.cirse})
    schemes = [name for name in scales.cirse if name in given]
    if len(schemes) != 1:
        raise UsageError(f"grade a complication by one of: {', '.join(scales.cirse)}")
    return TypedComplication(
        what=given.get("what", ""),
        scheme=schemes[0],
        grade=given[schemes[0]],
        ctcae=given.get("ctcae", ""),
        on=given.get("on", ""),
    )


def _leak(text: str) -> TypedLeak:
    given = _parts(text, {"level", "kind", "place", "symptoms"})
    return TypedLeak(
        level=given.get("level", ""),
        kind=given.get("kind", ""),
        place=given.get("place", ""),
        symptoms=given.get("symptoms", ""),
    )


def _parts(text: str, known: Collection[str]) -> dict[str, str]:
    """Read ``key=value; key=value``."""
    found = {}
    for part in text.split(";"):
        key, equals, value = part.partition("=")
        name = key.strip()
        if not equals or name not in known:
            raise UsageError(
                f"'{part.strip()}' is not one of {', '.join(sorted(known))} with a value; "
                "write such as 'time=month-1; vas=3; odi=23; morphine=20; on=2026-03-01'"
            )
        found[name] = value.strip()
    return found
