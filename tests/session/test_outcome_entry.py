"""What a person types about an outcome, and the files for a register."""

from __future__ import annotations

from dataclasses import replace

import pytest

from exchange.outcomes import recorded, treated_plan
from planner.app.main import WRONG_USAGE, main
from planner.catalog.outcome_scales import load_outcome_scales
from planner.document.plan_file import load_plan, save_plan
from planner.domain.errors import UsageError
from planner.domain.outcome import Outcome
from planner.session.outcome_entry import (
    TypedComplication,
    TypedLeak,
    TypedOutcome,
    TypedVisit,
    read_outcome,
    typed_of,
)
from planner.session.register_desk import write_outcome

SCALES = load_outcome_scales()


def test_that_the_times_are_those_of_the_seed_paper():
    assert [one.day.value for one in SCALES.times] == [-1, 3, 7, 30, 91, 182]
    assert all("10.3174/ajnr.A7415" in one.day.source for one in SCALES.times)
    assert list(SCALES.cirse) == ["cirse-2026", "cirse-2017"]


def test_that_what_was_recorded_is_typed_again_as_it_was():
    for outcome in (recorded(), Outcome()):
        assert read_outcome(typed_of(outcome, SCALES), SCALES) == outcome


def test_that_a_comma_is_a_decimal_point_and_an_empty_visit_is_none():
    typed = TypedOutcome(
        visits=(
            TypedVisit(time="day-3", numbers={"vas": "3,5"}),
            TypedVisit(time="week-1", numbers={"vas": " "}),
        )
    )
    (visit,) = read_outcome(typed, SCALES).visits
    assert (visit.time, visit.vas) == ("day-3", 3.5)


def _visit(time: str, on: str = "", **numbers: str) -> TypedOutcome:
    return TypedOutcome(
        treated_on="2026-01-10", visits=(TypedVisit(time=time, on=on, numbers=numbers),)
    )


def _complication(what: str, grade: str) -> TypedOutcome:
    one = TypedComplication(what=what, scheme="cirse-2017", grade=grade)
    return TypedOutcome(complications=(one,))


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (_visit("day-3", vas="11"), "0 to 10"),
        (_visit("day-3", odi_percent="101"), "0 to 100 %"),
        (_visit("day-3", morphine_mg_per_day="x"), "no number"),
        (_visit("day-3", vas="nan"), "0 to 10"),
        (_visit("before", vas="6"), "under Check"),
        (_visit("year-9", vas="6"), "there are: before"),
        (_visit("before", "2026-01-11", odi_percent="50"), "after the treatment"),
        (_visit("month-1", "2026-01-09", vas="3"), "before the treatment"),
        (_visit("month-1", "9.1.2026", vas="3"), "YYYY-MM-DD"),
        (TypedOutcome(treated_on="yesterday"), "YYYY-MM-DD"),
        (_complication("x", "3a"), "2017 has no '3a'"),
        (_complication("", "3"), "needs words"),
        (TypedOutcome(leaks=(TypedLeak(level="X1", kind="B", place="canal"),)), "not a level"),
        (TypedOutcome(leaks=(TypedLeak(level="L3", kind="Q", place="canal"),)), "has no 'Q'"),
    ],
)  # fmt: skip
def test_that_a_slip_of_the_hand_is_refused_with_where_it_is(typed, says):
    with pytest.raises(UsageError, match=says.replace("(", r"\(")):
        read_outcome(typed, SCALES)


def test_that_edits_in_no_file_do_not_go_to_a_register(tmp_path):
    plan = save_plan(tmp_path / "case.plan", treated_plan())
    with pytest.raises(UsageError, match="Save the plan first"):
        write_outcome(replace(plan, notes="x"), SCALES, tmp_path, identified=False)
    names = write_outcome(plan, SCALES, tmp_path, identified=False)
    assert sorted(names) == ["outcome-0f0e0d0c-r4.csv", "outcome-0f0e0d0c-r4.json"]
    assert all((tmp_path / name).stat().st_size > 500 for name in names)


def test_that_the_command_line_records_and_writes(tmp_path, capsys):
    case, out = tmp_path / "case.plan", tmp_path / "after.plan"
    save_plan(case, treated_plan(Outcome()))
    words = [
        "outcome", str(case), "--json", "--treated-on", "2026-01-10",
        "--visit", "time=day-3; vas=5; odi=35; morphine=34.5; on=2026-01-13",
        "--complication", "what=sore root; cirse-2017=3; ctcae=2; on=2026-01-12",
        "--leak", "level=l3; kind=B; place=canal; symptoms=no",
        "--out", str(out), "--register", str(tmp_path),
    ]  # fmt: skip
    assert main(words) == 0
    saved = load_plan(out).outcome
    assert saved.visits == (recorded().visits[1],)
    assert (saved.complications[0].cirse_scheme, saved.leaks) == ("cirse-2017", recorded().leaks)
    assert {path.suffix for path in tmp_path.iterdir()} == {".plan", ".csv", ".json"}
    assert main(["outcome", str(out), "--visit", "time=day-3; vas=2", "--out", str(out)]) == 0
    assert [one.vas for one in load_plan(out).outcome.visits] == [2.0]
    capsys.readouterr()
    for wrong in (
        ["--visit", "time=day-3; pain=2"],
        ["--complication", "what=x"],
        ["--treated-on", "2026-01-11"],  # and nowhere to write it
    ):
        assert main(["outcome", str(out), *wrong]) == WRONG_USAGE
