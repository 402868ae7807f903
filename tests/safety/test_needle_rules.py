"""Rules on needles."""

from dataclasses import replace

import numpy as np
import pytest

from planner.domain.levels import Level, Side
from planner.domain.plan import Ablation, Approach, NeedleSize
from planner.domain.sourced import Interval, Status
from planner.geometry.gaps import Gap
from planner.geometry.points import PointLps
from planner.safety import assess, ruler
from planner.safety.pedicle import breaches
from safety.cases import (
    CATALOG,
    check,
    found,
    good_plan,
    needle,
    spine,
    zone_for,
)
from safety.rule_cases import (
    BLOCK,
    INFO,
    STOP,
    WARN,
    answered,
    big_lesion,
    with_anatomy,
    with_device,
    with_numbers,
    with_vertebra,
)


def shifted(dx, dz=0.0):
    """The good plan with its needle moved sideways and up."""
    plan = good_plan()
    step = np.array([dx, 0.0, dz])
    old = plan.trajectory("t1")
    moved = replace(old, entry=old.entry.moved(step), tip=old.tip.moved(step))
    return plan.with_trajectory(moved)


@pytest.mark.parametrize(
    ("dx", "expected"),
    [
        (0.0, {"N2": WARN}),
        (-3.0, {"N2": STOP}),
        (-4.5, {"N2": STOP, "N4": STOP}),
        (-6.5, {"N1": BLOCK, "N4": BLOCK}),
    ],
)
def test_that_a_needle_nearer_to_the_canal_weighs_more(dx, expected):
    plan = shifted(dx)
    rules = found(check(plan))
    assert {name: rules.get(name) for name in expected} == expected


@pytest.mark.parametrize(("dx", "severity"), [(3.0, None), (4.5, INFO), (6.5, WARN), (8.5, STOP)])
def test_that_a_lateral_breach_weighs_by_its_depth(dx, severity):
    assert found(check(shifted(dx))).get("N5") is severity


def test_that_a_thoracic_lateral_breach_weighs_one_step_less():
    plan = shifted(6.5)
    thoracic = plan.with_trajectory(replace(plan.trajectory("t1"), level=Level.T8))
    _, anatomy = spine()
    vertebrae = {**anatomy.vertebrae, Level.T8: replace(anatomy.vertebrae[Level.L3])}
    rules = found(assess(thoracic, with_anatomy(thoracic, vertebrae=vertebrae)))
    assert rules["N5"] is INFO


@pytest.mark.parametrize(
    ("dz", "severity"), [(4.0, None), (6.5, INFO), (-7.5, INFO), (-8.5, WARN)]
)
def test_that_a_breach_above_or_below_is_seen(dz, severity):
    assert found(check(shifted(0.0, dz))).get("N5") is severity


@pytest.mark.parametrize(("width", "severity"), [(3.0, STOP), (3.7, None)])
def test_that_a_narrow_pedicle_stops_at_its_least_width(width, severity):
    plan = good_plan()
    _, anatomy = spine()
    pedicles = dict(anatomy.vertebrae[Level.L3].pedicles)
    pedicles[Side.LEFT] = replace(pedicles[Side.LEFT], width_mm=Interval(width, 10.0, 12.0))
    rules = found(assess(plan, with_vertebra(plan, pedicles=pedicles)))
    assert rules.get("N3") is severity


def test_that_pedicle_rules_ask_only_a_transpedicular_needle():
    plan = good_plan()
    beside = replace(plan.trajectory("t1"), approach=Approach.PARAPEDICULAR)
    scene = with_vertebra(plan, pedicles={})
    assert {"N3", "N4", "N5"} <= set(assess(plan.with_trajectory(beside), scene).checked)
    assert not {"N3", "N4", "N5"} & set(assess(plan, scene).checked)


def test_that_a_path_across_the_pedicle_is_not_evaluated():
    plan = good_plan()
    across = replace(plan.trajectory("t1"), entry=PointLps(50.0, 0.0, 4.0))
    assert not {"N3", "N4", "N5"} & set(check(plan.with_trajectory(across)).checked)


@pytest.mark.parametrize(("shaft", "severity"), [(116.0, BLOCK), (117.0, None)])
def test_that_a_shaft_must_reach_with_its_hub(shaft, severity):
    plan = good_plan()
    assert 116.0 < plan.trajectory("t1").length_mm + 20.0 < 117.0
    rules = found(assess(plan, with_numbers(plan, shaft_length_mm=shaft)))
    assert rules.get("N6") is severity


@pytest.mark.parametrize(("length", "severity"), [(116.0, BLOCK), (117.0, None)])
@pytest.mark.parametrize("burns", [True, False])
def test_that_the_bone_needle_that_was_chosen_must_reach_as_well(length, severity, burns):
    size = NeedleSize(outer_diameter_mm=2.41, length_mm=length, gauge=13)
    plan = good_plan()
    plan = plan.with_trajectory(replace(plan.trajectory("t1"), size=size))
    plan = plan if burns else replace(plan, ablations=())
    assessment = check(plan)
    assert found(assessment).get("N6") is severity
    assert "N6" in assessment.checked


