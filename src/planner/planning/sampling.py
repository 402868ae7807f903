"""Reading volumes along lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray


@kernel
def trilinear(volume: NDArray[np.generic], i: float, j: float, k: float) -> float:
    """Return ``volume[k, j, i]`` between voxel centres; the outermost voxels go on for ever."""
    size_k, size_j, size_i = volume.shape
    i = min(max(i, 0.0), size_i - 1.0)
    j = min(max(j, 0.0), size_j - 1.0)
    k = min(max(k, 0.0), size_k - 1.0)
    i0 = min(int(i), max(size_i - 2, 0))
    j0 = min(int(j), max(size_j - 2, 0))
    k0 = min(int(k), max(size_k - 2, 0))
    i1, j1, k1 = min(i0 + 1, size_i - 1), min(j0 + 1, size_j - 1), min(k0 + 1, size_k - 1)
    fi, fj, fk = i - i0, j - j0, k - k0
    near = (volume[k0, j0, i0] * (1 - fi) + volume[k0, j0, i1] * fi) * (1 - fj) + (
        volume[k0, j1, i0] * (1 - fi) + volume[k0, j1, i1] * fi
    ) * fj
    far = (volume[k1, j0, i0] * (1 - fi) + volume[k1, j0, i1] * fi) * (1 - fj) + (
        volume[k1, j1, i0] * (1 - fi) + volume[k1, j1, i1] * fi
    ) * fj
    return float(near * (1 - fk) + far * fk)


@kernel
def along_line(
    volume: NDArray[np.generic],
    start_ijk: NDArray[np.float64],
    end_ijk: NDArray[np.float64],
    n: int,
) -> NDArray[np.float64]:
    """Return ``n`` values, evenly spaced from ``start_ijk`` to ``end_ijk``, both included."""
    values = np.empty(n)
    for m in range(n):
        share = m / (n - 1.0) if n > 1 else 0.0
        i = start_ijk[0] + share * (end_ijk[0] - start_ijk[0])
        j = start_ijk[1] + share * (end_ijk[1] - start_ijk[1])
        k = start_ijk[2] + share * (end_ijk[2] - start_ijk[2])
        values[m] = trilinear(volume, i, j, k)
    return values


@kernel
def crossings_of(
    mask: NDArray[np.uint8],
    start_ijk: NDArray[np.float64],
    end_ijk: NDArray[np.float64],
    n: int,
) -> NDArray[np.float64]:
    """Return where a line passes the half-way surface of a mask, 0 at its start to 1 at its end.

    Looked for between ``n`` even places, found by bisection of the interpolated mask; the first
    is a way in unless the line starts inside.
    """
    found = np.empty(n)
    count = 0
    way = end_ijk - start_ijk
    before = trilinear(mask, start_ijk[0], start_ijk[1], start_ijk[2]) >= 0.5
    for m in range(1, n):
        i, j, k = start_ijk + m / (n - 1.0) * way
        after = trilinear(mask, i, j, k) >= 0.5
        if after != before:
            low, high = (m - 1) / (n - 1.0), m / (n - 1.0)
            for _ in range(12):
                middle = 0.5 * (low + high)
                i, j, k = start_ijk + middle * way
                if (trilinear(mask, i, j, k) >= 0.5) == before:
                    low = middle
                else:
                    high = middle
            found[count] = 0.5 * (low + high)
            count += 1
        before = after
    return found[:count]


Place = tuple[float, float, float]


@kernel
def way_out(
    mask: NDArray[np.uint8], start_ijk: Place, way_ijk: Place, step_mm: float, longest_mm: float
) -> float:
    """Return how far a ray runs inside a mask before it leaves it, to the half-way surface.

    0 when the start is outside; ``longest_mm`` when it never leaves. ``way_ijk`` is 1 mm of the
    ray, looked at every ``step_mm``. The crossing is found by bisection of the interpolated mask.
    """
    i, j, k = start_ijk
    x, y, z = way_ijk
    if trilinear(mask, i, j, k) < 0.5:
        return 0.0
    count = int(np.ceil(longest_mm / step_mm))
    for n in range(1, count + 1):
        far = n * step_mm
        if trilinear(mask, i + far * x, j + far * y, k + far * z) < 0.5:
            low, high = far - step_mm, far
            for _ in range(10):
                middle = 0.5 * (low + high)
                if trilinear(mask, i + middle * x, j + middle * y, k + middle * z) < 0.5:
                    high = middle
                else:
                    low = middle
            return min(0.5 * (low + high), longest_mm)
    return longest_mm
