"""Cement follows the hand: one run at a time, and only while something is dragged."""

from types import SimpleNamespace

import numpy as np
import pytest

from planner.domain.errors import PlannerError
from planner.domain.prediction import ModelLabel, PredictedCement
from planner.domain.sourced import Status
from planner.geometry.volume_geometry import VolumeGeometry
from planner.session.cement_drag import CementDrag
from planner.session.jobs import JobDone, JobFailed

GRID = VolumeGeometry.axis_aligned((6, 6, 6), (1.0,) * 3, (0.0,) * 3)
LABEL = ModelLabel(
    tier="preview", name="front", version="1", inputs=(), source="x", status=Status.DERIVED
)


def fill_of(plan):
    arrival = np.full(GRID.shape_kji, np.inf, np.float32)
    arrival[2:4, 2:4, 2:4] = 0.5
    return PredictedCement(
        cement_injection_id=plan.cements[0].id, geometry=GRID, arrival_ml=arrival, asked_ml=1.0,
        placed_ml=1.0, fill_fraction=0.1, band_mm=3.0, model=LABEL,
    )  # fmt: skip


def plan(key="C1"):
    return SimpleNamespace(cements=(SimpleNamespace(id=key),))


class Hand:
    """Everything round the desk; work waits until it is let run."""

    def __init__(self):
        self.submitted, self.faults, self.changes = [], [], 0
        self.edits = SimpleNamespace(
            plan=plan(), anatomy=object(), is_dragging=True, document=object()
        )
        self.asked = []
        runner = SimpleNamespace(
            submit=lambda slot, work, handle: self.submitted.append((work, handle)),
            cancel=lambda slot: None,
        )
        services = SimpleNamespace(preview_cement=self._preview)
        self.desk = CementDrag(
            services, SimpleNamespace(fault=self.faults.append), runner,
            SimpleNamespace(ct=object()), self.edits, self._changed,
        )  # fmt: skip

    def _preview(self, made, ct, anatomy):
        self.asked.append(made)
        return (fill_of(made),)

    def _changed(self):
        self.changes += 1

    def run(self):
        work, handle = self.submitted.pop(0)
        handle(JobDone(value=work(None)))


@pytest.fixture
def hand():
    return Hand()


def test_that_one_run_is_under_way_and_the_next_is_of_the_newest_plan(hand):
    first = hand.edits.plan
    for _ in range(3):
        hand.desk.follow(is_void=False)
        hand.edits.plan = plan()
    assert len(hand.submitted) == 1
    hand.run()
    hand.desk.follow(is_void=False)
    hand.run()
    assert hand.asked == [first, hand.edits.plan]
    hand.desk.follow(is_void=False)
    assert hand.submitted == []


def test_that_what_a_check_has_filled_is_drawn_from_the_check(hand):
    hand.desk.follow(is_void=False)
    hand.run()
    assert len(hand.desk.marks_beside(set())) == 1
    assert hand.desk.marks_beside({"C1"}) == []
    hand.edits.plan = plan("C2")
    assert hand.desk.marks_beside(set()) == []


@pytest.mark.parametrize("change", ["rest", "void", "no scan outlined", "no cement"])
def test_that_nothing_runs_without_a_hand_a_sound_outline_and_cement(hand, change):
    hand.edits.is_dragging = change != "rest"
    if change == "no scan outlined":
        hand.edits.anatomy = None
    if change == "no cement":
        hand.edits.plan = SimpleNamespace(cements=())
    hand.desk.follow(is_void=change == "void")
    assert hand.submitted == []


def test_that_a_fault_stops_the_checks_and_a_refusal_draws_nothing(hand):
    for error, faults in ((PlannerError("no body"), 0), (RuntimeError("x"), 1)):
        hand.edits.plan = plan()
        hand.desk.follow(is_void=False)
        _, handle = hand.submitted.pop(0)
        handle(JobFailed(error=error))
        assert hand.desk.marks_beside(set()) == []
        assert len(hand.faults) == faults
