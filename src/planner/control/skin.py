"""Where a shaft crosses the skin: between tissue and air all round it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.control.shaft import STEP_MM, across, read_hu

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.control.shaft import Shaft
    from planner.domain.volume import CtVolume

AIR_HU: Final = -400.0
"""Between air and the fat under the skin, where half a voxel's blur of either is read."""

RADII_MM: Final = (6.0, 8.0, 10.0)
DIRECTIONS: Final = 24
"""Lines beside a shaft along which tissue is told from air, clear of the metal's own blooming."""

LEAST_PAIRS: Final = 8
"""Pairs of opposite lines, of 36, that must show the skin: near the border some leave the scan."""

SURE_MM: Final = 5.0
"""Tissue that goes on over this is the body and no fold, drape or hub."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surroundings:
    """What lies round a shaft, from its inner end outward and beyond.

    Attributes
    ----------
    along_mm
        Places along the shaft.
    air_share
        Share of the lines beside it that run in air there; NaN outside the scan.
    """

    along_mm: NDArray[np.float64]
    air_share: NDArray[np.float64]

    @property
    def in_tissue(self) -> NDArray[np.bool_]:
        """Where nearly everything beside the shaft is tissue."""
        return np.asarray(self.air_share < 0.1)


def surroundings(ct: CtVolume, shaft: Shaft, beyond_mm: float = 0.0) -> Surroundings:
    """Look beside a shaft along its whole length and ``beyond_mm`` at both ends."""
    along = np.arange(
        shaft.along_mm[0] - beyond_mm, shaft.along_mm[-1] + beyond_mm + STEP_MM / 2, STEP_MM
    )
    hu = _beside(ct, shaft, along)
    seen = np.isfinite(hu)
    with np.errstate(invalid="ignore"):
        share = np.where(
            seen.mean(axis=1) > 0.5, ((hu < AIR_HU) & seen).sum(axis=1) / seen.sum(axis=1), np.nan
        )
    return Surroundings(along_mm=along, air_share=share)


def _beside(ct: CtVolume, shaft: Shaft, along: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return HU beside the axis, shape ``(places, lines)``; NaN outside the scan."""
    one, other = across(shaft.axis)
    turn = 2.0 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    ring = np.cos(turn)[:, None] * one + np.sin(turn)[:, None] * other
    round_it = np.concatenate([radius * ring for radius in RADII_MM])
    return read_hu(ct, shaft.at + along[:, None, None] * shaft.axis + round_it)


def skin_crossing_mm(ct: CtVolume, shaft: Shaft, inner_mm: float, outer_mm: float) -> float | None:
    """Return where along a shaft the skin lies, looked for from outside inward.

    ``inner_mm`` is in the body. Each line beside the shaft is followed by itself and the mean of
    opposite ones counts, so that a skin that stands aslant is met where the axis meets it.
    ``None`` where fewer than ``LEAST_PAIRS`` pairs leave the body inside the scan.
    """
    way = 1.0 if outer_mm > inner_mm else -1.0
    along = np.arange(0.0, abs(outer_mm - inner_mm) + STEP_MM, STEP_MM)
    hu = _beside(ct, shaft, inner_mm + way * along)
    crossings = np.array([_last_tissue(along, line) for line in hu.T])
    pairs = crossings.reshape(len(RADII_MM), 2, DIRECTIONS // 2).mean(axis=1).ravel()
    known = pairs[np.isfinite(pairs)]
    if known.size < LEAST_PAIRS:
        return None
    return inner_mm + way * float(np.median(known))


def _last_tissue(along: NDArray[np.float64], hu: NDArray[np.float64]) -> float:
    """Return where tissue ends for good on one line, NaN where that is not in the scan."""
    sure = round(SURE_MM / STEP_MM)
    tissue = hu > AIR_HU
    air = np.isfinite(hu) & ~tissue
    runs = np.convolve(tissue, np.ones(sure), mode="valid") >= sure
    if not runs.any():
        return float("nan")
    last = int(np.flatnonzero(runs)[-1]) + sure - 1
    if last + 1 >= len(hu) or not air[last + 1]:
        return float("nan")
    share = (hu[last] - AIR_HU) / max(hu[last] - hu[last + 1], 1e-6)
    return float(along[last] + share * STEP_MM)
