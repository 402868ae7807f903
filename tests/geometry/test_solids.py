"""Spheroid and capsule against brute force on points spread over their surfaces."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.geometry.capsule import Capsule
from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import PointLps, unit

half_axes = st.floats(1.0, 30.0)
mm = st.floats(-60.0, 60.0)
directions = (
    st.tuples(*[st.floats(-1.0, 1.0)] * 3)
    .map(np.array)
    .filter(lambda vector: np.linalg.norm(vector) > 0.1)
    .map(lambda vector: tuple(float(value) for value in unit(vector)))
)


def brute_meridian_mm(along, across, half_length, half_width):
    """Distance of one point of the half plane to the ellipse, by refining a fine sweep."""
    low, high = 0.0, 2.0 * np.pi
    best = np.inf
    for _ in range(8):
        angle = np.linspace(low, high, 2001)
        gap = np.hypot(half_length * np.cos(angle) - along, half_width * np.sin(angle) - across)
        place = int(gap.argmin())
        best = min(best, float(gap[place]))
        step = (high - low) / 2000
        low, high = angle[place] - 2 * step, angle[place] + 2 * step
    return best


@settings(deadline=None, max_examples=150)
@given(length=half_axes, width=half_axes, axis=directions, point=st.tuples(mm, mm, mm))
def test_that_the_distance_to_a_spheroid_is_the_brute_force_distance(length, width, axis, point):
    shape = Spheroid(PointLps(1.0, -2.0, 3.0), axis, length, width)
    signed = float(shape.signed_distance_mm(np.array(point))[0])
    along, across = (float(value[0]) for value in shape.meridian_mm(np.array(point)))
    assert abs(signed) == pytest.approx(brute_meridian_mm(along, across, length, width), abs=1e-6)
    inside = (along / length) ** 2 + (across / width) ** 2 <= 1.0
    assert (signed <= 0.0) == inside == bool(shape.contains(np.array(point))[0])


@given(length=half_axes, width=half_axes, axis=directions)
def test_that_points_on_the_surface_have_distance_zero(length, width, axis):
    shape = Spheroid(PointLps(0.0, 0.0, 0.0), axis, length, width)
    along = np.array(axis)
    across = unit(np.cross(along, np.eye(3)[int(np.abs(along).argmin())]))
    angle = np.linspace(0.0, 2 * np.pi, 33)[:, None]
    surface = length * np.cos(angle) * along + width * np.sin(angle) * across
    assert np.abs(shape.signed_distance_mm(surface)).max() < 1e-6


@given(length=half_axes, width=half_axes, axis=directions)
def test_that_the_centre_lies_as_deep_as_the_shorter_half_axis(length, width, axis):
    shape = Spheroid(PointLps(5.0, 6.0, 7.0), axis, length, width)
    centre = shape.centre.array
    assert shape.signed_distance_mm(centre)[0] == pytest.approx(-min(length, width), abs=1e-6)


def test_that_a_ball_is_exact():
    ball = Spheroid(PointLps(0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 10.0, 10.0)
    points = np.array([[0.0, 0.0, 13.0], [6.0, 8.0, 0.0], [0.0, 3.0, 4.0]])
    assert ball.signed_distance_mm(points).tolist() == [3.0, 0.0, -5.0]
    assert ball.volume_mm3 == pytest.approx(4188.790, abs=1e-3)


def test_that_the_volume_of_a_long_zone_counts_its_width_twice():
    shape = Spheroid(PointLps(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), 15.0, 10.0)
    assert shape.volume_mm3 == pytest.approx(4.0 / 3.0 * np.pi * 15.0 * 100.0)


@settings(deadline=None)
@given(length=half_axes, width=half_axes, more=st.floats(0.0, 5.0), point=st.tuples(mm, mm, mm))
def test_that_a_larger_spheroid_is_never_further(length, width, more, point):
    small = Spheroid(PointLps(0.0, 0.0, 0.0), (0.0, 1.0, 0.0), length, width)
    large = Spheroid(PointLps(0.0, 0.0, 0.0), (0.0, 1.0, 0.0), length + more, width + more)
    near, far = (shape.signed_distance_mm(np.array(point))[0] for shape in (large, small))
    assert near <= far + 1e-9


@pytest.mark.parametrize("axis", [(1.0, 1.0, 0.0), (0.0, 0.0, 0.0), (1.0 + 1e-8, 0.0, 0.0)])
def test_that_an_axis_that_is_no_unit_vector_is_refused(axis):
    with pytest.raises(ValueError, match=r"^the axis of a spheroid must be a unit vector$"):
        Spheroid(PointLps(0.0, 0.0, 0.0), axis, 1.0, 1.0)


@pytest.mark.parametrize(
    ("length", "width"),
    [(0.0, 1.0), (1.0, 0.0), (-1.0, 1.0), (float("nan"), 1.0), (1.0, float("nan"))],
)
def test_that_a_spheroid_without_size_is_refused(length, width):
    with pytest.raises(ValueError, match=r"^the half axes of a spheroid must be positive$"):
        Spheroid(PointLps(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), length, width)


@settings(deadline=None)
@given(
    start=st.tuples(mm, mm, mm),
    end=st.tuples(mm, mm, mm),
    point=st.tuples(mm, mm, mm),
    radius=st.floats(0.1, 5.0),
)
def test_that_the_distance_to_a_needle_is_the_brute_force_distance(start, end, point, radius):
    needle = Capsule(PointLps.of(start), PointLps.of(end), radius)
    signed = float(needle.signed_distance_mm(np.array([point]))[0])
    axis = needle.axis_points_mm(0.01)
    brute = np.linalg.norm(axis - np.array(point), axis=1).min() - radius
    assert signed == pytest.approx(brute, abs=0.006)
    assert signed <= brute + 1e-9


@given(start=st.tuples(mm, mm, mm), end=st.tuples(mm, mm, mm), step=st.floats(0.1, 3.0))
def test_that_points_on_a_needle_are_close_enough_and_have_its_ends(start, end, step):
    points = Capsule(PointLps.of(start), PointLps.of(end), 1.0).axis_points_mm(step)
    assert len(points) >= 2
    assert np.allclose(points[[0, -1]], [start, end])
    assert np.linalg.norm(np.diff(points, axis=0), axis=1).max() <= step + 1e-9


def test_that_the_tip_of_a_needle_is_round():
    needle = Capsule(PointLps(0.0, 0.0, 0.0), PointLps(10.0, 0.0, 0.0), 2.0)
    points = np.array([[13.0, 4.0, 0.0], [-3.0, 0.0, 4.0], [5.0, 0.0, 2.0], [5.0, 1.0, 0.0]])
    assert needle.signed_distance_mm(points).tolist() == [3.0, 3.0, 0.0, -1.0]


@pytest.mark.parametrize("length", [0.0, 0.5])
def test_that_a_needle_shorter_than_a_millimetre_is_measured_from_its_nearest_point(length):
    needle = Capsule(PointLps(0.0, 0.0, 0.0), PointLps(length, 0.0, 0.0), 1.0)
    assert needle.signed_distance_mm(np.array([[4.0, 0.0, 0.0]]))[0] == 3.0 - length
