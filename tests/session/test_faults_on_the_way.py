"""A fault at any call under a check, met on the ways a verdict reaches a person.

The window is its own desk, job runner and services; the command is ``planner assess``. A hanging
function really hangs, in its thread, until the test lets it go.

``SAFETY_PATIENCE=1`` waits as long as the program does in use, and prints how long it took.
"""

import argparse
import os
import sys
import threading
import time

import pytest

from planner.app.commands import checking
from planner.domain.finding import Severity, Verdict
from planner.domain.plan import AnatomyBinding
from planner.safety import assess, distance_field
from planner.safety.self_test import SelfTestFailedError
from planner.session import judging, watch
from planner.session.cases import Case
from planner.session.window_states import CheckPhase
from safety.cases import CATALOG, good_scene, spine
from safety.test_faults import FAULTS, NOTHING_TO_LOSE, calls_of, forget, functions_of
from session.judged import Room, clear_plan, give_predictions

PATIENCE_S = float(os.environ.get("SAFETY_PATIENCE", "0.05"))
GATE = "the_gate_a_hanging_function_waits_at"
TO_SAY_A_FINDING = {"planner.domain.finding.Finding.fingerprint"}
"""Needed to say that a check hung, so where it hangs nothing is said at all."""

PASSES = {Verdict.CLEAR, Verdict.WARNED}


def hangs(*arguments, **options):
    __import__("sys").modules["the_gate_a_hanging_function_waits_at"].wait(600)


@pytest.fixture
def gate(monkeypatch):
    """Hanging functions wait here; what still hangs at the end is let go."""
    made = threading.Event()
    monkeypatch.setitem(sys.modules, GATE, made)
    yield made
    let_go(made)


def let_go(gate):
    gate.set()
    for thread in threading.enumerate():
        if thread.name == "watched":
            thread.join(30)
    gate.clear()


@pytest.fixture
def window(tmp_path, monkeypatch):
    """Checks a plan as the window does; returns the verdict and the severities shown."""
    give_predictions(monkeypatch)
    room = Room(tmp_path)

    def check(plan):
        state = room.check(plan)
        assert all(item.verdict is Verdict.NOT_EVALUATED for item in room.shown[-2:-1])
        if state.phase is not CheckPhase.CURRENT:
            return state.verdict, {Severity.NOT_EVALUATED}
        return state.verdict, {row.severity for row in state.findings}

    yield check
    room.close()


@pytest.fixture
def command(monkeypatch):
    """Checks a plan as ``planner assess`` does."""
    give_predictions(monkeypatch)
    ct, anatomy = spine()
    binding = AnatomyBinding(backend="tiny spine 1")
    case = Case(ct=ct, anatomy=anatomy, binding=binding, catalog=CATALOG)

    def check(plan):
        monkeypatch.setattr(checking, "plan_and_case", lambda _arguments: (plan, case))
        try:
            said = checking.assess(argparse.Namespace(strict=True))
        except ArithmeticError:  # a fault of ours: exit code 5 and no verdict
            return Verdict.NOT_EVALUATED, {Severity.NOT_EVALUATED}
        assert (said.exit_code == 0) == (said.document["verdict"] in PASSES)
        severities = {Severity(item["severity"]) for item in said.document["findings"]}
        return Verdict(said.document["verdict"]), severities

    return check


@pytest.fixture(scope="module")
def plan():
    return clear_plan()


@pytest.fixture(scope="module")
def called(plan):
    """The functions of a check whose surfaces are made and of a first check only; the border."""
    scene, border = good_scene(plan), {"planner.safety.assessing.assess": assess}
    forget()  # or what an earlier test left would spare this first check its calls
    assess(plan, scene)  # what is kept for good, such as the inverse of a grid, is not asked again
    forget()
    cold = functions_of(calls_of(lambda: assess(plan, scene)))
    warm = functions_of(calls_of(lambda: assess(plan, scene)))
    first = {name: item for name, item in cold.items() if name not in warm}
    assert len(first) > 40
    return {"cold": {**first, **border}, "warm": {**warm, **border}}


def survivors(check, plan, functions, kinds, before=lambda: None, after=lambda: None):
    """Every fault that did not read NOT EVALUATED, and the longest wait."""
    wrong, longest_s = [], 0.0
    for name, function in sorted(functions.items()):
        sound = function.__code__
        for kind, code in kinds.items():
            if kind == "empty" and function.__name__ in NOTHING_TO_LOSE:
                continue
            before()
            started = time.monotonic()
            function.__code__ = code
            try:
                verdict, severities = check(plan)
            finally:
                function.__code__ = sound
                longest_s = max(longest_s, time.monotonic() - started)
                after()
            if verdict in PASSES or Severity.NOT_EVALUATED not in severities:
                wrong.append((name, kind, str(verdict)))
    forget()
    return wrong, longest_s


@pytest.mark.parametrize("way", ["window", "command"])
def test_that_a_fault_at_any_call_reads_not_evaluated_on_every_way(request, plan, called, way):
    check = request.getfixturevalue(way)
    assert check(plan)[0] is Verdict.CLEAR
    wrong, _ = survivors(check, plan, called["warm"], FAULTS)
    assert wrong == []
    assert check(plan)[0] is Verdict.CLEAR


@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "state"), [("window", "warm"), ("command", "warm"), ("command", "cold")]
)
def test_that_a_hang_at_any_call_reads_not_evaluated_on_every_way(
    request, plan, called, way, state, gate, monkeypatch
):
    check = request.getfixturevalue(way)
    assert check(plan)[0] is Verdict.CLEAR
    monkeypatch.setattr(watch, "PATIENCE_S", PATIENCE_S)
    monkeypatch.setattr(distance_field, "FIELD_STEP_MM", 2.0)  # coarser than in use, for speed
    kinds = {"hangs": hangs.__code__}
    under = {key: item for key, item in called[state].items() if key not in TO_SAY_A_FINDING}
    before = forget if state == "cold" else lambda: None
    wrong, longest_s = survivors(check, plan, under, kinds, before, lambda: let_go(gate))
    sys.stdout.write(f"{way}, {state}: {len(under)} calls, longest {longest_s:.2f} s\n")
    assert wrong == []
    monkeypatch.undo()


def test_that_the_next_check_after_a_hang_is_a_check_again(window, plan, gate, monkeypatch):
    assert window(plan)[0] is Verdict.CLEAR
    monkeypatch.setattr(watch, "PATIENCE_S", 0.05)
    digest = sys.modules["planner.safety.digest"].input_digest
    sound = digest.__code__
    digest.__code__ = hangs.__code__
    try:
        assert window(plan)[0] is Verdict.NOT_EVALUATED
    finally:
        digest.__code__ = sound
    monkeypatch.setattr(watch, "PATIENCE_S", 60.0)
    assert window(plan)[0] is Verdict.CLEAR


def test_that_a_self_test_that_hangs_locks_planning(gate, monkeypatch):
    monkeypatch.setattr(judging, "SELF_TEST_PATIENCE_S", 0.05)
    monkeypatch.setattr(judging, "run_self_test", lambda catalog: gate.wait(600))
    judging.tested_installation.cache_clear()
    try:
        with pytest.raises(SelfTestFailedError, match="not come back"):
            judging.tested_installation()
    finally:
        judging.tested_installation.cache_clear()


def test_that_patience_is_not_more_than_a_second():
    assert 0.0 < watch.PATIENCE_S <= 1.0
