"""Line integrals through a voxel grid: each ray's exact length in every voxel it passes.

The grid walk of Amanatides and Woo (1987) over the sums of Siddon (1985), in index space, so
that any direction and shear of the grid is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.fluoroscopy.xray_view import XrayView
    from planner.geometry.volume_geometry import VolumeGeometry

WATER_PER_MM: Final = 0.0206
"""Attenuation of water at 60 keV (recalled); it sets the contrast and nothing that is measured."""

AIR_HU: Final = -1000


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
    volume: NDArray[np.generic],
    floor: float,
    start: NDArray[np.float64],
    way: NDArray[np.float64],
    scratch: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]],
) -> float:
    """Return the sum of (value - floor) times the share of the ray in each voxel.

    ``start`` and ``way`` are i, j, k; the ray is ``start + t way`` for t from 0 to 1. Values
    below ``floor`` count as ``floor``. ``scratch`` is room for the walk's state.
    """
    index, step, each, after = scratch
    size = (volume.shape[2], volume.shape[1], volume.shape[0])
    at, leave = _span(size, start, way)
    if not at < leave:
        return 0.0
    for axis in range(3):
        spot = int(np.floor(start[axis] + at * way[axis] + 0.5))
        index[axis] = min(max(spot, 0), size[axis] - 1)
        step[axis] = 1 if way[axis] >= 0.0 else -1
        each[axis] = np.inf
        after[axis] = np.inf
        if way[axis] != 0.0:
            each[axis] = abs(1.0 / way[axis])
            after[axis] = (index[axis] + 0.5 * step[axis] - start[axis]) / way[axis]
    total = 0.0
    while True:
        axis = 0 if after[0] <= after[1] else 1
        if after[2] < after[axis]:
            axis = 2
        until = min(after[axis], leave)
        value = volume[index[2], index[1], index[0]] - floor
        if value > 0.0 and until > at:
            total += value * (until - at)
        index[axis] += step[axis]
        if until >= leave or not 0 <= index[axis] < size[axis]:
            return total
        at = max(at, until)
        after[axis] += each[axis]


@kernel
def _integrate(
    volume: NDArray[np.generic],
    floor: float,
    frame: NDArray[np.float64],
    gram: NDArray[np.float64],
    shape: tuple[int, int],
) -> NDArray[np.float32]:
    """Integrate along every ray; ``frame`` rows: source, first pixel, column step, row step."""
    rows, columns = shape
    found = np.empty((rows, columns), np.float32)
    source = frame[0]
    way = np.empty(3)
    scratch = (np.empty(3, np.int64), np.empty(3, np.int64), np.empty(3), np.empty(3))
    for row in range(rows):
        for column in range(columns):
            for axis in range(3):
                spot = frame[1, axis] + column * frame[2, axis] + row * frame[3, axis]
                way[axis] = spot - source[axis]
            square = 0.0
            for a in range(3):
                for b in range(3):
                    square += way[a] * gram[a, b] * way[b]
            found[row, column] = _walk(volume, floor, source, way, scratch) * np.sqrt(square)
    return found


def _along_rays(
    volume: NDArray[np.generic], floor: float, geometry: VolumeGeometry, view: XrayView
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
    return _integrate(volume, floor, frame, edges.T @ edges, (view.rows, view.columns))


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
    return _along_rays((mask > 0).view(np.uint8), 0.0, geometry, view)
