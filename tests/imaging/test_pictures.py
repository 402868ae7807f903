"""Thumbnails, and tilted scans on a right-angled grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from pydicom.uid import RLELossless

from imaging.analytic_patient import grid_points, hu_at, worst_landmark_mm
from imaging.dicom_patient import series, write
from imaging.volumes import AXES, ct_on, grid, tilted_axes
from planner.imaging import inspect, rectified

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("packed", [False, True])
def test_that_a_thumbnail_shows_the_middle_slice(tmp_path: Path, packed: bool) -> None:
    slices = series()
    if packed:
        for data in slices:
            data.compress(RLELossless, generate_instance_uid=False)
    write(tmp_path, slices)
    (only,) = inspect(tmp_path, pixels=False, thumbnails=True).series
    picture = only.thumbnail
    assert picture is not None
    assert picture.shape == (44, 56)
    assert picture[0, 0] == 0  # air
    assert picture[22, 28] == pytest.approx((40 + 450) * 255 / 1500, abs=30)


def test_that_a_series_without_a_grid_has_no_thumbnail(tmp_path: Path) -> None:
    slices = series()
    del slices[12]
    write(tmp_path, slices)
    (only,) = inspect(tmp_path, pixels=False, thumbnails=True).series
    assert only.thumbnail is None


@pytest.mark.parametrize("angle_deg", [8.0, -20.0])
def test_that_a_rectified_scan_is_the_patient_at_right_angles(angle_deg: float) -> None:
    ct = ct_on(grid(tilted_axes(angle_deg)))
    right = rectified(ct)
    assert right.geometry.is_orthogonal
    assert worst_landmark_mm(right.geometry, right.hu) < 0.05
    truth = hu_at(grid_points(right.geometry))
    inside = ~right.outside_scan & (truth > -500)
    error = np.abs(right.hu - truth)[inside]
    assert np.median(error) < 2.0
    assert (right.hu[right.outside_scan] == -1000).all()
    assert right.record.sha256 != ct.record.sha256


def test_that_every_scanned_voxel_lies_inside_the_rectified_grid() -> None:
    ct = ct_on(grid(tilted_axes(15.0)))
    right = rectified(ct)
    assert right.geometry.contains(grid_points(ct.geometry)).all()


def test_that_a_right_angled_scan_is_left_as_it_is() -> None:
    ct = ct_on(grid(AXES["HFP"]))
    assert rectified(ct) is ct
