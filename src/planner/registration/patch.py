"""A piece of a scan as the alignment reads it: smooth grey values, and where they may be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import edt
import numpy as np
from scipy import ndimage

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry

LOWEST_HU, HIGHEST_HU = -200.0, 1500.0
"""Lung counts as fat and metal as cortex: what lies beyond bone is not what is matched."""

FOREIGN_HU = 2000.0
"""Denser than any bone: cement, a needle, a screw."""

FOREIGN_AROUND_MM = 3.0
"""This far about something foreign nothing is read: streaks and its blur reach there."""

BLOCK_SHARE = 0.7
"""Voxels are first joined into blocks of at most this share of the smoothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patch:
    """Part of a scan.

    Attributes
    ----------
    hu
        float32 ``[k, j, i]``, clipped and smoothed.
    usable
        uint8, same shape: 0 beyond the scan's own field and about metal or cement.
    ijk_from_lps
        Shape ``(3, 4)``.
    """

    hu: NDArray[np.float32]
    usable: NDArray[np.uint8]
    ijk_from_lps: NDArray[np.float64]


def patch_about(ct: CtVolume, low_mm: Vector, high_mm: Vector, smooth_mm: float) -> Patch | None:
    """Return the part of a scan that holds a box along the LPS axes; ``None`` where it is outside.

    Parameters
    ----------
    low_mm, high_mm
        Corners of the box, shape ``(3,)``.
    smooth_mm
        Standard deviation of the smoothing along every axis of the grid. Voxels much finer than
        that are joined first.
    """
    spacing = np.array(ct.geometry.spacing_mm)
    low, high = _box(ct.geometry, low_mm, high_mm, np.ceil(3.0 * smooth_mm / spacing) + 1)
    factor = np.maximum(np.floor(BLOCK_SHARE * smooth_mm / spacing), 1).astype(np.int64)
    counts = (high - low) // factor
    if (counts < 2).any():
        return None
    i, j, k = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    hu, usable = np.empty(counts[::-1], np.float32), np.empty(counts[::-1], np.uint8)
    _join(ct.hu[k, j, i], factor[::-1].copy(), hu, usable)
    step = (spacing * factor)[::-1]
    if not usable.all():
        far = edt.edt(usable != 0, anisotropy=tuple(step), black_border=False)
        usable[far < FOREIGN_AROUND_MM] = 0
    if ct.outside_scan is not None:
        part = ct.outside_scan[k, j, i][:: factor[2], :: factor[1], :: factor[0]]
        usable[part[: counts[2], : counts[1], : counts[0]]] = 0
    hu = ndimage.gaussian_filter(hu, smooth_mm / step, mode="nearest", truncate=3.0)
    matrix = ct.geometry.ijk_from_lps[:3].copy()
    matrix[:, 3] -= low + 0.5 * (factor - 1)
    return Patch(hu=hu, usable=usable, ijk_from_lps=np.ascontiguousarray(matrix / factor[:, None]))


def corners_mm(low_mm: Vector, high_mm: Vector) -> Vector:
    """Return the corners of a box, shape ``(8, 3)``."""
    ends = np.stack([low_mm, high_mm])
    picks = np.array([[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)])
    return np.asarray(np.take_along_axis(ends, picks, axis=0), dtype=np.float64)


def _box(
    geometry: VolumeGeometry, low_mm: Vector, high_mm: Vector, margin: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and one past the last voxel (i, j, k) about a box, inside the grid."""
    index, size = geometry.ijk(corners_mm(low_mm, high_mm)), np.array(geometry.size_ijk)
    low = np.clip(np.floor(index.min(axis=0) - margin), 0, size).astype(np.int64)
    high = np.clip(np.ceil(index.max(axis=0) + margin) + 1, 0, size).astype(np.int64)
    return low, high


@kernel
def _join(
    raw: NDArray[np.int16],
    factor: NDArray[np.int64],
    hu: NDArray[np.float32],
    usable: NDArray[np.uint8],
) -> None:
    """Write the mean of each block of clipped voxels, and 0 to ``usable`` where one is foreign.

    ``factor`` counts the voxels of a block along k, j and i.
    """
    share = 1.0 / (factor[0] * factor[1] * factor[2])
    for k in range(hu.shape[0]):
        for j in range(hu.shape[1]):
            for i in range(hu.shape[2]):
                total, clean = 0.0, 1
                for dk in range(factor[0]):
                    for dj in range(factor[1]):
                        for di in range(factor[2]):
                            value = raw[k * factor[0] + dk, j * factor[1] + dj, i * factor[2] + di]
                            if value > FOREIGN_HU:
                                clean = 0
                            total += min(max(float(value), LOWEST_HU), HIGHEST_HU)
                hu[k, j, i] = total * share
                usable[k, j, i] = clean
