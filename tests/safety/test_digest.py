"""The digest a verdict is bound to, and what an assessment always is."""

from dataclasses import replace

import pytest

from planner.domain.finding import Assessment
from planner.geometry.points import PointLps
from planner.safety import assess, input_digest
from safety.cases import acknowledged, check, good_plan, good_scene


@pytest.fixture(scope="module")
def plan():
    start = good_plan()
    return acknowledged(start, check(start))


@pytest.fixture(scope="module")
def scene(plan):
    return good_scene(plan)


def moved(plan, dx):
    old = plan.trajectory("t1")
    tip = PointLps(old.tip.x_mm + dx, old.tip.y_mm, old.tip.z_mm)
    return plan.with_trajectory(replace(old, tip=tip))


def test_that_every_input_moves_the_digest(plan, scene):
    first = input_digest(plan, scene)
    ct, anatomy = scene.ct, scene.anatomy
    cement = scene.cements["c1"]
    arrival = cement.arrival_ml.copy()
    arrival[0, 0, 0] = 0.5
    labels = anatomy.labels.copy()
    labels[0, 0, 0] = 1
    wall = anatomy.vertebrae["L3"].posterior_wall
    vertebrae = {
        **anatomy.vertebrae,
        "L3": replace(
            anatomy.vertebrae["L3"], posterior_wall=replace(wall, points_mm=wall.points_mm + 1e-9)
        ),
    }
    rules = dict(scene.catalog.rules)
    rules["E2"] = replace(rules["E2"], thresholds={})
    variants = [
        (replace(plan, notes="x"), scene),
        (moved(plan, 1e-12), scene),
        (plan, replace(scene, zones={})),
        (plan, replace(scene, cements={})),
        (plan, replace(scene, cements={"c1": replace(cement, arrival_ml=arrival)})),
        (plan, replace(scene, cements={"c1": replace(cement, fill_fraction=0.06)})),
        (plan, replace(scene, today=scene.today.replace(day=20))),
        (plan, replace(scene, ct=replace(ct, record=replace(ct.record, sha256="1" * 64)))),
        (plan, replace(scene, ct=replace(ct, record=replace(ct.record, acquired="20260101")))),
        (plan, replace(scene, ct=replace(ct, record=replace(ct.record, patient_position="HFP")))),
        (plan, replace(scene, ct=replace(ct, record=replace(ct.record, slice_thickness_mm=2.0)))),
        (plan, replace(scene, ct=replace(ct, outside_scan=anatomy.canal))),
        (plan, replace(scene, anatomy=replace(anatomy, labels=labels))),
        (plan, replace(scene, anatomy=replace(anatomy, lesion=None))),
        (plan, replace(scene, anatomy=replace(anatomy, masks={}))),
        (plan, replace(scene, anatomy=replace(anatomy, vertebrae=vertebrae))),
        (plan, replace(scene, catalog=replace(scene.catalog, rules=rules))),
        (plan, replace(scene, catalog=replace(scene.catalog, devices={}))),
        (plan, replace(scene, exposures={"a1": None})),
    ]
    digests = {input_digest(*variant) for variant in variants}
    assert len(digests) == len(variants)
    assert first not in digests
    assert input_digest(replace(plan, revision=9, saved_sha256="s"), scene) == first


def test_that_the_same_inputs_always_give_the_same_assessment(plan, scene):
    assert assess(plan, scene) == assess(plan, scene)


def test_that_an_assessment_names_the_revision(plan, scene):
    assert assess(replace(plan, revision=7), scene).revision == 7
    assert isinstance(assess(plan, None), Assessment)
    assert assess(replace(plan, revision=7), None).revision == 7
