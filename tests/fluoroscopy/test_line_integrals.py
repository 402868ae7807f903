"""Line integrals against closed forms and against plain fine sampling."""

import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from planner.fluoroscopy import (
    XrayView,
    attenuation_along_rays,
    halved,
    length_along_rays,
    picture,
)
from planner.fluoroscopy.benchmark import (
    farthest_apart,
    noise_in_air,
    plastimatch_drr,
    write_for_plastimatch,
)
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry

CENTRE = PointLps(0.0, 0.0, 0.0)


def rotation(axis: tuple[float, float, float], degrees: float) -> NDArray[np.float64]:
    x, y, z = np.array(axis) / np.linalg.norm(axis)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    angle = math.radians(degrees)
    return np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * cross @ cross


def grid(spacing: tuple[float, float, float], axes: NDArray[np.float64]) -> VolumeGeometry:
    counts = tuple(math.ceil(70.0 / step) for step in spacing)
    matrix = np.eye(4)
    matrix[:3, :3] = axes * np.array(spacing)
    matrix[:3, 3] = -matrix[:3, :3] @ ((np.array(counts) - 1) / 2.0)
    return VolumeGeometry.from_matrix(counts, matrix)  # type: ignore[arg-type]


SHEAR = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, math.sin(0.3)], [0.0, 0.0, math.cos(0.3)]])
GRIDS = {
    "plain": grid((1.0, 1.0, 1.0), np.eye(3)),
    "thick": grid((0.7, 0.7, 2.0), np.eye(3)),
    "oblique": grid((0.8, 0.9, 1.2), rotation((1.0, 2.0, 0.5), 37.0)),
    "prone": grid((0.8, 0.8, 1.0), np.diag([-1.0, -1.0, 1.0])),
    "gantry tilt": grid((0.8, 0.8, 1.0), SHEAR),
}
WAYS = [(0.0, -1.0, 0.0), (1.0, 0.0, 0.0), (0.5, -0.8, 0.3), (-0.3, 0.9, -0.2), (0.0, 0.1, 1.0)]


