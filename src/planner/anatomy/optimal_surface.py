"""Smooth surfaces of least cost, by semi-global matching (Hirschmueller 2008)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LARGEST_STEP = 2
"""A surface may rise this many samples between neighbours at a graded price."""

_WRAP = 12
"""Neighbours repeated at each end of a circular axis, more than the price reaches."""


def smooth_surface(
    cost: NDArray[np.float32],
    *,
    step_price: float,
    jump_price: float,
    circular: bool = False,
) -> NDArray[np.int64]:
    """Return the index along the last axis of the surface of least cost.

    Parameters
    ----------
    cost
        float32, shape ``(rows, columns, depth)``.
    step_price
        Price of one sample of height between neighbours; two cost four times as much.
    jump_price
        Price of any larger jump.
    circular
        Whether the columns close on themselves (angles round an axis).
    """
    along_rows = _swept(cost, step_price, jump_price)
    turned = np.ascontiguousarray(np.moveaxis(cost, 1, 0))
    if circular:
        turned = np.concatenate([turned[-_WRAP:], turned, turned[:_WRAP]])
    along_columns = _swept(turned, step_price, jump_price)
    if circular:
        along_columns = along_columns[_WRAP:-_WRAP]
    total = along_rows + np.moveaxis(along_columns, 0, 1)
    return np.asarray(total.argmin(axis=2))


def calmed_radius(
    radius: NDArray[np.float64], *, median: tuple[int, int], sigma: tuple[float, float]
) -> NDArray[np.float64]:
    """Drop outliers from a radius over (place, angle), then smooth; angles close on themselves."""
    reach = median[1] // 2
    wrapped = np.concatenate([radius[:, -reach:], radius, radius[:, :reach]], axis=1)
    calm = ndimage.median_filter(wrapped, median, mode="nearest")[:, reach:-reach]
    return np.asarray(ndimage.gaussian_filter(calm, sigma, mode=("nearest", "wrap")))


def _swept(cost: NDArray[np.float32], step_price: float, jump_price: float) -> NDArray[np.float32]:
    """Sum the least-cost sweeps forward and backward along the first axis."""
    cost = np.ascontiguousarray(cost, dtype=np.float32)
    forward = np.empty_like(cost)
    _sweep(cost, forward, step_price, jump_price)
    backward = np.empty_like(cost)
    _sweep(np.ascontiguousarray(cost[::-1]), backward, step_price, jump_price)
    return np.asarray(forward + backward[::-1] - cost, dtype=np.float32)


@kernel
def _sweep(
    cost: NDArray[np.float32],
    out: NDArray[np.float32],
    step_price: float,
    jump_price: float,
) -> None:
    """Accumulate along the first axis: one pass of semi-global matching."""
    rows, columns, depth = cost.shape
    for column in range(columns):
        for level in range(depth):
            out[0, column, level] = cost[0, column, level]
    for row in range(1, rows):
        for column in range(columns):
            least = out[row - 1, column, 0]
            for level in range(1, depth):
                least = min(least, out[row - 1, column, level])
            for level in range(depth):
                best = least + jump_price
                for step in range(-_LARGEST_STEP, _LARGEST_STEP + 1):
                    other = level + step
                    if 0 <= other < depth:
                        value = out[row - 1, column, other] + step_price * step * step
                        best = min(best, value)
                out[row, column, level] = cost[row, column, level] + best - least
