"""The digest a verdict is bound to, and what an assessment always is."""

from dataclasses import replace

import numpy as np
import pytest

from planner.domain.anatomy import WallBreach
from planner.domain.finding import Assessment
from planner.domain.levels import Level
from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.safety import assess, input_digest
from planner.safety.digest import anatomy_digest, cement_digest, exposure_digest, scan_digest
from safety.cases import acknowledged, check, exposure_for, good_plan, good_scene
from safety.rule_cases import exposed


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
        (plan, replace(scene, exposures={"a1": exposure_for(plan)})),
    ]
    digests = {input_digest(*variant) for variant in variants}
    assert len(digests) == len(variants)
    assert first not in digests
    assert input_digest(replace(plan, revision=9, saved_sha256="s"), scene) == first


def flipped(array):
    """The array with its last element changed."""
    other = array.copy()
    other[(-1,) * array.ndim] = not other[(-1,) * array.ndim]
    return other


def changed_anatomies(anatomy):
    """The outlines, each with one thing changed that a rule may look at."""
    for name in ("labels", "bodies", "discs", "foramina", "canal", "lesion"):
        yield replace(anatomy, **{name: flipped(getattr(anatomy, name))})
    for masks in (
        {"skin": flipped(anatomy.masks["skin"])},
        {"aorta": anatomy.masks["skin"]},
        {**anatomy.masks, "aorta": anatomy.canal},
    ):
        yield replace(anatomy, masks=masks)
    yield replace(anatomy, lesion=anatomy.canal, canal=anatomy.lesion)
    yield replace(anatomy, backend="another")
    yield replace(anatomy, ct_sha256="1" * 64)
    for level in (Level.L2, Level.L3):
        yield replace(anatomy, seen_at={"skin": frozenset({level})})
    yield replace(anatomy, seen_at={"skin": frozenset({Level.L2, Level.L3})})
    shifted = anatomy.geometry.lps_from_ijk
    shifted[0, 3] += 1e-9
    yield replace(anatomy, geometry=VolumeGeometry.from_matrix(anatomy.geometry.size_ijk, shifted))
    one = anatomy.vertebrae[Level.L3]
    wall = one.posterior_wall
    breach = WallBreach(at=one.body_centre, area_mm2=1.0)
    for change in (
        {"posterior_wall": None},
        {"posterior_wall": replace(wall, intact=None)},
        {"posterior_wall": replace(wall, intact=False)},
        {"posterior_wall": replace(wall, breaches=(breach,))},
        {"posterior_wall": replace(wall, points_mm=flipped(wall.points_mm))},
        {"posterior_wall": replace(wall, cortex_hu=flipped(wall.cortex_hu))},
        {"pedicles": {}},
        {"accepted": True},
        {"level_doubt": "L3 or L4"},
        {"quality": replace(one.quality, flags=("noise of 90 HU",))},
        {"body_size_mm": (44.0, 34.0, 26.1)},
    ):
        vertebrae = {**anatomy.vertebrae, Level.L3: replace(one, **change)}
        yield replace(anatomy, vertebrae=vertebrae)
    yield replace(anatomy, vertebrae={Level.L3: one})


def test_that_every_part_of_the_outlines_moves_their_digest(scene):
    anatomy = scene.anatomy
    digests = [anatomy_digest(one) for one in (anatomy, *changed_anatomies(anatomy))]
    assert len(set(digests)) == len(digests)


