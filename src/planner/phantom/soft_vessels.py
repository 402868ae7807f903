"""Vessels of the liver, the kidneys and the mesentery: trees and tubes, painted piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.domain.levels import Level, Side
from planner.geometry.points import unit
from planner.phantom.blades import blade
from planner.phantom.lungs import branches
from planner.phantom.organ_rows import OPACIFIED_HU
from planner.phantom.paint_trunk import BELLY_FAT, LIVER
from planner.phantom.recipe import Contrast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from planner.geometry.points import Vector
    from planner.phantom.model import SpineModel
    from planner.phantom.recipe import Recipe

    Piece = tuple[NDArray[np.float64], float, int | None]

_LIVER_VEIN_HU = {Contrast.NONE: 41.0, Contrast.ARTERIAL: 74.0, Contrast.PORTAL: 150.0}

THINNEST_MM = 0.85
"""Thinner vessels of the belly do not show in a CT without contrast."""

_HEPATIC = (
    # start from T11's body, heading, and half width, mm
    ((-30.0, -52.0, 4.0), (-0.9, -0.35, -0.2), 4.6),
    ((-26.0, -58.0, 4.0), (-0.35, -0.9, -0.1), 4.2),
    ((-18.0, -60.0, 4.0), (0.35, -0.9, -0.1), 3.6),
    ((-36.0, -58.0, -34.0), (-0.9, -0.1, 0.25), 5.4),
    ((-36.0, -58.0, -36.0), (-0.75, 0.55, -0.35), 4.2),
    ((-26.0, -66.0, -34.0), (0.3, -0.85, 0.25), 4.0),
    ((-50.0, -50.0, -38.0), (-0.6, -0.4, -0.7), 3.8),
)

_MESENTERIC = (
    # start from L3's body, heading, and half width, mm
    ((4.0, -44.0, 26.0), (-0.15, -0.75, -0.6), 2.6),
    ((-6.0, -44.0, 22.0), (-0.45, -0.75, -0.4), 2.9),
    ((4.0, -46.0, 14.0), (0.5, -0.75, -0.3), 2.4),
    ((0.0, -46.0, 4.0), (0.15, -0.8, -0.6), 2.4),
    ((-2.0, -44.0, -6.0), (-0.6, -0.6, -0.5), 2.4),
    ((8.0, -42.0, -4.0), (0.75, -0.4, -0.5), 2.3),
    ((8.0, -30.0, -14.0), (0.45, -0.2, -0.9), 1.9),
    ((-20.0, -60.0, -30.0), (-0.6, -0.5, -0.6), 2.2),
    ((14.0, -62.0, -34.0), (0.5, -0.6, -0.6), 2.2),
    ((-4.0, -66.0, -52.0), (-0.2, -0.5, -0.85), 2.2),
    ((18.0, -50.0, -60.0), (0.6, -0.3, -0.75), 2.0),
    ((-26.0, -54.0, -62.0), (-0.7, -0.2, -0.7), 2.0),
)


def soft_vessels(model: SpineModel, recipe: Recipe) -> Iterator[Piece]:
    """Give rows with their HU and the organ they stay in, ``None`` for anywhere."""
    random = np.random.default_rng([recipe.seed, 12])
    artery_hu, vein_hu = OPACIFIED_HU[recipe.contrast]
    top = model.posture.placed[Level.T11].centre
    for start, heading, radius in _HEPATIC:
        rows = branches(
            top + np.array(start), unit(np.array(heading)), radius,
            _LIVER_VEIN_HU[recipe.contrast], random, THINNEST_MM,
        )  # fmt: skip
        yield from ((row, hu, LIVER) for row, hu in rows)
    middle = model.posture.placed[Level.L3].centre
    for start, heading, radius in _MESENTERIC:
        for hu in (artery_hu, vein_hu):
            place = middle + np.array(start) + random.uniform(-3.0, 3.0, 3)
            rows = branches(place, unit(np.array(heading)), radius, hu, random, THINNEST_MM)
            yield from ((row, value, BELLY_FAT) for row, value in rows)
    yield from _beside_the_spine(model, artery_hu, vein_hu)


def _beside_the_spine(model: SpineModel, artery_hu: float, vein_hu: float) -> Iterator[Piece]:
    """Give the vessels of the kidneys, the ureters and the adrenal glands."""
    high, low = (model.posture.placed[level].centre for level in (Level.L1, Level.L4))
    for side in Side:
        sign = side.sign
        hilum = high + np.array([sign * 50.0, 0.0, -18.0])
        for start, radius, hu in (
            (np.array([sign * 12.0 + 3.0, -26.0, -6.0]), 2.6, artery_hu),
            (np.array([-14.0 + 5.0 * sign, -32.0, -10.0]), 4.0, vein_hu),
        ):
            yield _tube(high + start, hilum, radius), hu, BELLY_FAT
        foot = low + np.array([sign * 34.0, -24.0, 0.0])
        yield _tube(hilum + np.array([0.0, -4.0, -22.0]), foot, 2.0), 18.0, BELLY_FAT
        gland = high + np.array([sign * 32.0, -14.0, 26.0])
        for limb in (np.array([sign * 12.0, 10.0, 0.0]), np.array([sign * 2.0, 16.0, 0.0])):
            row = blade(gland, gland + limb, np.array([1.0, 0.3, 0.0]), (1.9, 1.4, 9.0, 7.0))
            yield row, 32.0, BELLY_FAT


def _tube(start: Vector, end: Vector, radius_mm: float) -> NDArray[np.float64]:
    across = np.array([0.1, 0.2, 1.0])
    return blade(start, end, across, (radius_mm,) * 4)
