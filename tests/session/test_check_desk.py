"""The one verdict the window holds: it may be late, never wrong about the state it is of."""

import os
import random
from dataclasses import replace

import pytest

from planner.domain.finding import Severity, Verdict
from planner.geometry.points import PointLps
from planner.safety import assess, input_digest, stopped
from planner.session import check_desk, judging
from planner.session.check_desk import CheckDesk
from planner.session.jobs import JobRunner
from planner.session.window_states import CheckPhase
from safety.cases import acknowledged, check, good_plan, good_scene
from session.judged import Answers, Inline, Room, clear_plan, give_predictions

EDITS = int(os.environ.get("SAFETY_EDITS", "2000"))


def moved(plan, dx):
    old = plan.trajectory("t1")
    tip = PointLps(old.tip.x_mm + dx, old.tip.y_mm, old.tip.z_mm)
    return plan.with_trajectory(replace(old, tip=tip))


@pytest.fixture
def room(tmp_path, monkeypatch):
    give_predictions(monkeypatch)
    made = Room(tmp_path)
    yield made
    made.close()


def test_that_a_session_starts_not_evaluated(room):
    assert room.desk.state.verdict is Verdict.NOT_EVALUATED
    assert room.desk.state.phase is CheckPhase.NO_PLAN


def test_that_a_finished_check_of_the_state_shown_is_taken(room):
    state = room.check(clear_plan())
    assert (state.phase, state.verdict) == (CheckPhase.CURRENT, Verdict.CLEAR)
    assert room.shown[0].verdict is Verdict.NOT_EVALUATED
    assert room.shown[0].phase is CheckPhase.CHECKING


def test_that_an_edit_voids_the_verdict_before_anything_else_happens(room):
    room.check(clear_plan())
    room.desk.invalidate(moved(clear_plan(), 0.1), room.ct, room.anatomy)
    assert room.shown[-1].verdict is room.desk.state.verdict is Verdict.NOT_EVALUATED


def test_that_an_acknowledgement_is_void_once_an_edit_changes_its_finding(room):
    plan = clear_plan()
    assert room.check(plan).verdict is Verdict.CLEAR
    state = room.check(moved(plan, -1.5))
    assert state.verdict is not Verdict.CLEAR
    changed = [row for row in state.findings if row.rule == "N2"]
    assert changed
    assert not any(row.acknowledged for row in changed)
    assert room.check(plan).verdict is Verdict.CLEAR


@pytest.mark.parametrize("other", ["today", "ct", "anatomy", "rules"])
def test_that_a_check_of_another_state_never_counts(room, monkeypatch, other):
    """The plan is the same one; only what stands beside it moved while the check ran."""
    plan = clear_plan()
    honest = room.services.evaluate

    def late(*seen):
        found = honest(*seen)
        scene = found.scene
        changed = {
            "today": {"today": scene.today.replace(year=2001)},
            "ct": {"ct": replace(scene.ct, record=replace(scene.ct.record, sha256="1" * 64))},
            "anatomy": {"anatomy": replace(scene.anatomy, lesion=None)},
            "rules": {"catalog": replace(scene.catalog, rules={})},
        }[other]
        then = replace(scene, **changed)
        return replace(found, assessment=assess(plan, then))

    monkeypatch.setattr(room.services, "evaluate", late)
    state = room.check(plan)
    assert (state.phase, state.verdict) == (CheckPhase.STOPPED, Verdict.NOT_EVALUATED)
    assert "another state" in state.detail
    assert room.desk.evaluation is None


def test_that_a_check_that_stopped_says_why_and_counts_for_nothing(room, monkeypatch):
    honest = room.services.evaluate
    monkeypatch.setattr(
        room.services,
        "evaluate",
        lambda plan, *seen: replace(honest(plan, *seen), assessment=stopped(plan)),
    )
    state = room.check(clear_plan())
    assert (state.phase, state.verdict) == (CheckPhase.STOPPED, Verdict.NOT_EVALUATED)
    assert "The check stopped with a fault" in state.detail


