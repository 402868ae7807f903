"""Splits imported whole vertebrae into body and arch, and finds the discs between bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MIDLINE_MM = 6.0
_CORE_PERCENTILES = (15, 85)
_LEAST_VOXELS = 30
_FEWEST_ROWS = 4
_COLUMN_MM = 60


def split_bodies(
    vertebrae: NDArray[np.uint8],
    located: NDArray[np.float32],
    canal_radius: NDArray[np.float64],
    count: int,
) -> NDArray[np.uint8]:
    """Return the bodies: what lies in front of a straight posterior wall.

    The wall of each vertebra is a straight line fitted to the front of the canal behind it. A
    vertebra of which the scan shows too little for that has no body.

    Parameters
    ----------
    canal_radius
        Over (s, angle); angle 0, anterior, is in the middle.
    """
    middle = canal_radius.shape[1] // 2
    front = np.median(canal_radius[:, middle - 2 : middle + 3], axis=1)
    s, v, u = located
    out = np.zeros_like(vertebrae)
    for number in range(1, count + 1):
        mine = vertebrae == number
        places = s[mine & (np.abs(u) < _MIDLINE_MM) & (v > 2.0)]
        if len(places) < _LEAST_VOXELS:
            continue
        low, high = np.percentile(places, _CORE_PERCENTILES)
        rows = np.arange(max(0, int(low)), min(len(front), int(high) + 2))
        if len(rows) < _FEWEST_ROWS:
            continue
        slope, offset = np.polyfit(rows, front[rows], 1)
        out[mine & (v > slope * s + offset)] = number
    return out


def body_centres(
    bodies: NDArray[np.uint8], located: NDArray[np.float32], count: int
) -> NDArray[np.float64]:
    """Return the mean ``s`` of each body, shape ``(count,)``."""
    sums = np.bincount(bodies.ravel(), weights=located[0].ravel(), minlength=count + 1)
    voxels = np.bincount(bodies.ravel(), minlength=count + 1)
    return np.asarray(sums[1:] / np.maximum(voxels[1:], 1))


def disc_between(
    bodies: NDArray[np.uint8],
    vertebrae: NDArray[np.uint8],
    located: NDArray[np.float32],
    count: int,
) -> NDArray[np.uint8]:
    """Return the discs: what lies between the facing endplates of two neighbours.

    A column along the spine belongs to the disc where both bodies meet it.
    """
    s, v, u = located
    width = 2 * _COLUMN_MM + 1
    near = (np.abs(u) < _COLUMN_MM) & (np.abs(v) < _COLUMN_MM)
    column = np.where(near, (np.rint(v) + _COLUMN_MM) * width + np.rint(u) + _COLUMN_MM, 0)
    column = column.astype(np.int64)
    top = np.full((count + 2, width * width), -np.inf)
    bottom = np.full((count + 2, width * width), np.inf)
    inside = (bodies > 0) & near
    np.maximum.at(top, (bodies[inside], column[inside]), s[inside])
    np.minimum.at(bottom, (bodies[inside], column[inside]), s[inside])
    out = np.zeros_like(vertebrae)
    free = (vertebrae == 0) & near
    for number in range(1, count):
        between = free & (s > top[number][column]) & (s < bottom[number + 1][column])
        between &= np.isfinite(top[number][column]) & np.isfinite(bottom[number + 1][column])
        out[between] = number
    return out
