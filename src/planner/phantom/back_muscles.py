"""The muscles beside and behind the spine, with the fat between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.phantom.organ_rows import (
    ANYWHERE_MM,
    MUSCLE_HU,
    SpineLine,
    Tissue,
    curve,
    section,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLANES_MM = (0.8, 0.0, 0.6)
"""Fat about iliocostal, longissimus and multifidus muscle: the first two run together."""

LOOSE_PLANE_MM = 1.5
"""Fat about the psoas and the square muscle of the loins."""

FAT_PLANE = Tissue(hu=-50.0, grain_hu=30.0, depth_mm=ANYWHERE_MM, square=0.35)
STRIATED = Tissue(hu=MUSCLE_HU, grain_hu=5.0, ridge_hu=-62.0, depth_mm=ANYWHERE_MM, square=0.35)
CLOSE = Tissue(hu=58.0, grain_hu=4.0, ridge_hu=-18.0, depth_mm=ANYWHERE_MM)


def back_muscles(spine: SpineLine) -> list[NDArray[np.float64]]:
    """Return the muscles of both sides, and the ligaments between the spinous processes."""
    r, x, y, depth = spine.r, spine.x, spine.y, spine.depth
    narrow = np.full_like(r, 2.2)
    ligament = Tissue(hu=28.0, grain_hu=12.0, depth_mm=ANYWHERE_MM)
    organs = []
    for sign in (1.0, -1.0):
        deep = curve([0, 8, 12, 15, 17], [8, 8, 11, 15, 18], r)
        long = curve([0, 3, 8, 11, 13, 15, 17], [15, 14, 14, 15, 18, 19, 15], r)
        far = curve([0, 3, 8, 11, 13, 15, 17], [12, 12, 16, 17, 18, 16, 6], r)
        thick = curve([0, 3, 8, 11, 13, 15, 17], [12, 11, 12, 16, 19, 19, 15], r)
        behind = y + depth
        places = (
            (2.0 * deep + 1.55 * long + 0.55 * far, 25.0, (far, 0.72 * thick)),
            (1.7 * deep + 0.85 * long + 2.0, 28.0, (long, thick)),
            (0.9 * deep + 2.0, 25.0, (deep, 1.2 * deep)),
        )
        for (aside, after, half), plane in zip(places, PLANES_MM, strict=True):
            place = (x + sign * aside, behind + after)
            if plane:
                around = (half[0] + plane, half[1] + plane)
                organs.append(section(place, around, FAT_PLANE))
            organs.append(section(place, half, STRIATED))
        psoas = np.where(r > 11.3, curve([11.3, 12.5, 14, 16, 17], [2, 10, 16, 20, 20], r), 0.0)
        side = curve([11.3, 12.5, 14, 16, 17], [22, 29, 37, 45, 50], r)
        loin = curve([11.8, 13, 15, 15.6], [3, 13, 17, 12], r)
        flat = np.where((r > 11.8) & (r < 15.6), loin, 0.0)
        for middle, half in (
            ((x + sign * (54 + 1.1 * flat), y + 25), (flat, 0.44 * flat)),
            ((x + sign * side, y + 1), (psoas, 1.12 * psoas)),
        ):
            wide = tuple(np.where(size > 0, size + LOOSE_PLANE_MM, 0.0) for size in half)
            organs.append(section(middle, (wide[0], wide[1]), FAT_PLANE))
            organs.append(section(middle, half, CLOSE))
        crus = np.where((r > 10.0) & (r < 14.0), curve([10, 11, 13, 14], [3, 5, 4, 2], r), 0.0)
        organs.append(section((x + sign * 17, y - 16), (crus, 2.2 * crus), CLOSE))
    organs.append(section((x, y + depth + 24), (narrow, narrow * 9), ligament))
    return organs
