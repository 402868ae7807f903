"""Lung as air inside the patient; its surface stands for the pleura where lung lies by the spine.

Below the lung the empty recess of the pleura goes on unseen, so a level without lung on both sides
is not said to be free of pleura.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cc3d
import numpy as np
from scipy import ndimage

from planner.anatomy.skin import EMPTIEST_LUNG_HU, LEAST_LUNG_MM3

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.volume_geometry import VolumeGeometry

AIR_HU = -450
"""Half way between lung and soft tissue."""

VESSEL_MM = 4.0
"""Vessels in the lung up to twice this wide belong to it."""


def lung_mask(
    hu: NDArray[np.int16], outside: NDArray[np.bool_], geometry: VolumeGeometry
) -> NDArray[np.bool_]:
    """Return the lung on a part of the scan's grid; all False where no piece of air is lung.

    Parameters
    ----------
    outside
        bool, same shape: what is not patient.
    """
    air = (hu < AIR_HU) & ~outside
    pieces = np.asarray(cc3d.connected_components(air, connectivity=6))
    counts = np.bincount(pieces.ravel())
    lung = np.zeros(hu.shape, np.bool_)
    boxes = ndimage.find_objects(pieces)
    for number, box in enumerate(boxes, 1):
        if box is None or counts[number] * geometry.voxel_volume_mm3 < LEAST_LUNG_MM3:
            continue
        mine = pieces[box] == number
        # Gas in bowel and windpipe is emptier than any lung.
        if float(np.median(hu[box][mine])) > EMPTIEST_LUNG_HU:
            lung[box] |= mine
    return _with_vessels(lung, geometry) & ~outside


def _with_vessels(lung: NDArray[np.bool_], geometry: VolumeGeometry) -> NDArray[np.bool_]:
    """Close what is narrow inside the lung, so that its surface is the pleura."""
    if not lung.any():
        return lung
    steps = [max(1, round(VESSEL_MM / spacing)) for spacing in geometry.spacing_mm[::-1]]
    closed = lung
    for axis, step in enumerate(steps):
        line = np.ones([2 * step + 1 if other == axis else 1 for other in range(3)], np.bool_)
        closed = closed | ndimage.binary_closing(lung, structure=line)
    filled = [ndimage.binary_fill_holes(section) for section in closed]
    return np.stack(filled).astype(np.bool_)
