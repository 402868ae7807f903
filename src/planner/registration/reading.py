"""Grey values of a patch at moved points, and the equations they give, compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.registration.patch import Patch


def read(
    patch: Patch,
    motion: NDArray[np.float64],
    points_mm: NDArray[np.float64],
    values: NDArray[np.float64],
    slopes: NDArray[np.float64],
) -> None:
    """Fill grey values ``(n,)`` and slopes ``(n, 3)`` (HU per mm, LPS) where points moved to.

    A value is NaN where the scan may not be read; its slope is left as it was.
    """
    _read(
        patch.hu, patch.usable, patch.ijk_from_lps @ motion, patch.ijk_from_lps,
        np.ascontiguousarray(points_mm), values, slopes,
    )  # fmt: skip


@kernel
def _read(
    hu: NDArray[np.float32],
    usable: NDArray[np.uint8],
    at: NDArray[np.float64],
    matrix: NDArray[np.float64],
    points: NDArray[np.float64],
    values: NDArray[np.float64],
    slopes: NDArray[np.float64],
) -> None:
    nk, nj, ni = hu.shape
    for n in range(points.shape[0]):
        x, y, z = points[n, 0], points[n, 1], points[n, 2]
        i = at[0, 0] * x + at[0, 1] * y + at[0, 2] * z + at[0, 3]
        j = at[1, 0] * x + at[1, 1] * y + at[1, 2] * z + at[1, 3]
        k = at[2, 0] * x + at[2, 1] * y + at[2, 2] * z + at[2, 3]
        values[n] = np.nan
        if not (0.0 <= i < ni - 1 and 0.0 <= j < nj - 1 and 0.0 <= k < nk - 1):
            continue
        if usable[int(k + 0.5), int(j + 0.5), int(i + 0.5)] == 0:
            continue
        i0, j0, k0 = int(i), int(j), int(k)
        a, b, c = i - i0, j - j0, k - k0
        v000, v001 = hu[k0, j0, i0], hu[k0, j0, i0 + 1]
        v010, v011 = hu[k0, j0 + 1, i0], hu[k0, j0 + 1, i0 + 1]
        v100, v101 = hu[k0 + 1, j0, i0], hu[k0 + 1, j0, i0 + 1]
        v110, v111 = hu[k0 + 1, j0 + 1, i0], hu[k0 + 1, j0 + 1, i0 + 1]
        e00, e01 = v000 + a * (v001 - v000), v010 + a * (v011 - v010)
        e10, e11 = v100 + a * (v101 - v100), v110 + a * (v111 - v110)
        f0, f1 = e00 + b * (e01 - e00), e10 + b * (e11 - e10)
        values[n] = f0 + c * (f1 - f0)
        near = (1.0 - b) * (v001 - v000) + b * (v011 - v010)
        far = (1.0 - b) * (v101 - v100) + b * (v111 - v110)
        di, dj, dk = (1.0 - c) * near + c * far, (1.0 - c) * (e01 - e00) + c * (e11 - e10), f1 - f0
        for axis in range(3):
            slopes[n, axis] = matrix[0, axis] * di + matrix[1, axis] * dj + matrix[2, axis] * dk


@kernel
def normal_equations(
    hu: NDArray[np.float64],
    residual: NDArray[np.float64],
    slopes: NDArray[np.float64],
    arms: NDArray[np.float64],
    limit_hu: float,
    square: NDArray[np.float64],
    right: NDArray[np.float64],
) -> float:
    """Add up the normal equations of one step, and return the mean robust cost, 0 to 1.

    Parameters
    ----------
    arms
        Shape ``(n, 3)``: from the middle of turning to each moved point, mm.
    limit_hu
        Residuals beyond it count nothing; NaN is not known.
    square, right
        Overwritten, shape ``(8, 8)`` and ``(8,)``: shift, turn, gain, offset.
    """
    row = np.empty(8)
    square[:] = 0.0
    right[:] = 0.0
    cost, count = 0.0, 0
    for n in range(hu.shape[0]):
        if np.isnan(residual[n]):
            continue
        count += 1
        share = residual[n] / limit_hu
        rest = 1.0 - share * share
        if rest <= 0.0:
            cost += 1.0
            continue
        cost += 1.0 - rest * rest * rest
        sx, sy, sz = slopes[n, 0], slopes[n, 1], slopes[n, 2]
        ax, ay, az = arms[n, 0], arms[n, 1], arms[n, 2]
        row[0], row[1], row[2] = -sx, -sy, -sz
        row[3], row[4], row[5] = az * sy - ay * sz, ax * sz - az * sx, ay * sx - ax * sy
        row[6], row[7] = hu[n], 1.0
        for p in range(8):
            right[p] += rest * rest * row[p] * residual[n]
            for q in range(p, 8):
                square[p, q] += rest * rest * row[p] * row[q]
    for p in range(8):
        for q in range(p):
            square[p, q] = square[q, p]
    return cost / max(count, 1)
