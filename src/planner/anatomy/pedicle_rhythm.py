"""How the pedicles repeat along the spine: the local distance from level to level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.spine_curve import U_MM, V_MM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.wall_lines import WallLines

PERIODS_MM = np.arange(14, 46)
"""From an upper thoracic to a large lumbar level."""

USUAL_PERIOD_MM = 30.0
"""Taken where nothing repeats."""

_LATERAL_MM = (7.0, 17.0)
_BEHIND_WALL_MM = (-6.0, -1.0)
_COLUMNS = 4
_WINDOW_MM = 40.0
_TREND_MM = 20.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PedicleRhythm:
    """The pedicle cue and its period.

    Attributes
    ----------
    cue
        About 0 to 1 for each ``s``: bone on both sides of the canal.
    period_mm
        Level-to-level distance for each ``s``.
    """

    cue: NDArray[np.float64]
    period_mm: NDArray[np.float64]


def pedicle_rhythm(
    straight: NDArray[np.float32], walls: WallLines, in_scan: NDArray[np.bool_]
) -> PedicleRhythm:
    """Measure bone beside the canal and how it repeats.

    Parameters
    ----------
    straight
        Straightened CT ``[s, v, u]``.
    in_scan
        Which ``s`` lie inside the scan.
    """
    bone = np.clip((np.clip(straight, -150, 500) - 120.0) / 200.0, 0.0, 1.0)
    left = (_LATERAL_MM[0] <= U_MM) & (_LATERAL_MM[1] >= U_MM)
    sides = [_bridging_bone(bone[:, :, side], walls) for side in (left, left[::-1])]
    cue = normalised(ndimage.gaussian_filter1d(np.sqrt(sides[0] * sides[1]), 1.0))
    swing = cue - ndimage.gaussian_filter1d(cue, _TREND_MM)
    return PedicleRhythm(cue=cue, period_mm=_period(swing, in_scan))


def normalised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale so that the 5th percentile is 0 and the 95th is 1."""
    low, high = np.percentile(values, (5, 95))
    return np.asarray((values - low) / (high - low + 1e-6))


def _bridging_bone(bone: NDArray[np.float32], walls: WallLines) -> NDArray[np.float64]:
    """Return how much bone bridges from the posterior wall backward, beside the canal.

    Only a pedicle fills this gap from front to back; the facets lie farther behind.
    """
    out = np.zeros(len(bone))
    for s, section in enumerate(bone):
        behind = V_MM - walls.posterior_mm[s]
        gap = (behind >= _BEHIND_WALL_MM[0]) & (behind <= _BEHIND_WALL_MM[1])
        out[s] = np.sort(section[gap].mean(0))[-_COLUMNS:].mean()
    return out


def _period(swing: NDArray[np.float64], in_scan: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the local period from windowed autocorrelation, interpolated and smoothed."""
    places = np.arange(len(swing))
    found = np.full(len(swing), np.nan)
    for s in range(0, len(swing), 4):
        window = np.exp(-0.5 * ((places - s) / _WINDOW_MM) ** 2) * in_scan
        lag = _first_strong_peak(_autocorrelation(swing, window))
        if lag is not None:
            found[s] = PERIODS_MM[lag]
    known = ~np.isnan(found)
    if not known.any():
        return np.full(len(swing), USUAL_PERIOD_MM)
    filled = np.interp(places, places[known], found[known])
    calm = ndimage.median_filter(filled, 61, mode="nearest")
    return np.asarray(ndimage.gaussian_filter1d(calm, 15, mode="nearest"))


def _autocorrelation(
    swing: NDArray[np.float64], window: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the windowed autocorrelation at every candidate period."""
    out = np.full(len(PERIODS_MM), -9.0)
    for n, lag in enumerate(PERIODS_MM):
        if lag >= len(swing) - 5:
            continue
        weight = np.sqrt(window[lag:] * window[:-lag])
        if weight.sum() > 0.0:
            out[n] = weight @ (swing[lag:] * swing[:-lag]) / weight.sum()
    return out


def _first_strong_peak(correlation: NDArray[np.float64]) -> int | None:
    """Return the first peak that no later one beats by a quarter."""
    best: int | None = None
    floor = 0.25 * max(1e-6, float(correlation.max()))
    for n in range(1, len(correlation) - 1):
        is_peak = correlation[n - 1] <= correlation[n] >= correlation[n + 1]
        if (
            is_peak
            and correlation[n] > floor
            and (best is None or correlation[n] > 1.25 * correlation[best])
        ):
            best = n
    return best
