"""Finds the discs along the straightened spine, each with its tilt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.interpolation import held_at
from planner.anatomy.pedicle_rhythm import pedicle_rhythm
from planner.anatomy.spine_curve import U_MM, V_MM
from planner.anatomy.wall_lines import wall_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.anatomy.wall_lines import WallLines

TILTS_RAD = np.deg2rad(np.arange(-36, 37, 4))
"""Sagittal tilts tried; positive rises towards anterior."""

CORONAL_TILTS_RAD = np.deg2rad(np.arange(-15, 16, 5))
"""Coronal tilts tried; positive rises towards the left. Small on purpose: the curve follows."""

STRIPS_MM = (-6.0, 0.0, 6.0)
"""Middles of the sagittal strips a disc is looked for in; each is 6 mm wide."""

THICK_PERIOD_MM, THIN_PERIOD_MM = 28.0, 22.0
"""Above the first a disc is a dark gap; below the second a thin dip in a bright band."""

SPACING_MM = (15, 46)
"""Smallest and largest distance of neighbouring discs."""

END_MARGIN_MM = 4.0
"""A disc this close to the end of the stack is not believed."""

BODY_SHARE = 0.3
"""Round a click in a body no disc lies within this share of a level's height."""

_CORTEX_WEIGHT = 0.4
"""Share of the walls' brightness in the evidence; osteophytes bridge discs, so it is small."""

_CORTEX_RANGE_HU = 50.0

_STRENGTH_WEIGHTS = (0.7, 0.6)
"""Weights of the image of the disc and of the phase of the pedicles."""

_REFINE_MM = 5
_PLACE_PRICE = 0.35
_LEAST_STRENGTH = 0.2
_PERIOD_PRICE = (0.9, 0.15)
_NEIGHBOUR_PRICE = (0.5, 0.25)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DiscSearch:
    """Discs from inferior to superior, with what they were found from.

    Attributes
    ----------
    s_mm
        Place of each disc on the spine curve at the body centre, shape ``(discs,)``.
    tilt_rad
        Sagittal tilt of each, shape ``(discs,)``; positive rises towards anterior.
    coronal_tilt_rad
        Coronal tilt of each, shape ``(discs,)``; positive rises towards the left.
    in_scan
        Which ``s`` lie inside the scan, shape ``(n,)``.
    period_mm
        Local level-to-level distance, shape ``(n,)``.
    contrast_hu
        Mean evidence of the discs; comparable between readings of one scan only.
    """

    walls: WallLines
    s_mm: NDArray[np.float64]
    tilt_rad: NDArray[np.float64]
    coronal_tilt_rad: NDArray[np.float64]
    in_scan: NDArray[np.bool_]
    period_mm: NDArray[np.float64]
    contrast_hu: float

    @property
    def irregularity(self) -> float:
        """Mean absolute log ratio of neighbouring spacings; infinite with under three discs."""
        spacing = np.diff(self.s_mm)
        if len(spacing) < 2:
            return float("inf")
        return float(np.abs(np.log(spacing[1:] / spacing[:-1])).mean())

    @property
    def coverage(self) -> float:
        """Share of the scanned curve that lies within one period of a disc, 0 to 1."""
        if not len(self.s_mm) or not self.in_scan.any():
            return 0.0
        places = np.arange(len(self.in_scan))
        near = np.abs(places[:, None] - self.s_mm[None]).min(1) <= self.period_mm
        return float((near & self.in_scan).sum() / self.in_scan.sum())


def find_discs(straight: NDArray[np.float32], bodies_at: Sequence[float] = ()) -> DiscSearch:
    """Find walls, rhythm and discs in a straightened CT ``[s, v, u]``.

    Parameters
    ----------
    bodies_at
        Places ``s`` that the user says lie inside a body, so no disc does.
    """
    walls = wall_lines(straight)
    in_scan = _rows_in_scan(straight, walls)
    rhythm = pedicle_rhythm(straight, walls, in_scan)
    evidence = _tilted_evidence(straight, walls, rhythm.period_mm)
    strength = _strength(evidence, rhythm.cue, walls, in_scan)
    for s in bodies_at:
        clear = np.abs(np.arange(len(straight)) - s) < BODY_SHARE * rhythm.period_mm[int(s)]
        strength[:, :, clear] = 0.0
    chosen = _chain(strength.max((0, 1)), rhythm.period_mm)
    refined = [_refined(strength, s) for s in chosen]
    s_mm = np.array([place for place, _, _ in refined], dtype=np.float64)
    tilt = np.array([angle for _, angle, _ in refined], dtype=np.float64)
    coronal = np.array([angle for _, _, angle in refined], dtype=np.float64)
    kept = _inside_ends(s_mm, in_scan) & np.r_[True, np.diff(s_mm) > 0][: len(s_mm)]
    return DiscSearch(
        walls=walls,
        s_mm=s_mm[kept],
        tilt_rad=tilt[kept],
        coronal_tilt_rad=coronal[kept],
        in_scan=in_scan,
        period_mm=rhythm.period_mm,
        contrast_hu=float(np.mean(evidence.max((0, 1))[s_mm[kept].astype(int)]))
        if any(kept)
        else 0.0,
    )


