"""Held against the slower library that knows any order."""

import numpy as np
import pytest
from scipy import ndimage

from planner.anatomy.interpolation import held_at, sample
from planner.geometry.volume_geometry import VolumeGeometry

GRID = VolumeGeometry.axis_aligned((20, 16, 12), (0.7, 0.8, 1.3), (-10.0, 5.0, 3.0))


def points(rng: np.random.Generator) -> np.ndarray:
    """Places in and about the grid, voxel centres of it, and its corners."""
    anywhere = rng.uniform(-3.0, 23.0, (2000, 3))
    centres = rng.integers(0, 12, (500, 3)).astype(float)
    corners = np.array(np.meshgrid((0.0, 19.0), (0.0, 15.0), (0.0, 11.0))).reshape(3, -1).T
    return GRID.lps_mm(np.concatenate([anywhere, centres, corners]))


@pytest.mark.parametrize("kind", [np.int16, np.uint8, np.bool_, np.float32])
def test_that_samples_at_points_are_those_of_the_library_to_the_last_bit(kind) -> None:
    rng = np.random.default_rng(1)
    voxels = rng.normal(100.0, 500.0, GRID.shape_kji).astype(kind)
    places = points(rng)
    index = GRID.ijk(places)[:, ::-1].T
    wanted = ndimage.map_coordinates(
        voxels, index, output=np.float32, order=1, mode="constant", cval=-7.0
    )
    found = sample(voxels, GRID, places, outside=-7.0)
    assert (wanted == -7.0).any()
    assert np.array_equal(found, wanted)


@pytest.mark.parametrize("shape", [(12, 16, 20), (12, 16)])
def test_that_samples_held_beyond_the_edge_are_those_of_the_library(shape) -> None:
    rng = np.random.default_rng(2)
    image = rng.normal(0.0, 100.0, shape).astype(np.float32)
    places = [rng.uniform(-4.0, size + 4.0, (30, 40)) for size in shape]
    wanted = ndimage.map_coordinates(image, places, order=1, mode="nearest")
    assert np.array_equal(held_at(image, places), wanted)


def test_that_indices_are_broadcast_against_each_other() -> None:
    image = np.arange(60.0, dtype=np.float32).reshape(3, 4, 5)
    row, column = np.array([0.5, 1.0])[:, None], np.array([0.0, 2.5, 9.0])
    found = held_at(image, [np.array([[1]]), row, column])
    assert np.array_equal(found, np.float32([[22.5, 25.0, 26.5], [25.0, 27.5, 29.0]]))


def test_that_nothing_is_read_at_a_place_that_is_no_number() -> None:
    image = np.ones((3, 4, 5), dtype=np.float32)
    found = held_at(image, [np.array([np.nan, 1.0]), np.array([1.0, 1.0]), np.array([1.0, 2.0])])
    assert np.array_equal(found, np.float32([np.nan, 1.0]), equal_nan=True)
    beyond = sample(image, GRID, np.array([[np.nan, 0.0, 0.0]]), outside=-7.0)
    assert np.array_equal(beyond, np.float32([-7.0]))
