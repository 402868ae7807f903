"""What is made before a check, so that the check itself is never silent for long."""

from dataclasses import replace

import numpy as np
import pytest

from planner.domain.levels import Level, Side
from planner.safety import assess, make_ready, ruler
from safety.cases import good_plan, good_scene, needle, spine
from safety.every_finding import ball
from safety.rule_cases import with_anatomy
from safety.test_faults import forget


@pytest.fixture(autouse=True)
def nothing_is_made_yet():
    forget()
    yield
    forget()


def made():
    return {one: one.cache_info().misses for one in (ruler.surface_of, ruler.bone_of)}


def fields_of(anatomy, names):
    surfaces = [ruler.ruler_for(anatomy).structure(name) for name in names]
    return {one.name: len(one.field._slabs) for one in surfaces}


FORAMINA = [f"foramen:{level}:{side}" for level in ("L2", "L3", "L4") for side in Side]


def test_that_a_check_finds_every_surface_and_field_of_a_needle_made():
    plan = replace(good_plan(), ablations=(), cements=())
    _, anatomy = spine()
    masks = {**anatomy.masks, "aorta": ball((8.0, -22.0, 4.0)), "cord": ball((0.0, 27.0, 0.0))}
    scene = with_anatomy(plan, masks=masks)
    make_ready(plan, scene, lambda: None)
    before = made()
    names = ["canal", "aorta", "cord", *FORAMINA]
    slabs = fields_of(scene.anatomy, names)
    assert slabs["canal"] == slabs["aorta"] == slabs["cord"] == 1
    assess(plan, scene)
    assert made() == before
    assert fields_of(scene.anatomy, names) == slabs


def test_that_it_says_it_goes_on_before_each_piece_and_at_the_end():
    plan, beats = good_plan(), []
    make_ready(plan, good_scene(plan), lambda: beats.append(sum(made().values())))
    assert beats == sorted(beats)
    assert len(beats) == 1 + 1 + len(FORAMINA) + 1  # bone, canal, foramina, the end


def test_that_each_level_is_made_ready_once_and_each_new_one_again():
    plan, beats = good_plan(), []
    scene = good_scene(plan)
    make_ready(plan, scene, lambda: beats.append(1))
    once = len(beats)
    make_ready(plan, scene, lambda: beats.append(1))
    assert len(beats) == once
    other = needle(2, level=Level.L2, tip=(8.0, -7.0, 34.0), entry=(38.0, 84.0, 40.0))
    two = replace(plan, trajectories=(*plan.trajectories, other))
    make_ready(two, scene, lambda: beats.append(1))
    assert len(beats) == 2 * once


def test_that_a_vessel_beside_another_level_is_not_made():
    plan, (_, anatomy) = good_plan(), spine()
    masks = {**anatomy.masks, "aorta": ball((8.0, -22.0, 4.0))}
    for levels, more in (({Level.L2}, 0), ({Level.L2, Level.L3}, 1)):
        scene = with_anatomy(plan, masks=masks)
        seen = replace(scene.anatomy, seen_at={"aorta": frozenset(levels)})
        beats = []
        make_ready(plan, replace(scene, anatomy=seen), lambda beats=beats: beats.append(1))
        assert len(beats) == 3 + len(FORAMINA) + more


def test_that_what_is_missing_is_left_to_the_check_and_the_rest_is_made():
    plan, (_, anatomy) = good_plan(), spine()
    empty = np.zeros_like(anatomy.canal)
    scene = with_anatomy(plan, canal=empty, discs=empty.astype(np.uint8))
    scene = replace(
        scene, anatomy=replace(scene.anatomy, bodies=np.zeros_like(scene.anatomy.bodies))
    )
    make_ready(plan, scene, lambda: None)
    assert any(fields_of(scene.anatomy, FORAMINA).values())


def test_that_a_plan_without_a_needle_needs_nothing():
    plan = good_plan(trajectories=(), ablations=(), cements=())
    beats = []
    make_ready(plan, good_scene(plan), lambda: beats.append(1))
    assert not beats
    assert set(made().values()) == {0}
