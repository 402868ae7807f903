"""The trunk into the picture and its masks, compiled."""

from __future__ import annotations

from math import exp, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.geometry.kernels import kernel
from planner.phantom.paint_bone import grain_at
from planner.phantom.paint_wall import (
    FAT,
    RIDGE,
    Depths,
    muscle_hu,
    pelvic_hu,
    skin_field,
    wall_depths,
    wall_hu,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Row = NDArray[np.float64]
    Rows = NDArray[np.float64]

AIR_HU, LUNG_HU = -1000.0, -825.0

AORTA, VENA_CAVA, PLEURA = 1, 2, 3
"""Numbers of the organs whose masks are part of the truth."""

LIVER, BELLY_FAT = 4, 5
"""Numbers of the organs in which vessels run."""

BEND_MM, BEND_PER_MM = 3.0, 0.028
"""Organs are ellipses in a space bent by this much, with waves of about 36 mm, because nothing
in a body is an ellipse."""

ROW_SLACK_MM = 40.0
"""No point is bent farther than this (noise of more than three standard deviations)."""

COUCH_RADIUS_MM = 230.0
"""Half width of the couch's hollow."""

LOOSE_MM, LOOSE_PER_MM = 9.0, 0.0125
"""Bellies are bent by this much more, in waves of about 80 mm."""

RIDGE_SHARE = 0.75
"""Sheets in an organ are at most this dense."""

FURROW_MM, FURROW_HALF_MM = 5.0, 17.0
"""Depth and half width of the furrow of the back over the spinous processes."""

# Columns of an organ.
ORGAN_HU, ORGAN_GRAIN, ORGAN_MASK, ORGAN_DEPTH, ORGAN_RIDGE = 4, 5, 6, 7, 8
ORGAN_LOOSE, ORGAN_SQUARE, ORGAN_LEVEL = 9, 10, 11

GAS_ABOVE = 0.15
"""Gas fills a gut down to this share of its half depth short of the middle."""


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
        Shape ``(n, paint_wall.OUTLINE_COLUMNS)``: middle x and y, half width, half depth, fat and
        wall thickness, 1 where the wall is the belly's, 0 to 1 below the iliac crest, and where
        the middle of the sacrum is.
    chest
        Shape ``(n, 6)``: see ``lung_share``.
    organs
        Shape ``(n, m, 12)``, painted in order: middle x and y, half widths, then the columns
        named above; a half width of 0 is absent.
    soft_mm
        Width over which an edge passes from one tissue to the other: one voxel.
    relief
        Shape ``(n, paint_wall.RELIEFS, paint_wall.PLACES)``: how the body departs from an oval.
    wing
        Shape ``(n, paint_wall.PLACES)``: see ``paint_wall.pelvic_hu``.
    """

    low_mm: float
    step_mm: float
    outline: Rows
    chest: Rows
    organs: NDArray[np.float64]
    soft_mm: float
    relief: NDArray[np.float64]
    wing: Rows


class TrunkRow(NamedTuple):
    """What one row of voxels can meet; columns as in ``TrunkTable``."""

    outline: Row
    chest: Row
    organs: Rows
    soft_mm: float
    wing: Row


@kernel
def organ_share(dx: float, dy: float, g: Row, soft_mm: float) -> float:
    """Return how much of a voxel an organ fills, 0 to 1, by distance to its edge."""
    p, q, square = dx / g[2], dy / g[3], g[ORGAN_SQUARE]
    p2, q2 = p * p, q * q
    value = p2 + q2 - square * p2 * q2
    if value < 1e-9:
        return 1.0
    root = sqrt(value)
    gx, gy = p * (1.0 - square * q2) / g[2], q * (1.0 - square * p2) / g[3]
    f = (root - 1.0) * root / (sqrt(gx * gx + gy * gy) + 1e-9)
    return min(max(0.5 - f / soft_mm, 0.0), 1.0)


@kernel
def lung_share(x: float, y: float, o: Row, c: Row, spacing: float) -> float:
    """Return how much of a voxel is lung: inside the chest and beside the mediastinum.

    ``c`` is present, middle x and y of the vertebral body, its half width and half depth, and
    the depth of the chest wall below the fat.
    """
    if c[0] == 0.0:
        return 0.0
    inset = o[FAT] + c[5]
    wall = -skin_field(x - o[0], y - o[1], o[2] - inset, o[3] - inset)
    back = y - c[2]
    middle = c[3] + 4.0
    if back > 0.3 * c[4]:
        behind = back - 0.3 * c[4]
        middle += behind * (0.45 + min(behind, 45.0) / 45.0 * 0.55)
    elif back < -c[4]:
        before = -c[4] - back
        middle = max(middle + 0.12 * before - 0.4 * max(before - 30.0, 0.0), 3.5)
        middle += 0.35 * max(before - 88.0, 0.0)
    beside = abs(x - c[1]) - middle
    return float(min(max(0.5 + min(wall, beside) / spacing, 0.0), 1.0))


@kernel
def couch_hu(x: float, above: float) -> float:
    """Return the HU outside the patient: a curved table top of foam in a thin shell, or air."""
    bend = above - (x / COUCH_RADIUS_MM) ** 2 * -40.0
    if abs(x) > 235.0 or bend < 2.0 or bend > 44.0:
        return AIR_HU
    return 320.0 if bend < 4.0 or bend > 42.0 else -978.0


@kernel
def organ_hu(
    bent: tuple[float, float, float, float, float],
    row: TrunkRow,
    inner_mm: float,
    value: float,
    noise: tuple[float, float],
) -> tuple[float, int]:
    """Return the HU at a point of one trunk row, and the number of the mask it belongs to.

    ``inner_mm`` is the depth below the trunk's wall; organs stay inside it, muscles need not.
    """
    number = 0
    coarse, fine = noise
    sheet = RIDGE_SHARE * max(0.0, 1.0 - abs(coarse + 0.25 * fine) / RIDGE)
    for n in range(row.organs.shape[0]):
        g = row.organs[n]
        loose = g[ORGAN_LOOSE] > 0.0
        dx = (bent[2] if loose else bent[0]) - g[0]
        dy = (bent[3] if loose else bent[1]) - g[1]
        if g[2] < 0.8 or g[3] < 0.5 or abs(dx) > g[2] + 1.0 or abs(dy) > g[3] + 1.0:
            continue
        below = g[ORGAN_LEVEL] * (bent[4] - g[1]) + GAS_ABOVE * abs(g[ORGAN_LEVEL]) * g[3]
        if inner_mm < g[ORGAN_DEPTH] or below > 0.0:
            continue
        share = organ_share(dx, dy, g, row.soft_mm)
        if share > 0.0:
            paint = g[ORGAN_HU] + g[ORGAN_GRAIN] * 0.6 * (coarse + fine) + g[ORGAN_RIDGE] * sheet
            value += share * (paint - value)
            if share >= 0.5:
                number = int(g[ORGAN_MASK])
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
        if g[2] < 0.8 or g[0] - g[2] > x_high + ROW_SLACK_MM or g[0] + g[2] < x_low - ROW_SLACK_MM:
            continue
        if g[1] - g[3] > y_high + ROW_SLACK_MM or g[1] + g[3] < y_low - ROW_SLACK_MM:
            continue
        near[count] = g
        count += 1
    return count


@kernel
def inside_hu(
    bent: tuple[float, float, float, float, float],
    at: Depths,
    row: TrunkRow,
    noise: tuple[float, float],
) -> tuple[float, int]:
    """Return the HU at a point inside the skin, and the number of its mask.

    ``bent`` is the point in the bent space in which organs are rounded, then in the one in
    which loose bellies are, and last its true LPS y, across which gas lies level.
    """
    x, y = bent[0], bent[1]
    coarse, fine = noise
    o, soft_mm = row.outline, row.soft_mm
    value, number = wall_hu(at, o, coarse, fine), 0
    if at.muscle < 0.0 or at.skin < 2.0:
        return value, number
    pelvic = pelvic_hu(x, y, o, row.wing, coarse, fine)
    if pelvic != 0.0:
        return pelvic, 0
    c = row.chest
    p, q = (x - c[1]) / (c[3] + 12.0), (y - c[2] - 16.0) / 20.0
    if c[0] > 0.0 and at.base > o[FAT] and y - c[2] > 0.2 * c[4] and p * p + q * q > 1.0:
        value = muscle_hu(coarse, fine)
    lung = lung_share(x, y, o, c, soft_mm)
    if lung > 0.0:
        air = LUNG_HU + 22.0 * coarse + 14.0 * fine
        value += lung * (air - value)
        number = PLEURA if lung >= 0.5 else 0
    organ, mask = organ_hu(bent, row, at.base - o[FAT] - at.wall, value, noise)
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
            row = TrunkRow(table.outline[n], table.chest[n], near[:count], soft, table.wing[n])
            o, relief = row.outline, table.relief[n]
            for i in range(hu.shape[2]):
                x, y = start[0] + grid[0, 0] * i, start[1] + grid[1, 0] * i
                furrow = FURROW_MM * exp(-(((x - o[0]) / FURROW_HALF_MM) ** 2))
                at = wall_depths(x - o[0], y - o[1], furrow, o, relief)
                f = -at.skin
                if f > soft:
                    hu[k, j, i] = couch_hu(x, (y - couch[0]) * couch[1])
                    continue
                noise = (
                    grain_at(x * 0.06, y * 0.06, start[2] * 0.04, grain),
                    grain_at(x * 0.22, y * 0.22, start[2] * 0.10, grain),
                )
                z = start[2] * BEND_PER_MM
                near_x, near_y = (
                    x + BEND_MM * grain_at(x * BEND_PER_MM + 11.3, y * BEND_PER_MM, z, grain),
                    y + BEND_MM * grain_at(x * BEND_PER_MM, y * BEND_PER_MM + 23.7, z, grain),
                )
                u, v, w = x * LOOSE_PER_MM, y * LOOSE_PER_MM, start[2] * LOOSE_PER_MM
                loose = (
                    near_x + LOOSE_MM * grain_at(u + 5.1, v, w, grain),
                    near_y + LOOSE_MM * grain_at(u, v + 7.9, w, grain),
                )
                bent = (near_x, near_y, loose[0], loose[1], y)
                value, number = inside_hu(bent, at, row, noise)
                maps.organs[k, j, i] = number
                share = min(max(0.5 - f / soft, 0.0), 1.0)
                hu[k, j, i] = AIR_HU + share * (value - AIR_HU)
                if f < 0.0:
                    maps.skin[k, j, i] = 1
