"""Needles seen and needles planned: which is which, and how far off."""

from __future__ import annotations

import numpy as np
import pytest

from planner.control import FoundNeedle, deviation, pair_needles
from planner.domain.anatomy import Origin, Quality, QualityVerdict, Vertebra
from planner.domain.levels import Level, Side
from planner.domain.plan import Approach, Trajectory, TrajectoryId
from planner.geometry.points import PointLps, unit


def plan(name, side, entry, tip):
    return Trajectory(
        id=TrajectoryId(name), level=Level.L3, side=side, approach=Approach.TRANSPEDICULAR,
        entry=PointLps.of(entry), tip=PointLps.of(tip),
    )  # fmt: skip


def seen(entry, tip):
    way = unit(np.array(tip, float) - np.array(entry, float))
    x, y, z = way.tolist()
    return FoundNeedle(
        tip=PointLps.of(tip), beyond_mm=0.0, last_seen=PointLps.of(tip),
        entry=PointLps.of(entry), direction=(x, y, z), diameter_mm=2.4, tip_sd_mm=0.2,
        axis_sd_deg=0.1, bend_mm=0.1, seen_mm=60.0,
    )  # fmt: skip


MIDDLE = np.array([5.0, 20.0, -100.0])


@pytest.fixture
def middle():
    return MIDDLE


@pytest.fixture
def vertebrae():
    """L3 with its midline where ``middle`` is."""
    centre = PointLps.of(MIDDLE)
    vertebra = Vertebra(
        level=Level.L3, centroid=centre, volume_ml=60.0, body_centre=centre, body_volume_ml=40.0,
        body_size_mm=(48.0, 34.0, 28.0), left=(1.0, 0.0, 0.0), anterior=(0.0, -1.0, 0.0),
        superior=(0.0, 0.0, 1.0), quality=Quality(verdict=QualityVerdict.PLAUSIBLE),
        origin=Origin.TRUTH, pedicles={}, posterior_wall=None,
    )  # fmt: skip
    return {Level.L3: vertebra}


LEFT, RIGHT = (30.0, 80.0, 0.0), (-30.0, 80.0, 0.0)
LEFT_TIP, RIGHT_TIP = (8.0, 0.0, 0.0), (-8.0, 0.0, 0.0)


def both(middle):
    return [
        plan("left", Side.LEFT, middle + LEFT, middle + LEFT_TIP),
        plan("right", Side.RIGHT, middle + RIGHT, middle + RIGHT_TIP),
    ]


def test_that_needles_are_paired_by_their_lines_whatever_their_order_and_depth(
    vertebrae, middle
) -> None:
    way = unit(np.array(RIGHT_TIP) - RIGHT)
    halfway = [
        seen(middle + RIGHT, middle + RIGHT_TIP - 35.0 * way),
        seen(middle + LEFT + [2.0, 0.0, 1.0], middle + LEFT_TIP),
    ]
    found = pair_needles(halfway, both(middle), vertebrae)
    names = {pair.trajectory_id: pair for pair in found.pairs}
    assert names["right"].needle is halfway[0]
    assert names["left"].needle is halfway[1]
    assert names["right"].deviation.deeper_mm == pytest.approx(-35.0)
    assert names["right"].deviation.passes_mm == pytest.approx(0.0, abs=1e-6)
    assert all(not pair.doubts for pair in found.pairs)


def test_that_a_needle_on_the_other_side_is_paired_only_with_a_doubt_that_names_the_side(
    vertebrae, middle
) -> None:
    planned = [
        plan(
            "left",
            Side.LEFT,
            middle + np.array([8.0, 80.0, 0.0]),
            middle + np.array([3.0, 0.0, 0.0]),
        )
    ]
    wrong = seen(middle + np.array([-6.0, 80.0, 0.0]), middle + np.array([-2.0, 0.0, 0.0]))
    (pair,) = pair_needles([wrong], planned, vertebrae).pairs
    assert any("RIGHT" in doubt and "LEFT" in doubt for doubt in pair.doubts)


def test_that_a_needle_between_two_planned_ones_is_told_as_ambiguous(vertebrae, middle) -> None:
    planned = [
        plan(
            "upper",
            Side.LEFT,
            middle + np.array([30.0, 80.0, 6.0]),
            middle + np.array([8.0, 0.0, 6.0]),
        ),
        plan(
            "lower",
            Side.LEFT,
            middle + np.array([30.0, 80.0, -6.0]),
            middle + np.array([8.0, 0.0, -6.0]),
        ),
    ]
    between = seen(middle + np.array([30.0, 80.0, 1.0]), middle + np.array([8.0, 0.0, 1.0]))
    found = pair_needles([between], planned, vertebrae)
    (pair,) = found.pairs
    assert pair.trajectory_id == "upper"
    assert any("lower" in doubt for doubt in pair.doubts)
    assert found.not_seen == ("lower",)


def test_that_a_needle_far_from_every_plan_is_left_alone(vertebrae, middle) -> None:
    far = seen(middle + np.array([30.0, 80.0, 70.0]), middle + np.array([8.0, 0.0, 70.0]))
    found = pair_needles([far], both(middle), vertebrae)
    assert found.pairs == ()
    assert found.not_planned == (far,)
    assert set(found.not_seen) == {"left", "right"}


def test_that_a_side_that_cannot_be_checked_is_a_doubt(middle) -> None:
    needle = seen(middle + LEFT, middle + LEFT_TIP)
    (pair,) = pair_needles([needle], both(middle)[:1], {}).pairs
    assert any("could not be checked" in doubt for doubt in pair.doubts)


def test_that_a_deviation_is_split_into_depth_side_and_angle(middle) -> None:
    planned = plan("n", Side.LEFT, (0.0, 100.0, 0.0), (0.0, 0.0, 0.0))
    off = deviation(planned, seen((3.0, 100.0, 0.0), (3.0, -4.0, 0.0)))
    assert (off.entry_mm, off.tip_mm) == (pytest.approx(3.0), pytest.approx(5.0))
    assert (off.deeper_mm, off.beside_mm) == (pytest.approx(4.0), pytest.approx(3.0))
    assert off.angle_deg == pytest.approx(0.0, abs=1e-5)
    turned = deviation(planned, seen((0.0, 100.0, 0.0), (10.0, 0.0, 0.0)))
    assert turned.angle_deg == pytest.approx(np.degrees(np.arctan(0.1)))
    assert turned.passes_mm == pytest.approx(100.0 * np.sin(np.arctan(0.1)))
