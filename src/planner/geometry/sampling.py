"""Reading several fields of one grid at many places at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector

_ONE = np.float32(1.0)


@kernel
def within_box(
    points_mm: Vector, low_mm: NDArray[np.float64], high_mm: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return which points, shape ``(n, 3)``, lie in a box along the axes; borders count."""
    found = np.empty(len(points_mm), np.int64)
    count = 0
    for n in range(len(points_mm)):
        x, y, z = points_mm[n, 0], points_mm[n, 1], points_mm[n, 2]
        if (
            low_mm[0] <= x <= high_mm[0]
            and low_mm[1] <= y <= high_mm[1]
            and low_mm[2] <= z <= high_mm[2]
        ):
            found[count] = n
            count += 1
    return found[:count].copy()


@kernel
def read_fields(
    fields: NDArray[np.float32], ijk: NDArray[np.float64], outside: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return fields ``[field, k, j, i]`` at places ``(n, 3)``, straight between voxel centres.

    ``outside`` is what each field is beyond the outermost centres. Returns ``[field, n]``.
    """
    count, depth, rows, columns = fields.shape
    found = np.empty((count, len(ijk)), np.float32)
    for n in range(len(ijk)):
        x, y, z = ijk[n, 0], ijk[n, 1], ijk[n, 2]
        if not (0.0 <= x <= columns - 1 and 0.0 <= y <= rows - 1 and 0.0 <= z <= depth - 1):
            for f in range(count):
                found[f, n] = outside[f]
            continue
        i, j, k = min(int(x), columns - 2), min(int(y), rows - 2), min(int(z), depth - 2)
        u, v, w = np.float32(x - i), np.float32(y - j), np.float32(z - k)
        for f in range(count):
            total = np.float32(0.0)
            for dk in range(2):
                for dj in range(2):
                    share = (w if dk else _ONE - w) * (v if dj else _ONE - v)
                    near = fields[f, k + dk, j + dj, i]
                    far = fields[f, k + dk, j + dj, i + 1]
                    total += share * ((_ONE - u) * near + u * far)
            found[f, n] = total
    return found
