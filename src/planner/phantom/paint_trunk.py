"""The trunk into the picture and its masks, compiled."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.geometry.kernels import kernel
from planner.phantom.paint_bone import grain_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Row = NDArray[np.float64]
    Rows = NDArray[np.float64]

AIR_HU, LUNG_HU = -1000.0, -850.0

AORTA, VENA_CAVA, PLEURA = 1, 2, 3
"""Numbers of the organs whose masks are part of the truth."""

BEND_MM, BEND_PER_MM = 3.0, 0.028
"""Organs are ellipses in a space bent by this much, with waves of about 36 mm, because nothing
in a body is an ellipse."""

ROW_SLACK_MM = 12.0
"""No point is bent farther than this (noise of four standard deviations)."""

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
        Shape ``(n, 7)``: middle x and y, half width, half depth, fat and wall thickness, and
        1 where the wall is the belly's.
    chest
        Shape ``(n, 6)``: see ``lung_share``.
    organs
        Shape ``(n, m, 8)``, painted in order: middle x and y, half widths, HU, grain in HU,
        mask number, and the least depth below the wall; a half width of 0 is absent.
    soft_mm
        Width over which an edge passes from one tissue to the other: one voxel.
    """

    low_mm: float
    step_mm: float
    outline: Rows
    chest: Rows
    organs: NDArray[np.float64]
    soft_mm: float


class TrunkRow(NamedTuple):
    """What one row of voxels can meet; columns as in ``TrunkTable``."""

    outline: Row
    chest: Row
    organs: Rows
    soft_mm: float


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
def wall_hu(depth: float, o: Row, aside: float, coarse: float, fine: float) -> float:
    """Return the HU of skin, fat, the trunk's wall and the fat inside it.

    ``o`` is the outline's row; ``aside`` is 0 on the back and 1 elsewhere: only there does the
    wall of the belly show its three layers.
    """
    fat, wall, belly = o[4], o[5], o[6]
    if depth < 1.8:
        return 20.0
    if depth < fat:
        return -105.0 + (24.0 if fine > 1.35 else 0.0)
    if depth < fat + wall:
        share = (depth - fat) / wall
        layered = abs(share - 0.36) < 0.04 or abs(share - 0.68) < 0.035
        if belly * aside > 0.5:
            return -50.0 if layered and coarse > -0.6 else 55.0 + 5.0 * coarse
        return -55.0 if fine + coarse > 1.5 or share > 0.86 else 50.0 + 5.0 * fine
    return -100.0 + 14.0 * coarse + (45.0 if fine > 1.5 else 0.0)


@kernel
def lung_share(x: float, y: float, o: Row, c: Row, spacing: float) -> float:
    """Return how much of a voxel is lung: inside the chest and beside the mediastinum.

    ``c`` is present, middle x and y of the vertebral body, its half width and half depth, and
    the depth of the chest wall below the fat.
    """
    if c[0] == 0.0:
        return 0.0
    inset = o[4] + c[5]
    wall = -skin_field(x - o[0], y - o[1], o[2] - inset, o[3] - inset)
    back = y - c[2]
    middle = c[3] + 4.0
    if back > 0.3 * c[4]:
        middle += 0.95 * (back - 0.3 * c[4])
    elif back < -c[4]:
        middle += min(0.35 * (-c[4] - back), 26.0)
    beside = abs(x - c[1]) - middle
    return float(min(max(0.5 + min(wall, beside) / spacing, 0.0), 1.0))


@kernel
def couch_hu(x: float, above: float) -> float:
    """Return the HU outside the patient: a curved table top of foam in a thin shell, or air."""
    bend = above - (x / COUCH_RADIUS_MM) ** 2 * -40.0
    if abs(x) > 235.0 or bend < 2.0 or bend > 44.0:
        return AIR_HU
    return 90.0 if bend < 4.2 or bend > 42.0 else -945.0


@kernel
def organ_hu(
    x: float, y: float, row: Rows, inner_mm: float, value: float, uneven: float, soft_mm: float
) -> tuple[float, int]:
    """Return the HU at a point of one trunk row, and the number of the mask it belongs to.

    ``inner_mm`` is the depth below the trunk's wall; organs stay inside it, muscles need not.
    """
    number = 0
    for n in range(row.shape[0]):
        g = row[n]
        dx, dy = x - g[0], y - g[1]
        if g[2] < 1.0 or abs(dx) > g[2] + 1.0 or abs(dy) > g[3] + 1.0 or inner_mm < g[7]:
            continue
        share = organ_share(dx, dy, g[2], g[3], soft_mm)
        if share > 0.0:
            paint = -45.0 if g[5] >= 10.0 and uneven > 1.25 else g[4] + g[5] * uneven
            value += share * (paint - value)
            if share >= 0.5:
                number = int(g[6])
    return value, number


