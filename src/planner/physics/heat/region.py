"""The isotropic grid a run needs, cut from a scan on any grid."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

from planner.geometry.volume_geometry import VolumeGeometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector
    from planner.physics.heat.metal import Triple

MARGIN_MM: Final = 24.0
"""Tissue round the metal: at the edge the change of ten minutes is then below a degree."""

SPACING_MM: Final = 1.0
SOFT_HU: Final = 40.0
"""What lies outside the scan counts as soft tissue."""


def region_around(
    points_mm: Vector, spacing_mm: float = SPACING_MM, margin_mm: float = MARGIN_MM
) -> VolumeGeometry:
    """Return an isotropic grid along the LPS axes round points, shape ``(n, 3)``, LPS mm."""
    points = np.atleast_2d(points_mm)
    origin = points.min(axis=0) - margin_mm
    size = np.ceil((points.max(axis=0) + margin_mm - origin) / spacing_mm).astype(int) + 1
    return VolumeGeometry.axis_aligned(
        (int(size[0]), int(size[1]), int(size[2])),
        (spacing_mm, spacing_mm, spacing_mm),
        (float(origin[0]), float(origin[1]), float(origin[2])),
    )


def grid_mm(region: VolumeGeometry, point_mm: Vector) -> Triple:
    """Return an LPS point in the grid millimetres of ``region`` (x, y, z)."""
    x, y, z = region.ijk(point_mm) * region.spacing_mm[0]
    return (float(x), float(y), float(z))


def hu_in(
    region: VolumeGeometry, hu: NDArray[np.integer], scan: VolumeGeometry
) -> NDArray[np.float32]:
    """Return HU on ``region``, straight between voxels of the scan."""
    return _resampled(region, hu, scan, order=1, outside=SOFT_HU)


def mask_in(
    region: VolumeGeometry, mask: NDArray[np.bool_], scan: VolumeGeometry
) -> NDArray[np.bool_]:
    """Return an outline on ``region``: the nearest voxel decides, outside the scan is not in."""
    found = _resampled(region, mask, scan, order=0, outside=0.0)
    return np.asarray(found > 0.5)  # 0 or 1


def labels_in(
    region: VolumeGeometry, labels: NDArray[np.uint8], scan: VolumeGeometry
) -> NDArray[np.uint8]:
    """Return a label map on ``region``: the nearest voxel decides, outside the scan is 0."""
    return _resampled(region, labels, scan, order=0, outside=0.0).astype(np.uint8)


def places_in(
    region: VolumeGeometry, mask: NDArray[np.bool_], scan: VolumeGeometry
) -> NDArray[np.float64]:
    """Return where an outline lies in ``region``, as indices (k, j, i), shape ``(3, n)``.

    The centre of every voxel of the outline, and of the voxels at its surface also the middles
    of their six faces, because the surface runs midway between voxels. So what is read there
    does not hang on how the grid of a run falls.
    """
    low, part = _part_needed(region, mask, scan)
    found = np.argwhere(part)
    rim = np.argwhere(part & ~ndimage.binary_erosion(part, border_value=1)) if part.size else found
    faces = [rim + half * axis for axis in np.eye(3) for half in (-0.5, 0.5)]
    ijk = (np.concatenate([found, *faces]) + low)[:, ::-1]
    region_from_scan = region.ijk_from_lps @ scan.lps_from_ijk
    places = (ijk @ region_from_scan[:3, :3].T + region_from_scan[:3, 3])[:, ::-1]
    inside = ((places >= 0.0) & (places <= np.array(region.shape_kji) - 1.0)).all(axis=1)
    return np.asarray(places[inside].T)


def _part_needed(
    region: VolumeGeometry, values: NDArray[np.generic], scan: VolumeGeometry
) -> tuple[NDArray[np.int64], NDArray[np.generic]]:
    """Return the part of a scan that ``region`` reaches, and the index (k, j, i) it begins at."""
    scan_from_region = scan.ijk_from_lps @ region.lps_from_ijk
    last = np.array(region.size_ijk) - 1.0
    corners = np.array(list(product(*((0.0, end) for end in last))))
    reached = (corners @ scan_from_region[:3, :3].T + scan_from_region[:3, 3])[:, ::-1]
    low = np.maximum(np.floor(reached.min(axis=0)).astype(np.int64) - 1, 0)
    high = np.minimum(np.ceil(reached.max(axis=0)).astype(np.int64) + 2, values.shape)
    high = np.maximum(high, low)
    return low, values[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]


def _resampled(
    region: VolumeGeometry,
    values: NDArray[np.integer] | NDArray[np.bool_] | NDArray[np.uint8],
    scan: VolumeGeometry,
    *,
    order: int,
    outside: float,
) -> NDArray[np.float32]:
    """Resample the part of a scan that ``region`` needs: a whole scan as floats is large."""
    scan_from_region = scan.ijk_from_lps @ region.lps_from_ijk
    low, part = _part_needed(region, values, scan)
    if not part.size:
        return np.full(region.shape_kji, outside, dtype=np.float32)
    return np.asarray(
        ndimage.affine_transform(
            part.astype(np.float32),
            scan_from_region[:3, :3][::-1, ::-1],
            offset=scan_from_region[:3, 3][::-1] - low,
            output_shape=region.shape_kji,
            order=order,
            mode="grid-constant" if order else "constant",
            cval=outside,
        )
    )
