"""Outlines of one frame looked up on the voxels of a control scan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry


class Lookup:
    """Reads label maps of one grid at the voxels of another, nearest voxel; 0 outside."""

    def __init__(self, onto: VolumeGeometry, source: VolumeGeometry) -> None:
        k, j, i = np.meshgrid(*(np.arange(n) for n in onto.shape_kji), indexing="ij")
        places = onto.lps_mm(np.stack([i, j, k], axis=-1).astype(np.float64))
        index = np.rint(source.ijk(places)).astype(np.int64)
        size = np.array(source.size_ijk)
        self._inside = ((index >= 0) & (index < size)).all(axis=-1)
        self._index = index[self._inside]

    def read(self, labels: NDArray[np.generic]) -> NDArray[np.uint8]:
        """Return the labels on the voxels of the other grid, uint8 ``[k, j, i]``."""
        found = np.zeros(self._inside.shape, dtype=np.uint8)
        i, j, k = self._index.T
        found[self._inside] = labels[k, j, i]
        return found


def box_about(
    geometry: VolumeGeometry, points_mm: Vector, around_mm: float
) -> tuple[slice, slice, slice]:
    """Return the slices ``[k, j, i]`` of a grid about points, clipped to it."""
    index = geometry.ijk(points_mm).reshape(-1, 3)
    reach = np.abs(geometry.ijk_from_lps[:3, :3]).sum(axis=1) * around_mm
    size = np.array(geometry.size_ijk)
    low = np.clip(np.floor(index.min(axis=0) - reach), 0, size).astype(int)
    high = np.clip(np.ceil(index.max(axis=0) + reach) + 1, 0, size).astype(int)
    i, j, k = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return k, j, i