@kernel
def organs_near_row(first: Row, last: Row, organs: Rows, near: Rows) -> int:
    """Copy to ``near`` the organs that a row of voxels can meet, and return how many.

    ``first`` and ``last`` are the LPS ends of the row.
    """
    x_low, x_high = min(first[0], last[0]), max(first[0], last[0])
    y_low, y_high = min(first[1], last[1]), max(first[1], last[1])
    count = 0
    for n in range(organs.shape[0]):
        g = organs[n]
        if g[2] < 1.0 or g[0] - g[2] > x_high + ROW_SLACK_MM or g[0] + g[2] < x_low - ROW_SLACK_MM:
            continue
        if g[1] - g[3] > y_high + ROW_SLACK_MM or g[1] + g[3] < y_low - ROW_SLACK_MM:
            continue
        near[count] = g
        count += 1
    return count


@kernel
def inside_hu(
    bent: tuple[float, float], depth: float, row: TrunkRow, noise: tuple[float, float]
) -> tuple[float, int]:
    """Return the HU at a point inside the skin, and the number of its mask.

    ``bent`` is the point in the bent space in which organs are ellipses.
    """
    x, y = bent
    coarse, fine = noise
    o, soft_mm = row.outline, row.soft_mm
    aside = 1.0 if y - o[1] < 0.45 * o[3] else 0.0
    value, number = wall_hu(depth, o, aside, coarse, fine), 0
    if depth < o[4]:
        return value, number
    c = row.chest
    p, q = (x - c[1]) / (c[3] + 12.0), (y - c[2] - 16.0) / 20.0
    if c[0] > 0.0 and y - c[2] > 0.2 * c[4] and p * p + q * q > 1.0:
        value = -60.0 if coarse + fine > 1.6 else 48.0 + 5.0 * fine
    lung = lung_share(x, y, o, c, soft_mm)
    if lung > 0.0:
        air = 20.0 if fine > 1.9 else LUNG_HU + 35.0 * coarse + 20.0 * fine
        value += lung * (air - value)
        number = PLEURA if lung >= 0.5 else 0
    organ, mask = organ_hu(
        x, y, row.organs, depth - o[4] - o[5], value, 0.6 * (coarse + fine), soft_mm
    )
    if organ != value:
        number = mask
    return organ, number


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

    A row of voxels lies at one height: no patient position and no gantry tilt lifts it.
    ``couch`` is its height (LPS y) and +1 when behind the patient, -1 when in front.
    """
    hu, soft, last = maps.hu, table.soft_mm, table.outline.shape[0] - 1
    near = np.empty_like(table.organs[0])
    steps = grid[:, 0] * (hu.shape[2] - 1)
    for k in range(slices[0], slices[1]):
        for j in range(hu.shape[1]):
            start = grid[:, 1] * j + grid[:, 2] * k + grid[:, 3]
            n = min(max(int((start[2] - table.low_mm) / table.step_mm), 0), last)
            count = organs_near_row(start, start + steps, table.organs[n], near)
            row = TrunkRow(table.outline[n], table.chest[n], near[:count], soft)
            o = row.outline
            for i in range(hu.shape[2]):
                x, y = start[0] + grid[0, 0] * i, start[1] + grid[1, 0] * i
                f = skin_field(x - o[0], y - o[1], o[2], o[3])
                if f > soft:
                    hu[k, j, i] = couch_hu(x, (y - couch[0]) * couch[1])
                    continue
                noise = (
                    grain_at(x * 0.06, y * 0.06, start[2] * 0.04, grain),
                    grain_at(x * 0.22, y * 0.22, start[2] * 0.10, grain),
                )
                z = start[2] * BEND_PER_MM
                bent = (
                    x + BEND_MM * grain_at(x * BEND_PER_MM + 11.3, y * BEND_PER_MM, z, grain),
                    y + BEND_MM * grain_at(x * BEND_PER_MM, y * BEND_PER_MM + 23.7, z, grain),
                )
                value, number = inside_hu(bent, -f, row, noise)
                maps.organs[k, j, i] = number
                share = min(max(0.5 - f / soft, 0.0), 1.0)
                hu[k, j, i] = AIR_HU + share * (value - AIR_HU)
                if f < 0.0:
                    maps.skin[k, j, i] = 1
