"""Which way a pedicle runs, against closed forms and digital spines."""

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from phantoms import healthy_l3, thoracic_t7
from planner.domain.levels import Level, Side
from planner.planning import snapped_to_pedicle
from planner.planning.c_arm import c_arm_views
from planner.planning.pedicle_course import PedicleCourse, course_of, pedicle_course
from planner.planning.surfaces import surroundings_of
from planning import analytic_spine as spine

NEARER_DEG = 6.0
"""A closed form runs into body and arch like a real pedicle: the longest way is not its axis."""


def apart_deg(one, other) -> float:
    return math.degrees(math.acos(min(max(float(np.array(one) @ np.array(other)), -1.0), 1.0)))


def course(anatomy, level, side) -> PedicleCourse:
    found = pedicle_course(anatomy.vertebrae[level], side, surroundings_of(anatomy, level))
    assert found is not None
    return found


def crooked(anatomy, level, by_deg):
    """The same outlines where both pedicles' axes were read turned towards the midline."""
    vertebra = anatomy.vertebrae[level]
    pedicles = {}
    for side, pedicle in vertebra.pedicles.items():
        turn = spine.rotation(vertebra.superior, side.sign * by_deg)
        pedicles[side] = replace(pedicle, axis=tuple((turn @ np.array(pedicle.axis)).tolist()))
    changed = replace(vertebra, pedicles=pedicles)
    return replace(anatomy, vertebrae={**anatomy.vertebrae, level: changed})


@cache
def converging(by_deg: float) -> spine.Scene:
    return spine.build(spine.Shape(convergence_deg=by_deg))


@pytest.mark.parametrize("convergence", [4.0, 12.0, 20.0])
@pytest.mark.parametrize("wrong", [0.0, -12.0, 12.0])
def test_that_the_course_is_found_though_the_axis_was_read_crooked(convergence, wrong) -> None:
    scene = converging(convergence)
    anatomy = crooked(scene.anatomy, Level.L3, wrong)
    for side in Side:
        found = course(anatomy, Level.L3, side)
        assert found.inward_deg.low <= convergence <= found.inward_deg.high
        assert found.upward_deg.low <= 0.0 <= found.upward_deg.high
        off = apart_deg(found.direction, scene.shape.axis(side))
        assert off <= NEARER_DEG
        assert not wrong or off < abs(wrong)


def test_that_the_course_mirrors_with_the_patient() -> None:
    scene = spine.usual()
    left, right = (course(scene.anatomy, Level.L3, side) for side in Side)
    assert left.inward_deg.best == pytest.approx(right.inward_deg.best, abs=1.0)
    assert left.direction[0] * right.direction[0] < 0.0


def test_that_the_course_turns_with_the_vertebra() -> None:
    plain = course(spine.usual().anatomy, Level.L3, Side.LEFT)
    turn = spine.rotation((0.3, 0.2, 1.0), 25.0)
    turned = course(spine.build(turn=turn).anatomy, Level.L3, Side.LEFT)
    assert apart_deg(turn @ np.array(plain.direction), turned.direction) < 1.5


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(("phantom", "level"), [(healthy_l3, Level.L3), (thoracic_t7, Level.T7)])
def test_that_the_interval_holds_the_true_axis_of_a_digital_spine(phantom, level, side) -> None:
    made = phantom()
    found = course(made.truth, level, side)
    vertebra = made.truth.vertebrae[level]
    axis = np.array(made.landmarks[level].pedicles[side].axis)
    inward = math.degrees(
        math.atan2(
            -side.sign * float(axis @ np.array(vertebra.left)),
            float(axis @ np.array(vertebra.anterior)),
        )
    )
    upward = math.degrees(math.asin(float(axis @ np.array(vertebra.superior))))
    assert found.inward_deg.low <= inward <= found.inward_deg.high
    assert found.upward_deg.low <= upward <= found.upward_deg.high


def test_that_a_pedicle_filled_by_nothing_has_no_course() -> None:
    scene = spine.usual()
    empty = replace(scene.anatomy, labels=np.zeros_like(scene.anatomy.labels))
    empty.labels[0, 0, 0] = Level.L3.verse_label
    assert course_of(scene.through_pedicle(), empty) is None


def test_that_the_view_along_the_pedicle_shows_its_doubt_and_the_path_has_none() -> None:
    scene = spine.usual()
    needle = scene.through_pedicle()
    vertebra = scene.anatomy.vertebrae[Level.L3]
    found = course_of(needle, scene.anatomy)
    views = {view.name: view for view in c_arm_views(needle, vertebra, "HFS", course=found)}
    assert set(views) == {"ap", "lateral", "oblique", "down the barrel"}
    along = views["oblique"]
    assert along.doubt_deg is not None
    assert along.doubt_deg[0] == pytest.approx(found.inward_deg.high - found.inward_deg.best)
    assert along.doubt_deg[1] == pytest.approx(found.upward_deg.high - found.upward_deg.best)
    assert along.words.count(" ± ") == 2
    assert views["down the barrel"].doubt_deg is None
    assert "±" not in views["down the barrel"].words
    without = {view.name for view in c_arm_views(needle, vertebra, "HFS")}
    assert "oblique" not in without, "an outline's angle is never shown without its doubt"


def test_that_the_doubt_does_not_depend_on_which_side_the_detector_is() -> None:
    scene = spine.usual()
    needle = scene.through_pedicle()
    vertebra, found = scene.anatomy.vertebrae[Level.L3], course_of(needle, scene.anatomy)
    doubts = [
        next(
            view.doubt_deg
            for view in c_arm_views(needle, vertebra, position, course=found)
            if view.name == "oblique"
        )
        for position in ("HFS", "HFP", "FFDR")
    ]
    assert doubts[0] == pytest.approx(doubts[1])
    assert doubts[0] == pytest.approx(doubts[2])


def test_that_a_needle_snaps_to_the_course_and_not_to_a_crooked_axis() -> None:
    scene = spine.usual()
    anatomy = crooked(scene.anatomy, Level.L3, 12.0)
    needle = scene.through_pedicle()
    vertebra = anatomy.vertebrae[Level.L3]
    laid = snapped_to_pedicle(needle, vertebra, scene.ct, course_of(needle, anatomy))
    assert laid is not None
    way = (laid.tip.array - laid.entry.array) / laid.length_mm
    assert apart_deg(way, scene.shape.axis(Side.LEFT)) < 6.0
