"""The trunk around a spine: skin, fat, muscle, vessels, organs and lungs, slab by slab.

Each organ is a stack of ellipses along z, tabulated every half millimetre, so that one compiled
loop paints them all. Sizes are project defaults that look right; none is used as truth except
as drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.domain.levels import Level
from planner.phantom.back_muscles import back_muscles
from planner.phantom.belly_organs import belly_organs
from planner.phantom.body_shape import reliefs
from planner.phantom.chest_organs import chest_organs
from planner.phantom.organ_rows import (
    CHEST_WALL_MM,
    OPACIFIED_HU,
    SpineLine,
    Tissue,
    curve,
    section,
)
from planner.phantom.paint_trunk import AORTA, VENA_CAVA, TrunkTable
from planner.phantom.paint_wall import FAT_BEFORE, FAT_BEHIND, MUSCLE_BEFORE, MUSCLE_BEHIND
from planner.phantom.pelvis import CREST, wing_table
from planner.phantom.posture import running_levels
from planner.phantom.recipe import Position

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.phantom.posture import Posture
    from planner.phantom.recipe import Contrast, Recipe

TABLE_STEP_MM = 0.5
"""Height between rows of the table; steps of this size vanish in the scanner's blur."""


def trunk_table(
    posture: Posture, heights_mm: tuple[float, float], recipe: Recipe, soft_mm: float
) -> TrunkTable:
    """Tabulate the trunk of one person between two heights (LPS z)."""
    random = np.random.default_rng([recipe.seed, 2])
    spine = spine_line(posture, heights_mm)
    r, x, y, depth = spine.r, spine.x, spine.y, spine.depth
    size = 1.0 + 0.05 * random.standard_normal()
    stout = float(np.clip(1.0 + 0.25 * random.standard_normal(), 0.6, 1.6))
    a = size * curve([0, 2, 5, 9, 12, 14, 16, 17], [188, 172, 160, 154, 148, 146, 160, 172], r)
    b = size * curve([0, 2, 5, 9, 12, 14, 16, 17], [78, 94, 108, 112, 106, 100, 104, 106], r)
    fat = stout * curve([0, 5, 9, 12, 14, 17], [10, 9, 10, 14, 18, 22], r)
    back = fat + curve([0, 3, 6, 10, 12, 14, 16, 17], [56, 57, 58, 62, 66, 68, 68, 62], r)
    a, b = a + 0.6 * fat, b + 0.6 * fat
    wall = curve([0, 5, 9, 12, 17], [16, 14, 12, 11, 14], r)
    belly = np.where(r > 11.3, 1.0, 0.0)
    sacrum = posture.placed[Level.S1].centre
    pelvis = np.clip((r - CREST) / 0.5, 0.0, 1.0)
    middle = np.broadcast_to(sacrum[:2], (len(r), 2))
    oval = np.stack([0.4 * x, y + back - b, a, b, fat, wall, belly, pelvis], axis=1)
    outline = np.hstack([oval, middle])
    rising = -1.0 if recipe.position in (Position.HFP, Position.FFP) else 1.0
    organs = [
        *chest_organs(spine, recipe.contrast),
        *belly_organs(spine, outline, recipe.contrast, random, rising),
        *back_muscles(spine),
        *_vessels(r, x, y, depth, recipe.contrast),
    ]
    chest = _chest(r, x, y, posture)
    heights = heights_mm[0] + TABLE_STEP_MM * np.arange(len(r), dtype=np.float64)
    return TrunkTable(
        heights_mm[0],
        TABLE_STEP_MM,
        outline,
        chest,
        np.stack(organs, axis=1),
        soft_mm,
        reliefs(r, a, stout, np.random.default_rng([recipe.seed, 10])),
        wing_table(heights - float(sacrum[2])),
    )


def skin_ends(table: TrunkTable) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how far forward and back (LPS y) the skin of every row reaches."""
    middle, half, relief = table.outline[:, 1], table.outline[:, 3], table.relief
    before = (relief[:, FAT_BEFORE] + relief[:, MUSCLE_BEFORE]).max(axis=1)
    behind = (relief[:, FAT_BEHIND] + relief[:, MUSCLE_BEHIND]).max(axis=1)
    return middle - half - before, middle + half + 0.5 * behind


def spine_line(posture: Posture, heights_mm: tuple[float, float]) -> SpineLine:
    """Return the spine at every row of the table between two heights (LPS z)."""
    low_mm, high_mm = heights_mm
    heights = np.arange(low_mm, high_mm + TABLE_STEP_MM, TABLE_STEP_MM)
    rows = posture.line.rows[::-1]
    r = np.interp(heights, rows[:, 2], rows[:, 15])
    canal_x, canal_y = (np.interp(heights, rows[:, 2], rows[:, axis]) for axis in (0, 1))
    shapes = [item.shape for item in posture.placed.values()]
    depth = np.interp(
        r,
        running_levels(list(posture.placed)),
        [shape.endplate_depth_mm / 2 + shape.canal_depth_mm / 2 for shape in shapes],
    )
    return SpineLine(r=r, x=canal_x, y=canal_y - depth, depth=depth)


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


def _vessels(
    r: NDArray[np.float64],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    depth: NDArray[np.float64],
    contrast: Contrast,
) -> list[NDArray[np.float64]]:
    """Return aorta and vena cava, and below L4 the iliac pair of each."""
    aorta_hu, cava_hu = OPACIFIED_HU[contrast]
    blood = Tissue(hu=aorta_hu, grain_hu=2.0, mask=AORTA)
    venous = Tissue(hu=cava_hu, grain_hu=2.0, mask=VENA_CAVA)
    front = y - depth + 8.0
    side = curve([3, 6, 9, 11, 13, 15.4], [22, 24, 20, 11, 8, 6], r)
    before = curve([3, 6, 9, 11, 13, 15.4], [2, 3, 8, 12, 13, 13], r)
    calibre = np.where(
        (r > 3.0) & (r < 15.5), curve([3, 9, 12, 15.4], [12.5, 11.5, 10, 8.5], r), 0
    )
    wall = section((x + side, front - before), (calibre + 1.2, calibre + 1.2), Tissue(hu=45.0))
    lumen = section((x + side, front - before), (calibre, calibre), blood)
    cava = np.where((r > 9.0) & (r < 15.8), curve([9, 12, 15.8], [12, 12, 11], r), 0.0)
    below = curve([9, 11, 13, 15.8], [24, 16, 12, 10], r)
    vein = section((x - 19.0, front - below), (cava, 0.75 * cava), venous)
    azygos = np.where(r < 11.5, 3.4, 0.0)
    thin = section((x - 9.0, front - 12.0), (azygos, 0.9 * azygos), Tissue(hu=cava_hu))
    organs = [thin, vein, wall, lumen]
    spread = np.maximum(r - 15.3, 0.0)
    for sign in (1.0, -1.0):
        artery = np.where(r >= 15.3, 6.0, 0.0)
        place = (x + 6 * np.exp(-spread) + sign * (6 + 16 * spread), front - 12.0)
        organs.append(section(place, (artery, artery), blood))
        branch = np.where(r >= 15.6, 7.0, 0.0)
        place = (x - 8 + sign * (6 + 16 * spread), front - 6.0)
        organs.append(section(place, (branch, 0.8 * branch), venous))
    return organs
