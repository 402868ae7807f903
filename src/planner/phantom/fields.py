"""Signed distance fields of the parts of a spine; negative inside, mm, compiled.

Every field is the exact zero surface of its formula. Away from the surface it is a distance to
first order (value over gradient), which is what partial volume and cortex thickness need.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Row = NDArray[np.float64]
    Rows = NDArray[np.float64]

FAR_MM = 1.0e3
"""Distance given to a point that is clearly outside."""

ARCH_BLEND_MM = 2.5
"""Radius over which the parts of the arch flow into one another."""

BODY_BLEND_MM = 2.5
"""Radius over which the pedicles flow into the body."""

# Columns of a blade: a segment with an elliptic section that may taper and bow.
START, AXIS, LENGTH, ACROSS, UPRIGHT = 0, 3, 6, 7, 10
WIDTH_0, WIDTH_1, TALL_0, TALL_1, WIDTH_BOW, TALL_BOW = 13, 14, 15, 16, 17, 18
CUT_NORMAL, CUT_AT, HAS_CUT, REACH = 19, 22, 23, 24
BLADE_COLUMNS = 25

# Columns of a body.
HALF_WIDTH, HALF_FRONT, HALF_BACK, HOLLOW, HOLLOW_REACH, HALF_HEIGHT, SLOPE = 0, 1, 2, 3, 4, 5, 6
DISH_TOP, DISH_BOTTOM, WAIST_SIDE, WAIST_BACK, BULGE, ROUNDING, DISH_BACK = 7, 8, 9, 10, 11, 12, 13
WAIST_FRONT, FOOT_TAPER, LIP_TOP, LIP_BOTTOM = 14, 15, 16, 17
NODE_TOP, NODE_BOTTOM = 18, 21
BODY_COLUMNS = 24
"""A node is its depth and where it is (u, v) on the endplate."""

NODE_RADIUS_MM = 5.0
LIP_FROM = 0.62
"""Share of the half height beyond which a bony lip grows out of the rim."""

# Columns of the canal's line.
LINE_AXES, LINE_WIDTH, LINE_DEPTH, LINE_TAPER, LINE_LEVEL = 3, 12, 13, 14, 15


class BoneRows(NamedTuple):
    """One vertebra as numbers for the compiled fields.

    ``frame`` is the body's middle (3) and its axes row by row (9); ``joints`` rows are a gap's
    middle (3), normal (3), half width and radius; ``line`` is the canal's line.
    """

    frame: Row
    body: Row
    blades: Rows
    joints: Rows
    line: Rows


CANAL_INTO_WALL_MM = 2.5
"""The canal's formula reaches this far into the body; the body bounds the canal there."""


@kernel
def voxel_mm(grid: Rows, i: int, j: int, k: int) -> tuple[float, float, float]:
    """Return the LPS position of a voxel's centre; ``grid`` is the top of ``lps_from_ijk``."""
    return (
        grid[0, 0] * i + grid[0, 1] * j + grid[0, 2] * k + grid[0, 3],
        grid[1, 0] * i + grid[1, 1] * j + grid[1, 2] * k + grid[1, 3],
        grid[2, 0] * i + grid[2, 1] * j + grid[2, 2] * k + grid[2, 3],
    )


@kernel
def smooth_minimum(a: float, b: float, k: float) -> float:
    """Return the union of two fields with a fillet of radius ``k`` mm."""
    h = k - abs(a - b)
    if h <= 0.0:
        return min(a, b)
    return min(a, b) - h * h * 0.25 / k


@kernel
def smooth_maximum(a: float, b: float, k: float) -> float:
    """Return the intersection of two fields with an edge rounded over ``k`` mm."""
    h = k - abs(a - b)
    if h <= 0.0:
        return max(a, b)
    return max(a, b) + h * h * 0.25 / k


@kernel
def ellipsoid_field(q1: float, q2: float, q3: float, r1: float, r2: float, r3: float) -> float:
    """Return the field of an ellipsoid with half axes ``r`` at offset ``q`` from its middle."""
    a1, a2, a3 = q1 / r1, q2 / r2, q3 / r3
    k0 = sqrt(a1 * a1 + a2 * a2 + a3 * a3)
    if k0 < 1e-6:
        return -min(r1, r2, r3)
    g1, g2, g3 = a1 / r1, a2 / r2, a3 / r3
    return k0 * (k0 - 1.0) / sqrt(g1 * g1 + g2 * g2 + g3 * g3)


