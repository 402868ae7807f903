"""The trunk around a spine: skin, fat, muscle, vessels, organs and lungs, slab by slab.

Each organ is a stack of ellipses along z, tabulated every half millimetre, so that one compiled
loop paints them all. Sizes are project defaults that look right; none is used as truth except
as drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import PchipInterpolator

from planner.phantom.paint_trunk import AORTA, VENA_CAVA, TrunkTable
from planner.phantom.posture import running_levels
from planner.phantom.recipe import Contrast

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.phantom.posture import Posture
    from planner.phantom.recipe import Recipe

TABLE_STEP_MM = 0.5
"""Height between rows of the table; steps of this size vanish in the scanner's blur."""

FAT_HU, MUSCLE_HU = -105.0, 55.0

ANYWHERE_MM = -1.0e3
"""Depth limit of what may lie in the trunk's wall as well: the muscles of the back."""

CHEST_WALL_MM = 15.0
"""Muscle, rib and pleura between the fat and the lung."""

_OPACIFIED_HU = {
    Contrast.NONE: (42.0, 40.0),
    Contrast.ARTERIAL: (320.0, 90.0),
    Contrast.PORTAL: (150.0, 135.0),
}
"""Aorta and vena cava: 35-50 plain, 250-400 arterial, 120-180 portal (recalled)."""


