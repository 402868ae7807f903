"""Tells ribs and pelvis from the vertebrae they meet: they flood back to their joints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.work_grid import WorkVolume

SHEET_MM = 51.0, 58.0
"""No transverse process reaches this far from the midline; ribs and the wings of the pelvis do."""

_LEAST_SHEET_MM3 = 120.0
"""A rib crosses the sheet with about 500 mm3; calcifications with less are no ribs."""

_NEAREST_MM = 6.0
"""Nearer to the midline there is no rib."""

_VERTEBRA, _RIB = 1, 2


def ribs(
    volume: WorkVolume,
    located: NDArray[np.float32],
    relief: NDArray[np.float32],
    seeds: NDArray[np.int32],
    bone: NDArray[np.bool_],
    heads: NDArray[np.bool_],
    threshold_hu: float,
) -> NDArray[np.bool_]:
    """Return which bone belongs to ribs or pelvis.

    Parameters
    ----------
    relief
        What watershed floods: low where bone is dense.
    seeds
        Where it is certain that bone belongs to a vertebra.
    heads
        Where bone can only be a rib's head.
    """
    _, v, u = located
    side = np.abs(u)
    region = (side < SHEET_MM[1]) & (side > _NEAREST_MM) & (v > -60.0) & (v < 40.0)
    solid = region & (bone | (relief < -threshold_hu))
    far = _rods(solid & (side > SHEET_MM[0]), volume.spacing_mm)
    if not far.any():
        return np.zeros(bone.shape, np.bool_)
    markers = np.where(seeds > 0, _VERTEBRA, 0).astype(np.int32)
    markers[far | (heads & (seeds == 0))] = _RIB
    markers[~solid] = 0
    flooded = watershed(relief, markers, mask=solid)  # type: ignore[no-untyped-call]
    return np.asarray(flooded == _RIB)


def _rods(sheet: NDArray[np.bool_], spacing_mm: float) -> NDArray[np.bool_]:
    """Return the pieces of the sheet that are large enough to be ribs."""
    pieces, count = ndimage.label(sheet)
    if not count:
        return sheet
    sizes = np.bincount(pieces.ravel()) * spacing_mm**3
    sizes[0] = 0.0
    return np.asarray((sizes >= _LEAST_SHEET_MM3)[pieces])
