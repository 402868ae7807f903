import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import ndimage

from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.report import planes

CENTRE = PointLps(3.0, -20.0, 40.0)
directions = npst.arrays(np.float64, 3, elements=st.floats(-1.0, 1.0)).filter(
    lambda d: np.linalg.norm(d) > 0.1
)


def turned_grid(turn: np.ndarray) -> VolumeGeometry:
    matrix = np.eye(4)
    matrix[:3, :3] = turn @ np.diag((1.1, 0.9, 1.3))
    matrix[:3, 3] = CENTRE.array - matrix[:3, :3] @ np.array((30.0, 30.0, 30.0))
    return VolumeGeometry.from_matrix((61, 61, 61), matrix)


@pytest.mark.parametrize(
    ("make", "letters"),
    [
        (planes.axial, ("R", "L", "A", "P")),
        (planes.sagittal, ("A", "P", "S", "I")),
        (planes.coronal, ("R", "L", "S", "I")),
    ],
)
def test_that_the_three_planes_carry_the_radiologists_letters(make, letters) -> None:
    assert make(CENTRE, 50.0).letters == letters


def test_that_a_point_on_the_patients_left_lands_on_the_right_of_the_axial_screen() -> None:
    plane = planes.axial(CENTRE, 50.0)
    left_front = CENTRE.array + np.array((20.0, -10.0, 0.0))
    assert plane.pixel(left_front, 100)[0] == pytest.approx([70.0, 40.0])


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (2, 0, 1)])
@pytest.mark.parametrize("flip", [(1, 1, 1), (-1, 1, 1), (-1, -1, 1), (1, 1, -1)])
def test_that_a_picture_does_not_depend_on_how_the_scan_was_stored(order, flip) -> None:
    turn = np.eye(3)[:, list(order)] * np.array(flip)
    geometry = turned_grid(turn)
    k, j, i = np.indices(geometry.shape_kji)
    lps = geometry.lps_mm(np.stack([i, j, k], axis=-1).astype(float)) - CENTRE.array
    volume = lps @ np.array((1.0, 100.0, 10000.0))
    plane = planes.axial(CENTRE, 10.0)
    seen = planes.sample(volume, geometry, plane, 5, np.nan)
    steps = (np.arange(5) - 2) * 4.0
    expected = steps[None, :] + 100.0 * steps[:, None]
    assert seen == pytest.approx(expected, abs=0.05)


def test_that_a_place_beyond_the_scan_is_told_apart_from_air() -> None:
    geometry = VolumeGeometry.axis_aligned((4, 4, 4), (1.0, 1.0, 1.0))
    air = np.full((4, 4, 4), -1000, np.int16)
    plane = planes.axial(PointLps(1.5, 1.5, 3.4), 3.0)
    seen = planes.sample(air, geometry, plane, 6, np.nan)
    assert (seen[1:5, 1:5] == -1000.0).all()
    assert np.isnan(seen[[0, 5], :]).all()
    assert np.isnan(seen[:, [0, 5]]).all()
    beyond = planes.axial(PointLps(1.5, 1.5, 3.6), 3.0)
    assert np.isnan(planes.sample(air, geometry, beyond, 6, np.nan)).all()


@given(direction=directions, order=st.permutations((0, 1, 2)))
def test_that_any_plane_reads_what_linear_interpolation_gives(direction, order) -> None:
    geometry = turned_grid(np.eye(3)[:, order])
    values = np.random.default_rng(5).normal(size=geometry.shape_kji)
    entry = CENTRE.moved(direction / np.linalg.norm(direction) * 9.0)
    plane = planes.along_needle_axial(entry, CENTRE, 60.0)
    index = geometry.ijk(plane.grid_mm(9))[..., ::-1]
    last = np.array(values.shape) - 1
    inside = ((index >= -0.5) & (index <= last + 0.5)).all(axis=-1)
    expected = ndimage.map_coordinates(values, np.moveaxis(index, -1, 0), order=1, mode="nearest")
    seen = planes.sample(values, geometry, plane, 9, np.nan)
    picked = planes.sample(values, geometry, plane, 9, np.nan, lambda part: part + 1.0)
    assert np.array_equal(np.isfinite(seen), inside)
    assert seen[inside] == pytest.approx(expected[inside], abs=1e-5)
    assert picked[inside] == pytest.approx(expected[inside] + 1.0, abs=1e-5)


@given(direction=directions)
def test_that_planes_along_a_needle_hold_all_of_it(direction: np.ndarray) -> None:
    entry = CENTRE
    tip = CENTRE.moved(direction / np.linalg.norm(direction) * 80.0)
    ends = np.array([entry.array, tip.array])
    for make in (planes.along_needle_axial, planes.along_needle_sagittal):
        plane = make(entry, tip, 60.0)
        assert np.abs(plane.depth_mm(ends)).max() < 1e-9
        pixels = plane.pixel(ends, 120)
        assert np.linalg.norm(pixels[1] - pixels[0]) == pytest.approx(80.0)


@given(direction=directions)
def test_that_the_needles_eye_sees_the_needle_as_a_point(direction: np.ndarray) -> None:
    tip = CENTRE.moved(direction / np.linalg.norm(direction) * 80.0)
    plane = planes.needles_eye(CENTRE, tip, CENTRE, 30.0)
    pixels = plane.pixel(np.array([CENTRE.array, tip.array]), 100)
    assert pixels == pytest.approx(np.full((2, 2), 50.0))
    assert plane.normal @ (tip.array - CENTRE.array) == pytest.approx(80.0)


def test_that_the_needles_eye_looks_from_behind_with_the_head_up() -> None:
    plane = planes.needles_eye(PointLps(0, 60, 0), PointLps(0, -20, 0), CENTRE, 30.0)
    assert plane.letters == ("L", "R", "S", "I")


def test_that_a_tilted_plane_marks_its_letters() -> None:
    plane = planes.along_needle_axial(PointLps(20, 60, 20), PointLps(5, -20, 0), 60.0)
    assert plane.letters == ("R", "L", "A'", "P'")
