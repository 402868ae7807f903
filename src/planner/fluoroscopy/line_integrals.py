"""Line integrals through a voxel grid: each ray's exact length in every voxel it passes.

The grid walk of Amanatides and Woo (1987) over the sums of Siddon (1985), in index space, so
that any direction and shear of the grid is right.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.geometry.kernels import kernel
from planner.geometry.volume_geometry import VolumeGeometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.fluoroscopy.xray_view import XrayView

WATER_PER_MM: Final = 0.0206
"""Attenuation of water at 60 keV (recalled); it sets the contrast and nothing that is measured."""

AIR_HU: Final = -1000

WORKERS: Final = min(4, os.cpu_count() or 1)
"""Threads that draw side by side; the compiled walk holds no lock. More than a few would only
take the machine from whatever else the user does."""

ROWS_AT_ONCE: Final = 16
"""Rows of a picture that one thread draws in one go: small enough that no thread waits long."""


@kernel
def _span(
    size: tuple[int, int, int], start: NDArray[np.float64], way: NDArray[np.float64]
) -> tuple[float, float]:
    """Return where a ray enters and leaves the grid, 0 to 1 along it; enter >= leave outside."""
    enter, leave = 0.0, 1.0
    for axis in range(3):
        low, high = -0.5 - start[axis], size[axis] - 0.5 - start[axis]
        if way[axis] == 0.0:
            if low > 0.0 or high < 0.0:
                return 1.0, 0.0
        else:
            enter = max(enter, min(low / way[axis], high / way[axis]))
            leave = min(leave, max(low / way[axis], high / way[axis]))
    return enter, leave


@kernel
def _walk(
    flat: NDArray[np.generic],
    size: tuple[int, int, int],
    floor: int,
    start: NDArray[np.float64],
    way: NDArray[np.float64],
) -> float:
    """Return the sum of (value - floor) times the share of the ray in each voxel.

    ``flat`` is the volume row after row, ``size`` its counts along i, j, k. ``start`` and
    ``way`` are i, j, k; the ray is ``start + t way`` for t from 0 to 1. Values below ``floor``
    count as ``floor``. The walk goes layer by layer along the axis the ray runs most along;
    within a layer it seldom passes a wall of the other two, so the inner loop is seldom taken.
    """
    at, leave = _span(size, start, way)
    if not at < leave:
        return 0.0
    a = 0
    for axis in (1, 2):
        if abs(way[axis]) > abs(way[a]):
            a = axis
    b, c = (a + 1) % 3, (a + 2) % 3
    stride = (1, size[0], size[0] * size[1])
    spot_a, step_a, each_a, next_a = _first_wall(start[a], way[a], at, size[a])
    spot_b, step_b, each_b, next_b = _first_wall(start[b], way[b], at, size[b])
    spot_c, step_c, each_c, next_c = _first_wall(start[c], way[c], at, size[c])
    place = spot_a * stride[a] + spot_b * stride[b] + spot_c * stride[c]
    total = 0.0
    while True:
        until = min(next_a, leave)
        value = max(int(flat[place]) - floor, 0)
        while next_b < until or next_c < until:
            if next_b <= next_c:
                total += value * max(next_b - at, 0.0)
                at = max(next_b, at)
                next_b += each_b
                spot_b += step_b
                place += step_b * stride[b]
                if not 0 <= spot_b < size[b]:
                    return total
            else:
                total += value * max(next_c - at, 0.0)
                at = max(next_c, at)
                next_c += each_c
                spot_c += step_c
                place += step_c * stride[c]
                if not 0 <= spot_c < size[c]:
                    return total
            value = max(int(flat[place]) - floor, 0)
        total += value * max(until - at, 0.0)
        at = max(until, at)
        spot_a += step_a
        if until >= leave or not 0 <= spot_a < size[a]:
            return total
        place += step_a * stride[a]
        next_a += each_a


@kernel
def _first_wall(start: float, way: float, at: float, size: int) -> tuple[int, int, float, float]:
    """Return voxel, step, and how far apart and where along the ray the walls of an axis are."""
    spot = min(max(int(np.floor(start + at * way + 0.5)), 0), size - 1)
    step = 1 if way >= 0.0 else -1
    if way == 0.0:
        return spot, step, np.inf, np.inf
    return spot, step, abs(1.0 / way), (spot + 0.5 * step - start) / way


@kernel
def _integrate(
    flat: NDArray[np.generic],
    size: tuple[int, int, int],
    floor: int,
    frame: NDArray[np.float64],
    gram: NDArray[np.float64],
    found: NDArray[np.float32],
    first_row: int,
) -> None:
    """Fill a part of the rows; ``frame`` rows: source, first pixel, column step, row step."""
    source = frame[0]
    way = np.empty(3)
    for row in range(found.shape[0]):
        for column in range(found.shape[1]):
            for axis in range(3):
                spot = frame[1, axis] + column * frame[2, axis]
                way[axis] = spot + (first_row + row) * frame[3, axis] - source[axis]
            square = 0.0
            for a in range(3):
                for b in range(3):
                    square += way[a] * gram[a, b] * way[b]
            found[row, column] = _walk(flat, size, floor, source, way) * np.sqrt(square)


def _along_rays(
    volume: NDArray[np.generic], floor: int, geometry: VolumeGeometry, view: XrayView
) -> NDArray[np.float32]:
    if volume.shape != geometry.shape_kji:
        raise ValueError("the voxels must have the shape of their grid")
    turn = geometry.ijk_from_lps[:3, :3]
    frame = np.stack(
        (
            geometry.ijk(view.source.array),
            geometry.ijk(view.first_pixel.array),
            turn @ np.array(view.right) * view.pixel_mm,
            turn @ np.array(view.down) * view.pixel_mm,
        )
    )
    edges = geometry.lps_from_ijk[:3, :3]
    gram = edges.T @ edges
    flat = np.ravel(volume)
    found = np.empty((view.rows, view.columns), np.float32)

    def fill(first: int) -> None:
        part = found[first : first + ROWS_AT_ONCE]
        _integrate(flat, geometry.size_ijk, floor, frame, gram, part, first)

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(fill, range(0, view.rows, ROWS_AT_ONCE)))
    return found


def attenuation_along_rays(
    hu: NDArray[np.int16], geometry: VolumeGeometry, view: XrayView
) -> NDArray[np.float32]:
    """Return the attenuation of a CT along each ray, shape ``(rows, columns)``, no unit."""
    scale = np.float32(WATER_PER_MM / -AIR_HU)
    return np.asarray(_along_rays(hu, AIR_HU, geometry, view) * scale, dtype=np.float32)


def length_along_rays(
    mask: NDArray[np.uint8] | NDArray[np.bool_], geometry: VolumeGeometry, view: XrayView
) -> NDArray[np.float32]:
    """Return the way through a mask along each ray, shape ``(rows, columns)``, mm."""
    return _along_rays((mask > 0).view(np.uint8), 0, geometry, view)


def halved(
    hu: NDArray[np.int16], geometry: VolumeGeometry
) -> tuple[NDArray[np.int16], VolumeGeometry]:
    """Return a CT at half its resolution each way, for pictures drawn during a drag.

    Each voxel is the mean of eight; a last odd plane is left out. Rays pass half as many voxels,
    so a picture costs about half. A grid with a side of one voxel comes back as it is.
    """
    size = tuple(count // 2 for count in geometry.size_ijk)
    if 0 in size:
        return hu, geometry
    total = np.zeros(size[::-1], np.int32)
    for k in (0, 1):
        for j in (0, 1):
            for i in (0, 1):
                total += np.maximum(hu[k::2, j::2, i::2], AIR_HU)[: size[2], : size[1], : size[0]]
    matrix = geometry.lps_from_ijk
    matrix[:3, 3] = geometry.lps_mm(np.array((0.5, 0.5, 0.5)))
    matrix[:3, :3] *= 2.0
    coarse = VolumeGeometry.from_matrix((size[0], size[1], size[2]), matrix)
    return ((total + 4) >> 3).astype(np.int16), coarse
