"""Points on a zone, and the nearest of them, against closed forms."""

from functools import partial

import numpy as np
import pytest
from scipy.spatial import cKDTree

from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import PointLps
from planner.safety import zone_surface
from planner.safety.distance_field import FIELD_REACH_MM
from planner.safety.zone_surface import (
    PATCH,
    SHELLS,
    ZONE_POINTS,
    axes_of,
    least_over_zone,
    sphere_points,
    zone_points,
)

ZONE = Spheroid(PointLps(3.0, -2.0, 5.0), (0.6, 0.0, 0.8), 20.0, 9.0)


def test_that_directions_have_length_one_and_are_spread_evenly_and_cannot_be_changed():
    seen = sphere_points(ZONE_POINTS)
    assert seen.shape == (1500, 3)
    assert np.linalg.norm(seen, axis=1) == pytest.approx(np.ones(1500))
    assert np.abs(seen.mean(axis=0)).max() < 1e-3
    near, _ = cKDTree(seen).query(seen, k=2)
    even = np.sqrt(4.0 * np.pi / 1500)
    assert near[:, 1].min() > 0.7 * even
    everywhere = np.random.default_rng(1).normal(size=(4000, 3))
    everywhere /= np.linalg.norm(everywhere, axis=1)[:, None]
    assert cKDTree(seen).query(everywhere)[0].max() < zone_surface.GAP
    for kept in (seen, axes_of(ZONE)):
        with pytest.raises(ValueError, match="read-only"):
            kept[0] = 1.0


@pytest.mark.parametrize("axis", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)])
def test_that_the_half_axes_are_those_of_the_zone_at_right_angles(axis):
    for one in (ZONE, Spheroid(ZONE.centre, axis, 20.0, 9.0)):
        axes = axes_of(one)
        assert axes @ axes.T == pytest.approx(np.diag([400.0, 81.0, 81.0]), abs=1e-9)
        assert axes[0] == pytest.approx(20.0 * np.array(one.axis))


def test_that_points_lie_on_the_surface_and_on_shells_within():
    points = zone_points(ZONE).reshape(len(SHELLS), ZONE_POINTS, 3)
    assert np.abs(ZONE.signed_distance_mm(points[0])).max() < 1e-9
    for share, shell in zip((1.0, 0.75, 0.5, 0.25), points, strict=True):
        expected = ZONE.centre.array + share * (points[0] - ZONE.centre.array)
        assert shell == pytest.approx(expected)


def test_that_a_patch_holds_each_direction_and_what_is_within_reach_of_it():
    first = sphere_points(50)
    spread = zone_surface._about(first, 0.02).reshape(50, PATCH + 1, 3)
    assert np.linalg.norm(spread, axis=2) == pytest.approx(np.ones((50, PATCH + 1)))
    assert spread[:, 0] == pytest.approx(first)
    away = np.linalg.norm(spread - first[:, None, :], axis=2)
    assert away.max(axis=1) == pytest.approx(np.full(50, 0.02), rel=0.01)
    # The patch is round and evenly filled: two thirds of the radius hold four ninths of it.
    assert (away < 0.02 * 2.0 / 3.0).mean() == pytest.approx(4.0 / 9.0, abs=0.03)
    assert np.abs(spread.mean(axis=1) - first).max() < 0.004


@pytest.mark.parametrize("depth", [0.3, 0.6, 0.95])
def test_that_a_structure_smaller_than_the_zone_is_met_within_it(depth):
    place = ZONE.centre.array + depth * axes_of(ZONE)[1]

    def speck(points):
        return np.linalg.norm(points - place, axis=1) - 1.6

    assert least_over_zone(ZONE, zone_points(ZONE), speck) <= 0.0


def test_that_a_structure_far_away_is_not_looked_at_more_closely():
    asked = []
    place = ZONE.centre.array + 9.0 * axes_of(ZONE)[1]

    def counted(points):
        asked.append(len(points))
        return np.linalg.norm(points - place, axis=1)

    assert least_over_zone(ZONE, zone_points(ZONE), counted) == pytest.approx(72.0, abs=0.3)
    assert asked == [ZONE_POINTS]


def test_that_the_nearest_place_is_looked_at_three_times_more_closely():
    asked = []
    place = ZONE.centre.array + (1.0 + 4.0 / 9.0) * axes_of(ZONE)[1]
    to_place = partial(np.subtract, place)

    def counted(points):
        asked.append(len(points))
        return np.linalg.norm(to_place(points), axis=1)

    assert least_over_zone(ZONE, zone_points(ZONE), counted) == pytest.approx(4.0, abs=1e-3)
    patches = zone_surface.BEST * (PATCH + 1)
    assert asked == [ZONE_POINTS, 1, len(zone_points(ZONE)) - ZONE_POINTS, *[patches] * 3]


@pytest.mark.parametrize("away", [0.1, 0.5, 0.7])
def test_that_a_speck_at_the_end_of_a_long_zone_is_met_though_the_field_does_not_reach(away):
    place = ZONE.centre.array + away * axes_of(ZONE)[0]

    def speck(points):
        exact = np.linalg.norm(points - place, axis=1) - 2.5
        return np.where(exact <= FIELD_REACH_MM, exact, np.inf)

    assert least_over_zone(ZONE, zone_points(ZONE), speck) <= 0.0


def test_that_nothing_is_looked_for_within_where_the_centre_is_too_far_from_it():
    asked = []
    small = Spheroid(ZONE.centre, ZONE.axis, 8.0, 6.0)
    place = small.centre.array + 8.0 * np.array(axes_of(small)[1]) / 6.0

    def counted(points):
        asked.append(len(points))
        return np.linalg.norm(points - place, axis=1)

    assert least_over_zone(small, zone_points(small), counted) == pytest.approx(2.0, abs=1e-3)
    assert asked[:2] == [ZONE_POINTS, 1]
    assert max(asked[1:]) < ZONE_POINTS
