"""Resampling to and from grids of any direction and shear."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from planner.anatomy.interpolation import sample
from planner.anatomy.native_grid import native_crop
from planner.anatomy.spine_curve import SpineCurve
from planner.anatomy.work_grid import bounds_mm, grid_over, resample
from planner.geometry.volume_geometry import VolumeGeometry

ANGLES = st.tuples(*[st.floats(-180.0, 180.0)] * 3)


def oblique(angles: tuple[float, float, float], shear: float = 0.0) -> VolumeGeometry:
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    matrix[:3, 2] += shear * matrix[:3, 1]
    matrix[:3, :3] *= [0.8, 0.9, 1.7]
    matrix[:3, 3] = (12.0, -40.0, 300.0)
    return VolumeGeometry.from_matrix((40, 36, 24), matrix)


@settings(max_examples=20, deadline=None)
@given(ANGLES, st.floats(-0.3, 0.3))
def test_that_a_linear_ramp_survives_resampling_from_any_grid(
    angles: tuple[float, float, float], shear: float
) -> None:
    source = oblique(angles, shear)
    index = np.moveaxis(np.indices(source.shape_kji), 0, -1)[..., ::-1]
    ramp = source.lps_mm(index) @ np.array([1.0, -2.0, 0.5])
    middle = source.lps_mm(np.array(source.size_ijk) / 2.0)
    target = grid_over(middle - 5.0, middle + 5.0, 1.0)
    points = target.lps_mm(np.moveaxis(np.indices(target.shape_kji), 0, -1)[..., ::-1])
    inside = source.contains(points)
    expected = points @ np.array([1.0, -2.0, 0.5])
    got = resample(ramp.astype(np.float32), source, target)
    assert inside.any()
    assert np.abs(got - expected)[inside].max() < 0.01
    assert np.abs(sample(ramp.astype(np.float32), source, points) - got).max() < 1e-3


@settings(max_examples=20, deadline=None)
@given(ANGLES)
def test_that_a_native_crop_holds_its_box_and_keeps_its_voxels(
    angles: tuple[float, float, float],
) -> None:
    geometry = oblique(angles)
    middle = geometry.lps_mm(np.array(geometry.size_ijk) / 2.0)
    cropped, box = native_crop(geometry, middle - 3.0, middle + 3.0)
    low, high = bounds_mm(cropped)
    assert (low <= middle - 3.0).all()
    assert (high >= middle + 3.0).all()
    start = np.array([axis.start for axis in box])[::-1]
    assert np.allclose(cropped.lps_mm(np.zeros(3)), geometry.lps_mm(start.astype(float)))
    assert cropped.shape_kji == tuple(axis.stop - axis.start for axis in box)


def bent_curve() -> SpineCurve:
    angle = np.linspace(-0.4, 0.4, 161)
    radius = 200.0
    points = np.stack([0 * angle, radius * (1 - np.cos(angle)), radius * np.sin(angle)], 1)
    superior = np.stack([0 * angle, np.sin(angle), np.cos(angle)], 1)
    left = np.tile([1.0, 0.0, 0.0], (len(angle), 1))
    return SpineCurve(
        points_mm=points, superior=superior, left=left, anterior=np.cross(left, superior)
    )


@settings(deadline=None)  # the first call compiles
@given(st.floats(5.0, 155.0), st.floats(-30.0, 50.0), st.floats(-40.0, 40.0))
def test_that_locating_undoes_placing_on_a_bent_spine(s: float, v: float, u: float) -> None:
    curve = bent_curve()
    point = curve.at(np.array([s]), np.array([v]), np.array([u]))
    found = [float(value[0]) for value in curve.locate(point)]
    # Frames are 1 mm apart and not blended, so half a step of rotation remains.
    assert found == pytest.approx([s, v, u], abs=0.35)


def test_that_anterior_is_in_front_and_left_is_left() -> None:
    curve = bent_curve()
    s, v, u = curve.locate(np.array([[10.0, -20.0, 0.0]]))
    assert s[0] == pytest.approx(80.0, abs=0.5)
    assert v[0] == pytest.approx(20.0, abs=0.1)
    assert u[0] == pytest.approx(10.0)


@given(st.floats(-1e-6, 1e-6))
def test_that_the_outer_slices_of_a_label_map_are_not_lost_to_the_rounding_of_its_place(
    off_mm: float,
) -> None:
    labels = np.full((4, 4, 4), 22, np.uint8)
    scan = VolumeGeometry.axis_aligned((4, 4, 4), (1.0, 1.0, 1.5), (5.0, -3.0, 100.0))
    theirs = VolumeGeometry.axis_aligned(
        (4, 4, 4), (1.0, 1.0, 1.5), (5.0 + off_mm, -3.0 - off_mm, 100.0 + off_mm)
    )
    assert (resample(labels, theirs, scan, nearest=True, outside=0.0) == 22).all()