def test_that_a_needle_too_short_is_named_beside_a_device_without_a_length():
    size = NeedleSize(outer_diameter_mm=2.41, length_mm=60.0)
    plan = good_plan()
    plan = plan.with_trajectory(replace(plan.trajectory("t1"), size=size))
    assessment = assess(plan, with_device(plan, numbers={}))
    assert found(assessment)["N6"] is BLOCK
    assert "N6" not in assessment.checked


@pytest.mark.parametrize(
    ("rule", "number"), [("N6", "shaft_length_mm"), ("N7", "tip_beyond_cannula_mm")]
)
def test_that_a_number_of_a_device_from_memory_never_makes_a_pass(rule, number):
    plan = good_plan()
    numbers = CATALOG.devices["eco-mwa"].numbers
    recalled = {**numbers, number: replace(numbers[number], status=Status.RECALLED)}
    assert rule in check(plan).checked
    assessment = assess(plan, with_device(plan, numbers=recalled))
    assert rule not in assessment.checked
    assert f"{number} of {rule} is from memory" in str(assessment.findings)


@pytest.mark.parametrize(("beyond", "severity"), [(14.9, STOP), (15.0, None)])
def test_that_the_cannula_stays_15_mm_back(beyond, severity):
    plan = good_plan()
    rules = found(assess(plan, with_numbers(plan, tip_beyond_cannula_mm=beyond)))
    assert rules.get("N7") is severity


@pytest.mark.parametrize(("long_mm", "severity"), [(186.0, STOP), (185.0, None)])
def test_that_the_antenna_comes_15_mm_out_of_a_bone_needle_of_its_length(long_mm, severity):
    plan = good_plan()
    size = NeedleSize(outer_diameter_mm=2.41, length_mm=long_mm, gauge=13)
    plan = plan.with_trajectory(replace(plan.trajectory("t1"), size=size))
    scene = with_numbers(plan, shaft_length_mm=200.0, tip_beyond_cannula_mm=15.0)
    findings = [one for one in assess(plan, scene).findings if one.rule == "N7"]
    assert [one.severity for one in findings] == ([severity] if severity else [])
    assert all("only 14 mm" in one.message for one in findings)
    assert all(one.resolve == "Choose a shorter bone needle." for one in findings)


def test_that_a_device_without_a_length_is_not_evaluated():
    plan = good_plan()
    assessment = assess(plan, with_device(plan, numbers={}))
    assert {"N6", "N7", "A9"} & set(assessment.checked) == set()


@pytest.mark.parametrize(("y", "severity"), [(-6.0, None), (-5.0, WARN)])
def test_that_the_cement_needle_ends_in_the_anterior_third(y, severity):
    plan = replace(good_plan(), ablations=())
    tip = replace(plan.trajectory("t1"), tip=PointLps(8.0, y, 4.0))
    scene = with_anatomy(plan.with_trajectory(tip), lesion=None)
    assert found(assess(plan.with_trajectory(tip), scene)).get("N8") is severity


def test_that_the_front_of_the_tumour_serves_as_well():
    plan = good_plan()
    tip = replace(plan.trajectory("t1"), tip=PointLps(9.0, -2.0, 4.0))
    plan = plan.with_trajectory(tip)
    assert "N8" not in found(check(plan))
    assert found(assess(plan, with_anatomy(plan, lesion=None)))["N8"] is WARN


def test_that_a_large_lesion_asks_for_two_applicators():
    plan = good_plan()
    assessment = assess(plan, with_anatomy(plan, lesion=big_lesion()))
    rules = found(assessment)
    assert (rules["N9"], rules["N10"]) == (STOP, WARN)
    # What is left out of the zones is one finding, as heavy as its heaviest part.
    (left,) = [item for item in assessment.findings if item.rule == "N10"]
    assert (left.severity, left.also) == (WARN, ("A15",))
    assert "% of the lesion of L3 lie inside the zones." in left.message
    second = Ablation(id="a2", trajectory_id="t2", device_id="eco-mwa", power_w=20.0, time_s=90.0)
    both = replace(
        plan,
        trajectories=(*plan.trajectories, needle(2, Side.RIGHT)),
        ablations=(*plan.ablations, second),
    )
    assert "N9" not in found(assess(both, with_anatomy(both, lesion=big_lesion())))


def test_that_only_the_middle_third_counts_as_posterior_middle():
    plan = good_plan()
    _, anatomy = spine()
    k, j, i = np.indices(anatomy.labels.shape)
    place = anatomy.geometry.lps_mm(np.stack([i, j, k], axis=-1))
    behind = (place[..., 1] > 3.0) & (anatomy.bodies == Level.L3.verse_label)
    for x, severity in ((7.0, WARN), (8.0, None)):
        spot = behind & (np.abs(place[..., 0] + x) < 0.5)
        assert found(assess(plan, with_anatomy(plan, lesion=spot))).get("N10") is severity


