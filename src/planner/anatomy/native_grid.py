"""Maps results from the work grid back to the CT's own grid, cropped round the spine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.work_grid import bounds_mm, resample
from planner.geometry.kernels import kernel

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
    number = np.ascontiguousarray(labels, dtype=np.uint8)
    out = np.zeros(target.shape_kji, np.uint8)
    _, box = native_crop(target, *bounds_mm(source))
    slope, start = _index_from_index(source, target)
    _largest_shares(number, slope, start + slope @ [axis.start for axis in box], out[box])
    return out


def nearest_in(
    box: tuple[slice, slice, slice], source: VolumeGeometry, target: VolumeGeometry
) -> NDArray[np.bool_]:
    """Tell which voxels of a grid have the nearest one of another grid inside a box of that."""
    out = np.zeros(target.shape_kji, np.bool_)
    slope, start = _index_from_index(source, target)
    low, high = (np.array([getattr(axis, end) for axis in box]) for end in ("start", "stop"))
    _nearest_in(low, high, slope, start, out)
    return out


def _index_from_index(
    source: VolumeGeometry, target: VolumeGeometry
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return slope, shape (3, 3), and start, (3,), of source [k, j, i] over target [k, j, i]."""
    matrix = source.ijk_from_lps @ target.lps_from_ijk
    return np.ascontiguousarray(matrix[2::-1, 2::-1]), np.ascontiguousarray(matrix[2::-1, 3])


@kernel
def _nearest_in(
    low: NDArray[np.int64],
    high: NDArray[np.int64],
    slope: NDArray[np.float64],
    start: NDArray[np.float64],
    out: NDArray[np.bool_],
) -> None:
    """Fill ``out``."""
    for k in range(out.shape[0]):
        for j in range(out.shape[1]):
            for i in range(out.shape[2]):
                inside = True
                for axis in range(3):
                    place = start[axis] + slope[axis, 0] * k + slope[axis, 1] * j
                    near = np.floor(place + slope[axis, 2] * i + 0.5)
                    inside &= low[axis] <= near < high[axis]
                out[k, j, i] = inside


@kernel
def _largest_shares(
    labels: NDArray[np.uint8],
    slope: NDArray[np.float64],
    start: NDArray[np.float64],
    out: NDArray[np.uint8],
) -> None:
    """Fill ``out``; beyond the labels goes on what their border holds."""
    tall, deep, wide = labels.shape
    found, share = np.zeros(8, np.uint8), np.zeros(8)
    for k in range(out.shape[0]):
        for j in range(out.shape[1]):
            z0 = start[0] + slope[0, 0] * k + slope[0, 1] * j
            y0 = start[1] + slope[1, 0] * k + slope[1, 1] * j
            x0 = start[2] + slope[2, 0] * k + slope[2, 1] * j
            for i in range(out.shape[2]):
                z = min(max(z0 + slope[0, 2] * i, 0.0), tall - 1.0)
                y = min(max(y0 + slope[1, 2] * i, 0.0), deep - 1.0)
                x = min(max(x0 + slope[2, 2] * i, 0.0), wide - 1.0)
                low, front, left = int(z), int(y), int(x)
                high, back = min(low + 1, tall - 1), min(front + 1, deep - 1)
                right = min(left + 1, wide - 1)
                found[0], found[1] = labels[low, front, left], labels[low, front, right]
                found[2], found[3] = labels[low, back, left], labels[low, back, right]
                found[4], found[5] = labels[high, front, left], labels[high, front, right]
                found[6], found[7] = labels[high, back, left], labels[high, back, right]
                same = True
                for corner in range(1, 8):
                    same &= found[corner] == found[0]
                if same:
                    out[k, j, i] = found[0]
                    continue
                z, y, x = z - low, y - front, x - left
                for corner in range(8):
                    share[corner] = z if corner & 4 else 1.0 - z
                    share[corner] *= y if corner & 2 else 1.0 - y
                    share[corner] *= x if corner & 1 else 1.0 - x
                out[k, j, i] = _most(found, share)


@kernel
def _most(found: NDArray[np.uint8], share: NDArray[np.float64]) -> int:
    """Return the label with the largest share, the lowest of equal ones, 0 where none has half."""
    best, most = 0, np.float32(_HALF)
    for label in found:
        total = 0.0
        for corner in range(8):
            if found[corner] == label:
                total += share[corner]
        mine = np.float32(total)
        if label > 0 and (mine > most or (mine == most and best > label)):
            best, most = int(label), mine
    return best


def clipped_to_scan(ct: CtVolume, low_mm: Vector, high_mm: Vector) -> tuple[Vector, Vector]:
    """Return the part of an LPS box that the scan covers."""
    scan_low, scan_high = bounds_mm(ct.geometry)
    return np.maximum(low_mm, scan_low), np.minimum(high_mm, scan_high)
