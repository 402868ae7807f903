"""How near thick lines come to each other, against closed forms."""

import numpy as np
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


def to_segment_mm(point, start, end):
    """How far a point lies from a segment, which may be a point itself."""
    along = end - start
    length2 = along @ along
    share = np.clip((point - start) @ along / length2, 0.0, 1.0) if length2 else 0.0
    return float(np.linalg.norm(point - start - share * along))


def least_mm(a, b, c, d):
    """The least of the ways two segments can lie nearest: at an end of one, or within both."""
    ways = [to_segment_mm(a, c, d), to_segment_mm(b, c, d)]
    ways += [to_segment_mm(c, a, b), to_segment_mm(d, a, b)]
    shares, *_ = np.linalg.lstsq(np.stack([b - a, c - d], axis=1), c - a, rcond=None)
    if ((shares >= 0.0) & (shares <= 1.0)).all():
        ways.append(float(np.linalg.norm(a + shares[0] * (b - a) - c - shares[1] * (d - c))))
    return min(ways)


def test_that_lines_of_any_length_and_slant_come_as_near_as_their_ends_or_a_crossing():
    chance = np.random.default_rng(71)
    for number in range(3000):
        a, c = chance.uniform(-20.0, 20.0, (2, 3))
        u, v = chance.normal(size=(2, 3))
        u *= chance.choice([0.0, 0.2, 5.0, 30.0])
        v = (
            u * chance.uniform(-2.0, 2.0)
            if number % 5 == 0
            else v * chance.choice([0.0, 0.3, 20.0])
        )
        radii = chance.uniform(0.2, 2.0, 2)
        one = Capsule(PointLps.of(a), PointLps.of(a + u), float(radii[0]))
        other = Capsule(PointLps.of(c), PointLps.of(c + v), float(radii[1]))
        found = capsule_gap(one, other)
        wanted = least_mm(a, a + u, c, c + v)
        assert found.mm == pytest.approx(wanted - radii.sum(), abs=1e-7)
        assert found.at_one.distance_mm(found.at_other) == pytest.approx(wanted, abs=1e-7)
        assert to_segment_mm(found.at_one.array, a, a + u) < 1e-7
        assert to_segment_mm(found.at_other.array, c, c + v) < 1e-7
