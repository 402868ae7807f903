"""What a check keeps waiting, and that it goes on after."""

import gc

import pytest

from planner.domain.finding import Verdict
from planner.session import judging, watch
from safety.cases import good_plan, good_scene


def raises():
    raise RuntimeError("a fault")


def hangs():
    raise watch.OverdueError("Nothing was heard.")


@pytest.mark.parametrize("ends", [lambda: None, raises, hangs])
def test_that_the_garbage_collector_waits_for_a_check_and_no_longer(monkeypatch, ends):
    plan, seen = good_plan(), []

    def assess(*_):
        seen.append(gc.isenabled())
        return ends()

    monkeypatch.setattr(judging, "assess", assess)
    assert gc.isenabled()
    assert judging.judge(plan, good_scene(plan)).verdict is Verdict.NOT_EVALUATED
    assert seen == [False]
    assert gc.isenabled()


def test_that_a_collector_that_was_off_stays_off():
    plan = good_plan()
    gc.disable()
    try:
        judging.judge(plan, good_scene(plan))
        assert not gc.isenabled()
    finally:
        gc.enable()
