"""Reading a section or a surface between its samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    import numpy as np
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
