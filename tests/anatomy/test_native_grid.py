"""Labels and boxes put on another grid, held to scipy voxel by voxel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from planner.anatomy.native_grid import labels_on, nearest_in, shapes_on
from planner.anatomy.work_grid import resample
from planner.geometry.volume_geometry import VolumeGeometry

SPACINGS_MM = st.tuples(*[st.sampled_from([0.5, 0.75, 0.97, 1.0, 1.5, 2.0])] * 3)
ORIGINS_MM = st.tuples(*[st.sampled_from([-2.3, 0.0, 0.25, 0.5, 7.1])] * 3)
SEEDS = st.integers(0, 10_000)
SOURCE = VolumeGeometry.axis_aligned((24, 20, 16), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))


def blocks(seed: int) -> np.ndarray:
    """Return labels 0 to 4 in blocks of 4 voxels, shape (16, 20, 24), up to the borders."""
    coarse = np.random.default_rng(seed).integers(0, 5, (4, 5, 6), dtype=np.uint8)
    return coarse.repeat(4, axis=0).repeat(4, axis=1).repeat(4, axis=2)


def grid(spacing_mm: tuple[float, ...], origin_mm: tuple[float, ...]) -> VolumeGeometry:
    a, b, c = spacing_mm
    x, y, z = origin_mm
    return VolumeGeometry.axis_aligned((21, 18, 15), (a, b, c), (x, y, z))


@settings(max_examples=40, deadline=None)
@given(spacing_mm=SPACINGS_MM, origin_mm=ORIGINS_MM, seed=SEEDS)
def test_that_inside_a_grid_the_label_with_the_largest_linear_share_is_taken(
    spacing_mm: tuple[float, ...], origin_mm: tuple[float, ...], seed: int
) -> None:
    labels, target = blocks(seed), grid(spacing_mm, origin_mm)
    masks = [(labels == n).astype(np.float32) for n in range(1, 5)]
    shares = np.stack([resample(mask, SOURCE, target, outside=None) for mask in masks])
    expected = np.where(shares.max(axis=0) > 0.4999, 1 + shares.argmax(axis=0), 0)
    inside = nearest_in((slice(0, 16), slice(0, 20), slice(0, 24)), SOURCE, target)
    assert (shapes_on(labels, SOURCE, target)[inside] == expected[inside]).all()


@settings(max_examples=40, deadline=None)
@given(spacing_mm=SPACINGS_MM, origin_mm=ORIGINS_MM, low=st.integers(0, 8), size=st.integers(1, 8))
def test_that_a_box_on_another_grid_is_where_its_voxels_are_nearest(
    spacing_mm: tuple[float, ...], origin_mm: tuple[float, ...], low: int, size: int
) -> None:
    target, box = grid(spacing_mm, origin_mm), (slice(low, low + size),) * 3
    mask = np.zeros(SOURCE.shape_kji, np.uint8)
    mask[box] = 1
    assert (nearest_in(box, SOURCE, target) == (labels_on(mask, SOURCE, target) > 0)).all()


@pytest.mark.parametrize("degrees", [0.0, 7.0, 90.0])
def test_that_shapes_on_a_turned_grid_stay_where_they_are(degrees: float) -> None:
    """A ball of 6 mm keeps its middle and its size on a grid turned about the long axis."""
    z, y, x = np.meshgrid(np.arange(16.0), np.arange(20.0), np.arange(24.0), indexing="ij")
    ball = (np.sqrt((z - 8.0) ** 2 + (y - 10.0) ** 2 + (x - 12.0) ** 2) < 6.0).astype(np.uint8)
    turn = np.deg2rad(degrees)
    matrix = np.eye(4)
    matrix[:2, :2] = 0.8 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix[:3, 3] = np.array([12.0, 10.0, 0.0]) - matrix[:3, :3] @ [20.0, 20.0, 0.0]
    target = VolumeGeometry(size_ijk=(41, 41, 16), affine=tuple(map(tuple, matrix.tolist())))
    found = shapes_on(ball, SOURCE, target)
    middle = target.lps_mm(np.argwhere(found)[:, ::-1].mean(axis=0))
    assert middle == pytest.approx([12.0, 10.0, 8.0], abs=0.1)
    radius_mm = np.cbrt(found.sum() * 0.64 * 3.0 / (4.0 * np.pi))
    assert radius_mm == pytest.approx(6.0, abs=0.15)
    assert (ndimage.label(found)[1]) == 1
