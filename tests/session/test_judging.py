"""What a check keeps waiting, and that it goes on after."""

import gc

import pytest

from planner.domain.finding import Verdict
from planner.safety import assess, distance_field
from planner.session import judging, watch
from safety.cases import good_plan, good_scene
from safety.test_faults import forget


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


def test_that_no_slab_of_distances_goes_in_a_check(monkeypatch):
    """Or one of two equal checks would go through calls that the other does not."""
    judging.tested_installation()
    monkeypatch.setattr(distance_field, "_KEPT", distance_field._Kept())
    monkeypatch.setattr(distance_field, "KEPT_BYTES", 0)
    gone = []
    monkeypatch.setattr(distance_field.DistanceField, "forget", lambda *which: gone.append(which))
    plan = good_plan()
    scene = good_scene(plan)
    forget()
    assess(plan, scene)
    made = len(distance_field._KEPT.slabs)
    assert made > 2
    assert not gone
    judging.judge(plan, scene)
    assert len(gone) == made - 1  # all but the one asked for last
