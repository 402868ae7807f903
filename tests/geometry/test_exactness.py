"""Small things a mutation found untested: ends, edges, number types and whole sentences."""

from math import hypot

import numpy as np
import pytest

from planner.geometry.capsule import Capsule
from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import PointLps, unit
from planner.geometry.volume_geometry import (
    AXIS_ALIGNED_TOLERANCE,
    VolumeGeometry,
    direction_label,
)

ORIGIN = PointLps(0.0, 0.0, 0.0)


@pytest.mark.parametrize(("length_mm", "count"), [(0.5, 2), (1.0, 2), (1.5, 3), (10.0, 11)])
def test_that_an_axis_has_no_more_points_than_its_step_asks_for(length_mm, count):
    points = Capsule(ORIGIN, PointLps(0.0, 0.0, length_mm), 1.0).axis_points_mm(1.0)
    assert len(points) == count
    assert points[0].tolist() == [0.0, 0.0, 0.0]
    assert points[-1].tolist() == [0.0, 0.0, length_mm]


def test_that_the_inside_of_a_spheroid_ends_at_its_surface():
    shape = Spheroid(ORIGIN, (0.0, 0.0, 1.0), 5.0, 2.0)
    on = np.array(((0.0, 0.0, 5.0), (2.0, 0.0, 0.0)))
    assert shape.contains(on).all()
    # (3/5)^2 + (r/2)^2 = 1 where r = 1.6; a cube in place of the square would end at 1.72.
    across = np.array(((1.59, 0.0, 3.0), (1.61, 0.0, 3.0)))
    assert shape.contains(across).tolist() == [True, False]


@pytest.mark.parametrize("kind", [np.int16, np.float32])
def test_that_maps_of_narrow_numbers_are_made_in_double_precision(kind):
    grid = VolumeGeometry.axis_aligned((9, 9, 9), (0.1, 0.7, 1.3), (-100.1, 3.3, 7.7))
    index = np.array((3, 4, 5), dtype=kind)
    placed = grid.lps_mm(index)
    assert placed.dtype == np.float64
    assert placed == pytest.approx((-99.8, 6.1, 14.2), abs=1e-12)
    back = grid.ijk(placed.astype(np.float32))
    assert back.dtype == np.float64
    shape = Spheroid(ORIGIN, (0.0, 0.0, 1.0), 5.0, 5.0)
    assert shape.signed_distance_mm(np.array((7, 0, 0), dtype=kind)).dtype == np.float64
    assert unit(np.array((3, 0, 4), dtype=kind)).tolist() == [0.6, 0.0, 0.8]


def test_that_a_point_of_whole_numbers_is_an_array_of_doubles():
    assert PointLps(1, 2, 3).array.dtype == np.float64


def test_that_a_grid_of_whole_numbers_has_a_matrix_of_doubles():
    grid = VolumeGeometry((2, 2, 2), ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)))
    assert grid.lps_from_ijk.dtype == np.float64
    cropped = grid.cropped((1, 0, 0), (1, 1, 1))
    assert cropped.lps_from_ijk[:3, 3].tolist() == [1.0, 0.0, 0.0]


def test_that_the_last_row_of_a_made_matrix_is_that_of_an_affine_map():
    grid = VolumeGeometry.axis_aligned((2, 2, 2), (1.0, 2.0, 3.0), (4.0, 5.0, 6.0))
    assert grid.lps_from_ijk[3].tolist() == [0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (((1.0, 0.0), (0.0, 1.0)), "^lps_from_ijk must be a finite 4x4 matrix$"),
        (((0.0, 0.0, 0.0, 0.0),) * 4, "^lps_from_ijk is singular$"),
    ],
)
def test_that_a_refused_grid_says_why(rows, words):
    with pytest.raises(ValueError, match=words):
        VolumeGeometry((2, 2, 2), rows)


@pytest.mark.parametrize("positive", [True, False])
def test_that_an_axis_counts_as_oblique_only_beyond_the_tolerance(positive):
    for share, mark in ((0.7, ""), (1.4, "'")):
        lean = share * AXIS_ALIGNED_TOLERANCE
        matrix = np.eye(4)
        matrix[:3, 0] = np.array((1.0, lean, 0.0)) / hypot(1.0, lean)
        grid = VolumeGeometry.from_matrix((2, 2, 2), matrix)
        assert grid.axis_label(0, positive=positive) == ("L" if positive else "R") + mark
    exact = np.array((1.0, AXIS_ALIGNED_TOLERANCE, 0.0))
    assert direction_label(exact) == "L"


@pytest.mark.parametrize("over", [1e-13, 1e-12, 1e-9, -1e-12])
def test_that_an_almost_round_spheroid_is_measured_like_a_round_one(over):
    radius = 16.25
    almost = Spheroid(ORIGIN, (0.0, 0.0, 1.0), radius * (1.0 + over), radius)
    chance = np.random.default_rng(1)
    points = chance.normal(size=(400, 3)) * chance.choice([0.0, 1e-9, 1e-3, 1.0, 50.0], (400, 3))
    round_one = np.linalg.norm(points, axis=1) - radius
    assert np.abs(almost.signed_distance_mm(points) - round_one).max() < 1e-7


@pytest.mark.parametrize(("length", "width"), [(60.0, 0.05), (0.05, 60.0), (1000.0, 1.0)])
def test_that_a_needle_shaped_and_a_flat_spheroid_are_solved_to_the_end(length, width):
    shape = Spheroid(ORIGIN, (0.0, 0.0, 1.0), length, width)
    angle = np.linspace(0.01, 1.56, 40)
    on = np.stack([width * np.sin(angle), 0.0 * angle, length * np.cos(angle)], axis=1)
    out = np.stack([np.sin(angle) / width, 0.0 * angle, np.cos(angle) / length], axis=1)
    out /= np.linalg.norm(out, axis=1)[:, None]
    for away in (0.001, 0.1, 10.0, 300.0):
        assert shape.signed_distance_mm(on + away * out) == pytest.approx(away, rel=1e-7, abs=1e-6)