@kernel
def blade_field(x: float, y: float, z: float, b: Row) -> float:
    """Return the field of one blade at a point in the vertebra's own frame."""
    qx, qy, qz = x - b[0], y - b[1], z - b[2]
    along = qx * b[3] + qy * b[4] + qz * b[5]
    length = b[LENGTH]
    middle = along - 0.5 * length
    across2 = qx * qx + qy * qy + qz * qz - along * along
    spare = abs(middle) - 0.5 * length
    far2 = across2 + (spare * spare if spare > 0.0 else 0.0)
    reach = b[REACH]
    if far2 > (reach + 8.0) ** 2:
        return float(sqrt(far2) - reach)
    t = min(max(along / length, 0.0), 1.0)
    bow = 4.0 * t * (1.0 - t)
    r1 = b[WIDTH_0] + t * (b[WIDTH_1] - b[WIDTH_0]) - bow * b[WIDTH_BOW]
    r2 = b[TALL_0] + t * (b[TALL_1] - b[TALL_0]) - bow * b[TALL_BOW]
    q1 = qx * b[7] + qy * b[8] + qz * b[9]
    q2 = qx * b[10] + qy * b[11] + qz * b[12]
    f = ellipsoid_field(q1, q2, along - t * length, r1, r2, min(r1, r2))
    if b[HAS_CUT] > 0.0:
        f = max(f, x * b[19] + y * b[20] + z * b[21] - b[CUT_AT])
    return f


@kernel
def outline_field(u: float, v: float, w: float, b: Row) -> float:
    """Return the field of a body's side wall, endplates left out.

    An ellipse in front, a squarer curve behind, hollow behind at the middle and waisted at half
    height; a burst bulges the upper back.
    """
    h = b[HALF_HEIGHT] + b[SLOPE] * v
    s = min(max(w / h, -1.0), 1.0)
    waist = (1.0 - s * s) * sqrt(1.0 - s * s)
    foot = 1.0 - b[FOOT_TAPER] * 0.5 * (1.0 - s)
    lip = rim_lip(u, v, s, b)
    a = b[HALF_WIDTH] * foot - b[WAIST_SIDE] * waist + lip
    if v < 0.0:
        d = b[HALF_FRONT] * foot - b[WAIST_FRONT] * waist + lip
        p, q = u / a, v / d
        k = sqrt(p * p + q * q)
        if k < 1e-6:
            return float(-min(a, d))
        slope = sqrt((p / a) ** 2 + (q / d) ** 2) / k
        return (k - 1.0) / slope
    e = u / b[HOLLOW_REACH]
    hollow = b[HOLLOW] * (1.0 - e * e) ** 2 if abs(e) < 1.0 else 0.0
    bulge = b[BULGE] * max(0.0, 1.0 - (u / a / 0.6) ** 2) * max(0.0, 1.0 - ((s - 0.4) / 0.6) ** 2)
    d = b[HALF_BACK] - hollow - b[WAIST_BACK] * waist + bulge
    p, q = abs(u) / a, v / d
    k3 = p * p * p + q * q * q
    if k3 < 1e-9:
        return float(-min(a, d))
    k = k3 ** (1.0 / 3.0)
    slope = sqrt((p * p / a) ** 2 + (q * q / d) ** 2) / (k * k)
    return float((k - 1.0) / slope)


@kernel
def rim_lip(u: float, v: float, s: float, b: Row) -> float:
    """Return how far a bony lip stands out of the wall at relative height ``s``, mm.

    It is uneven round the rim and fades towards the canal.
    """
    high = b[LIP_TOP] if s > 0.0 else b[LIP_BOTTOM]
    if high <= 0.0 or abs(s) < LIP_FROM:
        return 0.0
    rise = (abs(s) - LIP_FROM) / (1.0 - LIP_FROM)
    p, q = u / b[HALF_WIDTH], v / b[HALF_FRONT]
    far = sqrt(p * p + q * q) + 1e-6
    side, front = p / far, -q / far
    uneven = 0.62 + 0.30 * side + 0.38 * (2.0 * side * front) ** 2
    fade = min(max(1.0 + 1.6 * (front + 0.25), 0.0), 1.0)
    return float(high * rise * rise * uneven * fade)


@kernel
def endplate_height(u: float, v: float, b: Row, end: float) -> float:
    """Return how far the upper (``end`` 1) or lower (-1) endplate is from the middle plane."""
    dish, node = (b[DISH_TOP], NODE_TOP) if end > 0.0 else (b[DISH_BOTTOM], NODE_BOTTOM)
    p = u / (0.86 * b[HALF_WIDTH])
    q = (v - b[DISH_BACK]) / (0.86 * b[HALF_FRONT])
    r2 = p * p + q * q
    sunk = dish * (1.0 - r2) * (1.0 - 0.5 * r2) if r2 < 1.0 else 0.0
    if b[node] > 0.0:
        p, q = (u - b[node + 1]) / NODE_RADIUS_MM, (v - b[node + 2]) / NODE_RADIUS_MM
        near = 1.0 - p * p - q * q
        if near > 0.0:
            sunk += b[node] * near * (2.0 - near)
    return float(b[HALF_HEIGHT] + b[SLOPE] * v - sunk)