def _rows_in_scan(straight: NDArray[np.float32], walls: WallLines) -> NDArray[np.bool_]:
    """Tell which ``s`` see nearly the whole body section."""
    seen = (straight[:, :, np.abs(U_MM) <= 9.0] > -900).mean(2)
    out = np.zeros(len(straight), np.bool_)
    for s, row in enumerate(seen):
        body = (walls.posterior_mm[s] <= V_MM) & (walls.anterior_mm[s] >= V_MM)
        out[s] = row[body].mean() > 0.97
    return out


def _tilted_evidence(
    straight: NDArray[np.float32], walls: WallLines, period_mm: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how disc-like each place is, HU, shape ``(coronal tilts, sagittal tilts, n)``."""
    thin = np.clip((THICK_PERIOD_MM - period_mm) / (THICK_PERIOD_MM - THIN_PERIOD_MM), 0.0, 1.0)
    out = np.empty((len(CORONAL_TILTS_RAD), len(TILTS_RAD), len(straight)))
    lines = _tilted_lines(straight, walls)
    cortex = _cortex_at_ends(straight, walls)
    place = np.arange(len(straight))
    for m, coronal in enumerate(CORONAL_TILTS_RAD):
        shifts = np.array(STRIPS_MM) * np.tan(coronal)
        for n, tilt in enumerate(TILTS_RAD):
            moved = [
                np.interp(place + shift, place, line)
                for shift, line in zip(shifts, lines[:, n], strict=True)
            ]
            line = np.mean(moved, axis=0)
            price = 0.6 * max(0.0, abs(float(np.rad2deg(tilt))) - 4.0)
            price += 0.6 * abs(float(np.rad2deg(coronal)))
            dip = _dip_in_band(line)
            # A collapsed disc between tall bodies is thin whatever the period says.
            image = np.maximum((1.0 - thin) * _gap(line) + thin * dip, dip)
            out[m, n] = image - _CORTEX_WEIGHT * cortex[n] - price
    return out


def _tilted_lines(straight: NDArray[np.float32], walls: WallLines) -> NDArray[np.float64]:
    """Return mean HU across the body along sagittally tilted lines: ``(strips, tilts, n)``."""
    clipped = np.clip(straight, -150, 500)
    place = np.arange(len(straight))[:, None]
    depth = np.linspace(0.12, 0.9, 15)[None]
    v = walls.posterior_mm[:, None] + depth * (walls.anterior_mm - walls.posterior_mm)[:, None]
    out = np.empty((len(STRIPS_MM), len(TILTS_RAD), len(straight)))
    for strip, middle in enumerate(STRIPS_MM):
        profile = clipped[:, :, np.abs(U_MM - middle) <= 3.0].mean(2)
        for n, tilt in enumerate(TILTS_RAD):
            s = place + (v - walls.centre_mm[:, None]) * np.tan(tilt)
            out[strip, n] = held_at(profile, [s, v - V_MM[0]]).mean(1)
    return out


def _cortex_at_ends(straight: NDArray[np.float32], walls: WallLines) -> NDArray[np.float64]:
    """Return how bright the walls are where a tilted line ends, HU, ``(tilts, n)``, mean 0.

    Beside a body both ends lie on cortex; beside a disc on ligament.
    """
    profile = np.clip(straight, -150, 500)[:, :, np.abs(U_MM) <= 6.0].mean(2)
    place = np.arange(len(profile))[:, None]
    out = np.zeros((len(TILTS_RAD), len(profile)))
    for wall in (walls.posterior_mm, walls.anterior_mm):
        v = wall[:, None] + np.arange(-3.0, 3.5)[None]
        for n, tilt in enumerate(TILTS_RAD):
            s = place + (v - walls.centre_mm[:, None]) * np.tan(tilt)
            line = held_at(profile, [s, v - V_MM[0]])
            out[n] += 0.5 * line.max(1)
    trend = ndimage.gaussian_filter1d(out, 15.0, axis=1, mode="nearest")
    calm = ndimage.gaussian_filter1d(out - trend, 1.0, axis=1)
    # Where the wall lines are off there is no cortex at all; that must not count as a disc.
    return np.asarray(np.clip(calm, -_CORTEX_RANGE_HU, _CORTEX_RANGE_HU))


def _shifted(line: NDArray[np.float64], offsets: range) -> NDArray[np.float64]:
    """Stack copies of ``line`` that look ``offsets`` mm further up."""
    place = np.arange(len(line)) + np.array(offsets)[:, None]
    return np.asarray(line[place % len(line)])


def _gap(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the depth of a gap between bright endplates 2-7 mm away."""
    calm = ndimage.gaussian_filter1d(line, 0.7)
    above, below = _shifted(calm, range(2, 8)).max(0), _shifted(calm, range(-7, -1)).max(0)
    rims = 0.6 * np.minimum(above, below) + 0.4 * 0.5 * (above + below)
    return np.asarray(rims - ndimage.uniform_filter1d(calm, 3))


def _dip_in_band(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mark of a thin disc: a bright band of two endplates with a dip in it."""
    calm = ndimage.gaussian_filter1d(line, 0.7)
    above, below = _shifted(calm, range(1, 5)).max(0), _shifted(calm, range(-4, 0)).max(0)
    around = 0.5 * (_shifted(calm, range(7, 12)).mean(0) + _shifted(calm, range(-11, -6)).mean(0))
    band = _shifted(calm, range(-4, 5)).mean(0) - around
    return np.asarray(0.6 * band + 0.8 * (np.minimum(above, below) - calm))


def _strength(
    evidence: NDArray[np.float64],
    cue: NDArray[np.float64],
    walls: WallLines,
    in_scan: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Join image and pedicles into one strength, ``(coronal tilts, sagittal tilts, n)``.

    The pedicles stand behind the body, so their phase is read where a tilted disc ends there.
    """
    best = evidence.max((0, 1))
    scale = np.percentile(best[in_scan] if in_scan.any() else best, 95) + 1e-6
    image = np.clip(evidence / scale, -1.0, 1.2)
    phase = _pedicle_phase(cue)
    place = np.arange(len(phase))
    behind = walls.posterior_mm - walls.centre_mm
    moved = [np.interp(place + behind * np.tan(tilt), place, phase) for tilt in TILTS_RAD]
    image_weight, phase_weight = _STRENGTH_WEIGHTS
    total = image_weight * image + phase_weight * np.stack(moved)[None]
    total = np.where(in_scan, total, 0.0).clip(0.0)
    total[:, :, :4] = 0.0
    total[:, :, -4:] = 0.0
    return np.asarray(total / (np.percentile(total.max((0, 1)), 96) + 1e-6))


def _pedicle_phase(cue: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how well the pedicles stand as they do round a disc, -0.5 to 0.8.

    They stand 4-10 mm below a disc and again above it; from the disc up to there is none.
    """
    below = _shifted(cue, range(-10, -3)).mean(0)
    above = _shifted(cue, range(12, 17)).mean(0)
    beside = _shifted(cue, range(1, 8)).mean(0)
    return np.asarray(np.clip(0.6 * below + 0.4 * above - beside, -0.5, 0.8))


def _chain(strength: NDArray[np.float64], period_mm: NDArray[np.float64]) -> list[int]:
    """Choose the chain of discs that is strong and evenly spaced, by dynamic programming."""
    peaks = [
        s
        for s in range(len(strength))
        if strength[s] > _LEAST_STRENGTH and strength[s] == strength[max(0, s - 4) : s + 5].max()
    ]
    # A state is (this disc, the one before); its value the score of the best chain to it.
    score: dict[tuple[int, int], float] = {}
    origin: dict[tuple[int, int], tuple[int, int]] = {}
    for here in peaks:
        score[here, -1] = strength[here] - _PLACE_PRICE
        for before in peaks:
            if not SPACING_MM[0] <= here - before <= SPACING_MM[1]:
                continue
            step = strength[here] - _PLACE_PRICE - _period_price(here, before, period_mm)
            options = [
                (score[state] + step - _ratio_price(here, state), state)
                for state in score
                if state[0] == before
            ]
            score[here, before], origin[here, before] = max(options)
    if not score:
        return []
    state: tuple[int, int] | None = max(score, key=lambda key: score[key])
    chain = []
    while state is not None:
        chain.append(state[0])
        state = origin.get(state)
    return chain[::-1]


def _period_price(here: int, before: int, period_mm: NDArray[np.float64]) -> float:
    """Price a spacing that differs from the pedicles' period."""
    expected = 0.5 * (period_mm[here] + period_mm[before])
    price, free = _PERIOD_PRICE
    return float(price * max(0.0, abs(np.log((here - before) / expected)) - free))


def _ratio_price(here: int, state: tuple[int, int]) -> float:
    """Price a spacing that differs from the one before it."""
    before, earlier = state
    if earlier < 0:
        return 0.0
    price, free = _NEIGHBOUR_PRICE
    return float(price * max(0.0, abs(np.log((here - before) / (before - earlier))) - free))


def _refined(strength: NDArray[np.float64], s: int) -> tuple[int, float, float]:
    """Return place, sagittal and coronal tilt of the greatest strength near a chosen disc."""
    window = np.arange(max(0, s - _REFINE_MM), min(strength.shape[2], s + _REFINE_MM + 1))
    near = 0.25 * np.exp(-0.5 * ((window - s) / 3.0) ** 2)
    local = strength[:, :, window] + near
    coronal, tilt, place = np.unravel_index(local.argmax(), local.shape)
    return int(window[place]), float(TILTS_RAD[tilt]), float(CORONAL_TILTS_RAD[coronal])


def _inside_ends(s_mm: NDArray[np.float64], in_scan: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which discs lie far enough inside the scan to be believed."""
    if not in_scan.any():
        return np.zeros(len(s_mm), np.bool_)
    seen = np.flatnonzero(in_scan)
    return np.asarray(
        (s_mm >= seen[0] + END_MARGIN_MM) & (s_mm <= seen[-1] - END_MARGIN_MM), dtype=np.bool_
    )