def test_that_a_curative_plan_stops_when_the_lesion_is_not_covered():
    plan = answered(intent="curative")
    assert found(assess(plan, with_anatomy(plan, lesion=big_lesion())))["A15"] is STOP
    plan = answered(intent=None)
    assert "A15" not in assess(plan, with_anatomy(plan, lesion=big_lesion())).checked


def test_that_what_is_left_out_never_reads_as_nothing():
    """One voxel outside is less than 0.1 mL, not 0.0; all but one is 99 %, not 100."""
    plan, (_, anatomy) = good_plan(), spine()
    lesion = np.zeros_like(anatomy.canal)
    inside = zone_for(plan).shape.centre.array
    i, j, k = np.rint(anatomy.geometry.ijk(inside)).astype(int)
    lesion[k - 2 : k + 3, j - 3 : j + 4, i - 2 : i + 3] = True
    behind = PointLps(-2.0, 12.0, 0.0)
    i, j, k = np.rint(anatomy.geometry.ijk(behind.array)).astype(int)
    lesion[k, j, i] = True
    words = " ".join(
        item.message for item in assess(plan, with_anatomy(plan, lesion=lesion)).findings
    )
    assert "Less than 0.1 mL of the lesion in the posterior middle of L3 lie outside" in words
    assert "99 % of the lesion of L3 lie inside the zones." in words


def test_that_each_needle_is_asked_whether_it_lies_inside_the_scan():
    plan = good_plan()
    first = plan.trajectory("t1")
    far = replace(first, id="t2", tip=first.tip.moved(np.array([0.0, 0.0, 300.0])))
    two = replace(plan, trajectories=(first, far))
    assert "P6" in check(plan).checked
    assert "P6" not in check(two).checked


def test_that_lateral_of_a_pedicle_is_at_right_angles_to_it():
    _, anatomy = spine()
    vertebra, on = anatomy.vertebrae[Level.L3], good_plan().trajectory("t1")
    pedicle = vertebra.pedicles[Side.LEFT]
    for turn in (-25.0, 25.0):
        angle = np.radians(turn)
        axis = (float(np.sin(angle)), float(-np.cos(angle)), 0.0)
        turned = replace(vertebra, pedicles={Side.LEFT: replace(pedicle, axis=axis)})
        beside = np.array([np.cos(angle), np.sin(angle), 0.0]) * 2.0
        through = [
            pedicle.isthmus.moved(beside + share * np.array(axis)) for share in (-40.0, 20.0)
        ]
        away = breaches(turned, replace(on, entry=through[0], tip=through[1]), 0.0)
        assert away["lateral"] == pytest.approx(2.0 - pedicle.width_mm.low / 2.0)
        assert away["medial"] == pytest.approx(-2.0 - pedicle.width_mm.low / 2.0)


def beside(plan, away):
    """A second needle, parallel to the first."""
    first = plan.trajectory("t1")
    step = np.array((0.0, 0.0, away))
    return replace(first, id="t2", entry=first.entry.moved(step), tip=first.tip.moved(step))


@pytest.mark.parametrize(("gap", "severity"), [(-0.5, STOP), (0.5, WARN), (1.5, None)])
def test_that_two_needles_must_clear_each_other(gap, severity):
    plan = good_plan()
    first = plan.trajectory("t1")
    slope = (first.entry.z_mm - first.tip.z_mm) / first.length_mm
    diameters = 2.41 / 2.0 + 3.4 / 2.0  # the antenna's 13 gauge and, for cement, 10 gauge
    away = (gap + diameters) / np.sqrt(1.0 - slope**2)
    plan = plan.with_trajectory(beside(plan, away))
    assessment = check(plan)
    assert found(assessment).get("N11") is severity
    for item in assessment.findings:
        if item.rule == "N11":
            assert item.distance_mm == pytest.approx(gap, abs=0.001)
            assert (item.subject, item.structure) == ("t2", "other_needle")


def test_that_crossing_needles_run_into_each_other():
    plan = good_plan()
    first = plan.trajectory("t1")
    middle = 0.5 * (first.entry.array + first.tip.array)
    across = replace(
        first,
        id="t2",
        entry=PointLps.of(middle + np.array((-20.0, 40.0, 30.0))),
        tip=PointLps.of(middle - np.array((-10.0, 20.0, 15.0))),
    )
    (item,) = [one for one in check(plan.with_trajectory(across)).findings if one.rule == "N11"]
    assert item.severity is STOP
    assert "run into each other" in item.message
    assert np.linalg.norm(item.at.array - middle) < 0.5


def test_that_needles_measured_two_ways_that_disagree_are_not_evaluated(monkeypatch):
    monkeypatch.setattr(ruler, "capsule_gap", lambda one, other: Gap(9.0, other.start, other.end))
    plan = good_plan()
    assert "N11" not in check(plan.with_trajectory(beside(plan, 30.0))).checked
