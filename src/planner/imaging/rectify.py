"""Puts a tilted scan on a right-angled grid."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import affine_transform

from planner.domain.volume import CtVolume
from planner.geometry.volume_geometry import VolumeGeometry
from planner.imaging.digest import scan_sha256
from planner.imaging.pixels import AIR_HU

_SEEN = 0.999
"""A voxel counts as scanned when all that it is made of was."""


def rectified(ct: CtVolume) -> CtVolume:
    """Return ``ct`` on a grid with right angles, or ``ct`` itself when it has them.

    In-plane axes and spacing stay; the slices follow their normal at their own distance. HU
    are interpolated linearly. Voxels that no slice saw are air and marked as outside the scan.
    The digest is that of the new voxels: plans bind to the scan as acquired, not to this.
    """
    if ct.geometry.is_orthogonal:
        return ct
    geometry = _right_angled(ct.geometry)
    source_from_target = ct.geometry.ijk_from_lps @ geometry.lps_from_ijk
    order = [2, 1, 0]
    matrix = source_from_target[:3, :3][np.ix_(order, order)]
    offset = source_from_target[:3, 3][order]
    hu = affine_transform(
        ct.hu.astype(np.float32), matrix, offset, geometry.shape_kji, order=1, cval=float(AIR_HU)
    )
    unseen = np.zeros(ct.hu.shape) if ct.outside_scan is None else ct.outside_scan
    seen = affine_transform(
        1.0 - unseen.astype(np.float32), matrix, offset, geometry.shape_kji, order=1, cval=0.0
    )
    outside = seen < _SEEN
    rounded = np.where(outside, np.float32(AIR_HU), np.rint(hu)).astype(np.int16)
    record = replace(ct.record, sha256=scan_sha256(geometry, rounded))
    return CtVolume(geometry=geometry, hu=rounded, record=record, outside_scan=outside)


def _right_angled(sheared: VolumeGeometry) -> VolumeGeometry:
    """Return the smallest grid along rows, columns and normal that holds every voxel."""
    columns = sheared.direction[:, :2]
    normal = np.cross(columns[:, 0], columns[:, 1])
    across_mm = float(sheared.lps_from_ijk[:3, 2] @ normal)
    matrix = sheared.lps_from_ijk
    matrix[:3, 2] = normal * across_mm
    ends = [(a, b, c) for a in (0, 1) for b in (0, 1) for c in (0, 1)]
    corners = sheared.lps_mm(np.array(ends) * (np.array(sheared.size_ijk) - 1.0))
    index = (corners - matrix[:3, 3]) @ np.linalg.inv(matrix[:3, :3]).T
    low = np.floor(np.round(index.min(axis=0), 6)).astype(int)
    high = np.ceil(np.round(index.max(axis=0), 6)).astype(int)
    matrix[:3, 3] += matrix[:3, :3] @ low
    i, j, k = (int(count) for count in high - low + 1)
    return VolumeGeometry.from_matrix((i, j, k), matrix)
