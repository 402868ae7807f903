"""The second way of measuring, against closed forms on straight, turned and tilted grids."""

from functools import partial

import numpy as np
import pytest

from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.safety import distance_field, surfaces
from planner.safety.distance_field import (
    FIELD_REACH_MM,
    DistanceField,
    at_corners,
    let_slabs_go,
    looked_up,
)
from planner.safety.surfaces import exposed_face_points
from planner.safety.zone_surface import axes_of, least_over_zone, zone_points

TURN = np.array(((0.36, 0.48, -0.8), (-0.8, 0.6, 0.0), (0.48, 0.64, 0.6)))


def grid(spacing, turn=None, shear=0.0, size=(30, 30, 30)):
    """A grid about the origin; ``shear`` slants its slices."""
    matrix = np.eye(4)
    slant = np.eye(3)
    slant[1, 2] = shear
    matrix[:3, :3] = (np.eye(3) if turn is None else turn) @ slant @ np.diag(spacing)
    matrix[:3, 3] = -matrix[:3, :3] @ ((np.array(size) - 1.0) / 2.0)
    return VolumeGeometry.from_matrix(size, matrix)


def block(size=(30, 30, 30), half=4):
    """A block of 2 * half voxels a side in the middle of a grid."""
    mask = np.zeros(size[::-1], dtype=bool)
    mask[tuple(slice(count // 2 - half, count // 2 + half) for count in size[::-1])] = True
    return mask


def to_box(points, half_mm):
    """The signed distance of points to a box about the origin, in closed form."""
    beyond = np.abs(points) - half_mm
    outside = np.linalg.norm(np.maximum(beyond, 0.0), axis=1)
    return outside + np.minimum(beyond.max(axis=1), 0.0)


def to_point(place, points):
    return np.linalg.norm(points - place, axis=1)


def around(count=3000, reach=14.0):
    return np.random.default_rng(5).uniform(-reach, reach, (count, 3))


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.78, 0.78, 1.0), (0.5, 2.0, 1.3)])
@pytest.mark.parametrize("turn", [None, TURN])
def test_that_the_field_is_the_distance_to_the_walls_as_drawn(spacing, turn):
    place = grid(spacing, turn)
    points = around()
    seen = DistanceField(place, block()).at(points)
    true = to_box(points if turn is None else points @ turn, 4.0 * np.array(spacing))
    reached = true <= FIELD_REACH_MM - 1.0
    assert np.isfinite(seen[reached]).all()
    wrong = seen[reached] - true[reached]
    assert np.abs(wrong).max() <= 0.2  # near an edge, where no line between nodes is straight
    assert np.abs(wrong).mean() <= 0.03


def test_that_the_field_of_a_tilted_outline_stays_within_the_agreement():
    slant = 0.3
    place = grid((1.0, 1.0, 1.0), shear=slant)
    surface = place.lps_mm(exposed_face_points(block(), (5.0, 5.0, 5.0)))
    points = around(200, 9.0)
    true = np.linalg.norm(points[:, None, :] - surface, axis=2).min(axis=1)
    index = place.ijk(points)
    inside = (np.abs(index - 14.5) <= 4.0).all(axis=1)
    wrong = DistanceField(place, block()).at(points) - np.where(inside, -true, true)
    assert np.abs(wrong).max() <= 0.4


def test_that_a_long_outline_reads_the_same_in_every_slab():
    size = (20, 20, 120)
    mask = np.zeros(size[::-1], dtype=bool)
    mask[10:110, 8:12, 8:12] = True
    field = DistanceField(grid((1.0, 1.0, 1.0), size=size), mask)
    height = np.linspace(-48.0, 48.0, 200)
    beside = np.stack([np.full(200, 7.0), np.zeros(200), height], axis=1)
    assert field.at(beside) == pytest.approx(np.full(200, 5.0), abs=1e-6)
    within = np.stack([np.full(200, 1.0), np.zeros(200), np.linspace(-45, 45, 200)], axis=1)
    assert field.at(within) == pytest.approx(np.full(200, -1.0), abs=1e-6)


def test_that_only_the_slabs_a_point_is_near_are_made():
    size = (20, 20, 120)
    mask = np.ones(size[::-1], dtype=bool)
    field = DistanceField(grid((1.0, 1.0, 1.0), size=size), mask)
    assert np.isinf(field.at(np.array([(80.0, 0.0, 0.0), (0.0, 0.0, 90.0)]))).all()
    assert not field._slabs
    field.at(np.array([(0.0, 0.0, -50.0)]))
    assert list(field._slabs) == [0]


def test_that_a_slab_without_outline_is_far_and_finite():
    size = (8, 8, 200)
    mask = np.zeros(size[::-1], dtype=bool)
    mask[0], mask[-1] = True, True
    seen = DistanceField(grid((1.0, 1.0, 1.0), size=size), mask).at(np.zeros((1, 3)))
    assert np.isfinite(seen).all()
    assert seen[0] >= FIELD_REACH_MM


