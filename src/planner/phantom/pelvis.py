"""The iliac wings: one curve for the bone and for the muscles on both its sides."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import PchipInterpolator

from planner.geometry.points import unit
from planner.phantom.blades import blade
from planner.phantom.paint_wall import PLACES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.levels import Side
    from planner.phantom.posture import Placed

CREST = 15.1
"""Running level of the iliac crest: the disc of L4."""

FLARE = 0.30
"""How much farther out a wing stands per mm of height."""

HALF_TALL_MM = 50.0

TABLE_REACH_MM = 100.0
"""The muscles beside a wing are tabulated this far before and behind the sacrum's middle."""

_BEHIND_MM = (52.0, 40.0, 28.0, 14.0, 0.0, -16.0, -34.0, -52.0, -66.0)
_ASIDE_MM = (46.0, 52.0, 60.0, 70.0, 83.0, 99.0, 113.0, 121.0, 124.0)
_HALF_THICK_MM = (7.5, 8.5, 7.5, 5.0, 3.8, 3.2, 3.4, 4.6, 6.5)


def wing_table(above_sacrum_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far out the wing stands, from front to back, at some heights, mm.

    Shape ``(n, PLACES)``, over ``TABLE_REACH_MM`` before and behind the sacrum's middle.
    """
    behind = np.linspace(-TABLE_REACH_MM, TABLE_REACH_MM, PLACES)
    aside = PchipInterpolator(_BEHIND_MM[::-1], _ASIDE_MM[::-1])(np.clip(behind, -66.0, 52.0))
    return np.asarray(aside[None, :] + FLARE * np.clip(above_sacrum_mm, -60.0, 60.0)[:, None])


def wing(sacrum: Placed, side: Side) -> list[NDArray[np.float64]]:
    """Return one iliac wing: a curved plate from the sacroiliac joint forward and out."""
    points = [
        sacrum.centre + np.array([side.sign * aside, behind, -2.0])
        for aside, behind in zip(_ASIDE_MM, _BEHIND_MM, strict=True)
    ]
    upright = unit(np.array([side.sign * FLARE, 0.0, 1.0]))
    return [
        blade(
            points[place],
            points[place + 1],
            np.cross(points[place + 1] - points[place], upright),
            (
                _HALF_THICK_MM[place],
                _HALF_THICK_MM[place + 1],
                _tall(place),
                _tall(place + 1),
            ),
        )
        for place, _ in enumerate(itertools.pairwise(points))
    ]


def _tall(place: int) -> float:
    """Return the half height of a wing, which is lower at both ends than in its middle."""
    return HALF_TALL_MM * (0.72, 0.82, 0.92, 1.0, 1.0, 1.0, 0.92, 0.8, 0.62)[place]
