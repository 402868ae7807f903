"""The box of voxels that holds a mask, so that only it is walked."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.volume_geometry import VolumeGeometry

Box: TypeAlias = tuple[slice, slice, slice]
"""Slices along k, j and i."""


def box_of(mask: NDArray[np.bool_], margin: int = 0) -> Box | None:
    """Return the box that holds a mask ``[k, j, i]``, ``margin`` voxels larger; none if empty."""
    # Whole rows are joined first: a mask of a scan is read twice, each time in its own order.
    slices = np.asarray(mask.any(axis=(1, 2)))
    if not slices.any():
        return None
    beside = np.asarray(mask.any(axis=0))
    along = (slices, np.asarray(beside.any(axis=1)), np.asarray(beside.any(axis=0)))
    k, j, i = (
        slice(max(int(held[0]) - margin, 0), min(int(held[-1]) + 1 + margin, len(axis)))
        for axis in along
        for held in (np.flatnonzero(axis),)
    )
    return k, j, i


def cropped(geometry: VolumeGeometry, box: Box) -> VolumeGeometry:
    """Return the part of a grid in a box."""
    k, j, i = box
    size_ijk = (i.stop - i.start, j.stop - j.start, k.stop - k.start)
    return geometry.cropped((i.start, j.start, k.start), size_ijk)
