"""A patient known in closed form: an elliptic body with six landmarks coded by their HU.

The landmarks are Gaussian blobs, so that their centres can be measured in any grid to a few
hundredths of a millimetre, and each has its own mass, so that an exchange shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import label

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.volume_geometry import VolumeGeometry

BODY_HU = 40.0
AIR_HU = -1000.0
SIGMA_MM = 2.8
LANDMARKS_MM = np.array(
    [
        (-20.0, -10.0, -16.0),
        (18.0, -14.0, -9.0),
        (-6.0, 16.0, -1.0),
        (22.0, 8.0, 3.0),
        (-22.0, 6.0, 11.0),
        (4.0, -4.0, 15.0),
    ]
)
PEAKS_HU = np.array([400.0, 560.0, 760.0, 1000.0, 1300.0, 1700.0])
HALF_WIDTH_MM = 39.0
HALF_DEPTH_MM = 34.0
_SEEN_HU = 12.0
_BLOB_MASS = (2.0 * np.pi) ** 1.5 * SIGMA_MM**3


def hu_at(points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return HU at LPS points, shape ``(..., 3)``."""
    x, y = points_mm[..., 0], points_mm[..., 1]
    inside = (x / HALF_WIDTH_MM) ** 2 + (y / HALF_DEPTH_MM) ** 2 < 1.0
    hu = np.where(inside, BODY_HU, AIR_HU)
    for centre, peak in zip(LANDMARKS_MM, PEAKS_HU, strict=True):
        distance2 = ((points_mm - centre) ** 2).sum(axis=-1)
        hu = hu + inside * peak * np.exp(-distance2 / (2.0 * SIGMA_MM**2))
    return hu


def grid_points(geometry: VolumeGeometry) -> NDArray[np.float64]:
    """Return the LPS place of every voxel, shape ``(k, j, i, 3)``."""
    k, j, i = np.indices(geometry.shape_kji)
    return geometry.lps_mm(np.stack([i, j, k], axis=-1).astype(np.float64))


def worst_landmark_mm(geometry: VolumeGeometry, hu: NDArray[np.int16]) -> float:
    """Return how far any landmark lies from where it belongs, found by its mass alone."""
    excess = hu.astype(np.float64) - BODY_HU
    blobs, count = label(excess > _SEEN_HU)
    peaks, centres = [], []
    for blob in range(1, count + 1):
        k, j, i = np.nonzero(blobs == blob)
        weight = excess[k, j, i]
        if weight.size < 20:
            continue
        index = np.array([i @ weight, j @ weight, k @ weight]) / weight.sum()
        centres.append(geometry.lps_mm(index))
        peaks.append(weight.sum() * geometry.voxel_volume_mm3 / _BLOB_MASS)
    if len(centres) != len(PEAKS_HU):
        return float("inf")
    order = np.argsort(peaks)
    if not np.allclose(np.array(peaks)[order], PEAKS_HU, rtol=0.12):
        return float("inf")
    found = np.array(centres)[order]
    return float(np.linalg.norm(found - LANDMARKS_MM, axis=1).max())


def wrong_voxels(geometry: VolumeGeometry, hu: NDArray[np.int16], limit_hu: float) -> int:
    """Return how many voxels differ from the patient by more than ``limit_hu``."""
    truth = hu_at(grid_points(geometry))
    return int((np.abs(hu - truth) > limit_hu).sum())
