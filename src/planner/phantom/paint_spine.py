"""Discs, canal contents and foramina into the picture and the label maps, compiled."""

from __future__ import annotations

from math import sin, sqrt
from typing import TYPE_CHECKING

from planner.geometry.kernels import kernel
from planner.phantom.fields import (
    FAR_MM,
    HALF_HEIGHT,
    LINE_DEPTH,
    LINE_LEVEL,
    LINE_TAPER,
    LINE_WIDTH,
    BoneRows,
    canal_section,
    endplate_height,
    in_frame,
    line_place,
    outline_field,
    voxel_mm,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.float64]

EPIDURAL_FAT_HU, CSF_HU, CORD_HU, DURA_HU = -60.0, 12.0, 38.0, 30.0
DISC_HU, ANNULUS_HU = 75.0, 105.0

CORD_HALF_WIDTH_MM, CORD_HALF_DEPTH_MM = 5.0, 3.9
"""Thoracic cord about 10 wide and 8 deep (recalled)."""

CANAL, SAC, CORD = 1, 2, 3


VACUUM_HU = -750.0
VACUUM_HALF_MM, VACUUM_INSIDE_MM = 0.9, 5.0
"""Half thickness of the gas cleft of a worn disc, and how far it keeps from the rim."""


@kernel
def disc_field(
    x: float, y: float, z: float, upper: BoneRows, lower: BoneRows
) -> tuple[float, float]:
    """Return the field of the disc between two bodies, and of a gas cleft in its middle."""
    u0, v0, w0 = in_frame(x, y, z, upper.frame)
    u1, v1, w1 = in_frame(x, y, z, lower.frame)
    body_0, body_1 = upper.body, lower.body
    above = endplate_height(u0, v0, body_0, -1.0) + w0
    below = endplate_height(u1, v1, body_1, 1.0) - w1
    f = max(above, below)
    if f > 1.0 or w0 > 0.0 or w1 < 0.0:
        return max(f, 1.0), FAR_MM
    t = above / (above + below) if above + below < 0.0 else 0.5
    side = (1.0 - t) * outline_field(u0, v0, -body_0[HALF_HEIGHT], body_0) + t * outline_field(
        u1, v1, body_1[HALF_HEIGHT], body_1
    )
    uneven = 0.8 * sin(0.45 * u0) + 0.6 * sin(0.6 * v0 + 1.0)
    cleft = max(
        abs(0.5 * (above - below) + uneven) - VACUUM_HALF_MM, side + VACUUM_INSIDE_MM + uneven
    )
    return max(f, side - 0.6), cleft


@kernel
def paint_disc(
    hu: NDArray[np.float32],
    discs: NDArray[np.uint8],
    grid: Rows,
    box: NDArray[np.int64],
    kind: tuple[int, float],
    between: tuple[BoneRows, BoneRows],
) -> None:
    """Paint one disc between two vertebrae: annulus around nucleus.

    ``kind`` is its number, and 1 where it holds a vacuum cleft.
    """
    number, gas = kind
    upper, lower = between
    spacing = sqrt(grid[0, 0] ** 2 + grid[1, 0] ** 2 + grid[2, 0] ** 2)
    for k in range(box[4], box[5]):
        for j in range(box[2], box[3]):
            for i in range(box[0], box[1]):
                x, y, z = voxel_mm(grid, i, j, k)
                f, cleft = disc_field(x, y, z, upper, lower)
                if f < 0.0:
                    discs[k, j, i] = number
                share = min(max(0.5 - f / spacing, 0.0), 1.0)
                if share > 0.0:
                    rim = min(max((f + 6.0) / 4.0, 0.0), 1.0)
                    value = DISC_HU + rim * (ANNULUS_HU - DISC_HU)
                    air = gas * min(max(0.5 - cleft / spacing, 0.0), 1.0)
                    value += air * (VACUUM_HU - value)
                    hu[k, j, i] += share * (value - hu[k, j, i])


@kernel
def paint_canal(
    hu: NDArray[np.float32],
    canal: NDArray[np.uint8],
    grid: Rows,
    box: NDArray[np.int64],
    line: Rows,
    conus: float,
) -> None:
    """Paint epidural fat, sac and cord; ``conus`` is the running level where the cord ends."""
    spacing = sqrt(grid[0, 0] ** 2 + grid[1, 0] ** 2 + grid[2, 0] ** 2)
    for k in range(box[4], box[5]):
        for j in range(box[2], box[3]):
            for i in range(box[0], box[1]):
                x, y, z = voxel_mm(grid, i, j, k)
                row = line_place(x, y, z, line)
                qx, qy, qz = x - line[row, 0], y - line[row, 1], z - line[row, 2]
                u = qx * line[row, 3] + qy * line[row, 6] + qz * line[row, 9]
                v = qx * line[row, 4] + qy * line[row, 7] + qz * line[row, 10]
                a, d, taper = line[row, LINE_WIDTH], line[row, LINE_DEPTH], line[row, LINE_TAPER]
                f = canal_section(u, v, a, d, taper)
                if f > spacing:
                    continue
                share = min(max(0.5 - f / spacing, 0.0), 1.0)
                hu[k, j, i] += share * (EPIDURAL_FAT_HU - hu[k, j, i])
                level = line[row, LINE_LEVEL]
                sac = canal_section(u, v + 0.6, a - 2.2, d - 1.6, 0.3 * taper)
                share = min(max(0.5 - sac / spacing, 0.0), 1.0)
                hu[k, j, i] += share * (CSF_HU - hu[k, j, i])
                ending = min(max((conus - level) * 1.3, 0.0), 1.0)
                cord = 1.0
                if ending > 0.0:
                    p = u / (CORD_HALF_WIDTH_MM * sqrt(ending))
                    q = (v + 0.3) / (CORD_HALF_DEPTH_MM * sqrt(ending))
                    k0 = sqrt(p * p + q * q)
                    cord = (k0 - 1.0) * CORD_HALF_DEPTH_MM * sqrt(ending)
                    share = min(max(0.5 - cord / spacing, 0.0), 1.0)
                    hu[k, j, i] += share * (CORD_HU - hu[k, j, i])
                if f < 0.0:
                    canal[k, j, i] = CORD if cord < 0.0 else (SAC if sac < 0.0 else CANAL)


@kernel
def mark_foramen(
    foramina: NDArray[np.uint8],
    taken: NDArray[np.uint8],
    grid: Rows,
    box: NDArray[np.int64],
    number: int,
    corner: Rows,
) -> None:
    """Mark one foramen: the free space between two pedicles.

    ``corner`` rows are middle, unit inward-outward axis, unit back axis, unit up axis, and half
    sizes along them; ``taken`` is where bone, disc or canal already is.
    """
    for k in range(box[4], box[5]):
        for j in range(box[2], box[3]):
            for i in range(box[0], box[1]):
                if taken[k, j, i] != 0:
                    continue
                x, y, z = voxel_mm(grid, i, j, k)
                x, y, z = x - corner[0, 0], y - corner[0, 1], z - corner[0, 2]
                out = x * corner[1, 0] + y * corner[1, 1] + z * corner[1, 2]
                back = x * corner[2, 0] + y * corner[2, 1] + z * corner[2, 2]
                up = x * corner[3, 0] + y * corner[3, 1] + z * corner[3, 2]
                if abs(out) > corner[4, 0]:
                    continue
                if (back / corner[4, 1]) ** 2 + (up / corner[4, 2]) ** 4 < 1.0:
                    foramina[k, j, i] = number
