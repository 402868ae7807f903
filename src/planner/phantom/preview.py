"""A small picture of a case: the level across and from the side, bone window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import map_coordinates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.levels import Level
    from planner.geometry.points import Vector
    from planner.phantom.make import Phantom

EDGE_PIXELS, FIELD_MM = 192, 130.0
WINDOW_CENTRE_HU, WINDOW_WIDTH_HU = 200.0, 800.0
BEHIND_MM = 22.0
"""The picture is centred this far behind the body, so that the arch is in it."""


def preview(phantom: Phantom, level: Level) -> NDArray[np.uint8]:
    """Return an axial picture beside a sagittal one, uint8, shape ``(192, 388)``.

    As on a reading screen: patient left on the right, front at the top and at the left.
    """
    centre = _shown_mm(phantom, level)
    span = (np.arange(EDGE_PIXELS) + 0.5) / EDGE_PIXELS * FIELD_MM - FIELD_MM / 2.0
    across, down = np.meshgrid(span, span)
    flat = np.zeros_like(across)
    axial = centre + np.stack([across, down, flat], axis=-1)
    sagittal = centre + np.stack([flat, across, -down], axis=-1)
    gap = np.zeros((EDGE_PIXELS, 4), dtype=np.uint8)
    return np.hstack([_picture(phantom, axial), gap, _picture(phantom, sagittal)])


def _shown_mm(phantom: Phantom, level: Level) -> Vector:
    """Return where both pictures cross: at the disease of the level, or at its middle, LPS."""
    behind = np.array([0.0, BEHIND_MM, 0.0])
    middle = np.asarray(phantom.landmarks[level].placed.centre + behind, dtype=np.float64)
    truth = phantom.truth
    if truth.lesion is None:
        return middle
    diseased = np.argwhere(truth.lesion & (truth.labels == level.verse_label))
    if len(diseased) == 0:
        return middle
    place = truth.geometry.lps_mm(diseased.mean(axis=0)[::-1])
    return np.array([place[0], middle[1], place[2]])


def _picture(phantom: Phantom, points_mm: NDArray[np.float64]) -> NDArray[np.uint8]:
    index = np.moveaxis(phantom.ct.geometry.ijk(points_mm)[..., ::-1], -1, 0)
    hu = map_coordinates(phantom.ct.hu, index, output=np.float64, order=1, cval=-1000.0)
    low = WINDOW_CENTRE_HU - WINDOW_WIDTH_HU / 2.0
    return np.asarray(np.clip((hu - low) / WINDOW_WIDTH_HU, 0.0, 1.0) * 255.0).astype(np.uint8)
