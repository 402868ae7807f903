"""A9 judges the longest stretch with energy, where the pauses are long enough to count."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.domain.finding import Severity
from safety.cases import good_plan, good_scene
from safety.test_limits import above, below, judged


@pytest.mark.parametrize(
    ("cycle", "pause", "severity"),
    [
        (90.0, 30.0, None),
        (above(90.0), 30.0, Severity.WARN),
        (90.0, below(30.0), Severity.WARN),  # so short a pause is none
        (None, None, Severity.WARN),
    ],
)
def test_that_cycles_with_long_enough_pauses_are_judged_one_by_one(cycle, pause, severity):
    plan = good_plan()
    burn = replace(plan.ablations[0], power_w=30.0, time_s=300.0, cycle_s=cycle, pause_s=pause)
    plan = replace(plan, ablations=(burn,))
    assert judged("A9", plan, good_scene(plan), 1.0) is severity
