"""Moves the axis of the canal away from bone, where the path that was found grazes it.

The path is smooth, as spines are. Over a slipped vertebra the canal is not: it steps round the
corner of the body below, and a smooth path cuts through that corner.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import edt
import numpy as np
from scipy import ndimage

from planner.anatomy.spine_curve import U_MM, V_MM
from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.spine_curve import SpineCurve

REACH_MM = 8
"""The axis is moved no farther than this to either side."""

ENOUGH_MM = 6.0
"""An axis this far from bone is left where it is; normal canals are twice as wide."""

_BLUR_MM = 1.0
_WALL_SHARE = 0.65
"""A wall of thin cortex over poor marrow is, after blur, no denser than this share of bone."""

_CLOSENESS_PRICE = 1.0
_SHIFT_PRICE = 0.006
_STEP_PRICE = 0.08
_CALM_MM = 2.0
_LEAST_MM = 0.5


def clear_of_bone(
    curve: SpineCurve, straight: NDArray[np.float32], bone_hu: float
) -> tuple[SpineCurve, NDArray[np.float64]]:
    """Return the curve moved within its sections, which stay, and how far, mm, shape ``(n,)``.

    Parameters
    ----------
    straight
        CT in the coordinates of ``curve``, ``[s, v, u]``.
    bone_hu
        What counts as bone.
    """
    v0, u0 = int(-V_MM[0]), int(-U_MM[0])
    wide = REACH_MM + int(ENOUGH_MM) + 1
    near = np.s_[:, v0 - wide : v0 + wide + 1, u0 - wide : u0 + wide + 1]
    bone = ndimage.gaussian_filter(straight[near], _BLUR_MM) > _WALL_SHARE * bone_hu
    free = edt.edt(np.ascontiguousarray(~bone), black_border=False)
    inner = slice(wide - REACH_MM, wide + REACH_MM + 1)
    closeness = 1.0 - np.minimum(free[:, inner, inner], ENOUGH_MM) / ENOUGH_MM
    offset = np.arange(-REACH_MM, REACH_MM + 1.0)
    away = offset[:, None] ** 2 + offset[None] ** 2
    cost = _CLOSENESS_PRICE * closeness**2 + _SHIFT_PRICE * away
    path = np.empty((len(curve), 2), np.int64)
    _least(np.ascontiguousarray(cost, dtype=np.float64), _STEP_PRICE, path)
    shift = ndimage.gaussian_filter1d(path - float(REACH_MM), _CALM_MM, axis=0, mode="nearest")
    if np.abs(shift).max() < _LEAST_MM:
        return curve, np.zeros(len(curve))
    moved = curve.points_mm + shift[:, :1] * curve.anterior + shift[:, 1:] * curve.left
    return replace(curve, points_mm=np.ascontiguousarray(moved)), np.hypot(*shift.T)


@kernel
def _least(cost: NDArray[np.float64], step_price: float, path: NDArray[np.int64]) -> None:
    """Fill ``path`` with the indices of least cost, one step of at most 1 in each direction."""
    rows, high, wide = cost.shape
    total = cost.copy()
    came = np.zeros((rows, high, wide), np.int64)
    for row in range(1, rows):
        for a in range(high):
            for b in range(wide):
                best = np.inf
                for da in range(-1, 2):
                    for db in range(-1, 2):
                        if 0 <= a + da < high and 0 <= b + db < wide:
                            value = total[row - 1, a + da, b + db]
                            value += step_price * (da * da + db * db)
                            if value < best:
                                best = value
                                came[row, a, b] = (da + 1) * 3 + db + 1
                total[row, a, b] = cost[row, a, b] + best
    end = total[rows - 1].argmin()
    a, b = end // wide, end % wide
    for row in range(rows - 1, -1, -1):
        path[row, 0], path[row, 1] = a, b
        step = came[row, a, b]
        a, b = a + step // 3 - 1, b + step % 3 - 1
