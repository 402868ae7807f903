"""The wall of the trunk, compiled: its outline with reliefs, skin, fat, and muscle in layers."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Row = NDArray[np.float64]
    Rows = NDArray[np.float64]

# Kinds of relief. "Before" and "behind" are tabulated across, "beside" from front to back.
FAT_BEFORE, MUSCLE_BEFORE, FAT_BEHIND, MUSCLE_BEHIND = 0, 1, 2, 3
FAT_BESIDE, MUSCLE_BESIDE, WALL_BEFORE = 4, 5, 6
RELIEFS, PLACES, REACH = 7, 65, 1.2
"""Places run evenly from -REACH to REACH in half widths or half depths of the trunk."""

SQUARENESS = 0.40
"""How far the trunk's section goes from an ellipse (0) to a rectangle (1)."""

RIDGE = 0.16
"""Sheets run where slow noise is within this of zero."""

SKIN_MM = 1.8

THICKEST_WALL, FARTHEST_MM = 1.4, 70.0
"""No wall is thicker than this many times its row's, and no relief stands out farther."""

GLAND_FROM_MM = 16.0
"""Fat deeper than this below the skin of the chest's front holds strands of gland."""

GLUTEAL_PLANES_MM = (14.0, 31.0)
"""Fat between the muscles of the buttock, outward from the iliac wing."""

# Columns of a trunk's outline row.
MIDDLE_X, MIDDLE_Y, WIDE, DEEP, FAT, WALL, BELLY = 0, 1, 2, 3, 4, 5, 6
PELVIS, WING_X, WING_Y = 7, 8, 9
OUTLINE_COLUMNS = 10


class Depths(NamedTuple):
    """Where a point lies in the wall, mm.

    Attributes
    ----------
    skin
        Depth below the skin.
    muscle
        Depth below the outer side of muscle; negative in fat.
    base
        Depth below the plain oval that ribs and organs keep to.
    wall
        Thickness of the wall here, counted from the fat's deep side.
    aside
        1 where the belly shows its layers.
    """

    skin: float
    muscle: float
    base: float
    wall: float
    aside: float


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
def relief_at(place: float, row: Row) -> float:
    """Return one relief at a place of -REACH to REACH."""
    t = min(max((place + REACH) / (2.0 * REACH), 0.0), 1.0) * (PLACES - 1)
    low = min(int(t), PLACES - 2)
    share = t - low
    return float(row[low] * (1.0 - share) + row[low + 1] * share)


@kernel
def wall_depths(dx: float, dy: float, furrow: float, o: Row, relief: Rows) -> Depths:
    """Return the depths at an offset from the trunk's middle."""
    a, b, fat = o[WIDE], o[DEEP], o[FAT]
    p, q = dx / a, dy / b
    base = -skin_field(dx, dy, a, b)
    if base > fat + THICKEST_WALL * o[WALL] or base < -FARTHEST_MM:
        return Depths(base, base, base, o[WALL], 0.0)
    beside = min(abs(p) / 0.5, 1.0)
    side = 1.0 if dx > 0.0 else -1.0
    mx = beside * relief_at(q, relief[MUSCLE_BESIDE])
    sx = mx + beside * relief_at(q, relief[FAT_BESIDE])
    wall = o[WALL]
    if dy < 0.0:
        weight = min(-q / 0.35, 1.0)
        my = weight * relief_at(p, relief[MUSCLE_BEFORE])
        sy = my + weight * relief_at(p, relief[FAT_BEFORE])
        wall *= 1.0 + weight * (relief_at(p, relief[WALL_BEFORE]) - 1.0)
    else:
        weight = min(q / 0.35, 1.0)
        my = -weight * relief_at(p, relief[MUSCLE_BEHIND]) + furrow
        sy = my - weight * relief_at(p, relief[FAT_BEHIND])
    skin = -skin_field(dx - side * sx, dy + sy, a, b)
    if skin < SKIN_MM:
        return Depths(skin, -1.0, base, wall, 0.0)
    muscle = -skin_field(dx - side * mx, dy + my, a - fat, b - fat)
    layered = 1.0 if q < 0.45 and abs(dx) > 70.0 else 0.0
    return Depths(skin, muscle, base, wall, layered)


@kernel
def muscle_hu(coarse: float, fine: float) -> float:
    """Return the HU of striated muscle with the fat that runs through it in sheets."""
    sheet = max(0.0, 1.0 - abs(coarse + 0.25 * fine) / RIDGE)
    return 54.0 + 4.0 * fine - 55.0 * sheet


@kernel
def fat_hu(depth: float, before: bool, coarse: float, fine: float) -> float:
    """Return the HU of fat below the skin: septa and vessels, and gland deep in a breast."""
    septum = max(0.0, 1.0 - abs(coarse) / 0.07)
    if before and depth > GLAND_FROM_MM:
        strand = min(max(0.8 * coarse + 0.5 * fine - 0.25, 0.0), 1.0)
        return -100.0 + 130.0 * strand
    return -106.0 + 42.0 * septum + (20.0 if fine > 1.6 else 0.0)


@kernel
def wall_hu(at: Depths, o: Row, coarse: float, fine: float) -> float:
    """Return the HU of skin, fat, the trunk's wall and the fat inside it."""
    fat, belly = o[FAT], o[BELLY]
    if at.skin < SKIN_MM:
        return 38.0
    if at.muscle < 0.0:
        return fat_hu(at.skin, belly < 0.5 and at.skin > at.base + 3.0, coarse, fine)
    share = (at.base - fat) / at.wall
    if share < 1.0:
        if belly * at.aside > 0.5:
            layered = abs(share - 0.36) < 0.045 or abs(share - 0.68) < 0.04
            return -45.0 if layered and coarse > -0.4 else 55.0 + 5.0 * coarse
        beneath = -0.14 < share < 0.05 and at.muscle > 4.0 and coarse > -0.5
        within = abs(share - 0.45 - 0.2 * fine) < 0.05 and coarse > 0.1
        plane = beneath or within or share > 0.88
        return -60.0 if plane else muscle_hu(coarse, fine)
    return -100.0 + 14.0 * coarse + (45.0 if fine > 1.5 else 0.0)


@kernel
def pelvic_hu(x: float, y: float, o: Row, wing: Row, coarse: float, fine: float) -> float:
    """Return the HU of the muscles on both sides of an iliac wing, or 0 where there is none.

    ``wing`` is how far out the wing stands, tabulated from front to back over 100 mm before and
    behind the sacrum's middle.
    """
    along = y - o[WING_Y]
    if o[PELVIS] <= 0.0 or along < -96.0 or along > 96.0:
        return 0.0
    out = abs(x - o[WING_X]) - relief_at(along / 100.0 * REACH, wing)
    if out > 3.0 + 30.0 * (1.0 - o[PELVIS]):
        gap = 99.0
        for plane in GLUTEAL_PLANES_MM:
            gap = min(gap, abs(out - plane - 4.0 * coarse))
        sheet = max(0.0, 1.0 - abs(coarse + 0.3 * fine) / (0.10 + 0.006 * out))
        return -55.0 if gap < 0.9 else 54.0 + 4.0 * fine - 45.0 * sheet
    if along < 24.0 and -1.0 > out > -o[PELVIS] * (15.0 - 0.10 * abs(along + 25.0)):
        return 57.0 + 3.0 * fine
    return 0.0
