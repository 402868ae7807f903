"""Single shapes in the patient frame into the picture: nerve roots, soft tumour, metal."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

from planner.geometry.kernels import kernel
from planner.phantom.fields import blade_field, voxel_mm

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Row = NDArray[np.float64]
    Rows = NDArray[np.float64]


@kernel
def paint_shape(
    hu: NDArray[np.float32],
    marks: NDArray[np.uint8],
    grid: Rows,
    box: NDArray[np.int64],
    shape: Row,
    value_hu: float,
    number: int,
) -> None:
    """Paint one blade given in LPS with one HU, and mark its voxels with ``number``."""
    spacing = sqrt(grid[0, 0] ** 2 + grid[1, 0] ** 2 + grid[2, 0] ** 2)
    for k in range(box[4], box[5]):
        for j in range(box[2], box[3]):
            for i in range(box[0], box[1]):
                x, y, z = voxel_mm(grid, i, j, k)
                f = blade_field(x, y, z, shape)
                share = min(max(0.5 - f / spacing, 0.0), 1.0)
                if share > 0.0:
                    hu[k, j, i] += share * (value_hu - hu[k, j, i])
                if f < 0.0:
                    marks[k, j, i] = number


@kernel
def paint_finely(
    hu: NDArray[np.float32],
    marks: NDArray[np.uint8],
    grid: Rows,
    box: NDArray[np.int64],
    shape: Row,
    matter: tuple[float, int],
    fine: NDArray[np.int64],
) -> None:
    """Paint one blade as ``paint_shape`` does, each voxel sampled ``fine`` times along each axis.

    A thin shaft in a thick slice fills only its share of the voxel. ``matter`` is HU and number;
    number 0 marks nothing.
    """
    value_hu, number = matter
    half = 0.5 * sqrt((grid[:, :3] ** 2).sum())
    step = sqrt(grid[0, 0] ** 2 + grid[1, 0] ** 2 + grid[2, 0] ** 2) / fine[0]
    count = fine[0] * fine[1] * fine[2]
    for k in range(box[4], box[5]):
        for j in range(box[2], box[3]):
            for i in range(box[0], box[1]):
                x, y, z = voxel_mm(grid, i, j, k)
                f = blade_field(x, y, z, shape)
                if f > half + step:
                    continue
                total = 0.0
                for n in range(count):
                    di = (n % fine[0] + 0.5) / fine[0] - 0.5
                    dj = (n // fine[0] % fine[1] + 0.5) / fine[1] - 0.5
                    dk = (n // (fine[0] * fine[1]) + 0.5) / fine[2] - 0.5
                    px = x + grid[0, 0] * di + grid[0, 1] * dj + grid[0, 2] * dk
                    py = y + grid[1, 0] * di + grid[1, 1] * dj + grid[1, 2] * dk
                    pz = z + grid[2, 0] * di + grid[2, 1] * dj + grid[2, 2] * dk
                    total += min(max(0.5 - blade_field(px, py, pz, shape) / step, 0.0), 1.0)
                share = total / count
                hu[k, j, i] += share * (value_hu - hu[k, j, i])
                if share > 0.5 and number != 0:
                    marks[k, j, i] = number


@kernel
def paint_within(
    hu: NDArray[np.float32],
    organs: NDArray[np.uint8],
    only: int,
    grid: Rows,
    box: NDArray[np.int64],
    shape: Row,
    value_hu: float,
) -> None:
    """Paint one blade with one HU, but only inside the organ whose number is ``only``."""
    spacing = sqrt(grid[0, 0] ** 2 + grid[1, 0] ** 2 + grid[2, 0] ** 2)
    for k in range(box[4], box[5]):
        for j in range(box[2], box[3]):
            for i in range(box[0], box[1]):
                if organs[k, j, i] != only:
                    continue
                x, y, z = voxel_mm(grid, i, j, k)
                share = min(max(0.5 - blade_field(x, y, z, shape) / spacing, 0.0), 1.0)
                hu[k, j, i] += share * (value_hu - hu[k, j, i])
