"""Asks the values whether they can be Hounsfield units: where air, fat and soft tissue lie.

A wrong slope or intercept leaves a picture that looks right. The scale has two fixed points, air
and water, and a body shows both: the air round it, and lean tissue that is almost water. Where
neither can be seen, or noise blurs them into one, nothing is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.imaging.pixels import AIR_HU

if TYPE_CHECKING:
    from numpy.typing import NDArray

BODY_HU = (-200, 300)
"""Fat, soft tissue, blood and marrow; AIR_SEEN_HU of a volume file is its lower end."""

BODY_SHARE = 0.02
"""Part of a CT of a body that is so at least; a trunk has 30 to 90 %."""

EMPTIER_THAN_AIR_HU = -1100
EMPTIER_SHARE = 0.01
EMPTIER_HALF_WIDTHS = 4.0
"""More than this share below air is no air; nor is it noise where it lies this many half widths
of the air's peak below it. Filler is taken out before."""

AIR_HIGHEST_HU = -700
AIR_PEAK_HU = (-1046, -950)
"""Where air may peak. The accreditation phantom of the American College of Radiology wants -1005
to -970, the Catphan 503 manual -1046 to -986; -1024 is what scanners write where they saw
nothing."""

AIR_SHARE = 0.02
AIR_HALF_WIDTH_HU = 60
EMPTIER_THAN_PEAK = 0.01
"""Lung is no air: it varies so much that more than this part of it is emptier than its peak by
the half width, and so is the air in and around it."""

TISSUE_HU = (-400, 400)
LEAN_HU = (-15, 130)
"""Water, muscle (about 40 to 60 at any tube voltage), blood, brain, and organs with contrast."""

FAT_HU = (-180, -40)
"""Adipose tissue by its attenuation in ICRU 44 from 40 to 150 keV, the lightest to the densest."""

SCANNER_ZERO_HU = -1024.0
USUAL_FAT_HU, USUAL_LEAN_HU, FAT_AND_LEAN_HU, DENSEST_FAT_HU = -100.0, 50.0, 200, 10
SCALED, SCALED_ALIKE = 0.03, 0.03
WELL_SEEN_PART = 0.25
"""Fat and muscle peak near these, and as the two highest. A scale that is wrong about the
scanner's zero moves both by one factor, fat to 10 HU if it is off by 12 %; another energy moves
them apart, and contrast only one of them. In the real scans at hand it is within 1.5 %."""

SEEN_PART = 0.1
"""A tissue is there when its peak is this part of the highest."""

BLURRED_HU = 120
"""Fat and muscle lie about 150 apart; a peak wider than this at half its height may be both."""

_BIN_HU = 5
_SMOOTH_BINS = 2.0
_ENOUGH = 500_000
_OFFSET = 32768


def doubt_of_hu(samples: NDArray[np.int16]) -> str:
    """Say why values cannot be the HU of a body; empty when they can.

    Parameters
    ----------
    samples
        Some of the voxels, spread over the volume, shape ``(k, j, i)``.
    """
    counts = _counts(samples)
    low, high = BODY_HU
    lowest = int(np.flatnonzero(counts)[0]) - _OFFSET
    if lowest > low:
        return f"lowest value {lowest}"
    body = _share(counts, low, high)
    if body < BODY_SHARE:
        return f"only {body:.1%} lie from {low} to {high}"
    return _doubt_of_air(counts) or _doubt_of_tissue(counts)


def _counts(samples: NDArray[np.int16]) -> NDArray[np.int64]:
    """Count every value of int16, in a part of the samples if they are many."""
    step = 2 if samples.size > _ENOUGH else 1
    values = samples[:, ::step, ::step].astype(np.int32).ravel() + _OFFSET
    return np.bincount(values, minlength=2 * _OFFSET)


def _share(counts: NDArray[np.int64], low: int, high: int) -> float:
    """Return the part of all values from ``low`` to ``high``, both included."""
    return float(counts[low + _OFFSET : high + _OFFSET + 1].sum() / counts.sum())


def _smooth(counts: NDArray[np.int64], low: int, high: int) -> NDArray[np.float64]:
    """Return the histogram from ``low`` to ``high`` in bins, smoothed."""
    part = counts[low + _OFFSET : high + _OFFSET].reshape(-1, _BIN_HU).sum(axis=1)
    reach = np.arange(-6, 7)
    weights = np.exp(-0.5 * (reach / _SMOOTH_BINS) ** 2)
    return np.convolve(part, weights / weights.sum(), mode="same")


