from dataclasses import replace

import numpy as np
import pytest

from document.strategies import simple_plan
from planner.document import commands
from planner.domain.errors import UsageError
from planner.domain.levels import Level
from planner.domain.plan import (
    Ablation,
    Acknowledgement,
    AnatomyBinding,
    CementInjection,
    SideConfirmation,
)
from planner.geometry.points import PointLps

ACKNOWLEDGED = Acknowledgement(
    fingerprint="f", rule="N2", by="Dr A", reason="seen", at_utc="2026-11-21T00:00:00Z"
)


def test_that_a_needle_is_added_under_a_free_id_and_never_twice():
    plan = simple_plan()
    assert commands.free_trajectory_id(plan) == "t3"
    third = replace(plan.trajectory("t1"), id="t3")
    assert commands.add_trajectory(third).apply(plan).trajectories[-1] == third
    with pytest.raises(UsageError, match="already has a needle t1"):
        commands.add_trajectory(plan.trajectory("t1")).apply(plan)


def test_that_free_ids_fill_the_gap_a_removal_left():
    plan = commands.remove_trajectory("t1").apply(simple_plan())
    assert commands.free_trajectory_id(plan) == "t1"
    assert commands.free_ablation_id(plan) == "a1"
    assert commands.free_cement_id(plan) == "c2"


def test_that_removing_a_needle_removes_what_was_planned_on_it_only():
    plan = commands.remove_trajectory("t1").apply(simple_plan())
    assert [item.id for item in plan.trajectories] == ["t2"]
    assert plan.ablations == ()
    assert [item.id for item in plan.cements] == ["c1"]


def test_that_moving_one_end_keeps_the_other():
    plan = simple_plan()
    point = PointLps(0.0, 0.0, 5.0)
    tip = commands.set_tip("t1", point).apply(plan).trajectory("t1")
    assert (tip.tip, tip.entry) == (point, plan.trajectory("t1").entry)
    entry = commands.set_entry("t1", point).apply(plan).trajectory("t1")
    assert (entry.entry, entry.tip) == (point, plan.trajectory("t1").tip)
    both = commands.set_needle("t1", point, PointLps(9.0, 9.0, 9.0)).apply(plan)
    assert both.trajectory("t1").tip == PointLps(9.0, 9.0, 9.0)
    assert both.trajectory("t2") == plan.trajectory("t2")


def test_that_moving_a_whole_needle_moves_both_ends_alike():
    plan = commands.move_needle("t1", np.array([1.0, -2.0, 3.0])).apply(simple_plan())
    assert plan.trajectory("t1").entry == PointLps(31.0, 78.0, 3.0)
    assert plan.trajectory("t1").tip == PointLps(11.0, 8.0, 3.0)


@pytest.mark.parametrize(
    "edit",
    [
        commands.set_tip("t1", PointLps(0.0, 0.0, 0.0)),
        commands.set_entry("t1", PointLps(0.0, 0.0, 0.0)),
        commands.move_needle("t1", np.ones(3)),
        commands.remove_trajectory("t1"),
        commands.change_trajectory(simple_plan().trajectory("t1")),
    ],
)
def test_that_a_locked_needle_does_not_move_until_it_is_unlocked(edit):
    locked = commands.set_locked("t1", True).apply(simple_plan())
    with pytest.raises(UsageError, match="t1 is locked"):
        edit.apply(locked)
    edit.apply(commands.set_locked("t1", False).apply(locked))


def test_that_a_tip_on_its_entry_is_refused_with_a_sentence():
    plan = simple_plan()
    with pytest.raises(UsageError, match="must lie apart"):
        commands.set_tip("t1", plan.trajectory("t1").entry).apply(plan)


@pytest.mark.parametrize(
    ("edit", "noun"),
    [
        (commands.set_tip("t9", PointLps(0.0, 0.0, 0.0)), "needle t9"),
        (commands.set_locked("t9", True), "needle t9"),
        (commands.remove_ablation("a9"), "ablation a9"),
        (commands.remove_cement("c9"), "cement c9"),
        (commands.change_ablation(Ablation(id="a9", trajectory_id="t1", device_id="d")), "a9"),
        (
            commands.change_cement(
                CementInjection(id="c9", trajectory_id="t1", cement_id="c", volume_ml=1.0)
            ),
            "c9",
        ),
    ],
)
def test_that_an_edit_of_something_absent_is_refused(edit, noun):
    with pytest.raises(UsageError, match=f"has no .*{noun}"):
        edit.apply(simple_plan())


