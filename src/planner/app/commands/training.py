"""``planner train``."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from planner.app.commands.anatomy import xyz
from planner.app.output import Outcome, check_out_folder
from planner.app.output import progress as told
from planner.catalog import load_catalog
from planner.document.plan_file import load_plan, save_plan
from planner.domain.errors import UsageError
from planner.domain.levels import Side
from planner.domain.plan import Approach
from planner.imaging import write_ct_series
from planner.phantom import make_phantom
from planner.session.cases import now_utc
from planner.session.training_work import NO_REFERENCE, TrainingWork
from planner.settings import user_data_folder
from planner.training.attempt import (
    SUFFIX,
    Attempt,
    LesionSide,
    Reading,
    load_attempt,
    save_attempt,
)
from planner.training.group import Assignment, compared, save_assignment
from planner.training.progress import result_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from planner.app.output import Json
    from planner.session.training_work import Scored
    from planner.training.group import GroupView


def exercises(_arguments: argparse.Namespace) -> Outcome:
    """List the exercises over the sample cases, and the dangers that can be named."""
    work = _work()
    return Outcome(
        {
            "exercises": [
                {
                    "id": one.id,
                    "title": one.title,
                    "difficulty": one.difficulty,
                    "story": one.story,
                    "chart": {key: _json(value) for key, value in one.chart.items()},
                }
                for one in work.exercises()
            ],
            "dangers": {one.id: one.words for one in work.standard.dangers.values()},
        }
    )


def scan(arguments: argparse.Namespace) -> Outcome:
    """Write the scan of an exercise."""
    found = _work().exercise(arguments.exercise)
    made = make_phantom(found.recipe, report=told)
    write_ct_series(arguments.out, made.ct)
    return Outcome({"out": str(arguments.out), "sha256": made.ct.record.sha256})


def assign(arguments: argparse.Namespace) -> Outcome:
    """Write exercises to give out."""
    check_out_folder(arguments.out)
    made = Assignment(
        title=arguments.title, exercises=tuple(arguments.exercises), is_xray=arguments.xray
    )
    save_assignment(arguments.out, made, user_data_folder())
    return Outcome({"out": str(arguments.out), "exercises": list(made.exercises)})


def attempt(arguments: argparse.Namespace) -> Outcome:
    """Write an attempt from words and a plan."""
    check_out_folder(arguments.out)
    treat = not arguments.do_not_treat
    try:
        made = Attempt(
            id=secrets.token_hex(8),
            exercise=_work().exercise(arguments.exercise).id,
            by=arguments.by,
            started_utc=now_utc(),
            seconds=arguments.minutes * 60.0,
            reading=Reading(
                level=arguments.level,
                lesion_side=LesionSide(arguments.lesion_side),
                treat=treat,
                dangers=frozenset(arguments.danger),
                approach=Approach(arguments.approach) if treat and arguments.approach else None,
                side=Side(arguments.side) if treat and arguments.side else None,
            ),
            plan=load_plan(arguments.plan) if arguments.plan else None,
            thermocouple=arguments.thermocouple,
        )
    except ValueError as error:
        raise UsageError(f"This is no attempt: {error}.") from error
    save_attempt(arguments.out, made)
    return Outcome({"out": str(arguments.out), "attempt": made.id})


def score(arguments: argparse.Namespace) -> Outcome:
    """Score attempts on the truth, and remember the results."""
    work = _work()
    scored = work.score_all([load_attempt(file) for file in arguments.files], told)
    document: dict[str, Json] = {"attempts": [_card(one) for one in scored]}
    if arguments.reference is not None:
        plan = scored[0].reference
        document["reference"] = NO_REFERENCE if plan is None else str(arguments.reference)
        if plan is not None:
            save_plan(arguments.reference, plan)
    return Outcome(document)


def compare(arguments: argparse.Namespace) -> Outcome:
    """Score the attempts of a group, and compare them exercise by exercise."""
    work = _work()
    files = [file for given in arguments.files for file in _attempts_in(given)]
    if not files:
        raise UsageError(f"No attempt (*{SUFFIX}) lies there.")
    scored = work.score_all([load_attempt(file) for file in files], told)
    results = [result_of(one.attempt, one.card) for one in scored]
    weights = {one.id: one.weight for one in work.standard.criteria.values()}
    return Outcome({"exercises": [_group(view) for view in compared(results, weights)]})


def progress(arguments: argparse.Namespace) -> Outcome:
    """Show what was scored on this computer, and write it as CSV where asked."""
    work = _work()
    if arguments.csv is not None:
        check_out_folder(arguments.csv)
        work.export(arguments.csv)
    return Outcome(
        {
            "results": [
                {
                    "attempt": one.attempt,
                    "exercise": one.exercise,
                    "by": one.by_whom,
                    "started_utc": one.started_utc,
                    "seconds": one.seconds,
                    "percent": one.percent,
                    "passed": one.passed,
                    "fatal": list(one.fatal),
                }
                for one in work.results()
            ],
            "csv": None if arguments.csv is None else str(arguments.csv),
        }
    )


def _work() -> TrainingWork:
    folder = user_data_folder()
    return TrainingWork(folder, load_catalog(folder))


def _json(value: Any) -> Json:
    return value if isinstance(value, str | int | float | bool) else str(value)


def _attempts_in(given: Path) -> Sequence[Path]:
    return sorted(given.rglob(f"*{SUFFIX}")) if given.is_dir() else (given,)


def _card(scored: Scored) -> Json:
    card = scored.card
    return {
        "attempt": card.attempt,
        "exercise": card.exercise,
        "by": scored.attempt.by,
        "percent": card.percent,
        "points": card.points,
        "pass_percent": card.pass_percent,
        "passed": card.passed,
        "fatal": [
            {
                "step": one.id,
                "words": one.words,
                "reason": one.reason,
                "at_mm": None if one.at is None else xyz(one.at),
                "source": one.source,
            }
            for one in card.fatal
        ],
        "criteria": [
            {
                "criterion": one.id,
                "points": one.points,
                "of": one.weight,
                "reason": one.reason,
                "at_mm": None if one.at is None else xyz(one.at),
                "source": one.source,
                "status": one.status,
            }
            for one in card.criteria
        ],
    }


def _group(view: GroupView) -> Json:
    return {
        "exercise": view.exercise,
        "attempts": [
            {"by": one.by_whom, "attempt": one.attempt, "percent": one.percent,
             "passed": one.passed, "fatal": list(one.fatal)}
            for one in view.results
        ],
        "passed": view.passed,
        "middle_percent": view.middle_percent,
        "fatal": dict(view.fatal),
        "hardest_first": [
            {"criterion": one.criterion, "least": one.least, "middle": one.middle,
             "most": one.most, "hardest_for": one.hardest_for}
            for one in view.criteria
        ],
    }  # fmt: skip