def _middle_hu(low: int, place: int) -> int:
    return low + place * _BIN_HU + _BIN_HU // 2


def _doubt_of_air(counts: NDArray[np.int64]) -> str:
    """Look where the air peaks; what the reader itself set to air is left out."""
    seen = counts.copy()
    seen[AIR_HU + _OFFSET] = 0
    low = 2 * AIR_HIGHEST_HU
    curve = _smooth(seen, low, AIR_HIGHEST_HU)
    top = int(curve.argmax())
    peak = _middle_hu(low, top)
    near = _share(seen, peak - AIR_HALF_WIDTH_HU, min(peak + AIR_HALF_WIDTH_HU, AIR_HIGHEST_HU))
    usual = near >= AIR_SHARE and AIR_PEAK_HU[0] <= peak <= AIR_PEAK_HU[1]
    if usual:
        reach = EMPTIER_HALF_WIDTHS * _width(curve, top) * _BIN_HU / 2.0
        below = int(min(EMPTIER_THAN_AIR_HU, max(peak - reach, -_OFFSET)))
    else:
        below = EMPTIER_THAN_AIR_HU
    emptier = _share(counts, -_OFFSET, below - 1)
    if emptier > EMPTIER_SHARE:
        return f"{emptier:.0%} lie below air"
    lung = _share(seen, -_OFFSET, peak - AIR_HALF_WIDTH_HU) > EMPTIER_THAN_PEAK * near
    return "" if usual or near < AIR_SHARE or lung else f"air lies at {peak}"


def _doubt_of_tissue(counts: NDArray[np.int64]) -> str:
    """Look whether a tissue peaks where lean tissue does, and none below fat or far above lean."""
    low, high = TISSUE_HU
    curve = _smooth(counts, low, high)
    top = int(curve.argmax())
    if _width(curve, top) * _BIN_HU > BLURRED_HU:
        return ""
    inner = curve[1:-1]
    peaks = 1 + np.flatnonzero(
        (inner >= curve[:-2]) & (inner > curve[2:]) & (inner > SEEN_PART * curve[top])
    )
    places = [_middle_hu(low, int(place)) for place in peaks]
    lean = any(LEAN_HU[0] <= place <= LEAN_HU[1] for place in places)
    fat = any(FAT_HU[0] <= place <= FAT_HU[1] for place in places)
    highest = _middle_hu(low, top)
    if places and places[0] < FAT_HU[0]:
        return f"soft tissue lies at {places[0]}"
    scale = _common_scale({_middle_hu(low, int(place)): curve[place] for place in peaks})
    if abs(scale - 1.0) > SCALED:
        return f"fat and soft tissue both lie as if the scale were {scale:.2f} times the right one"
    if not lean or (highest > LEAN_HU[1] and not fat):
        return f"soft tissue lies at {highest}"
    return ""


def _common_scale(peaks: dict[int, float]) -> float:
    """Return the factor by which fat and lean tissue are both off, 1 where they are not alike."""
    near = sorted(
        (place for place in peaks if abs(place) < FAT_AND_LEAN_HU), key=peaks.__getitem__
    )
    if len(near) < 2 or peaks[near[-2]] < WELL_SEEN_PART * max(peaks.values()):
        return 1.0
    fat, lean = sorted(near[-2:])
    if fat > DENSEST_FAT_HU:
        return 1.0
    of_fat = (fat - SCANNER_ZERO_HU) / (USUAL_FAT_HU - SCANNER_ZERO_HU)
    of_lean = (lean - SCANNER_ZERO_HU) / (USUAL_LEAN_HU - SCANNER_ZERO_HU)
    return (of_fat + of_lean) / 2.0 if abs(of_fat - of_lean) < SCALED_ALIKE else 1.0


def _width(curve: NDArray[np.float64], top: int) -> float:
    """Return the bins between the sides of a peak at half its height; infinite if cut off."""
    low = np.flatnonzero(curve < curve[top] / 2.0)
    before, after = low[low < top], low[low > top]
    return float(after[0] - before[-1]) if before.size and after.size else np.inf
