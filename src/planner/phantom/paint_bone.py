"""Bone into the picture and the label maps: adaptive supersampling, compiled."""

from __future__ import annotations

from math import floor, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.geometry.kernels import kernel
from planner.phantom.fields import (
    BULGE,
    HALF_BACK,
    HALF_HEIGHT,
    HALF_WIDTH,
    LENGTH,
    REACH,
    BoneRows,
    bone_field,
    in_frame,
    voxel_mm,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Row = NDArray[np.float64]
    Rows = NDArray[np.float64]

# Columns of a marrow row.
TRABECULAR, GRAIN, CORTEX_HU, BODY_CORTEX, ARCH_CORTEX, SEED_SHIFT = 0, 1, 2, 3, 4, 5
MARROW_COLUMNS = 6

# Columns of a lesion row: middle (3, own frame), radius, kind, breach, shift of its roughness.
LESION_R, LESION_KIND, LESION_BREACH, ROUGHNESS = 3, 4, 5, 6
LESION_COLUMNS = 7
LYTIC, BLASTIC, MIXED, FILLED = 0.0, 1.0, 2.0, 3.0

LYTIC_HU, BLASTIC_HU = 48.0, 654.0
"""Soft tumour (recalled 20 to 80); mean of blastic metastases, Ulano 2016 AJR 207:362."""

BASIVERTEBRAL_HU = 25.0

ROW_MARGIN_MM = 6.0
"""Beyond this, no fillet and no voxel of up to 6 mm is touched."""

THIN_SPOT = 0.25
"""Where the shell is thinnest, this share of it is left."""

ENDPLATE_FROM, ENDPLATE_THICKER = 0.82, 1.5
"""Endplates are thicker than the side walls of a body (recalled)."""

MEDIAL_THICKER = 1.25
"""The wall of a pedicle towards the canal is thicker than its outer wall (recalled)."""

UNDER_CORTEX_MM = 2.5
"""Trabeculae stand closer together within this depth below the cortex."""


class BoneMaps(NamedTuple):
    """The arrays that bone is painted into, ``[k, j, i]``."""

    hu: NDArray[np.float32]
    labels: NDArray[np.uint8]
    bodies: NDArray[np.uint8]
    lesion: NDArray[np.uint8]


class BoneTissue(NamedTuple):
    """What bone is made of: marrow row, lesion rows, and the block of noise."""

    marrow: Row
    lesions: Rows
    grain: NDArray[np.float32]


@kernel
def grain_at(x: float, y: float, z: float, grain: NDArray[np.float32]) -> float:
    """Return the noise block, tiled without end and interpolated, at a point in cells.

    The block's edge is a power of two, so that tiling is a bit mask.
    """
    last = grain.shape[0] - 1
    fx, fy, fz = floor(x), floor(y), floor(z)
    a, b, c = x - fx, y - fy, z - fz
    i0, j0, k0 = int(fx) & last, int(fy) & last, int(fz) & last
    i1, j1, k1 = (i0 + 1) & last, (j0 + 1) & last, (k0 + 1) & last
    low = (grain[k0, j0, i0] * (1 - a) + grain[k0, j0, i1] * a) * (1 - b) + (
        grain[k0, j1, i0] * (1 - a) + grain[k0, j1, i1] * a
    ) * b
    high = (grain[k1, j0, i0] * (1 - a) + grain[k1, j0, i1] * a) * (1 - b) + (
        grain[k1, j1, i0] * (1 - a) + grain[k1, j1, i1] * a
    ) * b
    return float(low * (1 - c) + high * c)


@kernel
def lesion_field(u: float, v: float, w: float, row: Row, grain: NDArray[np.float32]) -> float:
    """Return the field of one lesion: a sphere with an uneven surface."""
    x, y, z = u - row[0], v - row[1], w - row[2]
    distance = sqrt(x * x + y * y + z * z)
    if distance > 1.6 * row[LESION_R] + 2.0:
        return float(distance - row[LESION_R])
    scale = 0.9 / row[LESION_R]
    uneven = grain_at(x * scale + row[ROUGHNESS], y * scale, z * scale, grain)
    return float(distance - row[LESION_R] * (1.0 + 0.10 * uneven))


@kernel
def basivertebral(u: float, v: float, w: float, body: Row) -> bool:
    """Tell whether a point is in the venous channel from the middle of the wall inward."""
    depth = v / body[HALF_BACK]
    if depth < 0.2 or depth > 1.1 or abs(w) > 0.2 * body[HALF_HEIGHT]:
        return False
    open_half = 1.0 + 2.0 * max(0.0, depth - 0.4)
    fork = 0.28 * body[HALF_WIDTH] * max(0.0, 0.45 - depth)
    return bool((abs(abs(u) - fork) / open_half) ** 2 + (w / 1.7) ** 2 < 1.0)


@kernel
def grows_thick(u: float, v: float, body: Row) -> bool:
    """Tell whether a point of the arch is on the canal's side of a pedicle."""
    behind = v - body[HALF_BACK]
    return bool(-2.0 < behind < 12.0 and abs(u) < 0.42 * body[HALF_WIDTH] + 1.5)


@kernel
def bone_hu(
    place: tuple[float, float, float],
    depths: tuple[float, float, float],
    body: Row,
    tissue: BoneTissue,
    soft_mm: float,
) -> float:
    """Return the HU of a point inside a vertebra.

    ``place`` is in its own frame, ``depths`` as of ``bone_field``; the inner side of the cortex
    is softened over ``soft_mm``, the distance of samples, so that a thin shell never breaks up.
    """
    u, v, w = place
    f, f_body, f_arch = depths
    marrow, lesions, grain = tissue.marrow, tissue.lesions, tissue.grain
    shift = marrow[SEED_SHIFT]
    coarse = grain_at(u * 0.16 + shift, v * 0.16, w * 0.16, grain)
    in_body = f_body < f_arch
    shell = marrow[BODY_CORTEX] if in_body else marrow[ARCH_CORTEX]
    patch = grain_at(u * 0.33 + shift, v * 0.33, w * 0.33, grain)
    shell *= max(1.0 + 0.28 * coarse + 0.22 * patch, THIN_SPOT)
    if in_body and abs(w) > ENDPLATE_FROM * body[HALF_HEIGHT]:
        shell *= ENDPLATE_THICKER
    elif not in_body and grows_thick(u, v, body):
        shell *= MEDIAL_THICKER
    cortex = -f < shell
    for n in range(lesions.shape[0]):
        row = lesions[n]
        if lesion_field(u, v, w, row, grain) < 0.0 and (row[LESION_BREACH] > 0.0 or not cortex):
            kind = row[LESION_KIND]
            if kind == FILLED and cortex:
                continue
            fine = grain_at(u * 0.45 + shift, v * 0.45, w * 0.45, grain)
            if kind == BLASTIC or (kind == MIXED and fine > 0.1):
                return BLASTIC_HU + 90.0 * fine
            if kind == FILLED:
                return 2200.0 + 350.0 * fine
            return LYTIC_HU + 6.0 * fine
    if in_body and f_arch > 0.0 and basivertebral(u, v, w, body):
        return float(BASIVERTEBRAL_HU + 0.3 * marrow[TRABECULAR])
    solid = min(max(0.5 + (f + shell) / soft_mm, 0.0), 1.0)
    fine = grain_at(u * 0.8 + shift, v * 0.8, w * 0.4, grain)
    near_end = max(0.0, abs(w) / body[HALF_HEIGHT] - 0.7) if in_body else 1.7
    strut = grain_at(u * 1.05 + shift, v * 1.05, w * 0.22, grain)
    under = max(0.0, 1.0 + (f + shell) / UNDER_CORTEX_MM)
    dense = 1.0 + 0.5 * near_end + 0.7 * under
    uneven = marrow[GRAIN] * (0.7 * fine + 0.6 * coarse + strut)
    spongy = marrow[TRABECULAR] * dense + uneven
    return float(spongy + solid * (marrow[CORTEX_HU] - spongy))


@kernel
def sampled(
    centre: tuple[float, float, float],
    grid: Rows,
    fine: NDArray[np.int64],
    rows: BoneRows,
    tissue: BoneTissue,
) -> tuple[float, float]:
    """Return the share of a voxel that is bone, and the sum of its bone's HU times share."""
    total, inside = 0.0, 0.0
    soft = sqrt((grid[:, 0] ** 2).sum()) / fine[0]
    for n in range(fine[0] * fine[1] * fine[2]):
        di = (n % fine[0] + 0.5) / fine[0] - 0.5
        dj = (n // fine[0] % fine[1] + 0.5) / fine[1] - 0.5
        dk = (n // (fine[0] * fine[1]) + 0.5) / fine[2] - 0.5
        x = centre[0] + grid[0, 0] * di + grid[0, 1] * dj + grid[0, 2] * dk
        y = centre[1] + grid[1, 0] * di + grid[1, 1] * dj + grid[1, 2] * dk
        z = centre[2] + grid[2, 0] * di + grid[2, 1] * dj + grid[2, 2] * dk
        depths = bone_field(x, y, z, rows)
        share = min(max(0.5 - depths[0] / soft, 0.0), 1.0)
        if share > 0.0:
            place = in_frame(x, y, z, rows.frame)
            total += share * bone_hu(place, depths, rows.body, tissue, soft)
            inside += share
    count = fine[0] * fine[1] * fine[2]
    return inside / count, total / count


@kernel
def blades_near_row(grid: Rows, j: int, k: int, rows: BoneRows, near: Rows) -> int:
    """Copy to ``near`` the blades that a row of voxels can meet, and return how many.

    Returns -1 when the row meets neither blade nor body. What is left out is farther away than
    any fillet and any voxel, so the field stays what it was wherever it is used.
    """
    x, y, z = voxel_mm(grid, 0, j, k)
    step = sqrt(grid[0, 0] ** 2 + grid[1, 0] ** 2 + grid[2, 0] ** 2)
    u, v, w = in_frame(x, y, z, rows.frame)
    du, dv, dw = in_frame(
        rows.frame[0] + grid[0, 0] / step,
        rows.frame[1] + grid[1, 0] / step,
        rows.frame[2] + grid[2, 0] / step,
        rows.frame,
    )
    count = 0
    for n in range(rows.blades.shape[0]):
        b = rows.blades[n]
        half = 0.5 * b[LENGTH]
        qu, qv, qw = b[0] + half * b[3] - u, b[1] + half * b[4] - v, b[2] + half * b[5] - w
        along = qu * du + qv * dv + qw * dw
        apart2 = qu * qu + qv * qv + qw * qw - along * along
        if apart2 < (half + b[REACH] + ROW_MARGIN_MM) ** 2:
            near[count] = b
            count += 1
    along = -(u * du + v * dv + w * dw)
    apart2 = u * u + v * v + w * w - along * along
    body = rows.body
    radius2 = body[HALF_WIDTH] ** 2 + (body[HALF_BACK] + body[BULGE]) ** 2
    radius = sqrt(radius2 + (1.3 * body[HALF_HEIGHT]) ** 2) + ROW_MARGIN_MM
    if count == 0 and apart2 > radius * radius:
        return -1
    return count


@kernel
def mark(maps: BoneMaps, at: tuple[int, int, int], number: int, in_body: bool) -> None:
    """Write one voxel's label."""
    maps.labels[at] = number
    if in_body:
        maps.bodies[at] = number


@kernel
def paint_bone(
    maps: BoneMaps,
    grid: Rows,
    box: NDArray[np.int64],
    number: int,
    whole: BoneRows,
    tissue: BoneTissue,
    fine: NDArray[np.int64],
) -> None:
    """Paint one vertebra into ``box`` (i0 i1 j0 j1 k0 k1) of the maps.

    Voxels that the surface or the cortex passes through are sampled ``fine`` times along each
    axis; what was there before keeps the share that is not bone.
    """
    half = 0.5 * sqrt((grid[:, :3] ** 2).sum())
    band = half + 1.6 * max(tissue.marrow[BODY_CORTEX], tissue.marrow[ARCH_CORTEX])
    blades = np.empty_like(whole.blades)
    for k in range(box[4], box[5]):
        for j in range(box[2], box[3]):
            count = blades_near_row(grid, j, k, whole, blades)
            if count < 0:
                continue
            rows = BoneRows(whole.frame, whole.body, blades[:count], whole.joints, whole.line)
            for i in range(box[0], box[1]):
                x, y, z = voxel_mm(grid, i, j, k)
                depths = bone_field(x, y, z, rows)
                if depths[0] > half + 0.1:
                    continue
                u, v, w = in_frame(x, y, z, rows.frame)
                if depths[0] < 0.0:
                    mark(maps, (k, j, i), number, depths[1] < 0.0)
                    for n in range(tissue.lesions.shape[0]):
                        if lesion_field(u, v, w, tissue.lesions[n], tissue.grain) < 0.0:
                            filled = tissue.lesions[n, LESION_KIND] == FILLED
                            maps.lesion[k, j, i] = 2 if filled else 1
                if depths[0] < -band:
                    maps.hu[k, j, i] = bone_hu((u, v, w), depths, rows.body, tissue, 1.0)
                    continue
                share, value = sampled((x, y, z), grid, fine, rows, tissue)
                maps.hu[k, j, i] = maps.hu[k, j, i] * (1.0 - share) + value
