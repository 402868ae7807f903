"""When each step of cement is due, and which comes after the cement has had its time."""

from dataclasses import replace

import pytest

from planner.catalog import load_catalog
from planner.report.cement_clock import clock_of, minutes
from planner.report.schedule import cement_schedule
from report.cases import make_case

CEMENTS = load_catalog().cements


@pytest.fixture(scope="module")
def case():
    return make_case()


def rows(case, cement, placed_ml=4.5):
    (key,) = case.cements
    fill = replace(case.cements[key], placed_ml=placed_ml, asked_ml=placed_ml)
    scene = replace(case, cements={key: fill})
    return cement_schedule(case.plan, case.plan.cements[0], scene, load_catalog().rules, cement)


def test_that_a_step_is_late_exactly_when_it_is_past_the_last_time_of_its_cement(case) -> None:
    thick = CEMENTS["pmma-high-viscosity"]
    schedule = rows(case, thick, placed_ml=9.0)
    until = thick.numbers["given_until_s"].value
    assert len(schedule.rows) > 5
    for number, row in enumerate(schedule.rows):
        assert row.after_mixing_s == 210.0 + 60.0 * number
        assert row.too_late is (row.after_mixing_s > until)
    assert schedule.rows[-1].too_late
    assert not schedule.rows[0].too_late
    assert "Habib 2010" in schedule.clock


def test_that_a_thinner_cement_gives_more_time_for_the_same_steps(case) -> None:
    late = [
        sum(row.too_late for row in rows(case, CEMENTS[key], placed_ml=9.0).rows)
        for key in ("pmma-low-viscosity", "pmma-high-viscosity")
    ]
    assert late[0] < late[1]


def test_that_the_time_of_setting_stands_in_where_no_study_gave_a_last_time() -> None:
    clock = clock_of(CEMENTS["pmma-medium-viscosity"])
    assert clock.until is not None
    assert clock.until.value == 660.0
    assert "sets at 11 min" in clock.words
    assert "sets at 11 min (Hindawi 2011); its package decides" in clock.short


@pytest.mark.parametrize("cement", [None, "bare"])
def test_that_a_cement_without_times_sends_to_its_package(case, cement) -> None:
    made = cement and replace(CEMENTS["pmma-low-viscosity"], numbers={})
    schedule = rows(case, made or None)
    assert all(row.after_mixing_s is None and not row.too_late for row in schedule.rows)
    assert "package" in schedule.clock


def test_that_minutes_have_no_needless_digits() -> None:
    assert [minutes(seconds) for seconds in (210.0, 660.0, 95.0)] == ["3.5", "11", "1.6"]
