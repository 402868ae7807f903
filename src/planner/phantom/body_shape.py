"""How a body departs from a rounded oval: pectoral and scapular muscle, breast, flank, buttock.

Tabulated row by row of the trunk as reliefs in mm, over the place across (from side to side) or
from front to back. Sizes are project defaults, shaped after what body CT looks like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.phantom.organ_rows import curve
from planner.phantom.paint_wall import (
    FAT_BEFORE,
    FAT_BEHIND,
    FAT_BESIDE,
    MUSCLE_BEFORE,
    MUSCLE_BEHIND,
    MUSCLE_BESIDE,
    PLACES,
    REACH,
    RELIEFS,
    WALL_BEFORE,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.phantom.organ_rows import Along

    Table = NDArray[np.float64]

UNEVEN_MM = 1.6
"""No two sides of a body are alike: waves of this size run round it."""

RECTUS_MM, HALF_RECTUS_MM, RECTUS_END_MM = 32.0, 29.0, 66.0
"""Middle and half width of a straight belly muscle, and where the sheath beside it ends."""


def reliefs(r: Along, half_width: Along, stout: float, random: np.random.Generator) -> Table:
    """Return the reliefs of a body, shape ``(n, RELIEFS, PLACES)``; see ``paint_wall``.

    Parameters
    ----------
    r
        Running level of every row.
    half_width
        Half width of the trunk there, mm.
    stout
        1 for usual fat.
    """
    across = np.linspace(-REACH, REACH, PLACES)
    found = np.zeros((len(r), RELIEFS, PLACES))
    breast = random.uniform(14.0, 34.0) * stout if random.uniform() < 0.5 else 5.0 * stout
    side = np.abs(across)

    def bump(middle: float, half: float) -> Table:
        return np.exp(-(((side - middle) / half) ** 2))[None, :]

    def along(levels: list[float], sizes: list[float]) -> Table:
        return curve(levels, sizes, r)[:, None]

    chest = along([2.5, 4.0, 6.0, 8.0, 9.5], [0.0, 0.55, 1.0, 0.4, 0.0])
    found[:, FAT_BEFORE] = breast * chest * bump(0.52, 0.26)
    found[:, FAT_BEFORE] -= along([2, 5, 9, 11], [0, 4, 3, 0]) * bump(0.0, 0.10)
    found[:, FAT_BEFORE] += along([11, 13, 15, 17], [0, 5, 7, 2]) * stout * bump(0.25, 0.35)
    found[:, FAT_BEFORE] -= along([11, 13, 15, 17], [0, 3, 4, 3]) * bump(0.0, 0.05)
    found[:, MUSCLE_BEFORE] = along([0, 2, 4, 6, 7.5], [8, 13, 11, 5, 0]) * bump(0.48, 0.30)
    found[:, MUSCLE_BEHIND] = along([0, 2, 4, 6, 8.5], [14, 20, 18, 10, 0]) * bump(0.60, 0.24)
    found[:, MUSCLE_BEHIND] += along([8, 11, 15, 16, 17], [0, 2, 3, 4, 5]) * bump(0.42, 0.26)
    found[:, FAT_BEHIND] = along([9, 12, 15, 16, 17], [0, 2, 4, 4, 4]) * stout * bump(0.50, 0.32)
    back = np.exp(-(((across - 0.18) / 0.48) ** 2))[None, :]
    found[:, MUSCLE_BESIDE] = along([1, 3, 6, 9, 11.5], [12, 13, 9, 5, 1]) * back
    found[:, FAT_BESIDE] = along([10, 13, 15, 17], [0, 3, 6, 4]) * stout * back
    for kind in (FAT_BEFORE, FAT_BEHIND, FAT_BESIDE):
        found[:, kind] += _waves(r, across, random)
    found[:, WALL_BEFORE] = _wall_share(r, half_width[:, None] * side[None, :])
    return found


def _waves(r: Along, across: Table, random: np.random.Generator) -> Table:
    """Return slow waves over level and place, mm."""
    found = np.zeros((len(r), len(across)))
    for count in (1.3, 2.1, 3.4):
        first, second, turn = random.uniform(0.0, 2.0 * np.pi, 3)
        wave = np.sin(count * np.pi * across + first)[None, :]
        found += wave * np.sin(0.5 * count * r + second + turn)[:, None]
    return np.asarray(UNEVEN_MM * found / np.sqrt(3.0))


def _wall_share(r: Along, aside_mm: Table) -> Table:
    """Return how thick the front wall is relative to the row's: belly muscles are not a ring."""
    lens = np.maximum(1.0 - ((aside_mm - RECTUS_MM) / HALF_RECTUS_MM) ** 2, 0.0)
    straight = 0.22 + 0.85 * np.sqrt(lens)
    lateral = np.clip(0.22 + (aside_mm - RECTUS_END_MM) / 14.0, 0.22, 1.25)
    belly = np.clip((r - 10.8) / 0.8, 0.0, 1.0)[:, None]
    return np.asarray(1.0 + belly * (np.maximum(straight, lateral) - 1.0))
