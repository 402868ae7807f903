"""Keeps the axis of the canal in the middle below the last disc, where no ring of bone holds it.

Between the wings of the sacrum the canal opens to the sides. A path that runs a little aside there
sees the canal reach farther to that side, and its middle would be sought still farther out. The
bone to both sides mirrors itself about the midline, and says where that is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.spine_curve import U_MM, V_MM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.spine_curve import SpineCurve

FARTHEST_MM = 10.0
"""The midline is looked for so far to both sides."""

BEGINS_MM, WHOLLY_MM = 10.0, 20.0
"""The axis begins to be moved so far below the last disc, and is moved wholly from there on."""

ALONG_MM = 10.0
"""Likeness is judged over this much of the spine on both sides (one standard deviation)."""

_HALF_WIDTH_MM = 34.0
_BEHIND_MM, _BEFORE_MM = 30.0, 45.0
_RANGE_HU = (-50.0, 350.0)
_PRICE_PER_MM2 = 2e-4
"""Price of a shift, in units of the mean unlikeness; it only decides where nothing else does."""

_CALM_MM = 5.0
_ROWS_ABOVE_MM = 40


def to_midline_below(
    curve: SpineCurve, straight: NDArray[np.float32], last_disc_s_mm: float
) -> tuple[SpineCurve, slice]:
    """Return the curve moved sideways within its sections, which stay, and the rows that moved.

    Parameters
    ----------
    straight
        CT in the coordinates of ``curve``, ``[s, v, u]``.
    last_disc_s_mm
        Where the lowest disc lies.
    """
    count = min(len(curve), int(last_disc_s_mm - BEGINS_MM))
    if count < 2:
        return curve, slice(0, 0)
    found = midline_mm(straight[: count + _ROWS_ABOVE_MM])[:count]
    share = (last_disc_s_mm - BEGINS_MM - np.arange(count)) / (WHOLLY_MM - BEGINS_MM)
    shift = np.clip(share, 0.0, 1.0) * found
    points = curve.points_mm.copy()
    points[:count] += shift[:, None] * curve.left[:count]
    return replace(curve, points_mm=points), slice(0, count)


def midline_mm(straight: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how far left of the axis each section mirrors itself best, mm, shape ``(n,)``."""
    smooth = ndimage.gaussian_filter(np.clip(straight, *_RANGE_HU), 1.0)
    smooth = smooth[:, (V_MM >= -_BEHIND_MM) & (V_MM <= _BEFORE_MM)]
    middle = int(np.flatnonzero(U_MM == 0.0)[0])
    aside = np.arange(-_HALF_WIDTH_MM, _HALF_WIDTH_MM + 1.0).astype(int)
    # About the plane at half of it, the column at u falls on the one at ``twice - u``.
    twice = np.arange(-2 * int(FARTHEST_MM), 2 * int(FARTHEST_MM) + 1)
    unlike = np.empty((len(smooth), len(twice)))
    for n, sum_mm in enumerate(twice):
        mirrored = np.clip(middle + sum_mm - aside, 0, smooth.shape[2] - 1)
        unlike[:, n] = np.abs(smooth[:, :, middle + aside] - smooth[:, :, mirrored]).mean((1, 2))
    unlike = ndimage.gaussian_filter1d(unlike, ALONG_MM, axis=0, mode="nearest")
    shift = 0.5 * twice
    unlike = unlike / (unlike.mean(axis=1, keepdims=True) + 1e-6) + _PRICE_PER_MM2 * shift**2
    best = shift[unlike.argmin(axis=1)]
    return np.asarray(ndimage.gaussian_filter1d(best, _CALM_MM, mode="nearest"))