def test_that_an_answer_that_is_no_evaluation_stops_the_checks(room, monkeypatch):
    monkeypatch.setattr(room.services, "evaluate", lambda *seen: None)
    state = room.check(clear_plan())
    assert (state.phase, state.verdict) == (CheckPhase.STOPPED, Verdict.NOT_EVALUATED)


def test_that_random_edits_with_late_results_never_show_a_stale_verdict():
    """Through the real desk and job runner; answers arrive late, out of order, twice or never.

    ``SAFETY_EDITS=10000`` for the long run.
    """
    chance = random.Random(20261121)
    start = good_plan()
    start = acknowledged(start, check(start))
    scene = good_scene(start)
    states = [moved(start, 0.05 * number) for number in range(40)]
    known = {state: assess(state, scene) for state in states}
    assert len({item.verdict for item in known.values()}) > 1, (
        "states must differ to be told apart"
    )
    box = []
    runner = JobRunner(box.append)
    runner._pool.shutdown()
    runner._pool = Inline()
    desk = CheckDesk(Answers(known, scene, input_digest), runner, lambda: None)
    now, shown, undelivered = None, 0, []
    for _ in range(EDITS):
        if chance.random() < 0.5:
            now = chance.choice(states)
            desk.invalidate(now, scene.ct, scene.anatomy)
            assert desk.state.verdict is Verdict.NOT_EVALUATED
        undelivered += box
        box.clear()
        for _ in range(chance.randrange(3)):
            if undelivered:
                place = chance.randrange(max(0, len(undelivered) - 6), len(undelivered))
                runner.deliver(undelivered[place])
                if chance.random() < 0.8:
                    del undelivered[place]
        if chance.random() < 0.01:
            desk.stop(RuntimeError("fault"))
            assert desk.state.verdict is Verdict.NOT_EVALUATED
        if desk.state.verdict is not Verdict.NOT_EVALUATED:
            shown += 1
            assert desk.state.verdict is known[now].verdict
            assert {row.fingerprint for row in desk.state.findings} == {
                item.fingerprint for item in known[now].findings
            }
            assert desk.evaluation.assessment is known[now]
    assert shown > EDITS / 20


def test_that_a_fault_anywhere_voids_a_verdict_until_the_next_check(room):
    plan = clear_plan()
    room.check(plan)
    room.desk.stop(RuntimeError("elsewhere"))
    assert room.desk.state.verdict is Verdict.NOT_EVALUATED
    assert "RuntimeError" in room.desk.state.detail
    room.desk.retry()
    assert room.settle().verdict is Verdict.CLEAR


def test_that_findings_that_cannot_be_shown_void_the_verdict(room, monkeypatch):
    def broken(*_seen):
        raise ArithmeticError("no row")

    monkeypatch.setattr(check_desk, "finding_rows", broken)
    state = room.check(clear_plan())
    assert (state.phase, state.verdict) == (CheckPhase.STOPPED, Verdict.NOT_EVALUATED)
    assert "ArithmeticError" in state.detail
    assert room.desk.evaluation is None


def test_that_a_fault_at_the_door_of_the_check_judges_nothing(monkeypatch):
    def broken(*_seen):
        raise ArithmeticError("at the door")

    monkeypatch.setattr(judging, "assess", broken)
    plan = clear_plan()
    judged = judging.judge(plan, good_scene(plan))
    assert (judged.verdict, judged.input_sha256) == (Verdict.NOT_EVALUATED, "")
    assert [one.severity for one in judged.findings] == [Severity.NOT_EVALUATED]


def test_that_a_worker_that_fails_voids_the_verdict(room, monkeypatch):
    def broken(*_seen):
        raise ArithmeticError("in the worker")

    room.check(clear_plan())
    monkeypatch.setattr(room.services, "evaluate", broken)
    state = room.check(moved(clear_plan(), 0.1))
    assert (state.phase, state.verdict) == (CheckPhase.STOPPED, Verdict.NOT_EVALUATED)


def test_that_a_verdict_says_which_findings_were_taken_on_by_a_person(room):
    plan = clear_plan()
    rows = room.check(plan).findings
    assert rows
    assert all(row.acknowledged for row in rows if row.severity is Severity.WARN)