def rays(view: XrayView) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Source, shape (3,), and pixel centres, shape (rows, columns, 3), LPS."""
    row, column = np.indices((view.rows, view.columns))
    spots = (
        view.first_pixel.array
        + column[..., None] * view.pixel_mm * np.array(view.right)
        + row[..., None] * view.pixel_mm * np.array(view.down)
    )
    return view.source.array, spots


def sampled_mm(
    mask: NDArray[np.bool_], geometry: VolumeGeometry, view: XrayView, count: int = 60_000
) -> NDArray[np.float64]:
    """The way through a mask by plain fine sampling, one ray after the other."""
    source, spots = rays(view)
    share = (np.arange(count) + 0.5) / count
    found = np.zeros((view.rows, view.columns))
    for row, column in np.ndindex(view.rows, view.columns):
        way = spots[row, column] - source
        index = np.rint(geometry.ijk(source + share[:, None] * way)).astype(int)[:, ::-1]
        inside = ((index >= 0) & (index < np.array(mask.shape))).all(axis=1)
        held = mask[tuple(index[inside].T)].sum()
        found[row, column] = held / count * np.linalg.norm(way)
    return found


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("way", WAYS)
def test_that_rays_equal_fine_sampling_on_any_grid(
    name: str, way: tuple[float, float, float]
) -> None:
    geometry = GRIDS[name]
    mask = np.random.default_rng(4).random(geometry.shape_kji) < 0.5
    view = XrayView.about(
        PointLps(1.3137, -2.1719, 0.7231), np.array(way), field_mm=60.0, pixels=3
    )
    found = length_along_rays(mask, geometry, view)
    assert found == pytest.approx(sampled_mm(mask, geometry, view), rel=5e-3, abs=0.05)


@pytest.mark.parametrize("name", ["plain", "oblique", "gantry tilt"])
def test_that_a_full_grid_gives_the_chord_of_its_box(name: str) -> None:
    geometry = GRIDS[name]
    view = XrayView.about(CENTRE, np.array((0.2, -0.9, 0.1)), field_mm=80.0, pixels=24)
    found = length_along_rays(np.ones(geometry.shape_kji, dtype=np.bool_), geometry, view)
    source, spots = rays(view)
    start, way = geometry.ijk(source), geometry.ijk(spots) - geometry.ijk(source)
    low, high = (-0.5 - start) / way, (np.array(geometry.size_ijk) - 0.5 - start) / way
    enter = np.minimum(low, high).max(axis=-1).clip(0.0, 1.0)
    leave = np.maximum(low, high).min(axis=-1).clip(0.0, 1.0)
    chord = np.maximum(leave - enter, 0.0) * np.linalg.norm(spots - source, axis=-1)
    assert (chord > 0.0).any()
    assert found == pytest.approx(chord, rel=1e-5, abs=1e-3)


def test_that_a_ball_of_water_has_the_attenuation_of_its_chords() -> None:
    geometry = grid((0.5, 0.5, 0.5), rotation((0.0, 1.0, 1.0), 20.0))
    k, j, i = np.indices(geometry.shape_kji)
    centres = geometry.lps_mm(np.stack((i, j, k), axis=-1).astype(np.float64))
    ball = np.linalg.norm(centres, axis=-1) <= 25.0
    hu = np.where(ball, 0, -1000).astype(np.int16)
    view = XrayView.about(CENTRE, np.array((0.3, -1.0, 0.2)), field_mm=60.0, pixels=32)
    source, spots = rays(view)
    way = (spots - source) / np.linalg.norm(spots - source, axis=-1, keepdims=True)
    offset = np.linalg.norm(np.cross(-source, way), axis=-1)
    inner = offset < 20.0
    chord = 2.0 * np.sqrt(25.0**2 - offset[inner] ** 2)
    found = attenuation_along_rays(hu, geometry, view)[inner]
    assert found == pytest.approx(0.0206 * chord, rel=0.03)
    assert found.sum() == pytest.approx(0.0206 * chord.sum(), rel=5e-3)


def test_that_nothing_below_air_adds_or_takes() -> None:
    geometry = GRIDS["plain"]
    view = XrayView.about(CENTRE, np.array((0.0, -1.0, 0.0)), pixels=8)
    padded = np.full(geometry.shape_kji, -3024, dtype=np.int16)
    assert not attenuation_along_rays(padded, geometry, view).any()


def test_that_a_ray_past_the_grid_gives_nothing() -> None:
    geometry = GRIDS["plain"]
    view = XrayView.about(PointLps(500.0, 0.0, 0.0), np.array((0.0, -1.0, 0.0)), pixels=8)
    assert not length_along_rays(np.ones(geometry.shape_kji, np.uint8), geometry, view).any()


@settings(max_examples=30, deadline=None)
@given(
    place=st.tuples(*(st.floats(-30.0, 30.0) for _ in range(3))),
    way=st.sampled_from(WAYS),
)
def test_that_a_point_is_projected_onto_the_ray_through_it(
    place: tuple[float, float, float], way: tuple[float, float, float]
) -> None:
    view = XrayView.about(CENTRE, np.array(way), pixels=64)
    (column, row) = view.project(np.array([place]))[0]
    spot = (
        view.first_pixel.array
        + column * view.pixel_mm * np.array(view.right)
        + row * view.pixel_mm * np.array(view.down)
    )
    first, second = np.array(place) - view.source.array, spot - view.source.array
    assert np.linalg.norm(np.cross(first, second)) < 1e-6 * np.linalg.norm(second) * 1e3


def test_that_the_picture_shows_a_marker_where_its_point_is_projected() -> None:
    geometry = GRIDS["oblique"]
    k, j, i = np.indices(geometry.shape_kji)
    centres = geometry.lps_mm(np.stack((i, j, k), axis=-1).astype(np.float64))
    place = np.array((9.0, -4.0, 12.0))
    marker = np.linalg.norm(centres - place, axis=-1) <= 3.0
    for way in WAYS:
        view = XrayView.about(CENTRE, np.array(way), pixels=96)
        found = length_along_rays(marker, geometry, view)
        row, column = (np.average(axis, weights=found) for axis in np.indices(found.shape))
        assert (column, row) == pytest.approx(tuple(view.project(place[None])[0]), abs=0.5)


def test_that_letters_tell_the_sides_of_the_picture() -> None:
    front = XrayView.about(CENTRE, np.array((0.0, -1.0, 0.0)))
    assert front.letters == {"left": "R", "right": "L", "top": "S", "bottom": "I"}
    behind = XrayView.about(CENTRE, np.array((0.0, 1.0, 0.0)))
    assert behind.letters["left"] == "L"
    from_left = XrayView.about(CENTRE, np.array((1.0, 0.0, 0.0)))
    assert from_left.letters == {"left": "A", "right": "P", "top": "S", "bottom": "I"}
    for view in (front, behind, from_left):
        left = np.array((20.0, 0.0, 0.0)), np.array((-20.0, 0.0, 0.0))
        columns = view.project(np.stack(left))[:, 0]
        if view.letters["right"] == "L":
            assert columns[0] > columns[1]
        if view.letters["right"] == "R":
            assert columns[0] < columns[1]


def test_that_the_needle_is_a_point_in_its_own_barrel_view() -> None:
    entry, tip = np.array((40.0, 70.0, -10.0)), np.array((5.0, -5.0, 8.0))
    view = XrayView.about(PointLps.of(tip), entry - tip, pixels=512)
    spots = view.project(np.stack((entry, tip, (entry + tip) / 2.0)))
    assert np.abs(spots - spots[0]).max() < 1e-6


def test_that_a_point_behind_the_source_has_no_place() -> None:
    view = XrayView.about(CENTRE, np.array((0.0, -1.0, 0.0)))
    assert np.isnan(view.project(np.array([[0.0, 800.0, 0.0]]))).all()


def test_that_planned_cement_brightens_only_where_it_lies() -> None:
    attenuation = np.linspace(0.0, 5.0, 100, dtype=np.float32).reshape(10, 10)
    added = np.zeros_like(attenuation)
    added[4, 4] = 1.0
    plain, planned = picture(attenuation), picture(attenuation, added=added)
    assert planned[4, 4] > plain[4, 4]
    added_only = planned != plain
    assert added_only.sum() == 1
    assert not picture(np.full((4, 4), 2.0, dtype=np.float32)).any()
    assert not picture(np.zeros((4, 4), dtype=np.float32)).any()


@pytest.mark.skipif(shutil.which("plastimatch") is None, reason="plastimatch is not installed")
@pytest.mark.parametrize("way", [(0.3, -1.0, 0.2), (-1.0, 0.2, -0.1), (0.1, 0.9, 0.5)])
def test_that_the_sums_are_those_of_plastimatch(
    way: tuple[float, float, float], tmp_path: Path
) -> None:
    geometry = VolumeGeometry.axis_aligned((48, 40, 36), (1.0, 1.1, 1.3), (-20.0, -15.0, -25.0))
    hu = noise_in_air(geometry.shape_kji)
    isocentre = PointLps(2.0, 5.0, -1.0)
    view = XrayView.about(isocentre, np.array(way), field_mm=70.0, pixels=32)
    volume = write_for_plastimatch(tmp_path, hu, geometry)
    other = plastimatch_drr(volume, isocentre, view)
    ours = attenuation_along_rays(hu, geometry, view)
    assert (ours > 0.0).sum() > 300
    assert farthest_apart(ours, other) < 1e-4


@pytest.mark.parametrize("name", GRIDS)
def test_that_half_the_resolution_sums_what_the_whole_does(name):
    """A ball of 12 mm casts as much shadow, in the same place: no voxel is lost or moved."""
    whole = GRIDS[name]
    index = np.indices(whole.shape_kji)[::-1].reshape(3, -1).T.astype(np.float64)
    away = np.linalg.norm(whole.lps_mm(index) - (6.0, -4.0, 3.0), axis=1)
    hu = (2000.0 * np.exp(-((away / 12.0) ** 2)) - 1000.0).reshape(whole.shape_kji)
    hu = np.rint(hu).astype(np.int16)
    coarse, grid = halved(hu, whole)
    assert grid.shape_kji == coarse.shape
    for way in WAYS:
        view = XrayView.about(CENTRE, np.array(way), field_mm=60.0, pixels=150)
        fine = attenuation_along_rays(hu, whole, view)
        rough = attenuation_along_rays(coarse, grid, view)
        assert float(rough.sum()) == pytest.approx(float(fine.sum()), rel=0.01)
        for axis in (0, 1):
            places = np.arange(150.0) * 0.4
            ends = [
                float(places @ seen.sum(axis=axis)) / float(seen.sum()) for seen in (fine, rough)
            ]
            assert ends[0] == pytest.approx(ends[1], abs=0.2)


def test_that_a_grid_one_voxel_thick_is_not_halved():
    flat = VolumeGeometry.axis_aligned((8, 8, 1), (1.0, 1.0, 1.0))
    hu = np.zeros(flat.shape_kji, np.int16)
    assert halved(hu, flat)[1] == flat
