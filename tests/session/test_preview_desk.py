"""The preview beside the hand: one run at a time, and gone when it is of no plan."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from planner.domain.errors import UsageError
from planner.session.jobs import JobDone, JobFailed
from planner.session.live_preview import PreviewBench
from planner.session.preview_desk import PreviewDesk
from session.test_protection import layer
from session.test_simulation import case, needle, plan


@dataclass
class Runner:
    """Keeps what is to be run, and runs it when asked."""

    waiting: list = field(default_factory=list)

    def submit(self, slot, work, handle) -> None:
        self.waiting.append((work, handle))

    def cancel(self, slot) -> None:
        self.waiting.clear()

    def run(self) -> None:
        work, handle = self.waiting.pop(0)
        try:
            handle(JobDone(work(None)))
        except UsageError as error:
            handle(JobFailed(error))


class Edits:
    def __init__(self) -> None:
        self.plan = plan()
        self.anatomy = case().anatomy
        self.document = self


class Floor:
    def __init__(self) -> None:
        self.faults: list[BaseException] = []

    def fault(self, error: BaseException) -> None:
        self.faults.append(error)


class Services:
    def __init__(self) -> None:
        self.bench = PreviewBench()

    def preview(self, made, ct, anatomy):
        return self.bench.preview(made, case())


@pytest.fixture
def desk():
    runner, edits = Runner(), Edits()
    made = PreviewDesk(
        Services(), Floor(), runner, case(), edits, lambda: made.follow(is_void=False)
    )
    made.runner, made.edits = runner, edits
    return made


def test_that_a_drag_builds_no_queue_and_ends_on_the_plan_shown(desk) -> None:
    desk.follow(is_void=False)
    for short_mm in (1.0, 2.0, 3.0):
        desk.edits.plan = plan(needle(short_mm=short_mm))
        desk.follow(is_void=False)
    assert len(desk.runner.waiting) == 1
    desk.runner.run()  # of the first plan; the next run is of the newest
    assert len(desk.marks) == 1
    assert not desk.is_of_the_plan
    assert len(desk.runner.waiting) == 1
    desk.runner.run()
    assert desk.is_of_the_plan
    assert desk.runner.waiting == []
    assert len(desk.marks) == 1
    words = " ".join(desk.lines(desk.edits.plan.ablations[0].id))
    assert "Preview: " in words
    assert "Clinical target volume" in words


def test_that_nothing_is_shown_of_another_plan_once_the_hand_rests(desk) -> None:
    desk.follow(is_void=False)
    desk.runner.run()
    assert desk.marks
    desk.edits.plan = plan(needle(short_mm=5.0))
    assert desk.marks == ()
    assert desk.lines(desk.edits.plan.ablations[0].id) == ()
    desk.follow(is_void=True)  # the outlines are being corrected
    assert desk.runner.waiting == []
    assert desk.marks == ()


def test_that_what_cannot_be_previewed_says_why(desk) -> None:
    desk._services.preview = lambda *_: (_ for _ in ()).throw(UsageError("No canal."))
    desk.follow(is_void=False)
    desk.runner.run()
    assert desk.lines(desk.edits.plan.ablations[0].id) == ("No canal.",)
    assert desk._floor.faults == []


def test_that_a_fault_is_handed_on(desk) -> None:
    desk.follow(is_void=False)
    _, handle = desk.runner.waiting.pop()
    handle(JobFailed(ZeroDivisionError("boom")))
    assert len(desk._floor.faults) == 1
    assert desk.marks == ()


def test_that_a_layer_asks_for_a_new_preview_which_says_the_separation_it_needs(desk) -> None:
    desk.follow(is_void=False)
    desk.runner.run()
    assert desk.is_of_the_plan
    assert desk.separations == ()
    desk.edits.plan = replace(desk.edits.plan, protection=(layer(),))
    desk.follow(is_void=False)
    assert not desk.is_of_the_plan
    desk.runner.run()
    assert desk.is_of_the_plan
    (said,) = desk.separations
    assert said.startswith("CO2")
    assert "separation" in said or "far enough" in said