def _curve(
    places: list[float], values: list[float], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.asarray(PchipInterpolator(places, values)(np.clip(at, places[0], places[-1])))


def trunk_table(
    posture: Posture, heights_mm: tuple[float, float], recipe: Recipe, soft_mm: float
) -> TrunkTable:
    """Tabulate the trunk of one person between two heights (LPS z)."""
    random = np.random.default_rng([recipe.seed, 2])
    low_mm, high_mm = heights_mm
    heights = np.arange(low_mm, high_mm + TABLE_STEP_MM, TABLE_STEP_MM)
    rows = posture.line.rows[::-1]
    r = np.interp(heights, rows[:, 2], rows[:, 15])
    canal_x, canal_y = (np.interp(heights, rows[:, 2], rows[:, axis]) for axis in (0, 1))
    levels = list(posture.placed.values())
    depth = np.interp(
        r,
        running_levels(list(posture.placed)),
        [item.shape.endplate_depth_mm / 2 + item.shape.canal_depth_mm / 2 for item in levels],
    )
    x, y = canal_x, canal_y - depth
    size = 1.0 + 0.05 * random.standard_normal()
    stout = float(np.clip(1.0 + 0.25 * random.standard_normal(), 0.6, 1.6))
    a = size * _curve([0, 2, 5, 9, 12, 14, 16, 17], [188, 172, 160, 154, 148, 146, 160, 172], r)
    b = size * _curve([0, 2, 5, 9, 12, 14, 16, 17], [78, 94, 108, 112, 106, 100, 104, 106], r)
    fat = stout * _curve([0, 5, 9, 12, 14, 17], [10, 9, 10, 14, 18, 22], r)
    back = fat + _curve([0, 3, 6, 10, 12, 14, 16, 17], [56, 57, 58, 62, 66, 68, 68, 62], r)
    a, b = a + 0.6 * fat, b + 0.6 * fat
    wall = _curve([0, 5, 9, 12, 17], [16, 14, 12, 11, 14], r)
    belly = np.where(r > 11.3, 1.0, 0.0)
    outline = np.stack([0.4 * x, y + back - b, a, b, fat, wall, belly], axis=1)
    organs = [
        *_viscera(r, x, y, outline, random),
        *_muscles(r, x, y, depth),
        *_vessels(r, x, y, depth, recipe.contrast),
    ]
    chest = _chest(r, x, y, posture)
    return TrunkTable(low_mm, TABLE_STEP_MM, outline, chest, np.stack(organs, axis=1), soft_mm)


def _chest(
    r: NDArray[np.float64], x: NDArray[np.float64], y: NDArray[np.float64], posture: Posture
) -> NDArray[np.float64]:
    """Return the rows of ``paint_trunk.lung_share``; lungs end above the twelfth rib."""
    shapes = [item.shape for item in posture.placed.values()]
    place = running_levels(list(posture.placed))
    wide = np.interp(r, place, [shape.endplate_width_mm / 2 for shape in shapes])
    deep = np.interp(r, place, [shape.endplate_depth_mm / 2 for shape in shapes])
    present = np.where(r < 11.6, 1.0, 0.0)
    return np.stack([present, x, y, wide, deep, np.full_like(r, CHEST_WALL_MM)], axis=1)


def _organ(
    middle: tuple[NDArray[np.float64], NDArray[np.float64]],
    half: tuple[NDArray[np.float64], NDArray[np.float64]],
    hu: float,
    grain: float = 0.0,
    mask: int = 0,
    depth_mm: float = 0.0,
) -> NDArray[np.float64]:
    """Return one organ's rows; see ``paint_trunk.TrunkTable.organs``."""
    flat = np.ones_like(middle[0])
    rest = (flat * value for value in (hu, grain, mask, depth_mm))
    return np.stack([*middle, *half, *rest], axis=1)


def _dome(r: NDArray[np.float64], first: float, last: float) -> NDArray[np.float64]:
    """Return the relative half width of a closed organ between two running levels."""
    middle, half = 0.5 * (first + last), 0.5 * (last - first)
    return np.asarray(np.sqrt(np.maximum(1.0 - ((r - middle) / half) ** 2, 0.0)))


def _viscera(
    r: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    outline: NDArray[np.float64],
    random: np.random.Generator,
) -> list[NDArray[np.float64]]:
    """Return heart, the belly below the diaphragm, liver, spleen, kidneys and bowel."""
    heart = np.where(r < 9.3, _curve([0, 3, 6, 8, 9.3], [24, 30, 50, 54, 44], r), 0.0)
    organs = [_organ((x + 14.0, y - 66.0), (heart, 0.8 * heart), 40.0, 6.0)]
    oesophagus = np.where(r < 10.5, 8.0, 0.0)
    organs.append(_organ((x + 4.0, y - 27.0), (oesophagus, 0.8 * oesophagus), 35.0, 9.0))
    size = _curve([8.6, 9.2, 10.0, 11.0, 11.6, 12.0], [0.05, 0.5, 0.72, 0.86, 0.98, 1.3], r)
    size = np.where(r > 8.6, size, 0.0)
    inner = outline[:, 4] + CHEST_WALL_MM - 4.0
    belly = ((outline[:, 2] - inner) * size, (outline[:, 3] - inner) * size)
    organs.append(_organ((outline[:, 0], outline[:, 1] - 10.0), belly, -98.0, 9.0))
    liver = _dome(r, 8.2, 14.2)
    organs.append(_organ((x - 68, y - 52), (84 * liver, 80 * liver), 58.0, 4.0))
    spleen = _dome(r, 9.2, 12.2)
    organs.append(_organ((x + 92, y - 8), (30 * spleen, 44 * spleen), 48.0, 3.0))
    stomach = _dome(r, 9.0, 12.4)
    organs.append(_organ((x + 48, y - 82), (42 * stomach, 34 * stomach), 25.0, 14.0))
    for sign, high, low in ((1.0, 11.2, 13.8), (-1.0, 11.5, 14.2)):
        kidney = _dome(r, high, low)
        middle = (x + sign * (56 + 5 * (r - high)), y + 6.0)
        organs.append(_organ(middle, (36 * kidney, 32 * kidney), FAT_HU, 4.0))
        organs.append(_organ(middle, (27 * kidney, 23 * kidney), 34.0, 4.0))
        sinus = _dome(r, high + 0.7, low - 0.7)
        inward = (middle[0] - sign * 9, middle[1] - 4)
        organs.append(_organ(inward, (12 * sinus, 8 * sinus), -70.0, 20.0))
    for _ in range(24):
        first = random.uniform(11.5, 15.0)
        last = first + random.uniform(1.2, 3.0)
        place = (x + random.uniform(-95, 95), y - random.uniform(50, 120))
        loop, half = _dome(r, first, last), random.uniform(12, 21)
        organs.append(_organ(place, (half * loop, 0.8 * half * loop), 32.0, 12.0))
        if random.uniform() < 0.4:
            gas = (place[0], place[1] - 0.3 * half)
            organs.append(_organ(gas, (0.55 * half * loop, 0.35 * half * loop), -950.0))
    return organs


def _muscles(
    r: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    depth: NDArray[np.float64],
) -> list[NDArray[np.float64]]:
    """Return the muscles of both sides, and the ligaments between the spinous processes."""
    narrow = np.full_like(r, 4.0)
    organs = [_organ((x, y + depth + 24), (narrow, narrow * 5), 15.0, 9.0, depth_mm=ANYWHERE_MM)]
    for sign in (1.0, -1.0):
        half_x = _curve([0, 3, 8, 11, 13, 15, 17], [20, 18, 19, 25, 29, 28, 20], r)
        half_y = _curve([0, 3, 8, 11, 13, 15, 17], [13, 12, 13, 17, 20, 19, 14], r)
        middle_x = x + sign * _curve([0, 3, 8, 11, 13, 15, 17], [25, 24, 25, 33, 37, 36, 28], r)
        organs.append(
            _organ((middle_x, y + depth + 29), (half_x, half_y), MUSCLE_HU, 14.0, 0, ANYWHERE_MM)
        )
        deep = _curve([0, 8, 12, 15, 17], [9, 9, 11, 15, 17], r)
        place = (x + sign * (deep + 3), y + depth + 24)
        organs.append(
            _organ(place, (deep + 1.3, deep * 1.15 + 1.3), -30.0, 40.0, depth_mm=ANYWHERE_MM)
        )
        organs.append(_organ(place, (deep, deep * 1.15), 50.0, 16.0, depth_mm=ANYWHERE_MM))
        psoas = np.where(r > 11.3, _curve([11.3, 12.5, 14, 16, 17], [2, 10, 17, 22, 22], r), 0.0)
        side = _curve([11.3, 12.5, 14, 16, 17], [22, 29, 37, 45, 50], r)
        organs.append(
            _organ((x + sign * side, y + 2), (psoas, 1.15 * psoas), 58.0, 7.0, 0, ANYWHERE_MM)
        )
        flat = np.where(r > 11.8, _curve([11.8, 13, 15, 16.5], [3, 15, 20, 18], r), 0.0)
        organs.append(
            _organ((x + sign * 66, y + 22), (flat, 0.5 * flat), 55.0, 8.0, 0, ANYWHERE_MM)
        )
    return organs


def _vessels(
    r: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    depth: NDArray[np.float64],
    contrast: Contrast,
) -> list[NDArray[np.float64]]:
    """Return aorta and vena cava, and below L4 the iliac pair of each."""
    aorta_hu, cava_hu = _OPACIFIED_HU[contrast]
    front = y - depth + 8.0
    side = _curve([3, 6, 9, 11, 13, 15.4], [22, 24, 20, 11, 8, 6], r)
    before = _curve([3, 6, 9, 11, 13, 15.4], [2, 3, 8, 12, 13, 13], r)
    calibre = np.where(
        (r > 3.0) & (r < 15.5), _curve([3, 9, 12, 15.4], [12.5, 11.5, 10, 8.5], r), 0
    )
    wall = _organ((x + side, front - before), (calibre + 1.2, calibre + 1.2), 45.0)
    lumen = _organ((x + side, front - before), (calibre, calibre), aorta_hu, 2.0, AORTA)
    cava = np.where((r > 9.0) & (r < 15.8), _curve([9, 12, 15.8], [12, 12, 11], r), 0.0)
    below = _curve([9, 11, 13, 15.8], [24, 16, 12, 10], r)
    vein = _organ((x - 19.0, front - below), (cava, 0.75 * cava), cava_hu, 2.0, VENA_CAVA)
    organs = [vein, wall, lumen]
    spread = np.maximum(r - 15.3, 0.0)
    for sign in (1.0, -1.0):
        artery = np.where(r >= 15.3, 6.0, 0.0)
        place = (x + 6 * np.exp(-spread) + sign * (6 + 16 * spread), front - 12.0)
        organs.append(_organ(place, (artery, artery), aorta_hu, 2.0, AORTA))
        branch = np.where(r >= 15.6, 7.0, 0.0)
        place = (x - 8 + sign * (6 + 16 * spread), front - 6.0)
        organs.append(_organ(place, (branch, 0.8 * branch), cava_hu, 2.0, VENA_CAVA))
    return organs