def test_that_a_corner_belongs_to_all_the_cells_about_it():
    cells = np.zeros((3, 3, 3), dtype=bool)
    cells[1, 1, 1] = True
    corners = at_corners(cells)
    assert corners.shape == (4, 4, 4)
    assert corners[1:3, 1:3, 1:3].all()
    assert corners.sum() == 8


@pytest.mark.parametrize(("length", "width"), [(18.0, 18.0), (20.0, 9.0), (6.0, 15.0)])
def test_that_a_corner_that_touches_a_zone_between_two_points_is_met(length, width):
    axis = (0.6, 0.0, 0.8)
    zone = Spheroid(PointLps(3.0, -2.0, 5.0), axis, length, width)
    chance = np.random.default_rng(3)
    for _ in range(40):
        way = chance.normal(size=3)
        way /= np.linalg.norm(way)
        foot = way @ axes_of(zone)
        corner = zone.centre.array + foot * (1.0 + 0.3 / np.linalg.norm(foot))
        away = partial(to_point, corner)
        seen = least_over_zone(zone, zone_points(zone), away)
        true = float(zone.signed_distance_mm(corner[None, :])[0])
        assert true - 1e-9 <= seen <= true + 0.03


def test_that_points_of_a_surface_lie_on_exposed_faces_no_farther_than_the_step_apart():
    mask = block(half=1)
    points = exposed_face_points(mask, (1.0, 2.0, 0.5))
    place = np.abs(points - 14.5)
    assert (place.max(axis=1) == 1.0).all()
    assert len(points) == len(np.unique(points, axis=0))
    along = [np.unique(points[:, axis]) for axis in range(3)]
    assert [len(values) for values in along] == [5, 9, 3]
    assert len(points) == 5 * 9 * 3 - 3 * 7 * 1


def test_that_what_lies_outside_a_tilted_outline_is_not_of_it():
    """Even where the outline goes on to the last voxel."""
    tilted = grid((1.0, 1.0, 1.0), shear=0.5, size=(20, 16, 12))
    straight, filled = looked_up(tilted, np.ones((12, 16, 20), dtype=bool))
    places = np.stack(np.indices(filled.shape)[::-1], axis=-1).reshape(-1, 3).astype(float)
    within = tilted.contains(straight.lps_mm(places)).reshape(filled.shape)
    assert (filled == within).mean() > 0.99  # but for voxels whose centre lies on the edge


def test_that_the_slabs_asked_for_last_stay_and_the_others_are_made_again_alike(monkeypatch):
    """A day of needles must not fill the machine, and what went must read as it did."""
    monkeypatch.setattr(distance_field, "_KEPT", distance_field._Kept())
    size = (30, 30, 120)
    long = DistanceField(grid((1.0, 1.0, 1.0), size=size), block(size, half=4))
    points = np.array([(0.0, 0.0, z) for z in (-50.0, -6.0, 0.0, 50.0)])
    whole = long.at(points)
    sizes = {number: slab.signed_mm.nbytes for number, slab in long._slabs.items()}
    assert len(sizes) == 3
    monkeypatch.setattr(distance_field, "KEPT_BYTES", sizes[0] + sizes[2])
    long.at(points[:1])
    assert len(long._slabs) == 3  # nothing goes while anything is measured
    let_slabs_go()
    assert sorted(long._slabs) == [0, 2]  # the middle one was asked for longest ago
    np.testing.assert_array_equal(long.at(points), whole)
    monkeypatch.setattr(distance_field, "KEPT_BYTES", 0)
    let_slabs_go()
    assert sorted(long._slabs) == [2]  # the last one stays, or a lung were made at each step
    np.testing.assert_array_equal(long.at(points), whole)


def test_that_slabs_of_an_outline_that_is_gone_are_not_counted(monkeypatch):
    monkeypatch.setattr(distance_field, "_KEPT", distance_field._Kept())
    size = (30, 30, 30)
    kept, gone = (DistanceField(grid((1.0, 1.0, 1.0), size=size), block(size)) for _ in "12")
    for one in (kept, gone):
        one.at(np.zeros((1, 3)))
    monkeypatch.setattr(
        distance_field, "KEPT_BYTES", next(iter(kept._slabs.values())).signed_mm.nbytes
    )
    del one, gone
    let_slabs_go()
    assert len(kept._slabs) == len(distance_field._KEPT.slabs) == 1


def test_that_a_surface_is_the_same_however_many_slices_are_looked_at_once(monkeypatch):
    mask = np.random.default_rng(7).random((11, 9, 8)) < 0.4
    found = []
    for slices in (1, 3, 100):
        monkeypatch.setattr(surfaces, "SLICES_AT_ONCE", slices)
        found.append(exposed_face_points(mask, (0.4, 1.0, 2.0)))
    assert len(np.unique(found[0], axis=0)) == len(found[0])
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
