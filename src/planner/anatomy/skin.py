"""Where the patient ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cc3d
import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

SKIN_HU = -400
"""Half way between air and skin, after the scanner's blur."""


def patient_mask(hu: NDArray[np.int16], superior_axis: int) -> NDArray[np.bool_]:
    """Return everything inside the skin, lung and bowel gas too; not table and clothes.

    Parameters
    ----------
    hu
        ``[k, j, i]``.
    superior_axis
        Array axis that runs along the body; holes are filled slice by slice across it.
    """
    solid = np.moveaxis(hu > SKIN_HU, superior_axis, 0)
    solid = ndimage.binary_opening(solid, structure=np.ones((1, 3, 3), np.bool_))
    pieces, count = cc3d.connected_components(solid, connectivity=6, return_N=True)
    if count == 0:
        return np.zeros(hu.shape, np.bool_)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    patient = np.asarray(pieces == sizes.argmax())
    for index, section in enumerate(patient):
        patient[index] = ndimage.binary_fill_holes(section)
    return np.ascontiguousarray(np.moveaxis(patient, 0, superior_axis))
