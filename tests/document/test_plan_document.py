from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from document.strategies import points, simple_plan
from planner.document import commands
from planner.document.plan_document import Command, PlanDocument
from planner.domain.errors import UsageError
from planner.geometry.points import PointLps


class UndoModel(RuleBasedStateMachine):
    """The document against two plain stacks of plans."""

    def __init__(self):
        super().__init__()
        self.now = simple_plan()
        self.document = PlanDocument(self.now)
        self.past, self.future = [], []
        self.told = self.now
        self.document.subscribe(self.hear)

    def hear(self, change):
        assert change.old == self.told
        self.told = change.new

    @rule(point=points, end=st.sampled_from([commands.set_tip, commands.set_entry]))
    def edit(self, point, end):
        command = end("t1", point)
        try:
            after = command.apply(self.now)
        except UsageError:
            with pytest.raises(UsageError):
                self.document.do(command)
            return
        self.document.do(command)
        if after != self.now:
            self.past.append(self.now)
            self.now, self.future = after, []

    @precondition(lambda self: self.past)
    @rule()
    def undo(self):
        self.document.undo()
        self.future.append(self.now)
        self.now = self.past.pop()

    @precondition(lambda self: self.future)
    @rule()
    def redo(self):
        self.document.redo()
        self.past.append(self.now)
        self.now = self.future.pop()

    @rule()
    def save(self):
        saved = replace(
            self.now, revision=self.now.revision + 1, saved_sha256=str(self.now.revision)
        )
        self.document.mark_saved(saved)
        marks = {"revision": saved.revision, "saved_sha256": saved.saved_sha256}
        self.now = saved
        self.past = [replace(plan, **marks) for plan in self.past]
        self.future = [replace(plan, **marks) for plan in self.future]

    @invariant()
    def agrees(self):
        assert self.document.plan == self.now == self.told
        assert bool(self.document.undo_label) == bool(self.past)
        assert bool(self.document.redo_label) == bool(self.future)


TestUndo = UndoModel.TestCase
TestUndo.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


def test_that_a_drag_is_one_undo_step():
    document = PlanDocument(start := simple_plan())
    for step in range(5):
        document.do(commands.set_tip("t1", PointLps(10.0, 5.0 + step, 0.0), drag="press 1"))
    document.undo()
    assert document.plan == start
    document.redo()
    assert document.plan.trajectory("t1").tip == PointLps(10.0, 9.0, 0.0)


def test_that_two_drags_are_two_steps():
    document = PlanDocument(simple_plan())
    document.do(commands.set_tip("t1", PointLps(1.0, 5.0, 0.0), drag="press 1"))
    document.do(commands.set_tip("t1", PointLps(2.0, 5.0, 0.0), drag="press 2"))
    document.undo()
    assert document.plan.trajectory("t1").tip == PointLps(1.0, 5.0, 0.0)


def test_that_a_drag_back_to_its_start_leaves_no_step():
    document = PlanDocument(start := simple_plan())
    document.do(commands.set_tip("t1", PointLps(1.0, 5.0, 0.0), drag="press"))
    document.do(commands.set_tip("t1", start.trajectory("t1").tip, drag="press"))
    assert document.plan == start
    assert document.undo_label == ""


def test_that_a_drag_after_an_undo_does_not_swallow_what_was_undone():
    document = PlanDocument(simple_plan())
    document.do(commands.set_tip("t1", PointLps(1.0, 5.0, 0.0), drag="press"))
    document.do(commands.set_notes("x"))
    document.undo()
    document.do(commands.set_tip("t1", PointLps(2.0, 5.0, 0.0), drag="press"))
    document.undo()
    assert document.plan.trajectory("t1").tip == PointLps(1.0, 5.0, 0.0)


def test_that_an_edit_that_changes_nothing_tells_nobody():
    document = PlanDocument(plan := simple_plan())
    heard = []
    document.subscribe(heard.append)
    document.do(commands.set_tip("t1", plan.trajectory("t1").tip))
    assert heard == []
    assert document.undo_label == ""


def test_that_undo_and_redo_with_nothing_to_do_change_nothing():
    document = PlanDocument(plan := simple_plan())
    document.undo()
    document.redo()
    assert document.plan is plan


def test_that_every_subscriber_is_told_even_when_one_fails():
    document = PlanDocument(simple_plan())
    heard = []

    def fails(change):
        raise RuntimeError("view is gone")

    document.subscribe(fails)
    document.subscribe(heard.append)
    with pytest.raises(ExceptionGroup) as failure:
        document.do(commands.set_notes("x"))
    assert [change.new.notes for change in heard] == ["x"]
    assert failure.group_contains(RuntimeError, match="view is gone")
    assert document.plan.notes == "x"


def test_that_subscribers_see_one_sequence_when_one_of_them_edits():
    document = PlanDocument(simple_plan())
    heard = []

    def answers(change):
        if change.new.notes == "a":
            document.do(commands.set_notes("b"))

    document.subscribe(answers)
    document.subscribe(heard.append)
    document.do(commands.set_notes("a"))
    assert [(change.old.notes, change.new.notes) for change in heard] == [("", "a"), ("a", "b")]


def test_that_a_subscriber_taken_off_hears_nothing_more():
    document = PlanDocument(simple_plan())
    heard = []
    leave = document.subscribe(heard.append)
    document.do(commands.set_notes("a"))
    leave()
    document.do(Command("Shout", lambda plan: replace(plan, notes="A")))
    assert [change.label for change in heard] == ["Edit notes"]


def test_that_undo_after_a_save_keeps_the_saved_revision():
    document = PlanDocument(simple_plan())
    document.do(commands.set_notes("a"))
    document.mark_saved(replace(document.plan, revision=7, saved_sha256="digest"))
    document.undo()
    assert (document.plan.revision, document.plan.notes) == (7, "")


def test_that_an_edit_made_during_a_slow_save_survives_it():
    document = PlanDocument(simple_plan())
    saved = replace(document.plan, revision=2, saved_sha256="digest")
    document.do(commands.set_notes("typed meanwhile"))
    document.mark_saved(saved)
    assert (document.plan.revision, document.plan.notes) == (2, "typed meanwhile")
