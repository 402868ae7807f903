"""Outlines, zones and numbers that contradict themselves must never read CLEAR."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from planner.domain.finding import Severity, Verdict
from planner.domain.levels import Level, Side
from planner.domain.plan import Ablation
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.safety import assess, distance_field
from safety.cases import acknowledged, found, good_plan, good_scene, spine, zone_for
from safety.rule_cases import with_anatomy, with_vertebra
from safety.test_what_is_missing import missing

NAN = float("nan")
OUTLINED, PREDICTED = "Not outlined or not measurable", "Not predicted"


def nerves():
    """The good plan's rules on nerves by zone, needle and cement."""
    return {"N1", "N2", "A1", "A2", "A3", "C3", "C9"}


def canal_without(first_k, last_k):
    _, anatomy = spine()
    canal = anatomy.canal.copy()
    canal[first_k:last_k] = False
    return with_anatomy(good_plan(), canal=canal)


def middle_k():
    _, anatomy = spine()
    return round(float(anatomy.geometry.ijk(anatomy.vertebrae[Level.L3].body_centre.array)[2]))


@pytest.mark.parametrize(
    ("below", "above"),
    [(-13, 14), (-2, 4), (9, 60), (-60, -8)],
    ids=["all", "a piece", "from the top on", "at the bottom"],
)
def test_that_a_canal_that_is_missing_beside_a_level_is_not_far_away(below, above):
    k = middle_k()
    scene = canal_without(max(k + below, 0), k + above)
    assessment = assess(good_plan(), scene)
    what, rules = missing(assessment, OUTLINED)
    assert what == {"the canal is not outlined beside the whole of L3"}
    assert rules == nerves()


@pytest.mark.parametrize(("below", "above"), [(0, 2), (17, 60), (-60, -16)])
def test_that_a_canal_may_end_beyond_a_body_and_miss_a_slice(below, above):
    k = middle_k()
    scene = canal_without(max(k + below, 0), k + above)
    assert nerves() <= set(assess(good_plan(), scene).checked)


def test_that_a_fleck_of_canal_in_a_corner_is_no_canal():
    _, anatomy = spine()
    canal = np.zeros_like(anatomy.canal)
    canal[:, 0, 0] = True  # beside the whole of the body, and 80 mm away from it
    assessment = assess(good_plan(), with_anatomy(good_plan(), canal=canal))
    assert not nerves() & set(assessment.checked)


def test_that_what_is_there_of_a_canal_still_blocks():
    k = middle_k()
    plan = good_plan()
    zone = zone_for(plan, half_length=20.0, half_width=20.0)
    scene = replace(canal_without(k + 8, k + 60), zones={"a1": zone})
    assert found(assess(plan, scene))["A1"] is Severity.BLOCK


def swapped_foramina():
    _, anatomy = spine()
    was, now = anatomy.foramina, anatomy.foramina.copy()
    now[was > 100] = was[was > 100] - 100
    now[(was > 0) & (was < 100)] = was[(was > 0) & (was < 100)] + 100
    return now


def test_that_outlines_whose_sides_are_swapped_have_no_side():
    plan, (_, anatomy) = good_plan(), spine()
    pedicles = anatomy.vertebrae[Level.L3].pedicles
    other = {side: replace(pedicles[side.other], side=side) for side in Side}
    for scene in (
        with_anatomy(plan, foramina=swapped_foramina()),
        with_vertebra(plan, pedicles=other),
    ):
        what, rules = missing(assess(plan, scene), OUTLINED)
        assert what == {"which side is the left in the outlines of L3"}
        assert rules == {"P3"}


@pytest.mark.parametrize(
    "turned", [{"left": -1.0}, {"anterior": -1.0}, {"superior": -1.0}, {"superior": 0.0}]
)
def test_that_a_level_that_is_a_mirror_image_faces_no_way(turned):
    plan, (_, anatomy) = good_plan(), spine()
    (name, times), vertebra = next(iter(turned.items())), anatomy.vertebrae[Level.L3]
    axis = tuple(times * one for one in getattr(vertebra, name))
    assessment = assess(plan, with_vertebra(plan, **{name: axis}))
    assert "which way L3 faces" in missing(assessment, OUTLINED)[0]
    assert not {"P3", "N1", "A1", "C3"} & set(assessment.checked)


