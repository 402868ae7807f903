"""Proposals as the window offers them: a list to step through, in one undo step."""

import numpy as np
import pytest

from planner.domain.levels import Level, Side
from planner.domain.plan import Approach
from presenter_desk import Desk


@pytest.fixture
def outlined():
    desk = Desk()
    desk.outline_a_scan()
    desk.work.needles.choose_level(Level.L3)
    yield desk
    desk.work.close()


def state(desk):
    return desk.work.plan_shown


def asked(desk, **how):
    desk.work.needles.suggest(**how)
    desk.settle()


def test_that_no_chosen_side_asks_for_both(outlined):
    asked(outlined)
    assert state(outlined).offers == ("left along the pedicle", "right along the pedicle")
    assert [needle.side for needle in outlined.work.edits.plan.trajectories] == [Side.LEFT]


def test_that_stepping_replaces_the_needle_and_is_one_undo_step(outlined):
    asked(outlined)
    outlined.work.needles.step(1)
    assert state(outlined).offer == 1
    assert [needle.side for needle in outlined.work.edits.plan.trajectories] == [Side.RIGHT]
    outlined.work.needles.step(1)
    assert state(outlined).offer == 0
    outlined.work.act(outlined.work.edits.undo)
    assert outlined.work.edits.plan.trajectories == ()


def test_that_a_pair_brings_two_needles_and_a_single_one_takes_both_places(outlined):
    outlined.work.needles.suggest_two()
    outlined.settle()
    sides = [needle.side for needle in outlined.work.edits.plan.trajectories]
    assert sides == [Side.LEFT, Side.RIGHT]
    outlined.work.needles.step(1)
    assert [needle.side for needle in outlined.work.edits.plan.trajectories] == [Side.LEFT]
    outlined.work.needles.step(-1)
    assert len(outlined.work.edits.plan.trajectories) == 2


def test_that_what_is_planned_on_a_needle_stays_when_the_next_proposal_is_taken(outlined):
    asked(outlined)
    outlined.work.treatment.choose_device("eco-mwa")
    outlined.work.needles.step(1)
    burns = outlined.work.edits.plan.ablations
    needle = outlined.work.edits.plan.trajectory(burns[0].trajectory_id)
    assert (len(burns), needle.side) == (1, Side.RIGHT)


def test_that_a_frozen_end_and_the_planned_device_reach_the_search(outlined):
    asked(outlined)
    outlined.work.treatment.choose_device("eco-mwa")
    needle = outlined.work.edits.needle
    outlined.work.needles.suggest_again(keep_entry=True)
    outlined.settle()
    wish = outlined.services.wishes[-1]
    assert (wish.entry, wish.target, wish.device_id) == (needle.entry, None, "eco-mwa")
    assert len(outlined.work.edits.plan.trajectories) == 1
    outlined.work.needles.suggest_again(keep_entry=False)
    outlined.settle()
    assert outlined.services.wishes[-1].target == outlined.work.edits.needle.tip


def test_that_a_locked_needle_is_never_replaced(outlined):
    asked(outlined)
    outlined.work.act(outlined.work.edits.toggle_lock)
    before = outlined.work.edits.plan.trajectories
    outlined.work.needles.step(1)
    assert outlined.work.edits.plan.trajectories == before
    assert outlined.said.is_error
    assert state(outlined).offer == 0


def test_that_proposals_go_when_another_level_is_chosen(outlined):
    asked(outlined)
    outlined.work.needles.choose_level(Level.L2)
    assert state(outlined).offers == ()
    outlined.work.needles.step(1)
    assert [needle.level for needle in outlined.work.edits.plan.trajectories] == [Level.L3]


def test_that_proposals_of_old_outlines_are_neither_shown_nor_taken(outlined):
    asked(outlined)
    before = outlined.work.edits.plan.trajectories
    outlined.work.edits.anatomy = None
    outlined.work.refresh()
    assert state(outlined).offers == ()
    outlined.work.needles.step(1)
    assert outlined.work.edits.plan.trajectories == before


def test_that_a_needle_placed_by_hand_goes_in_by_the_chosen_approach(outlined):
    work = outlined.work
    tip = work.edits.anatomy.vertebrae[Level.L3].body_centre
    entry = tip.moved(np.array((60.0, 70.0, 0.0)))
    for chosen, expected in ((Approach.POSTEROLATERAL,) * 2, (None, Approach.TRANSPEDICULAR)):
        work.needles.choose_approach(chosen)
        work.edits.begin_needle()
        for point, is_entry in ((entry, True), (tip, False)):
            work.panes.jump(point)
            work.needles.place(is_entry=is_entry)
        assert work.edits.needle.approach is expected


def test_that_the_approach_of_a_placed_needle_is_changed_and_judged_anew(outlined):
    asked(outlined)
    work = outlined.work
    outlined.settle()
    ends = (work.edits.needle.entry, work.edits.needle.tip)
    before = {part.title: dict(part.lines) for part in state(outlined).card}["Measured"]
    assert "Thinnest bone around" in before
    work.needles.change_approach(Approach.POSTEROLATERAL)
    outlined.settle()
    needle = work.edits.needle
    assert (needle.approach, needle.entry, needle.tip) == (Approach.POSTEROLATERAL, *ends)
    assert "posterolateral" in state(outlined).needles[0].detail
    assert state(outlined).numbers.approach is Approach.POSTEROLATERAL
    after = {part.title: dict(part.lines) for part in state(outlined).card}["Measured"]
    assert "Thinnest bone around" not in after, "only a path in the pedicle has bone about it"
    work.act(work.edits.undo)
    outlined.settle()
    assert work.edits.needle.approach is Approach.TRANSPEDICULAR


def test_that_an_approach_the_level_does_not_have_or_a_locked_needle_is_refused(outlined):
    asked(outlined)
    work = outlined.work
    work.needles.change_approach(Approach.TRANSCOSTOVERTEBRAL)
    assert outlined.said.is_error
    assert "not used at L3" in outlined.said.text
    assert work.edits.needle.approach is Approach.TRANSPEDICULAR
    work.act(work.edits.toggle_lock)
    work.needles.change_approach(Approach.POSTEROLATERAL)
    assert outlined.said.is_error
    assert work.edits.needle.approach is Approach.TRANSPEDICULAR
