"""Reading several fields at many places, against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from planner.geometry.sampling import read_fields, within_box


def test_that_fields_are_read_as_scipy_reads_them() -> None:
    chance = np.random.default_rng(61)
    fields = chance.normal(size=(3, 5, 6, 7)).astype(np.float32)
    ijk = chance.uniform(-2.0, 8.0, size=(400, 3))
    ijk[:4] = [[0, 0, 0], [6, 5, 4], [6, 0, 4], [3, 2, 1]]
    outside = np.array([0.0, -7.0, np.inf], dtype=np.float32)
    found = read_fields(fields, ijk, outside)
    last = np.array([6, 5, 4])
    inside = ((ijk >= 0) & (ijk <= last)).all(axis=1)
    assert 20 < inside.sum() < 380
    for field, line, beyond in zip(fields, found, outside, strict=True):
        expected = ndimage.map_coordinates(field, ijk[:, ::-1].T, order=1, mode="nearest")
        assert line[inside] == pytest.approx(expected[inside], abs=1e-5)
        assert (line[~inside] == beyond).all()


def test_that_a_hole_in_a_field_is_not_filled() -> None:
    fields = np.zeros((1, 2, 2, 2), dtype=np.float32)
    fields[0, 1, 1, 1] = np.nan
    (found,) = read_fields(fields, np.array([[0.5, 0.5, 0.5]]), np.zeros(1, dtype=np.float32))
    assert np.isnan(found).all()


def test_that_points_on_the_border_of_a_box_are_in_it() -> None:
    points = np.array([[0.0, 0, 0], [1, 1, 1], [1.1, 0, 0], [0, -0.1, 0], [0.5, 0.5, 1.01]])
    assert within_box(points, np.zeros(3), np.ones(3)).tolist() == [0, 1]


def test_that_a_box_is_as_long_along_each_axis_as_it_is_given() -> None:
    points = np.random.default_rng(62).uniform(-8.0, 8.0, size=(2000, 3))
    low, high = np.array([-7.0, -3.0, 1.0]), np.array([-1.0, 2.0, 6.0])
    found = within_box(points, low, high)
    assert found.dtype == np.int64
    assert found.tolist() == np.flatnonzero(((points >= low) & (points <= high)).all(1)).tolist()
    assert len(found) > 50


def test_that_fields_come_back_as_they_are_stored() -> None:
    fields = np.ones((1, 2, 2, 2), np.float32)
    assert read_fields(fields, np.zeros((1, 3)), np.zeros(1, np.float32)).dtype == np.float32
