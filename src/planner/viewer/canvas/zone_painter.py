"""Draws predicted zones over a slice, straight into the pixels of a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QColor

from planner.session.drawing import cut, grown
from planner.viewer.canvas.zone_kernels import draw_zone
from planner.viewer.theme import clinical

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.ellipsoid import Spheroid
    from planner.geometry.points import Vector
    from planner.session.drawing import ZoneMark
    from planner.session.planes import PaneMap

ALPHAS = np.array((58.0, 170.0, 120.0, 255.0)) / 255.0
"""Of the band, of its far rim, of the dark edge beside the zone's own rim, and of that rim."""


def paint_zone(pixels: NDArray[np.uint32], pane: PaneMap, zone: ZoneMark, ratio: float) -> None:
    """Draw the cut of a zone and its band into a clear layer ``[y, x]``.

    ``pane`` maps the pixels of the layer. Qt's painter took three quarters of the time of a
    whole slice to draw three smooth ellipses.
    """
    shapes = (grown(zone.shape, zone.band_mm), zone.shape, grown(zone.shape, -zone.band_mm))
    rims = np.array([_in_pixels(shape, pane) for shape in shapes])
    if rims[0, 2] > 0.0:
        draw_zone(rims, ratio, int(QColor(clinical.ZONE).rgb()) & 0xFFFFFF, ALPHAS, pixels)


def _in_pixels(shape: Spheroid | None, pane: PaneMap) -> Vector:
    """Return the ellipse of a cut as the kernel takes it; zeros where there is none."""
    found = None if shape is None else cut(shape, pane)
    if found is None:
        return np.zeros(5)
    middle, matrix = found
    x, y = middle / pane.mm_per_pixel + (pane.width_px / 2, pane.height_px / 2)
    a, b, c = matrix[0, 0], matrix[0, 1], matrix[1, 1]
    return np.array((x, y, *(np.array((a, b, c)) * pane.mm_per_pixel**2)))
