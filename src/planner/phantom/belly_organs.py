"""Liver, spleen, stomach, kidneys, pancreas and bowel. Left is positive, front negative.

Sizes and places are project defaults, shaped after what an abdominal CT looks like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.phantom.organ_rows import (
    CHEST_WALL_MM,
    FAT_HU,
    SpineLine,
    Tissue,
    at,
    curve,
    dome,
    section,
)
from planner.phantom.paint_trunk import BELLY_FAT, LIVER
from planner.phantom.recipe import Contrast

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LIVER_HU = {Contrast.NONE: 58.0, Contrast.ARTERIAL: 68.0, Contrast.PORTAL: 108.0}
_SPLEEN_HU = {Contrast.NONE: 48.0, Contrast.ARTERIAL: 115.0, Contrast.PORTAL: 122.0}
_KIDNEY_HU = {Contrast.NONE: 33.0, Contrast.ARTERIAL: 150.0, Contrast.PORTAL: 180.0}
_GUT_WALL_HU = {Contrast.NONE: 42.0, Contrast.ARTERIAL: 75.0, Contrast.PORTAL: 95.0}

LOOPS = 56
GAS_SHARE = 0.35


def belly_organs(
    spine: SpineLine,
    outline: NDArray[np.float64],
    contrast: Contrast,
    random: np.random.Generator,
    rising: float,
) -> list[NDArray[np.float64]]:
    """Return what lies below the diaphragm, in the order in which it is painted.

    ``rising`` is 1 where gas rises to the front of the patient and -1 where to the back.
    """
    r = spine.r
    size = curve([8.6, 9.2, 10.0, 11.0, 11.6, 12.0], [0.05, 0.5, 0.76, 0.9, 1.0, 1.3], r)
    size = np.where(r > 8.6, size, 0.0)
    inner = outline[:, 4] + CHEST_WALL_MM - 4.0
    belly = ((outline[:, 2] - inner) * size, (outline[:, 3] - inner) * size)
    fat = Tissue(hu=-100.0, grain_hu=9.0, ridge_hu=22.0, mask=BELLY_FAT)
    organs = [section((outline[:, 0], outline[:, 1] - 10.0), belly, fat)]
    organs += _solid(spine, contrast)
    organs += _stomach_and_colon(spine, contrast, rising)
    organs += _loops(spine, contrast, random, rising)
    organs += _kidneys(spine, contrast)
    return organs


def _solid(spine: SpineLine, contrast: Contrast) -> list[NDArray[np.float64]]:
    r = spine.r
    liver = Tissue(
        hu=_LIVER_HU[contrast],
        grain_hu=2.5,
        loose=True,
        square=0.25,
        mask=LIVER,
    )
    spleen = Tissue(hu=_SPLEEN_HU[contrast], grain_hu=2.0, loose=True, square=0.2)
    bile = Tissue(hu=9.0, grain_hu=1.0, loose=True)
    gland = Tissue(hu=38.0, grain_hu=9.0, ridge_hu=-45.0, loose=True)
    right, left, tail = dome(r, 8.2, 14.6), dome(r, 8.7, 12.2), dome(r, 9.6, 12.0)
    lens, bladder, sweet = dome(r, 9.0, 12.5), dome(r, 11.9, 13.4), dome(r, 11.7, 13.1)
    return [
        at(spine, (-76.0, -44.0), (88.0 * right, 94.0 * right), liver),
        at(spine, (-2.0, -96.0), (78.0 * left, 38.0 * left), liver),
        at(spine, (-18.0, -36.0), (20.0 * tail, 15.0 * tail), liver),
        at(spine, (102.0, -4.0), (36.0 * lens, 54.0 * lens), spleen),
        at(spine, (-50.0, -92.0), (14.0 * bladder, 19.0 * bladder), bile),
        at(spine, (16.0, -56.0), (62.0 * sweet, 11.0 * sweet), gland),
    ]


def _stomach_and_colon(
    spine: SpineLine, contrast: Contrast, rising: float
) -> list[NDArray[np.float64]]:
    """Return hollow organs as wall, content and the gas that rises to the front."""
    r = spine.r
    wall = Tissue(hu=_GUT_WALL_HU[contrast], grain_hu=5.0, loose=True, square=0.2)
    meal = Tissue(hu=22.0, grain_hu=14.0, loose=True)
    stool = Tissue(hu=-70.0, grain_hu=110.0, loose=True)
    gas = Tissue(hu=-960.0, loose=True, level=rising)
    stomach, across = dome(r, 9.0, 12.7), dome(r, 12.5, 13.8)
    climbing, falling = dome(r, 13.0, 17.2), dome(r, 11.6, 17.6)
    organs = []
    for place, half, content, filled in (
        ((50.0, -78.0), (50.0 * stomach, 31.0 * stomach), meal, 0.85),
        ((-92.0, -42.0), (25.0 * climbing, 25.0 * climbing), stool, 0.6),
        ((96.0, -18.0), (16.0 * falling, 16.0 * falling), stool, 0.5),
        ((4.0, -120.0), (92.0 * across, 19.0 * across), stool, 0.9),
    ):
        thinner = (np.maximum(half[0] - 3.2, 0.0), np.maximum(half[1] - 3.2, 0.0))
        organs.append(at(spine, place, half, wall))
        organs.append(at(spine, place, thinner, content))
        organs.append(at(spine, place, (filled * thinner[0], thinner[1]), gas))
    return organs


def _loops(
    spine: SpineLine, contrast: Contrast, random: np.random.Generator, rising: float
) -> list[NDArray[np.float64]]:
    """Return loops of small bowel, each with its content and some with gas."""
    wall = Tissue(hu=_GUT_WALL_HU[contrast], grain_hu=6.0, loose=True)
    gas = Tissue(hu=-940.0, loose=True, level=rising)
    organs = []
    for _ in range(LOOPS):
        first = random.uniform(12.2, 17.0)
        loop = dome(spine.r, first, first + random.uniform(0.7, 1.8))
        place = (random.uniform(-72.0, 72.0), -random.uniform(48.0, 112.0))
        wide, deep = random.uniform(8.0, 19.0), random.uniform(7.0, 12.0)
        half = (wide * loop, deep * loop)
        thinner = (np.maximum(half[0] - 2.4, 0.0), np.maximum(half[1] - 2.4, 0.0))
        content = Tissue(hu=random.uniform(8.0, 34.0), grain_hu=9.0, loose=True)
        organs.append(at(spine, place, half, wall))
        organs.append(at(spine, place, thinner, content))
        if random.uniform() < GAS_SHARE:
            organs.append(at(spine, place, (0.8 * thinner[0], thinner[1]), gas))
    return organs


def _kidneys(spine: SpineLine, contrast: Contrast) -> list[NDArray[np.float64]]:
    """Return both kidneys in their fat, the left one higher."""
    around = Tissue(hu=FAT_HU, grain_hu=4.0, ridge_hu=30.0, mask=BELLY_FAT)
    cortex = Tissue(hu=_KIDNEY_HU[contrast], grain_hu=3.0, square=0.25)
    sinus = Tissue(hu=-72.0, grain_hu=28.0)
    organs = []
    for sign, high, low in ((1.0, 11.0, 13.8), (-1.0, 11.3, 14.2)):
        kidney, core = dome(spine.r, high, low), dome(spine.r, high + 0.7, low - 0.7)
        middle = (spine.x + sign * (61 + 5 * (spine.r - high)), spine.y - 6.0)
        organs.append(section(middle, (40 * kidney, 35 * kidney), around))
        organs.append(section(middle, (27 * kidney, 23 * kidney), cortex))
        inward = (middle[0] - sign * 11, middle[1] - 5)
        organs.append(section(inward, (14 * core, 8 * core), sinus))
    return organs
