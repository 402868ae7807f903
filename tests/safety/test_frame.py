"""Where outlines stop being believed, at each limit, on a body away from the origin."""

from dataclasses import replace

import numpy as np
import pytest

from planner.domain.levels import Level, Side
from planner.geometry.points import PointLps
from planner.safety.frame import check_canal, check_frame, check_sides, check_wall
from planner.safety.measured import MissingInputError
from safety.cases import spine

MIDDLE = np.array((100.0, -50.0, 30.0))


def body(**changes):
    """L3 of 44 x 34 x 26 mm about ``MIDDLE``, with its left pedicle 18 mm to the left."""
    _, anatomy = spine()
    whole = anatomy.vertebrae[Level.L3]
    pedicles = {
        side: replace(one, isthmus=one.isthmus.moved(MIDDLE))
        for side, one in whole.pedicles.items()
    }
    values = {"body_centre": PointLps.of(MIDDLE), "pedicles": pedicles}
    return replace(whole, **(values | changes))


def refused(check, *given):
    """What a check says where it refuses, or nothing."""
    try:
        check(*given)
    except MissingInputError as missing:
        return str(missing), missing.structure
    return None


def canal(heights, behind=27.0):
    heights = np.asarray(heights, dtype=np.float64)
    return MIDDLE + np.stack([0.0 * heights, 0.0 * heights + behind, heights], axis=1)


NO_CANAL = ("the canal is not outlined beside the whole of L3", "canal")


@pytest.mark.parametrize(
    ("heights", "said"),
    [
        (np.arange(-12.0, 13.0), None),
        ([-9.0, -5.0, -1.0, 3.0, 7.0, 9.0], None),
        ([-9.0, -5.0, -1.0, 3.1, 7.0, 9.0], NO_CANAL),
        ([-8.9, -5.0, -1.0, 3.0, 7.0, 9.0], NO_CANAL),
        ([-9.0, -5.0, -1.0, 3.0, 7.0, 8.9], NO_CANAL),
        ([9.0, 7.0, 3.0, -1.0, -5.0, -9.0], None),
        ([-9.0, -5.0, 3.0, 7.0, 9.0], NO_CANAL),
        ([-40.0, 40.0], NO_CANAL),
        ([], NO_CANAL),
    ],
)
def test_that_a_canal_may_miss_4_mm_of_a_body_and_no_more(heights, said):
    assert refused(check_canal, body(), canal(heights)) == said


@pytest.mark.parametrize(("behind", "said"), [(59.9, None), (60.0, None), (60.1, NO_CANAL)])
def test_that_a_canal_60_mm_away_is_that_of_another_place(behind, said):
    heights = np.arange(-12.0, 13.0)
    assert refused(check_canal, body(), canal(heights, behind)) == said
    assert refused(check_canal, body(), canal(heights, -behind)) == said


def wall(behind, count=30):
    """Points of a wall at one depth behind the middle; half of them a little off."""
    points = np.tile(MIDDLE + np.array((0.0, behind, 0.0)), (count, 1))
    points[:, 0] += np.linspace(-15.0, 15.0, count)
    return points


NO_WALL = ("the posterior wall of L3 is not outlined", "posterior_wall")


@pytest.mark.parametrize(
    ("behind", "count", "said"),
    [
        (17.0, 30, None),
        (17.0, 29, NO_WALL),
        (25.5, 30, None),
        (25.6, 30, NO_WALL),
        (0.1, 30, None),
        (0.0, 30, NO_WALL),
        (-17.0, 30, NO_WALL),
    ],
)
def test_that_a_wall_lies_behind_the_middle_within_one_and_a_half_half_depths(behind, count, said):
    assert refused(check_wall, body(), wall(behind, count)) == said


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(("x", "agrees"), [(0.1, True), (0.0, False), (-0.1, False)])
def test_that_a_side_begins_at_the_middle_of_the_body(side, x, agrees):
    said = (f"which side is the {side} in the outlines of L3", "")
    place = MIDDLE + np.array((x * side.sign, 5.0, 5.0))
    beside = np.stack([place - 3.0, place + 3.0])
    assert refused(check_sides, body(), {side: beside}) == (None if agrees else said)
    pedicle = replace(body().pedicles[side], isthmus=PointLps.of(place))
    turned = body(pedicles={side: pedicle})
    assert refused(check_sides, turned, {}) == (None if agrees else said)


def test_that_a_level_without_pedicles_and_foramina_contradicts_nothing():
    assert check_sides(body(pedicles={}), {}) is True


@pytest.mark.parametrize(("lean", "agrees"), [(0.049, True), (0.051, False)])
@pytest.mark.parametrize("axis", ["left", "anterior", "superior"])
def test_that_the_axes_of_a_body_may_lean_by_a_twentieth(axis, lean, agrees):
    way = np.array(getattr(body(), axis))
    aside = np.roll(way, 1)
    leaning = tuple(map(float, np.sqrt(1.0 - lean**2) * way + lean * aside))
    said = refused(check_frame, body(**{axis: leaning}))
    assert said == (None if agrees else ("which way L3 faces", ""))


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
def test_that_each_side_of_a_body_has_a_size(place, wrong):
    size = [44.0, 34.0, 26.0]
    size[place] = wrong
    said = ("the size of the body of L3", "")
    assert refused(check_frame, body(body_size_mm=tuple(size))) == said