def test_that_ablations_are_added_changed_and_removed():
    plan = simple_plan()
    second = Ablation(id="a2", trajectory_id="t2", device_id="eco-mwa")
    plan = commands.add_ablation(second).apply(plan)
    plan = commands.change_ablation(replace(second, power_w=30.0)).apply(plan)
    assert [item.power_w for item in plan.ablations] == [40.0, 30.0]
    assert [item.id for item in commands.remove_ablation("a1").apply(plan).ablations] == ["a2"]


def test_that_an_ablation_on_no_needle_or_under_a_used_id_is_refused():
    on_nothing = Ablation(id="a2", trajectory_id="t9", device_id="d")
    with pytest.raises(UsageError, match="no trajectory"):
        commands.add_ablation(on_nothing).apply(simple_plan())
    twice = Ablation(id="a1", trajectory_id="t1", device_id="d")
    with pytest.raises(UsageError, match="same id"):
        commands.add_ablation(twice).apply(simple_plan())


def test_that_cement_is_added_changed_and_removed():
    plan = simple_plan()
    more = replace(plan.cements[0], volume_ml=4.0)
    assert commands.change_cement(more).apply(plan).cements == (more,)
    second = replace(more, id="c2")
    assert commands.add_cement(second).apply(plan).cements[-1] == second
    assert commands.remove_cement("c1").apply(plan).cements == ()


def test_that_clinical_answers_change_one_by_one_and_unknown_questions_are_refused():
    plan = commands.answer_clinical(inr=1.1, infection=False).apply(simple_plan())
    plan = commands.answer_clinical(infection=None).apply(plan)
    assert (plan.clinical.inr, plan.clinical.infection) == (1.1, None)
    with pytest.raises(UsageError, match="not clinical questions: mood"):
        commands.answer_clinical(mood="good").apply(plan)


def test_that_the_side_is_confirmed_and_taken_back():
    word = SideConfirmation(by="Dr A", at_utc="2026-11-21T00:00:00Z", patient_position="HFS")
    plan = commands.confirm_side(word).apply(simple_plan())
    assert plan.side_confirmation == word
    assert commands.confirm_side(None).apply(plan).side_confirmation is None


def test_that_a_newer_acknowledgement_of_one_finding_replaces_the_older():
    plan = commands.acknowledge(ACKNOWLEDGED).apply(simple_plan())
    later = replace(ACKNOWLEDGED, by="Dr B")
    other = replace(ACKNOWLEDGED, fingerprint="g")
    plan = commands.acknowledge(later).apply(commands.acknowledge(other).apply(plan))
    assert plan.acknowledgements == (other, later)
    assert commands.withdraw_acknowledgement("f").apply(plan).acknowledgements == (other,)


@pytest.mark.parametrize("blank", [{"by": " "}, {"reason": ""}])
def test_that_an_acknowledgement_needs_a_name_and_a_reason(blank):
    with pytest.raises(UsageError, match="name and a reason"):
        commands.acknowledge(replace(ACKNOWLEDGED, **blank)).apply(simple_plan())


def test_that_levels_are_accepted_in_order_and_withdrawn():
    plan = commands.accept_level(Level.L3).apply(simple_plan())
    plan = commands.accept_level(Level.T12).apply(plan)
    plan = commands.accept_level(Level.L3).apply(plan)
    assert plan.anatomy.accepted_levels == (Level.T12, Level.L3)
    assert commands.withdraw_level(Level.T12).apply(plan).anatomy.accepted_levels == (Level.L3,)


def test_that_naming_a_level_takes_back_every_acceptance():
    plan = commands.accept_level(Level.L3).apply(simple_plan())
    here, there = PointLps(0.0, 0.0, 0.0), PointLps(0.0, 0.0, 9.0)
    plan = commands.set_seed(Level.L4, here).apply(plan)
    plan = commands.set_seed(Level.L3, here).apply(plan)
    plan = commands.set_seed(Level.L4, there).apply(plan)
    assert plan.anatomy.seeds == ((Level.L3, here), (Level.L4, there))
    assert plan.anatomy.accepted_levels == ()
    plan = commands.accept_level(Level.L3).apply(plan)
    plan = commands.remove_seed(Level.L3).apply(plan)
    assert plan.anatomy.seeds == ((Level.L4, there),)
    assert plan.anatomy.accepted_levels == ()


def test_that_other_outlines_are_bound_whole():
    binding = AnatomyBinding(backend="import", locator="labels.nii.gz")
    assert commands.set_anatomy(binding).apply(simple_plan()).anatomy == binding
