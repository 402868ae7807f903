"""Rows that describe organs as stacks of rounded sections along the spine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import PchipInterpolator

from planner.phantom.recipe import Contrast

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Along = NDArray[np.float64]
    """One value for each row of the trunk's table."""

FAT_HU, MUSCLE_HU = -105.0, 55.0

ANYWHERE_MM = -1.0e3
"""Depth limit of what may lie in the trunk's wall as well: the muscles of the back."""

CHEST_WALL_MM = 15.0
"""Muscle, rib and pleura between the fat and the lung."""

OPACIFIED_HU = {
    Contrast.NONE: (42.0, 40.0),
    Contrast.ARTERIAL: (320.0, 90.0),
    Contrast.PORTAL: (150.0, 135.0),
}
"""Aorta and vena cava: 35-50 plain, 250-400 arterial, 120-180 portal (recalled)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpineLine:
    """The spine as the trunk sees it, row by row, each shape ``(n,)``.

    Attributes
    ----------
    r
        Running level: 0 at T1, 12 at L1.
    x, y
        Middle of the vertebral bodies, LPS mm.
    depth
        From there to the middle of the canal, mm.
    """

    r: Along
    x: Along
    y: Along
    depth: Along


@dataclass(frozen=True, slots=True, kw_only=True)
class Tissue:
    """What an organ is made of.

    Attributes
    ----------
    hu, grain_hu
        Mean, and how uneven it is.
    ridge_hu
        What is added along the sheets that run through it: fat in a muscle, veins in a liver.
    mask
        Number of its mask, or 0.
    depth_mm
        Least depth below the trunk's wall.
    loose
        Whether it is bent as soft bellies are, or held in place by the spine.
    square
        0 for an ellipse, towards 1 for a rounded rectangle.
    level
        Where gas has risen: only the part before (1) or behind (-1) the organ's middle is
        filled, with a flat lower edge; 0 fills it all.
    """

    hu: float
    grain_hu: float = 0.0
    ridge_hu: float = 0.0
    mask: int = 0
    depth_mm: float = 0.0
    loose: bool = False
    square: float = 0.0
    level: float = 0.0


def curve(places: list[float], values: list[float], at: Along) -> Along:
    """Return a smooth curve through some values, constant beyond both ends."""
    return np.asarray(PchipInterpolator(places, values)(np.clip(at, places[0], places[-1])))


def dome(r: Along, first: float, last: float) -> Along:
    """Return the relative half width of a closed organ between two running levels."""
    middle, half = 0.5 * (first + last), 0.5 * (last - first)
    return np.asarray(np.sqrt(np.maximum(1.0 - ((r - middle) / half) ** 2, 0.0)))


def section(middle: tuple[Along, Along], half: tuple[Along, Along], tissue: Tissue) -> Along:
    """Return one organ's rows; see ``paint_trunk.TrunkTable.organs``."""
    flat = np.ones_like(middle[0])
    rest = (
        tissue.hu, tissue.grain_hu, float(tissue.mask), tissue.depth_mm,
        tissue.ridge_hu, float(tissue.loose), tissue.square, tissue.level,
    )  # fmt: skip
    return np.stack([*middle, *half, *(flat * value for value in rest)], axis=1)


def at(
    spine: SpineLine,
    place: tuple[float, float],
    half: tuple[Along, Along],
    tissue: Tissue,
) -> Along:
    """Return an organ a fixed way to the left of and behind the vertebral bodies."""
    return section((spine.x + place[0], spine.y + place[1]), half, tissue)
