"""Heart, great vessels, airways and gullet between the lungs. Left is positive, front negative.

Sizes and places are project defaults, shaped after what a chest CT looks like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.phantom.organ_rows import OPACIFIED_HU, SpineLine, Tissue, at, curve, dome
from planner.phantom.recipe import Contrast

if TYPE_CHECKING:
    from numpy.typing import NDArray

AIRWAY = Tissue(hu=-980.0)
AIRWAY_WALL = Tissue(hu=35.0)
THYMIC_FAT = Tissue(hu=-92.0, grain_hu=16.0, loose=True)
CARDIAC_FAT = Tissue(hu=-98.0, grain_hu=10.0, square=0.15)
MYOCARDIUM_HU = {Contrast.NONE: 46.0, Contrast.ARTERIAL: 105.0, Contrast.PORTAL: 110.0}

CARINA = 4.4
"""Running level where the windpipe divides."""

_CHAMBERS = (
    # first and last running level, place, half sizes, arterial blood, wall
    (5.7, 8.0, (4.0, -50.0), (35.0, 20.0), True, 2.0),
    (6.0, 9.2, (-24.0, -78.0), (27.0, 33.0), False, 2.0),
    (6.1, 9.4, (8.0, -98.0), (46.0, 29.0), False, 4.0),
    (6.2, 9.6, (36.0, -78.0), (38.0, 38.0), True, 11.0),
)
_GROOVES = (
    ((-30.0, -104.0), (4.0, 7.0)),
    ((37.0, -46.0), (4.0, 7.0)),
    ((36.0, -118.0), (5.0, 5.0)),
)
"""Fat in the grooves between the chambers, with the coronary vessels."""

_GREAT = (
    # first and last running level, place, half sizes, arterial blood
    (3.5, 6.9, (-13.0, -70.0), (16.0, 16.0), True),
    (4.5, 6.5, (17.0, -74.0), (15.0, 14.0), False),
    (4.7, 5.9, (-16.0, -52.0), (27.0, 9.5), False),
    (4.3, 5.6, (29.0, -48.0), (12.0, 11.0), False),
    (3.0, 4.1, (-8.0, -62.0), (14.0, 14.0), True),
    (2.9, 4.0, (4.0, -50.0), (14.0, 14.0), True),
    (2.9, 4.2, (16.0, -35.0), (14.0, 14.0), True),
    (0.0, 6.6, (-29.0, -58.0), (9.0, 8.0), False),
    (-2.0, 3.3, (-9.0, -50.0), (6.5, 6.5), True),
    (-2.0, 3.3, (9.0, -47.0), (4.2, 4.2), True),
    (-2.0, 3.3, (18.0, -36.0), (4.8, 4.8), True),
    (1.2, 2.9, (2.0, -64.0), (26.0, 6.0), False),
)


def chest_organs(spine: SpineLine, contrast: Contrast) -> list[NDArray[np.float64]]:
    """Return what lies between the lungs, in the order in which it is painted."""
    r = spine.r
    artery_hu, vein_hu = OPACIFIED_HU[contrast]
    front = dome(r, -1.0, 7.4)
    organs = [at(spine, (0.0, -82.0), (16.0 * front, 26.0 * front), THYMIC_FAT)]
    bag = dome(r, 5.3, 9.8)
    organs.append(at(spine, (12.0, -80.0), (70.0 * bag, 54.0 * bag), CARDIAC_FAT))
    muscle = Tissue(hu=MYOCARDIUM_HU[contrast], grain_hu=3.0)
    for first, last, place, (wide, deep), arterial, wall in _CHAMBERS:
        share = dome(r, first, last)
        organs.append(at(spine, place, (wide * share, deep * share), muscle))
        blood = Tissue(hu=artery_hu if arterial else vein_hu, grain_hu=2.0)
        inner = (np.maximum(wide * share - wall, 0.0), np.maximum(deep * share - wall, 0.0))
        organs.append(at(spine, place, inner, blood))
    middle = dome(r, 6.0, 9.3)
    organs.insert(2, at(spine, (8.0, -80.0), (46.0 * middle, 36.0 * middle), muscle))
    for place, (wide, deep) in _GROOVES:
        share = dome(r, 6.2, 8.9)
        organs.append(at(spine, place, (wide * share, deep * share), CARDIAC_FAT))
        vessel = 1.5 * share
        organs.append(at(spine, place, (vessel, vessel), Tissue(hu=artery_hu)))
    for first, last, place, (wide, deep), arterial in _GREAT:
        share = np.minimum(1.6 * dome(r, first, last), 1.0)
        blood = Tissue(hu=artery_hu if arterial else vein_hu, grain_hu=2.0)
        organs.append(at(spine, place, (wide * share, deep * share), blood))
    gullet = np.where(r < 10.5, curve([0, 5, 10.5], [6.0, 7.5, 9.0], r), 0.0)
    organs.append(at(spine, (4.0, -25.0), (gullet, 0.7 * gullet), Tissue(hu=38.0, grain_hu=6.0)))
    gap = np.where(np.sin(2.3 * r) > 0.2, 0.36 * gullet, 0.0)
    organs.append(at(spine, (4.0, -25.5), (gap, 0.6 * gap), Tissue(hu=-700.0)))
    pipe = np.where(r < CARINA, 9.2, 0.0)
    organs.append(at(spine, (-2.0, -37.0), (pipe + 1.4 * (pipe > 0), pipe + 1.0), AIRWAY_WALL))
    organs.append(at(spine, (-2.0, -37.0), (pipe, 0.95 * pipe), AIRWAY))
    return organs
