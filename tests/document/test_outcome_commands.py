"""Recording what became of the patient."""

from __future__ import annotations

import pytest

from document.strategies import simple_plan
from planner.document.commands import lock_plan, set_notes
from planner.document.outcome_commands import record_outcome
from planner.document.plan_document import PlanDocument
from planner.document.plan_file import load_plan, save_plan
from planner.domain.errors import UsageError
from planner.domain.levels import Level
from planner.domain.outcome import CementLeak, Complication, Outcome, Visit
from planner.domain.plan import PlanLock

LOCK = PlanLock(by="Dr A", at_utc="2026-01-10T08:00:00+00:00")
FIRST = Outcome(treated_on="2026-01-10", visits=(Visit(time="day-3", vas=4.0),))
THEN = Outcome(treated_on="2026-01-10", visits=(Visit(time="day-3", vas=2.5),))


def test_that_an_outcome_is_one_undo_step_and_survives_the_file(tmp_path):
    document = PlanDocument(simple_plan())
    document.do(record_outcome(FIRST))
    document.do(record_outcome(THEN))
    document.undo()
    assert document.plan.outcome == FIRST
    document.redo()
    saved = save_plan(tmp_path / "case.plan", document.plan)
    assert load_plan(tmp_path / "case.plan") == saved
    assert saved.outcome == THEN


def test_that_a_locked_plan_takes_an_outcome_and_gives_back_nothing_else():
    document = PlanDocument(simple_plan())
    document.do(set_notes("before"))
    document.do(lock_plan(LOCK))
    document.do(record_outcome(FIRST))
    document.undo()
    assert document.plan.outcome == Outcome()
    with pytest.raises(UsageError, match="locked by Dr A"):
        document.undo()  # the lock itself
    document.redo()
    assert (document.plan.outcome, document.plan.lock) == (FIRST, LOCK)
    with pytest.raises(UsageError, match="locked by Dr A"):
        document.do(set_notes("after"))
    assert document.plan.notes == "before"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Outcome(treated_on="10.01.2026"),
        lambda: Outcome(treated_on="20260110"),
        lambda: Visit(time="day-3", on="2026-02-30"),
        lambda: Visit(time="day-3", vas=-1.0),
        lambda: Visit(time="day-3", odi_percent=float("nan")),
        lambda: Outcome(visits=(Visit(time="day-3"), Visit(time="day-3"))),
        lambda: Outcome(leaks=(CementLeak(level=Level.L3, kind="B", place="canal"),)),
        lambda: Outcome(
            complications=(Complication(what="x", cirse_scheme="s", cirse_grade="1"),)
        ),
        lambda: Complication(what=" ", cirse_scheme="s", cirse_grade="1"),
        lambda: Complication(what="x", cirse_scheme="s", cirse_grade=""),
    ],
)
def test_that_what_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=r"\w"):
        wrong()