@kernel
def body_field(u: float, v: float, w: float, b: Row) -> float:
    """Return the field of a vertebral body at a point in its own frame."""
    side = outline_field(u, v, w, b)
    if side > 12.0:
        return side
    upward = 1.0 if w >= 0.0 else -1.0
    end = abs(w) - endplate_height(u, v, b, upward)
    return smooth_maximum(side, end, b[ROUNDING])


@kernel
def line_place(x: float, y: float, z: float, line: Rows) -> int:
    """Return the row of the line nearest to a point: by height first, then along the line."""
    count = line.shape[0]
    low, high = 0, count - 1
    while high - low > 1:
        middle = (low + high) // 2
        if line[middle, 2] > z:
            low = middle
        else:
            high = middle
    row = low
    for _ in range(3):
        along = -(
            (x - line[row, 0]) * line[row, 5]
            + (y - line[row, 1]) * line[row, 8]
            + (z - line[row, 2]) * line[row, 11]
        )
        row = min(max(row + round(along), 0), count - 1)
    return row


@kernel
def canal_field(x: float, y: float, z: float, line: Rows) -> float:
    """Return the field of the canal's tube at a point in LPS.

    Its front reaches into the bodies; what is bone there is not canal.
    """
    row = line_place(x, y, z, line)
    qx, qy, qz = x - line[row, 0], y - line[row, 1], z - line[row, 2]
    u = qx * line[row, 3] + qy * line[row, 6] + qz * line[row, 9]
    v = qx * line[row, 4] + qy * line[row, 7] + qz * line[row, 10]
    a, d = line[row, LINE_WIDTH], line[row, LINE_DEPTH]
    return canal_section(u, v, a, d, line[row, LINE_TAPER])


@kernel
def canal_section(u: float, v: float, a: float, d: float, taper: float) -> float:
    """Return the canal's field in its own section: half width ``a``, half depth ``d``."""
    if abs(u) > 3.0 * a or abs(v) > 3.0 * d:
        return max(abs(u) - a, abs(v) - d)
    if v < 0.0:
        d = d + CANAL_INTO_WALL_MM
        p, q = u / a, v / d
        p3, q3 = p * p * p, q * q * q
        k4 = p3 * p + q3 * q
        if k4 < 1e-12:
            return float(-min(a, d))
        k = sqrt(sqrt(k4))
        return (k - 1.0) * k * k * k / sqrt((p3 / a) ** 2 + (q3 / d) ** 2)
    a = a * (1.0 - taper * min(v / d, 1.2))
    p, q = u / a, v / d
    k = sqrt(p * p + q * q)
    if k < 1e-6:
        return float(-min(a, d))
    return (k - 1.0) * k / sqrt((p / a) ** 2 + (q / d) ** 2)


@kernel
def arch_field(u: float, v: float, w: float, blades: Rows, joints: Rows) -> float:
    """Return the field of the arch: all blades run together, joint gaps cut out."""
    f = FAR_MM
    for n in range(blades.shape[0]):
        f = smooth_minimum(f, blade_field(u, v, w, blades[n]), ARCH_BLEND_MM)
    if f < 3.0:
        for n in range(joints.shape[0]):
            qx, qy, qz = u - joints[n, 0], v - joints[n, 1], w - joints[n, 2]
            along = qx * joints[n, 3] + qy * joints[n, 4] + qz * joints[n, 5]
            across2 = qx * qx + qy * qy + qz * qz - along * along
            gap = max(abs(along) - joints[n, 6], sqrt(max(across2, 0.0)) - joints[n, 7])
            f = max(f, -gap)
    return f


@kernel
def in_frame(x: float, y: float, z: float, frame: Row) -> tuple[float, float, float]:
    """Map LPS mm to a vertebra's own (left, posterior, superior) mm."""
    qx, qy, qz = x - frame[0], y - frame[1], z - frame[2]
    return (
        qx * frame[3] + qy * frame[6] + qz * frame[9],
        qx * frame[4] + qy * frame[7] + qz * frame[10],
        qx * frame[5] + qy * frame[8] + qz * frame[11],
    )


@kernel
def bone_field(x: float, y: float, z: float, rows: BoneRows) -> tuple[float, float, float]:
    """Return the field of a whole vertebra, of its body and of its arch, at an LPS point."""
    u, v, w = in_frame(x, y, z, rows.frame)
    f_body = body_field(u, v, w, rows.body)
    f_arch = arch_field(u, v, w, rows.blades, rows.joints)
    if f_arch < 6.0:
        f_arch = max(f_arch, -canal_field(x, y, z, rows.line))
    return smooth_minimum(f_body, f_arch, BODY_BLEND_MM), f_body, f_arch
