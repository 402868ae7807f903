"""Where the patient ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cc3d
import numpy as np
from scipy import ndimage

from planner.anatomy.work_grid import bounds_mm, resample, work_volume

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.volume import CtVolume
    from planner.geometry.volume_geometry import VolumeGeometry

SKIN_HU = -400
"""Half way between air and skin, after the scanner's blur."""


EMPTIEST_LUNG_HU = -940.0
"""Median HU below which a piece of gas is no lung; room air reaches -958 beside a patient."""

LEAST_LUNG_MM3 = 15_000.0

LEAST_SHELTERED = 0.5
"""Share of a lung, in a field of view that cuts it open, that has chest wall behind it.

Air and foam beside and under the patient have none, whatever their HU.
"""

COARSE_MM = 4.0
"""Grid on which the whole patient is told from the air round the patient."""


def patient_on_crop(
    ct: CtVolume, geometry: VolumeGeometry, box: tuple[slice, slice, slice]
) -> NDArray[np.bool_]:
    """Return everything inside the skin on a part of a scan.

    Lungs and bowel that the part cuts open are told from the air outside by the whole scan.

    Parameters
    ----------
    geometry, box
        The part and its ``[k, j, i]`` slices in the scan.
    """
    superior_axis = 2 - int(np.abs(geometry.direction[2]).argmax())
    patient = patient_mask(ct.hu[box], superior_axis)
    low, high = bounds_mm(ct.geometry)
    coarse = work_volume(ct, low, high, COARSE_MM)
    whole = patient_mask(coarse.hu, 0)
    inside = resample(whole, coarse.geometry, geometry, nearest=True, outside=0.0) > 0.5
    pieces = np.asarray(cc3d.connected_components(~patient, connectivity=6))
    sizes = np.bincount(pieces.ravel())
    enclosed = np.bincount(pieces[inside], minlength=len(sizes)) > 0.5 * sizes
    # A narrow field of view cuts the lungs open; then density and the wall behind them tell.
    before = _before_patient(patient, geometry)
    sheltered = np.bincount(pieces[before], minlength=len(sizes)) > LEAST_SHELTERED * sizes
    for number, found in enumerate(ndimage.find_objects(pieces), 1):
        if found is not None and sizes[number] * geometry.voxel_volume_mm3 > LEAST_LUNG_MM3:
            density = float(np.median(ct.hu[box][found][pieces[found] == number]))
            enclosed[number] |= sheltered[number] and density > EMPTIEST_LUNG_HU
    enclosed[0] = False
    return np.asarray(patient | enclosed[pieces])


def _before_patient(patient: NDArray[np.bool_], geometry: VolumeGeometry) -> NDArray[np.bool_]:
    """Tell which voxels have some of the patient straight behind them."""
    towards_back = geometry.direction[1]
    column = int(np.abs(towards_back).argmax())
    axis = 2 - column
    ahead = np.flip(patient, axis) if towards_back[column] > 0 else patient
    met = np.logical_or.accumulate(ahead, axis=axis)
    return np.asarray(np.flip(met, axis) if towards_back[column] > 0 else met)


def patient_mask(
    hu: NDArray[np.int16] | NDArray[np.float32], superior_axis: int
) -> NDArray[np.bool_]:
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