@pytest.mark.parametrize("lean", [0.0, 0.04])
def test_that_a_level_may_lean_a_little_as_measured(lean):
    plan = good_plan()
    size = float(np.hypot(1.0, lean))
    scene = with_vertebra(plan, superior=(0.0, lean / size, 1.0 / size))
    assert "P3" in assess(plan, scene).checked


@pytest.mark.parametrize(
    "size", [(NAN, 34.0, 26.0), (44.0, NAN, 26.0), (44.0, 34.0, NAN), (0.0, 34.0, 26.0)]
)
def test_that_a_body_without_a_size_is_not_measured(size):
    plan = good_plan()
    assessment = assess(plan, with_vertebra(plan, body_size_mm=size))
    assert "the size of the body of L3" in missing(assessment, OUTLINED)[0]
    assert not {"N9", "N10", "C7"} & set(assessment.checked)


@pytest.mark.parametrize("change", ["far", "in front", "few"])
def test_that_a_wall_elsewhere_is_no_wall(change):
    plan, (_, anatomy) = good_plan(), spine()
    wall = anatomy.vertebrae[Level.L3].posterior_wall
    points = {
        "far": wall.points_mm + np.array([0.0, 20.0, 0.0]),
        "in front": wall.points_mm - np.array([0.0, 34.0, 0.0]),
        "few": wall.points_mm[:20],
    }[change]
    scene = with_vertebra(plan, posterior_wall=replace(wall, points_mm=points))
    what, rules = missing(assess(plan, scene), OUTLINED)
    assert what == {"the posterior wall of L3 is not outlined"}
    assert rules == {"A9", "C1", "C2"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"aside": 1.0}, "does not lie on its needle"),
        ({"behind": 0.6}, "lies 8.1 mm behind its tip, where no row of its table puts it"),
        ({"behind": -9.0}, "lies -1.5 mm behind its tip, where no row of its table puts it"),
        ({"half": 1.0}, "is no wider than its needle"),
        ({"half": 1e-9}, "is no wider than its needle"),
    ],
)
def test_that_a_zone_of_another_place_or_unit_is_not_known(change, words):
    plan = good_plan()
    zone = zone_for(plan)
    half = change.get("half", 7.0)
    back = change.get("behind", 0.0) * np.array(zone.shape.axis)
    centre = zone.shape.centre.moved(np.array([change.get("aside", 0.0), 0.0, 0.0]) - back)
    shape = replace(zone.shape, centre=centre, half_length_mm=7.0, half_width_mm=half)
    scene = good_scene(plan, zones={"a1": replace(zone, shape=shape)})
    what, rules = missing(assess(plan, scene), PREDICTED)
    assert f"the zone drawn for the L3 left zone {words}" in what
    assert "A10" in rules


def test_that_a_zone_drawn_for_where_the_needle_was_is_not_known():
    plan = good_plan()
    before = good_scene(plan)
    moved = replace(plan.trajectory("t1"), tip=PointLps(11.0, -7.0, 4.0))
    assert "A10" not in assess(plan.with_trajectory(moved), before).checked
    assert "A10" in assess(plan, before).checked


def test_that_a_negative_doubt_is_no_doubt():
    plan = good_plan()
    scene = good_scene(plan, zones={"a1": zone_for(plan, band=-0.1)})
    assert not {"A1", "A10", "A15"} & set(assess(plan, scene).checked)
    exact = good_scene(plan, zones={"a1": zone_for(plan, band=0.0)})
    assert {"A1", "A10", "A15"} <= set(assess(plan, exact).checked)


@pytest.mark.parametrize("band", [2.0, NAN, None])
def test_that_a_fill_without_its_doubt_is_not_judged_as_if_it_had_none(band):
    plan = good_plan()
    scene = good_scene(plan)
    fill = scene.cements["c1"]
    doubted = fill if band is None else replace(fill, band_mm=band)
    checked = set(assess(plan, replace(scene, cements={"c1": doubted})).checked)
    assert ({"C1", "C2", "C3", "C9"} <= checked) is (band is None)


