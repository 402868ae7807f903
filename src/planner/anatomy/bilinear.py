"""Reading a section or a surface between its samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray


@kernel
def bilinear(table: NDArray[np.floating], row: float, column: float) -> float:
    """Return ``table`` at (row, column) between its samples; the edge value beyond the edge."""
    row = min(max(row, 0.0), table.shape[0] - 1.001)
    column = min(max(column, 0.0), table.shape[1] - 1.001)
    j, i = int(row), int(column)
    a, b = row - j, column - i
    near = table[j, i] * (1 - b) + table[j, i + 1] * b
    far = table[j + 1, i] * (1 - b) + table[j + 1, i + 1] * b
    return float(near * (1 - a) + far * a)


def linear(table: NDArray[np.float64], places: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return ``table`` at places of any shape between its samples, held level beyond its ends.

    What ``numpy.interp`` gives over ``0, 1, 2 ...``, without its search for the interval.
    """
    flat = np.ascontiguousarray(places, dtype=np.float64).ravel()
    out = np.empty(flat.shape, np.float64)
    _linear(np.ascontiguousarray(table, dtype=np.float64), flat, out)
    return out.reshape(np.shape(places))


@kernel
def _linear(
    table: NDArray[np.float64], places: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Fill ``out``."""
    last = table.shape[0] - 1
    for n in range(places.shape[0]):
        place = places[n]
        if place <= 0.0:
            out[n] = table[0]
        elif place >= last:
            out[n] = table[last]
        else:
            low = int(place)
            out[n] = table[low] + (place - low) * (table[low + 1] - table[low])
