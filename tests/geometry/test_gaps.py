"""How near thick lines come to each other, against closed forms."""

import pytest

from planner.geometry.capsule import Capsule
from planner.geometry.gaps import capsule_gap, least_gap
from planner.geometry.points import PointLps


def capsule(start, end, radius_mm):
    return Capsule(PointLps(*start), PointLps(*end), radius_mm)


LINE = capsule((0.0, 0.0, 0.0), (10.0, 0.0, 0.0), 1.0)


@pytest.mark.parametrize(
    ("other", "gap_mm", "at_one"),
    [
        (capsule((4.0, -5.0, 3.0), (4.0, 5.0, 3.0), 0.5), 1.5, (4.0, 0.0, 0.0)),
        (capsule((13.0, 4.0, 0.0), (20.0, 9.0, 0.0), 0.5), 3.5, (10.0, 0.0, 0.0)),
        (capsule((-2.0, 6.0, 0.0), (12.0, 6.0, 0.0), 2.0), 3.0, None),
        (capsule((5.0, -5.0, 0.0), (5.0, 5.0, 0.0), 0.5), -1.5, (5.0, 0.0, 0.0)),
    ],
    ids=["across", "end to end", "side by side", "through each other"],
)
def test_that_the_gap_is_that_of_the_axes_less_both_radii(other, gap_mm, at_one):
    found = capsule_gap(LINE, other)
    assert found.mm == pytest.approx(gap_mm)
    turned = capsule_gap(other, LINE)
    assert turned.mm == pytest.approx(gap_mm)
    assert found.at_one.distance_mm(found.at_other) == pytest.approx(
        gap_mm + LINE.radius_mm + other.radius_mm
    )
    if at_one is not None:
        assert found.at_one == PointLps(*at_one)
        assert turned.at_other == PointLps(*at_one)


def test_that_a_ball_is_a_capsule_too():
    ball = capsule((3.0, 4.0, 0.0), (3.0, 4.0, 0.0), 1.0)
    for one, other in ((LINE, ball), (ball, LINE)):
        assert capsule_gap(one, other).mm == pytest.approx(2.0)
    far = capsule((13.0, 4.0, 0.0), (13.0, 4.0, 0.0), 1.0)
    assert capsule_gap(ball, far).mm == pytest.approx(8.0)
    assert capsule_gap(far, LINE).mm == pytest.approx(3.0)


def test_that_of_several_solids_the_nearest_two_count():
    far, near = (capsule((0.0, y, 0.0), (10.0, y, 0.0), 0.5) for y in (20.0, 7.0))
    assert least_gap((LINE,), (far, near)).mm == pytest.approx(5.5)
    assert least_gap((far, near), (LINE,)).at_other.y_mm == 0.0
