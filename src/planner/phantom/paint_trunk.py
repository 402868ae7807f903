"""The trunk into the picture and its masks, compiled."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

from planner.geometry.kernels import kernel
from planner.phantom.paint_bone import grain_at

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.float64]

AIR_HU = -1000.0

COUCH_RADIUS_MM = 230.0
"""Half width of the couch's hollow."""

SQUARENESS = 0.55
"""How far the trunk's section goes from an ellipse (0) to a rectangle (1)."""


class TrunkMaps(NamedTuple):
    """The arrays the trunk is painted into, ``[k, j, i]``."""

    hu: NDArray[np.float32]
    organs: NDArray[np.uint8]
    skin: NDArray[np.uint8]


class TrunkTable(NamedTuple):
    """The trunk, row by row from the bottom up.

    Attributes
    ----------
    low_mm, step_mm
        Height (LPS z) of the first row, and between rows.
    outline
        Shape ``(n, 6)``: middle x and y, half width, half depth, fat and wall thickness.
    organs
        Shape ``(n, m, 7)``, painted in order: middle x and y, half widths, HU, grain in HU and
        mask number; a half width of 0 is absent.
    """

    low_mm: float
    step_mm: float
    outline: Rows
    organs: NDArray[np.float64]


@kernel
def skin_field(x: float, y: float, a: float, b: float) -> float:
    """Return the field of the trunk's section at an offset from its middle."""
    p, q = x / a, y / b
    p2, q2 = p * p, q * q
    value = p2 + q2 - SQUARENESS * p2 * q2
    if p2 > 1.6 or q2 > 1.6:
        return max(abs(x) - a, abs(y) - b)
    if value < 1e-6:
        return -min(a, b)
    root = sqrt(value)
    gx = p * (1.0 - SQUARENESS * q2) / a
    gy = q * (1.0 - SQUARENESS * p2) / b
    return (root - 1.0) * root / sqrt(gx * gx + gy * gy)


@kernel
def organ_share(dx: float, dy: float, rx: float, ry: float, soft_mm: float) -> float:
    """Return how much of a voxel an ellipse fills, 0 to 1, by distance to its edge."""
    p, q = dx / rx, dy / ry
    k0 = sqrt(p * p + q * q)
    if k0 < 1e-6:
        return 1.0
    f = (k0 - 1.0) * k0 / sqrt((p / rx) ** 2 + (q / ry) ** 2)
    return min(max(0.5 - f / soft_mm, 0.0), 1.0)


@kernel
def wall_hu(depth: float, fat: float, wall: float, coarse: float, fine: float) -> float:
    """Return the HU of skin, fat, the muscle of the trunk's wall and the fat within it."""
    if depth < 1.8:
        return 20.0
    if depth < fat:
        return -105.0 + (22.0 if fine > 1.25 else 0.0)
    if depth < fat + wall:
        share = (depth - fat) / wall
        layered = abs(share - 0.36) < 0.04 or abs(share - 0.68) < 0.035
        return -50.0 if layered and coarse > -0.6 else 55.0 + 5.0 * coarse
    return -100.0 + 16.0 * coarse + (30.0 if fine > 1.3 else 0.0)


@kernel
def couch_hu(x: float, above: float) -> float:
    """Return the HU outside the patient: a curved table top of foam in a thin shell, or air."""
    bend = above - (x / COUCH_RADIUS_MM) ** 2 * -40.0
    if abs(x) > 235.0 or bend < 2.0 or bend > 44.0:
        return AIR_HU
    return -300.0 if bend < 4.0 or bend > 42.0 else -955.0


@kernel
def organ_hu(
    x: float, y: float, row: Rows, value: float, coarse: float, fine: float, soft_mm: float
) -> tuple[float, int]:
    """Return the HU at a point of one trunk row, and the number of the mask it belongs to."""
    number = 0
    for n in range(row.shape[0]):
        g = row[n]
        dx, dy = x - g[0], y - g[1]
        if g[2] < 1.0 or abs(dx) > g[2] + 1.0 or abs(dy) > g[3] + 1.0:
            continue
        share = organ_share(dx, dy, g[2], g[3], soft_mm)
        if share > 0.0:
            value += share * (g[4] + g[5] * 0.6 * (coarse + fine) - value)
            if share >= 0.5:
                number = int(g[6])
    return value, number


@kernel
def paint_trunk(
    maps: TrunkMaps,
    grid: Rows,
    slices: NDArray[np.int64],
    table: TrunkTable,
    grain: NDArray[np.float32],
    couch: tuple[float, float],
) -> None:
    """Paint slices ``slices[0]`` to ``slices[1]``: air, couch, trunk wall and organs.

    ``couch`` is its height (LPS y) and +1 when behind the patient, -1 when in front.
    """
    hu, outline = maps.hu, table.outline
    spacing = sqrt(grid[0, 0] ** 2 + grid[1, 0] ** 2 + grid[2, 0] ** 2)
    for k in range(slices[0], slices[1]):
        for j in range(hu.shape[1]):
            for i in range(hu.shape[2]):
                x = grid[0, 0] * i + grid[0, 1] * j + grid[0, 2] * k + grid[0, 3]
                y = grid[1, 0] * i + grid[1, 1] * j + grid[1, 2] * k + grid[1, 3]
                z = grid[2, 0] * i + grid[2, 1] * j + grid[2, 2] * k + grid[2, 3]
                row = min(max(int((z - table.low_mm) / table.step_mm), 0), outline.shape[0] - 1)
                o = outline[row]
                f = skin_field(x - o[0], y - o[1], o[2], o[3])
                if f > spacing:
                    hu[k, j, i] = couch_hu(x, (y - couch[0]) * couch[1])
                    continue
                coarse = grain_at(x * 0.06, y * 0.06, z * 0.04, grain)
                fine = grain_at(x * 0.22, y * 0.22, z * 0.10, grain)
                value = wall_hu(-f, o[4], o[5], coarse, fine)
                if -f > o[4]:
                    value, number = organ_hu(x, y, table.organs[row], value, coarse, fine, spacing)
                    maps.organs[k, j, i] = number
                share = min(max(0.5 - f / spacing, 0.0), 1.0)
                hu[k, j, i] = AIR_HU + share * (value - AIR_HU)
                if f < 0.0:
                    maps.skin[k, j, i] = 1
