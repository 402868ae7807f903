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

PLANE_MM = 0.8
"""Fat between two muscles."""

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
        for aside, after, half in places:
            place = (x + sign * aside, behind + after)
            organs.append(section(place, (half[0] + PLANE_MM, half[1] + PLANE_MM), FAT_PLANE))
            organs.append(section(place, half, STRIATED))
        psoas = np.where(r > 11.3, curve([11.3, 12.5, 14, 16, 17], [2, 10, 17, 22, 22], r), 0.0)
        side = curve([11.3, 12.5, 14, 16, 17], [22, 29, 37, 45, 50], r)
        organs.append(section((x + sign * side, y + 2), (psoas, 1.15 * psoas), CLOSE))
        flat = np.where(r > 11.8, curve([11.8, 13, 15, 16.5], [3, 15, 20, 18], r), 0.0)
        organs.append(section((x + sign * 66, y + 22), (flat, 0.5 * flat), CLOSE))
        crus = np.where((r > 10.0) & (r < 14.0), curve([10, 11, 13, 14], [3, 5, 4, 2], r), 0.0)
        organs.append(section((x + sign * 17, y - 16), (crus, 2.2 * crus), CLOSE))
    organs.append(section((x, y + depth + 24), (narrow, narrow * 9), ligament))
    return organs
