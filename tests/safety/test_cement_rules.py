"""Rules on cement, and on numbers from memory."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from planner.domain.finding import Verdict
from planner.domain.levels import Level
from planner.domain.plan import CementInjection
from planner.domain.sourced import Status
from planner.geometry.points import PointLps
from planner.safety import Scene, assess, input_digest
from planner.safety.case import adds_up
from planner.safety.digest import cement_digest
from safety.cases import (
    CATALOG,
    LABEL,
    cement_for,
    check,
    diameters_from_memory,
    found,
    good_plan,
    good_scene,
    spine,
    zone_for,
)
from safety.rule_cases import (
    BLOCK,
    INFO,
    NOT_EVALUATED,
    STOP,
    WARN,
    answered,
    big_lesion,
    broken,
    with_anatomy,
    with_balloon,
    with_vertebra,
)


def injected(volume=1.4, radius=7.0, centre=None, **changes):
    plan = good_plan()
    plan = replace(plan, cements=(replace(plan.cements[0], volume_ml=volume),))
    _, anatomy = spine()
    cement = cement_for(plan, anatomy.geometry, radius=radius, centre=centre)
    return plan, good_scene(plan, cements={"c1": replace(cement, **changes)})


def test_that_cement_weighs_by_its_distance_to_the_posterior_edge():
    def rules(y):
        return found(assess(*injected(radius=5.0, centre=PointLps(0.0, y, 0.0))))

    assert "C2" not in rules(6.0)
    assert rules(8.0)["C2"] is WARN
    assert "C3" not in rules(8.0)
    inside = rules(15.0)
    assert (inside["C3"], inside["C9"]) == (STOP, BLOCK)
    assert inside["C2"] is WARN


def test_that_cement_away_from_the_edge_is_given_one_ml_at_a_time():
    away = found(assess(*injected(radius=5.0, centre=PointLps(0.0, 6.0, 0.0))))
    assert "C1" in away
    near = assess(*injected(radius=5.0, centre=PointLps(0.0, 8.0, 0.0)))
    assert "C1" not in found(near)
    said = [text for rule, text in near.evidence if rule == "C1"]
    assert said == ["L3 left cement: nearer than 5 mm, see C2"]


@pytest.mark.parametrize(
    ("volume", "severity"), [(7.0, None), (7.1, WARN), (8.0, WARN), (8.1, STOP)]
)
def test_that_the_volume_of_a_level_counts(volume, severity):
    assert found(assess(*injected(volume))).get("C4") is severity


def test_that_all_cement_of_a_level_counts_together():
    plan = good_plan()
    two = (
        replace(plan.cements[0], volume_ml=4.1),
        replace(plan.cements[0], id="c2", volume_ml=4.0),
    )
    assert found(check(replace(plan, cements=two)))["C4"] is STOP


@pytest.mark.parametrize(("count", "severity"), [(2, None), (3, WARN), (4, WARN), (5, STOP)])
def test_that_many_levels_in_one_session_count(count, severity):
    levels = [Level.T12, Level.L1, Level.L2, Level.L3, Level.L4][:count]
    plan = good_plan()
    needles = tuple(
        replace(plan.trajectory("t1"), id=f"t{level}", level=level) for level in levels
    )
    cements = tuple(
        CementInjection(id=f"c{level}", trajectory_id=f"t{level}", cement_id="x", volume_ml=1.0)
        for level in levels
    )
    plan = replace(plan, trajectories=needles, cements=cements, ablations=())
    assert found(check(plan)).get("C5") is severity


@pytest.mark.parametrize(
    ("fraction", "severity"), [(0.3, None), (0.31, INFO), (0.4, INFO), (0.41, WARN)]
)
def test_that_the_filled_share_of_the_body_counts(fraction, severity):
    assert found(assess(*injected(fill_fraction=fraction))).get("C6") is severity


def test_that_the_share_is_counted_from_the_volume_as_well():
    plan, scene = injected(volume=13.0)
    assert scene.anatomy.vertebrae[Level.L3].body_volume_ml * 0.4 < 13.0
    assert found(assess(plan, scene))["C6"] is WARN


def leak(assessment):
    """The level of C7: INFO in the line on how cement is given, which is a WARN, else its own."""
    (line,) = [item for item in assessment.findings if "C7" in (item.rule, *item.also)]
    assert "A leak at L3 is more likely" in line.message
    return line.severity if line.rule == "C7" else INFO


def test_that_reasons_for_a_leak_are_counted():
    plan = good_plan()
    assert leak(assess(plan, with_vertebra(plan, posterior_wall=broken()))) is WARN
    collapsed = with_vertebra(plan, body_size_mm=(44.0, 34.0, 20.0))
    assert leak(assess(plan, collapsed)) is INFO
    plan, scene = injected(volume=5.5)
    assert leak(assess(plan, scene)) is INFO
    plan, scene = injected(volume=5.4)
    assert "C7" not in found(assess(plan, scene))
    behind = injected(radius=4.0, centre=PointLps(0.0, -1.0, 0.0))
    assert "C7" not in found(assess(*behind))
    behind = injected(radius=4.0, centre=PointLps(0.0, 6.0, 0.0))
    assert leak(assess(*behind)) is INFO
    plan, scene = injected(volume=5.5)
    wide = replace(scene, anatomy=replace(scene.anatomy, lesion=big_lesion()))
    assert leak(assess(plan, wide)) is WARN


def test_that_a_thoracic_posterior_defect_weighs_one_step_more():
    plan = good_plan()
    plan = plan.with_trajectory(replace(plan.trajectory("t1"), level=Level.T8))
    _, anatomy = spine()
    for wall, severity in ((broken(), STOP), (broken(intact=True), None)):
        vertebra = replace(anatomy.vertebrae[Level.L3], posterior_wall=wall, level=Level.T8)
        scene = with_anatomy(plan, vertebrae={**anatomy.vertebrae, Level.T8: vertebra})
        assert found(assess(plan, scene)).get("C8") is severity
    lumbar = good_plan()
    assert "C8" not in found(assess(lumbar, with_vertebra(lumbar, posterior_wall=broken())))


def test_that_a_predicted_fill_of_nothing_is_not_evaluated():
    plan, scene = injected(radius=0.0, centre=PointLps(0.25, 0.25, 0.25))
    assessment = assess(plan, scene)
    assert not {"C2", "C3", "C9", "P6"} & set(assessment.checked)
    (said,) = [one for one in assessment.findings if one.rule == "E12"]
    assert said.message.startswith("Not predicted: the cement fills nothing. ")


def test_that_cement_pictures_are_labelled_only_where_there_is_cement():
    assert "C10" in found(check(good_plan()))
    assert "C10" not in found(check(good_plan(cements=())))


def test_that_numbers_from_memory_are_named():
    plan = good_plan()
    zone = replace(zone_for(plan), model=replace(LABEL, status=Status.RECALLED))
    scene = replace(good_scene(plan, zones={"a1": zone}), catalog=diameters_from_memory())
    (label,) = [item for item in assess(plan, scene).findings if item.rule == "D2"]
    assert "diameter 2.41 mm of the L3 left needle" in label.message
    assert "L3 left zone" in label.message


def test_that_a_limit_from_memory_never_makes_a_pass():
    plan = good_plan()
    for name in ("N3", "A2", "A18", "C4", "E2"):
        text = CATALOG.rules[name]
        recalled = {
            key: replace(value, status=Status.RECALLED) for key, value in text.thresholds.items()
        }
        rules = {**CATALOG.rules, name: replace(text, thresholds=MappingProxyType(recalled))}
        scene: Scene = good_scene(plan, catalog=replace(CATALOG, rules=rules))
        assessment = assess(plan, scene)
        assert name not in assessment.checked
        assert assessment.verdict is Verdict.HELD


def test_that_a_limit_from_memory_still_warns():
    plan = answered(inr=2.0)
    text = CATALOG.rules["E2"]
    recalled = {key: replace(v, status=Status.RECALLED) for key, v in text.thresholds.items()}
    rules = {**CATALOG.rules, "E2": replace(text, thresholds=recalled)}
    assert (
        found(assess(plan, good_scene(plan, catalog=replace(CATALOG, rules=rules))))["E2"] is STOP
    )


def test_that_a_rule_without_its_text_or_limit_is_not_evaluated():
    plan = good_plan()
    rules = dict(CATALOG.rules)
    del rules["A1"]
    rules["A2"] = replace(rules["A2"], thresholds={})
    assessment = assess(plan, good_scene(plan, catalog=replace(CATALOG, rules=rules)))
    assert not {"A1", "A2"} & set(assessment.checked)
    assert assessment.verdict is Verdict.HELD


@pytest.mark.parametrize(
    "change",
    [
        {"placed_ml": 3.0},
        {"asked_ml": 3.0},
        {"arrival_ml": np.full((3, 3, 3), np.nan, dtype=np.float32)},
    ],
    ids=["smaller than its volume", "of another volume", "unknown voxels"],
)
def test_that_a_fill_that_does_not_add_up_is_not_evaluated(change):
    plan, scene = injected(radius=7.0)
    fill = replace(scene.cements["c1"], **change)
    said = found(assess(plan, replace(scene, cements={"c1": fill})))
    for rule in ("C1", "C2", "C3", "C6", "C9"):
        assert said[rule] is NOT_EVALUATED


def test_that_a_fill_may_take_more_room_than_its_volume_and_a_voxel_less():
    plan, scene = injected(radius=7.0)
    fill = scene.cements["c1"]
    voxels_ml = float(np.isfinite(fill.arrival_ml).sum() * np.prod(fill.geometry.spacing_mm)) / 1e3
    for placed_ml, adds in (
        (0.3 * voxels_ml, True),
        (1.05 * voxels_ml, True),
        (1.2 * voxels_ml, False),
    ):
        other = replace(fill, placed_ml=placed_ml)
        assert adds_up(other) is adds
        said = found(assess(plan, replace(scene, cements={"c1": other})))
        assert (said.get("C3") is NOT_EVALUATED) is not adds


@pytest.mark.parametrize(
    ("worst_radius", "judged"), [(9.0, True), (7.0, True), (5.5, False), (None, True)]
)
def test_that_a_fill_that_is_judged_holds_the_nominal_one(worst_radius, judged):
    """A run that failed, or stopped early, must not make cement end farther from everything."""
    plan, (_, anatomy) = good_plan(), spine()
    fill = cement_for(plan, anatomy.geometry, radius=7.0)
    if worst_radius is not None:
        worst = cement_for(plan, anatomy.geometry, radius=worst_radius)
        fill = replace(fill, worst=replace(worst, placed_ml=0.1))
    checked = set(assess(plan, good_scene(plan, cements={"c1": fill})).checked)
    assert ({"C1", "C2", "C3", "C9"} <= checked) is judged


def test_that_what_is_judged_of_a_fill_is_part_of_what_the_verdict_is_of():
    plan, (_, anatomy) = good_plan(), spine()
    fill = cement_for(plan, anatomy.geometry)
    made = {
        cement_digest(replace(fill, worst=worst))
        for worst in (None, fill, replace(fill, placed_ml=0.5), replace(fill, fill_fraction=0.1))
    }
    assert len(made) == 4


def test_that_a_balloon_is_judged_by_where_it_opens():
    seen = {}
    for y_mm in (-7.0, 16.0):
        assessment = check(*with_balloon(at=(0.0, y_mm, 0.0)))
        seen[y_mm] = found(assessment).get("C11")
        assert "C11" in assessment.checked
    assert seen == {-7.0: None, 16.0: BLOCK}


@pytest.mark.parametrize("change", [None, 3.98, 4.02])
def test_that_a_balloon_drawn_for_another_volume_or_not_at_all_is_not_judged(change):
    plan, scene = with_balloon(drawn=change is not None)
    if change is not None:
        plan = replace(plan, cements=(replace(plan.cements[0], cavity_ml=change),))
    assessment = assess(plan, scene)
    assert not {"C11", "P6"} & set(assessment.checked)
    assert assessment.verdict is Verdict.HELD


def test_that_a_balloon_beyond_the_outlines_is_not_inside_the_scan():
    _, anatomy = spine()
    edge = anatomy.geometry.lps_mm(np.array([[2.0, 40.0, 40.0]]))[0]
    assert "P6" not in check(*with_balloon(at=tuple(edge))).checked


def test_that_the_digest_of_a_fill_holds_its_balloon():
    (plan, scene), (_, other) = with_balloon(), with_balloon(at=(8.0, -6.0, 4.0))
    assert input_digest(plan, scene) != input_digest(plan, other)
