"""What somebody who gives the cement is told beside its picture."""

from dataclasses import replace

import pytest

from planner.domain.plan import CementInjection, CementTechnique
from planner.report.model import Schedule, ScheduleRow
from planner.session.cement_advice import heat_lines, height_lines, schedule_lines


def row(step, step_ml, total_ml, **more):
    return ScheduleRow(
        step=step, step_ml=step_ml, total_ml=total_ml, distance_mm=6.0, structure="canal",
        edge_mm=6.0, foramen_mm=9.0, **{"stop": False, **more},
    )  # fmt: skip


def test_that_equal_steps_are_told_together_and_the_clock_with_them():
    rows = (row(1, 1.0, 1.0, after_mixing_s=210.0), row(2, 1.0, 2.0, after_mixing_s=270.0),
            row(3, 0.5, 2.5, after_mixing_s=330.0))  # fmt: skip
    first, last, clock = schedule_lines(Schedule(needle=1, rows=rows), "by the package")
    assert first == "Give 2 × 1 mL, then 1 × 0.5 mL; CT after each"
    assert last == "Last step about 5.5 min after mixing"
    assert clock == "by the package"


def test_that_a_stop_and_a_late_step_are_said():
    rows = (
        row(1, 1.0, 1.0, after_mixing_s=210.0),
        row(2, 1.0, 2.0, after_mixing_s=400.0, too_late=True, stop=True),
    )
    said = " / ".join(schedule_lines(Schedule(needle=1, rows=rows), ""))
    assert "STOP at 2.0 mL: enters the canal" in said
    assert "TOO LATE from step 2 on, 6.7 min" in said


def test_that_a_schedule_that_is_missing_says_why():
    assert schedule_lines(Schedule(needle=1, missing="No fill."), "") == ("No fill.",)


@pytest.mark.parametrize(("near_mm", "told"), [(-1.0, 1), (4.9, 1), (5.1, 0)])
def test_that_heat_is_told_where_cement_comes_near_and_as_published(near_mm, told):
    lines = heat_lines(near_mm)
    assert len(lines) == told
    for line in lines:
        assert "39 to 57 °C (Belkoff and Molloy 2003)" in line
        assert "not of this patient" in line
        assert "-" not in line


def test_that_height_is_an_estimate_with_an_interval_and_of_a_balloon_alone():
    plain = CementInjection(id="C1", trajectory_id="T1", cement_id="x", volume_ml=2.0)
    assert height_lines(plain) == ()
    balloon = replace(plain, technique=CementTechnique.BALLOON_KYPHOPLASTY, cavity_ml=2.0)
    (line,) = height_lines(balloon)
    assert "front 1.5 mm (-1.4 to 4.4)" in line
    assert "Winkelmann 2018" in line
    assert "lost again" in line