def test_that_every_part_of_a_predicted_fill_moves_its_digest(scene):
    cement = scene.cements["c1"]
    size = cement.geometry.size_ijk
    changes = [
        {"arrival_ml": cement.arrival_ml.astype(np.float64)},
        {"arrival_ml": cement.arrival_ml[:-1]},
        {"cement_injection_id": "c2"},
        {"geometry": VolumeGeometry.axis_aligned(size, (1.0, 1.0, 1.0))},
        {"asked_ml": 9.0},
        {"placed_ml": 9.0},
        {"fill_fraction": 0.9},
        {"band_mm": 9.0},
        {"model": replace(cement.model, version="2")},
        {"cavity": Spheroid(PointLps(0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 5.0, 5.0)},
        {"cavity": Spheroid(PointLps(0.0, 0.0, 1.0), (0.0, 0.0, 1.0), 5.0, 5.0)},
        {"worst": cement},
        {"worst": replace(cement, band_mm=9.0)},
    ]
    digests = [cement_digest(cement), *(cement_digest(replace(cement, **one)) for one in changes)]
    assert len(set(digests)) == len(digests)


def test_that_every_part_of_a_simulation_moves_its_digest(plan):
    run = exposed(plan)["exposures"]["a1"]
    killed, grid = run.killed, run.killed.geometry
    changes = [
        {"ablation_id": "a2"},
        {"at_structures": {}},
        {"killed": replace(killed, dead=flipped(killed.dead))},
        {"killed": replace(killed, certain=flipped(killed.certain))},
        {"killed": replace(killed, geometry=grid.cropped((1, 0, 0), grid.size_ijk))},
        {"model": replace(run.model, version="2")},
    ]
    digests = [exposure_digest(run), *(exposure_digest(replace(run, **one)) for one in changes)]
    assert len(set(digests)) == len(digests)


def test_that_every_part_of_a_scan_and_a_catalogue_that_is_judged_moves_the_digest(plan, scene):
    ct, catalog = scene.ct, scene.catalog
    padded = np.zeros(ct.hu.shape, dtype=bool)
    shifted = ct.geometry.lps_from_ijk
    shifted[0, 3] += 1e-9
    moved_grid = VolumeGeometry.from_matrix(ct.geometry.size_ijk, shifted)
    variants = [
        scene,
        replace(scene, ct=replace(ct, outside_scan=padded)),
        replace(scene, ct=replace(ct, outside_scan=flipped(padded))),
        replace(scene, ct=replace(ct, geometry=moved_grid)),
        replace(scene, catalog=replace(catalog, needles={})),
        replace(scene, zones={"a1": replace(scene.zones["a1"], band_mm=2.1)}),
        replace(scene, zones={"a2": scene.zones["a1"]}),
        replace(scene, cements={"c2": scene.cements["c1"]}),
    ]
    digests = {input_digest(plan, one) for one in variants}
    assert len(digests) == len(variants)


def test_that_the_same_inputs_made_again_in_another_order_keep_the_digest(plan, scene):
    ct, anatomy = scene.ct, scene.anatomy
    masks = {"aorta": anatomy.canal, **anatomy.masks}
    again = replace(
        anatomy,
        labels=anatomy.labels.copy(),
        vertebrae=dict(reversed(anatomy.vertebrae.items())),
        masks=dict(reversed(masks.items())),
        seen_at={"skin": frozenset({Level.L3, Level.L2}), "aorta": frozenset({Level.L2})},
    )
    first = replace(
        anatomy,
        masks=masks,
        seen_at={"aorta": frozenset({Level.L2}), "skin": frozenset({Level.L2, Level.L3})},
    )
    assert anatomy_digest(first) == anatomy_digest(again)
    elsewhere = replace(ct, record=replace(ct.record, locator="another folder"))
    assert scan_digest(ct) == scan_digest(elsewhere)
    catalog = replace(
        scene.catalog,
        rules=dict(reversed(scene.catalog.rules.items())),
        devices=dict(reversed(scene.catalog.devices.items())),
    )
    other = replace(scene, ct=elsewhere, catalog=catalog)
    assert input_digest(plan, other) == input_digest(plan, scene)


def test_that_the_same_inputs_always_give_the_same_assessment(plan, scene):
    assert assess(plan, scene) == assess(plan, scene)


def test_that_an_assessment_names_the_revision(plan, scene):
    assert assess(replace(plan, revision=7), scene).revision == 7
    assert isinstance(assess(plan, None), Assessment)
    assert assess(replace(plan, revision=7), None).revision == 7
