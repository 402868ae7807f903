"""The nearest of many points, found among a few."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.geometry.capsule import Capsule
from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import PointLps
from planner.safety.point_cells import CELL_MM, PointCells

places = st.floats(-40.0, 40.0)
points = st.builds(PointLps, places, places, places)
capsules = st.builds(Capsule, points, points, st.floats(0.2, 3.0))
angles = st.tuples(st.floats(0.0, np.pi), st.floats(0.0, 2.0 * np.pi))


def spheroid(centre, angle, long_mm, wide_mm):
    tilt, turn = angle
    axis = (np.sin(tilt) * np.cos(turn), np.sin(tilt) * np.sin(turn), np.cos(tilt))
    return Spheroid(centre, tuple(map(float, axis)), long_mm, wide_mm)


halves = st.floats(2.0, 25.0)
spheroids = st.builds(spheroid, points, angles, halves, halves)
solids = st.one_of(capsules, spheroids)


@given(solids, st.integers(0, 2**32 - 1), st.integers(1, 3000))
def test_that_the_nearest_point_is_that_of_a_look_at_all(solid, seed, count):
    given_mm = np.random.default_rng(seed).uniform(-50.0, 50.0, (count, 3))
    cells = PointCells.of(given_mm)
    place, away_mm = cells.nearest(solid)
    every = solid.signed_distance_mm(cells.points_mm)
    assert away_mm == pytest.approx(every.min(), abs=1e-9)
    assert away_mm == pytest.approx(every[place], abs=1e-9)


@given(solids, st.integers(0, 2**32 - 1))
def test_that_bounds_hold_the_distance(solid, seed):
    given_mm = np.random.default_rng(seed).uniform(-50.0, 50.0, (200, 3))
    least, most = solid.bounds_mm(given_mm)
    exact = solid.signed_distance_mm(given_mm)
    assert (least <= exact + 1e-9).all()
    assert (exact <= most + 1e-9).all()


def test_that_cells_hold_every_point_once_and_are_small():
    given_mm = np.random.default_rng(4).uniform(-20.0, 90.0, (5000, 3))
    cells = PointCells.of(given_mm)
    assert sorted(map(tuple, cells.points_mm)) == sorted(map(tuple, given_mm))
    assert cells.starts[0] == 0
    assert cells.starts[-1] == 5000
    assert len(cells.starts) == len(cells.radii_mm) + 1
    for number, (first, last) in enumerate(zip(cells.starts, cells.starts[1:], strict=False)):
        own = cells.points_mm[first:last]
        away = np.linalg.norm(own - cells.centres_mm[number], axis=1)
        assert len(own) > 0
        assert away.max() <= cells.radii_mm[number] <= CELL_MM


class Unmeasured:
    """A solid whose bounds are not numbers."""

    def bounds_mm(self, points_mm):
        return np.full(len(points_mm), np.nan), np.full(len(points_mm), np.nan)


def test_that_bounds_that_are_not_numbers_give_no_nearest():
    cells = PointCells.of(np.zeros((3, 3)))
    with pytest.raises(ValueError, match="at least one array"):
        cells.nearest(Unmeasured())
