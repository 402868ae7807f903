"""The outcome of one treatment as CSV, one row for each question."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from planner.exchange.outcome_table import answers

if TYPE_CHECKING:
    from planner.domain.outcome import OutcomeScales
    from planner.domain.plan import Plan
    from planner.exchange.outcome_table import Answer

COLUMNS = (
    "record", "revision", "part", "number", "when", "planned_day", "day", "item", "value",
    "unit", "scheme", "scheme_version", "words",
)  # fmt: skip
OF_A_PERSON = ("date", "patient_id", "patient_name", "own_words")
"""Columns that are only there when asked for."""

ACTS_IN_A_SPREADSHEET = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins so may run as a formula."""


def outcome_csv(plan: Plan, scales: OutcomeScales, *, identified: bool = False) -> bytes:
    """Return UTF-8 CSV with a header, for one plan; rows of many plans may be put together.

    Without ``identified`` it says nothing that names a person: no name, ID, date or own words.
    ``record`` is the random id of the plan, so that the hospital can find it again.
    """
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    table.writerow((*COLUMNS, *(OF_A_PERSON if identified else ())))
    for one in answers(plan, scales):
        row = [_cell(part) for part in _row(plan, one)]
        if identified:
            row += [_cell(part) for part in _of_a_person(plan, one)]
        table.writerow(row)
    return text.getvalue().encode("utf-8")


def _row(plan: Plan, one: Answer) -> tuple[object, ...]:
    value = None if one.is_own_words else one.value
    return (
        plan.plan_id, plan.revision, one.part, one.number, one.when, one.planned_day, one.day,
        one.item, value, one.unit, one.scheme, one.version, one.words,
    )  # fmt: skip


def _of_a_person(plan: Plan, one: Answer) -> tuple[object, ...]:
    who = plan.scan.patient
    return (one.date, who.patient_id, who.name, one.value if one.is_own_words else "")


def _cell(value: object) -> str:
    """Write a value the same in every country; text never acts as a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return repr(value)  # a point, whatever the locale; 0.25 stays 0.25
    text = str(value)
    acts = isinstance(value, str) and text.startswith(ACTS_IN_A_SPREADSHEET)
    return f"'{text}" if acts else text
