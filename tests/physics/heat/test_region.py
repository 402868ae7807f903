"""Cutting an isotropic grid from a scan."""

import numpy as np
import pytest

from planner.geometry.volume_geometry import VolumeGeometry
from planner.physics.heat.region import grid_mm, hu_in, mask_in, region_around


def oblique_scan() -> tuple[VolumeGeometry, np.ndarray]:
    """A sheared grid of 0.7 x 0.8 x 2 mm whose HU is linear in LPS."""
    matrix = np.eye(4)
    matrix[:3, :3] = np.diag([0.7, -0.8, 2.0])
    matrix[1, 2] = 0.3
    matrix[:3, 3] = (-30.0, 40.0, 100.0)
    scan = VolumeGeometry.from_matrix((90, 90, 40), matrix)
    k, j, i = np.meshgrid(*(np.arange(n) for n in scan.shape_kji), indexing="ij")
    points = scan.lps_mm(np.stack([i, j, k], axis=-1))
    return scan, np.rint(points @ (3.0, -2.0, 1.0)).astype(np.int16)


def test_that_the_region_holds_its_points_and_their_margin() -> None:
    points = np.array([(1.0, 2.0, 3.0), (10.5, 2.0, -7.0)])
    region = region_around(points, 1.0, 24.0)
    assert region.contains(points + 24.0).all()
    assert region.contains(points - 24.0).all()
    assert region.size_ijk == (59, 49, 59)
    assert grid_mm(region, points[0]) == pytest.approx((24.0, 24.0, 34.0))


def test_that_hu_and_outlines_keep_their_place_on_a_sheared_grid() -> None:
    scan, hu = oblique_scan()
    region = region_around(np.array([(0.0, 10.0, 140.0)]), 1.0, 12.0)
    k, j, i = np.meshgrid(*(np.arange(n) for n in region.shape_kji), indexing="ij")
    points = region.lps_mm(np.stack([i, j, k], axis=-1))
    assert np.abs(hu_in(region, hu, scan) - points @ (3.0, -2.0, 1.0)).max() <= 0.51
    mask = mask_in(region, hu > 120, scan)
    exact = points @ (3.0, -2.0, 1.0)
    clear = np.abs(exact - 120.0) > 4.0
    assert (mask == (exact > 120.0))[clear].all()
    assert 0.1 < mask.mean() < 0.9


def test_that_what_lies_outside_the_scan_is_soft_tissue_and_in_no_outline() -> None:
    scan, hu = oblique_scan()
    region = region_around(np.array([(400.0, 0.0, 0.0)]), 1.0, 5.0)
    assert (hu_in(region, hu, scan) == 40.0).all()
    assert not mask_in(region, np.ones(hu.shape, bool), scan).any()
