"""The wall in 3-D is coloured by exact distances, and bone looks as it was asked to."""

import numpy as np
import pytest

from planner.geometry.capsule import Capsule
from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import PointLps
from planner.session.planes import Plane
from planner.session.solid_view import (
    FAR,
    INSIDE,
    NEAR,
    NEXT,
    OTHER_OPACITY,
    SHOWN_WITHIN_MM,
    TREATED_OPACITY,
    BoneLook,
    shaded_wall,
)
from presenter_desk import Desk

BALL = Spheroid(PointLps(0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 10.0, 10.0)
NEEDLE = Capsule(PointLps(0.0, 60.0, 0.0), PointLps(0.0, 0.0, 0.0), 1.0)


def along_x(*distances):
    return np.array([(x, 0.0, 0.0) for x in distances])


def test_that_each_point_has_the_colour_of_its_distance():
    points, codes = shaded_wall(along_x(9.9, 10.0, 11.9, 12.1, 14.9, 15.1, 30.0), [], [BALL])
    assert list(codes) == [INSIDE, NEAR, NEAR, NEXT, NEXT, FAR, FAR]
    assert len(points) == 7


def test_that_the_nearer_of_needle_and_zone_counts():
    points = np.array([(2.5, 30.0, 0.0)])
    assert shaded_wall(points, [], [BALL])[1] == [FAR]
    assert shaded_wall(points, [NEEDLE], [BALL])[1] == [NEAR]


def test_that_wall_far_from_everything_and_a_plan_of_nothing_stay_uncoloured():
    far = along_x(10.0 + SHOWN_WITHIN_MM + 0.1)
    assert len(shaded_wall(far, [], [BALL])[0]) == 0
    assert len(shaded_wall(along_x(1.0), [], [])[0]) == 0
    assert len(shaded_wall(np.zeros((0, 3)), [], [BALL])[0]) == 0


def test_that_wall_beside_a_shaft_is_coloured_however_far_the_tip_is():
    long_one = Capsule(PointLps(0.0, 200.0, 0.0), PointLps(0.0, 0.0, 0.0), 1.0)
    points, codes = shaded_wall(np.array([(4.0, 150.0, 0.0), (40.0, 100.0, 0.0)]), [long_one], [])
    assert list(codes) == [NEXT]
    assert points[0][1] == 150.0


@pytest.mark.parametrize("look", list(BoneLook))
def test_that_every_look_says_how_clear_both_kinds_of_level_are(look):
    assert 0.0 < TREATED_OPACITY[look] <= 1.0
    assert 0.0 <= OTHER_OPACITY[look] <= 1.0


def test_that_looks_and_cuts_come_round_again():
    desk = Desk()
    desk.outline_a_scan()
    panes = desk.work.panes
    first, looks, cuts = panes.state.solid, [], []
    for _ in BoneLook:
        panes.next_bone_look()
        looks.append(panes.state.solid.bone)
    for _ in range(4):
        panes.next_cut()
        cuts.append(panes.state.solid.cut)
    assert set(looks) == set(BoneLook)
    assert cuts == [Plane.SAGITTAL, Plane.AXIAL, Plane.CORONAL, None]
    assert panes.state.solid == first
    panes.toggle_wall()
    assert not panes.state.solid.wall
    desk.work.close()
