"""Maps results from the work grid back to the CT's own grid, cropped round the spine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.work_grid import bounds_mm, resample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry


_HALF = 0.4999
"""A share of one half is inside; a little less keeps what lies on the border of two labels."""


def native_crop(
    geometry: VolumeGeometry, low_mm: Vector, high_mm: Vector
) -> tuple[VolumeGeometry, tuple[slice, slice, slice]]:
    """Return the index-space box of a grid that holds an LPS box, and its ``[k, j, i]`` slices."""
    corners = np.array(
        [[(low_mm, high_mm)[n >> axis & 1][axis] for axis in range(3)] for n in range(8)]
    )
    index = geometry.ijk(corners)
    last = np.array(geometry.size_ijk)
    start = np.clip(np.floor(index.min(0)).astype(int), 0, last - 1)
    stop = np.clip(np.ceil(index.max(0)).astype(int) + 1, start + 1, last)
    size = stop - start
    cropped = geometry.cropped(
        (int(start[0]), int(start[1]), int(start[2])), (int(size[0]), int(size[1]), int(size[2]))
    )
    box = tuple(slice(int(a), int(b)) for a, b in zip(start[::-1], stop[::-1], strict=True))
    return cropped, (box[0], box[1], box[2])


def labels_on(
    labels: NDArray[np.generic], source: VolumeGeometry, target: VolumeGeometry
) -> NDArray[np.uint8]:
    """Return a label map on another grid by nearest voxel; for maps that must not be smoothed."""
    near = resample(labels, source, target, nearest=True, outside=0.0)
    return near.astype(np.uint8)


def shapes_on(
    labels: NDArray[np.generic], source: VolumeGeometry, target: VolumeGeometry
) -> NDArray[np.uint8]:
    """Return a label map on another grid where each label's linear share is largest.

    Nearest voxels would move a whole outline by up to half a voxel to one side.
    """
    number = np.asarray(labels, dtype=np.uint8)
    out = np.zeros(target.shape_kji, np.uint8)
    best = np.full(target.shape_kji, _HALF, np.float32)
    for label, found in enumerate(ndimage.find_objects(number), 1):
        if found is None:
            continue
        near = tuple(
            slice(max(0, axis.start - 1), min(size, axis.stop + 1))
            for axis, size in zip(found, number.shape, strict=True)
        )
        start = np.array([axis.start for axis in near[::-1]])
        size = np.array([axis.stop - axis.start for axis in near[::-1]])
        part = source.cropped(_triple(start), _triple(size))
        corners = bounds_mm(part)
        kept, box = native_crop(target, *corners)
        share = resample((number[near] == label).astype(np.float32), part, kept, outside=None)
        more = share > best[box]
        out[box][more] = label
        best[box][more] = share[more]
    return out


def _triple(values: NDArray[np.integer]) -> tuple[int, int, int]:
    return int(values[0]), int(values[1]), int(values[2])


def clipped_to_scan(ct: CtVolume, low_mm: Vector, high_mm: Vector) -> tuple[Vector, Vector]:
    """Return the part of an LPS box that the scan covers."""
    scan_low, scan_high = bounds_mm(ct.geometry)
    return np.maximum(low_mm, scan_low), np.minimum(high_mm, scan_high)