def test_that_a_zone_drawn_back_lies_where_its_table_puts_it():
    plan = good_plan()
    burn = replace(plan.ablations[0], active_offset_mm=2.0)
    back = replace(plan, ablations=(burn,))
    zone = zone_for(plan)
    moved = zone.shape.centre.moved(-2.0 * np.array(zone.shape.axis))
    drawn = replace(zone, shape=replace(zone.shape, centre=moved))
    assert "A10" not in assess(back, good_scene(back, zones={"a1": zone})).checked
    assert "A10" in assess(back, good_scene(back, zones={"a1": drawn})).checked


@pytest.mark.parametrize("change", [{"fill_fraction": NAN}, {"placed_ml": NAN}])
def test_that_cement_without_numbers_fills_nothing_known(change):
    plan = good_plan()
    scene = good_scene(plan)
    fill = replace(scene.cements["c1"], **change)
    what, rules = missing(assess(plan, replace(scene, cements={"c1": fill})), PREDICTED)
    assert what == {"how much the L3 left cement fills"}
    assert rules == {"P6", "C1", "C2", "C3", "C6", "C7", "C9"}


def test_that_a_device_drawn_back_out_of_its_needle_is_nowhere():
    plan = good_plan()
    length = plan.trajectory("t1").length_mm
    for offset, seen in ((length - 1.0, True), (length + 1.0, False)):
        burn = replace(plan.ablations[0], active_offset_mm=offset)
        drawn = replace(plan, ablations=(burn,))
        assert ("P6" in assess(drawn, good_scene(drawn)).checked) is seen
    far = replace(plan, ablations=(replace(plan.ablations[0], active_offset_mm=-900.0),))
    what, _ = missing(assess(far, good_scene(far)), "Not seen by the scan")
    assert "the device of the L3 left zone leaves the scan" in what


@pytest.mark.parametrize("name", ["setpoint_celsius", "active_offset_mm", "power_w", "time_s"])
@pytest.mark.parametrize("value", [NAN, float("inf")])
def test_that_a_setting_that_is_no_number_cannot_be_planned(name, value):
    with pytest.raises(ValueError, match=name):
        Ablation(id="a1", trajectory_id="t1", device_id="eco-mwa", **{name: value})


def test_that_two_parts_with_one_id_and_a_needle_of_no_length_cannot_be_planned():
    plan = good_plan()
    with pytest.raises(ValueError, match="same id"):
        replace(plan, trajectories=(*plan.trajectories, plan.trajectory("t1")))
    with pytest.raises(ValueError, match="apart"):
        replace(plan.trajectory("t1"), tip=plan.trajectory("t1").entry)


def test_that_a_clock_that_runs_backwards_is_seen_and_makes_another_state():
    plan = good_plan()
    before = good_scene(plan, today=date(2016, 1, 1))
    assessment = assess(plan, before)
    assert missing(assessment, "Not seen by the scan")[0] == {"the scan is dated in the future"}
    assert assessment.input_sha256 != assess(plan, good_scene(plan)).input_sha256


def test_that_outlines_or_plans_in_centimetres_are_held(monkeypatch):
    # As many places as in a patient of usual size; no distance decides here.
    monkeypatch.setattr(distance_field, "FIELD_STEP_MM", 10.0 * distance_field.FIELD_STEP_MM)
    plan, (ct, anatomy) = good_plan(), spine()
    tenfold = VolumeGeometry.from_matrix(
        anatomy.geometry.size_ijk,
        np.diag([10.0, 10.0, 10.0, 1.0]) @ anatomy.geometry.lps_from_ijk,
    )
    large = good_scene(plan, replace(ct, geometry=tenfold), replace(anatomy, geometry=tenfold))
    on = plan.trajectory("t1")
    tip, entry = (PointLps.of(point.array / 10.0) for point in (on.tip, on.entry))
    small = plan.with_trajectory(replace(on, tip=tip, entry=entry))
    for one, scene in ((plan, large), (small, good_scene(small))):
        held = assess(one, scene)
        assert held.verdict is Verdict.HELD
        assert assess(acknowledged(one, held), scene).verdict is Verdict.HELD
