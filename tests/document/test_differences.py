"""What two plans say differently is said whole: every field, and nothing that is the same."""

from dataclasses import fields, replace

import pytest
from hypothesis import given, settings

from document.strategies import plans, simple_plan
from planner.document.differences import differences
from planner.document.plan_file import content_sha256
from planner.domain.order import Order
from planner.domain.plan import Ablation, CementInjection, NeedleSize, Plan

BOOKKEEPING = {"revision", "saved_sha256", "plan_id", "created_utc"}


@settings(deadline=None, max_examples=100)
@given(plan=plans())
def test_that_a_plan_does_not_differ_from_itself(plan):
    assert differences(plan, replace(plan, revision=plan.revision + 1)) == ()


@settings(deadline=None, max_examples=150)
@given(one=plans(), other=plans())
def test_that_whatever_differs_is_in_the_list(one, other):
    same = {name: getattr(one, name) for name in (*BOOKKEEPING, "scan")}
    other = replace(other, **same)
    assert bool(differences(one, other)) == (content_sha256(one) != content_sha256(other))


@settings(deadline=None, max_examples=100)
@given(one=plans(), other=plans())
def test_that_both_ways_round_the_same_things_differ(one, other):
    there, back = differences(one, other), differences(other, one)
    assert sorted(row.what for row in there) == sorted(row.what for row in back)


def test_that_every_field_of_a_plan_is_compared():
    """A new field of the plan must be told here, or two versions would look alike."""
    told = {"scan", "anatomy", "trajectories", "ablations", "cements", "clinical", "notes",
            "side_confirmation", "acknowledgements", "looser_limits", "grid_mark",
            "lock", "ablation_order", "protection", "tissue_choices", "controls",
            "outcome"}  # fmt: skip
    assert {field.name for field in fields(Plan)} == told | BOOKKEEPING


@pytest.fixture
def plan():
    made = simple_plan()
    needle = made.trajectories[0]
    burn = Ablation(
        id="a1", trajectory_id=needle.id, device_id="eco-mwa", power_w=40.0, time_s=300
    )
    fill = CementInjection(
        id="c1", trajectory_id=needle.id, cement_id="pmma-high-viscosity", volume_ml=3.0
    )
    return replace(made, ablations=(burn,), cements=(fill,))


def test_that_a_moved_tip_says_by_how_much_and_where(plan):
    needle = plan.trajectories[0]
    moved = replace(needle, tip=needle.tip.moved((0.0, 0.0, 3.0)))
    (row,) = differences(plan, plan.with_trajectory(moved))
    assert row.what == f"Needle {needle.id}"
    assert row.other.endswith("tip 3.0 mm away")
    assert "entry" not in row.other
    assert row.at == moved.tip


def test_that_another_bone_needle_and_another_order_are_told(plan):
    needle = plan.trajectories[0]
    sized = replace(needle, size=NeedleSize(outer_diameter_mm=2.41, length_mm=150.0, gauge=13))
    rows = differences(plan, replace(plan.with_trajectory(sized), ablation_order=Order.IN_TURN))
    assert "13 G, 2.41 × 150 mm needle" in rows[0].other
    assert (rows[1].what, rows[1].one, rows[1].other) == (
        "Ablations", "order not said", "in-turn"
    )  # fmt: skip


def test_that_a_needle_taken_away_takes_its_burn_and_cement(plan):
    needle = plan.trajectories[0]
    rows = differences(plan, plan.without_trajectory(needle.id))
    assert [row.what for row in rows] == [f"Needle {needle.id}", "Ablation a1", "Cement c1"]
    assert {row.other for row in rows} == {"none"}


def test_that_power_and_volume_are_said_with_their_units(plan):
    burn = replace(plan.ablations[0], power_w=60.0)
    fill = replace(plan.cements[0], volume_ml=4.5)
    rows = differences(plan, replace(plan, ablations=(burn,), cements=(fill,)))
    assert "40 W" in rows[0].one
    assert "60 W" in rows[0].other
    assert "3 mL" in rows[1].one
    assert "4.5 mL" in rows[1].other


@pytest.mark.parametrize(
    "changed",
    [
        {"device_id": "amica"},
        {"power_w": 60.0},
        {"setpoint_celsius": 90.0},
        {"time_s": 240.0},
        {"active_offset_mm": 2.0},
        {"duty_percent": 60.0},
        {"cycle_s": 60.0, "pause_s": 30.0},
    ],
)
def test_that_an_ablation_set_otherwise_reads_otherwise(plan, changed):
    assert {*changed, "id", "trajectory_id"} <= {field.name for field in fields(Ablation)}
    burn = replace(plan.ablations[0], **changed)
    (row,) = differences(plan, replace(plan, ablations=(burn,)))
    assert row.one != row.other


def test_that_every_setting_of_an_ablation_is_tried_above():
    settings_of_a_burn = {field.name for field in fields(Ablation)} - {"id", "trajectory_id"}
    assert settings_of_a_burn == {
        "device_id", "power_w", "setpoint_celsius", "time_s", "active_offset_mm",
        "duty_percent", "cycle_s", "pause_s",
    }  # fmt: skip
