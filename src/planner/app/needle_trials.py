"""How well needles are found in control scans whose truth is known: ``planner bench needles``.

The scans are read by a beam of several energies (``phantom.beam``); the seeds come from the
environment and nothing here feeds back into the method.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.app.needle_recipes import needle_trial
from planner.control.needles import find_needles
from planner.domain.benchmark import BenchmarkRow
from planner.geometry.points import unit
from planner.phantom import make_phantom

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.app.needle_recipes import NeedleTrial
    from planner.control.needles import FoundNeedle, FoundNeedles
    from planner.geometry.points import Vector
    from planner.phantom.make import Phantom
    from planner.phantom.recipe import LaidNeedle

SEEDS_VARIABLE: Final = "PLANNER_BENCH_NEEDLE_SEEDS"
"""Seeds of the scans, as ``901-925`` or ``7``."""

USUAL_SEEDS: Final = "901-925"
"""Of these 25 scans 60 needles have their tips in the picture."""

TIP_BAR_MM, AXIS_BAR_DEG = 0.5, 0.5

OWN_MM, OWN_DEG = 4.0, 5.0
"""What was found nearer than this to a needle laid is that needle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedleScore:
    """One needle laid and what was found of it; NaN where it was not.

    ``tip_mm`` and ``along_mm`` are to the middle of the ground face, ``doubt_mm`` is what the
    finder said it may be off by, one standard deviation.
    """

    words: str
    is_found: bool
    is_cut: bool
    says_cut: bool
    tip_mm: float = float("nan")
    along_mm: float = float("nan")
    axis_deg: float = float("nan")
    entry_mm: float = float("nan")
    doubt_mm: float = float("nan")


def benchmark() -> Iterator[BenchmarkRow]:
    """Give a row for each scan, the worst needles, and all together."""
    first, _, last = os.environ.get(SEEDS_VARIABLE, USUAL_SEEDS).partition("-")
    scores: list[NeedleScore] = []
    invented, seconds = 0, []
    for seed in range(int(first), int(last or first) + 1):
        trial = needle_trial(seed)
        phantom = make_phantom(trial.recipe)
        started = time.process_time()
        found = find_needles(phantom.ct)
        seconds.append(time.process_time() - started)
        own, strangers = scored(trial, phantom, found)
        scores += own
        invented += strangers
        note = "; ".join(_words(score) for score in own)
        row = _row(f"needles {seed}, {trial.story}", seconds[-1:], f"{note}; invented {strangers}")
        sys.stderr.write(f"{row.name}: {row.note}\n")
        yield row
    yield from _over_all(scores, invented, seconds)


def scored(
    trial: NeedleTrial, phantom: Phantom, found: FoundNeedles
) -> tuple[list[NeedleScore], int]:
    """Return a score for each needle laid, and how many were found that are none."""
    left = list(found.needles)
    scores = []
    for laid in trial.needles:
        own = min(left, key=lambda one: _apart(laid, one), default=None)
        if own is None or not np.isfinite(_apart(laid, own)):
            own = None
        else:
            left.remove(own)
        scores.append(_score(trial, phantom, laid, own))
    return scores, len(left)


def face_middle(laid: LaidNeedle) -> Vector:
    """Return where half of a needle's section has ended: the middle of its ground face."""
    way = unit(laid.tip.array - laid.back.array)
    back = 0.5 * laid.outer_diameter_mm / np.tan(np.radians(laid.bevel_deg))
    return np.asarray(laid.tip.array - back * way)


def _apart(laid: LaidNeedle, found: FoundNeedle) -> float:
    """Return how far a needle found lies beside one laid, infinity where it is another."""
    way = unit(laid.tip.array - laid.back.array)
    off = found.last_seen.array - laid.tip.array
    beside = float(np.linalg.norm(off - (off @ way) * way))
    return beside if beside < OWN_MM and _angle(way, found) < OWN_DEG else float("inf")


def _angle(way: Vector, found: FoundNeedle) -> float:
    return float(np.degrees(np.arccos(min(max(float(way @ np.array(found.direction)), -1), 1))))


def _score(
    trial: NeedleTrial, phantom: Phantom, laid: LaidNeedle, found: FoundNeedle | None
) -> NeedleScore:
    recipe, is_cut = trial.recipe, laid in trial.cut
    words = (
        f"seed {recipe.seed}, {laid.outer_diameter_mm:g} mm, bevel {laid.bevel_deg:.0f}, "
        f"{laid.hu:.0f} HU, slices {recipe.spacing_mm[2]:g} mm, {recipe.kernel}, "
        f"top {recipe.highest_hu}"
    )
    if found is None:
        return NeedleScore(words=words, is_found=False, is_cut=is_cut, says_cut=False)
    if found.tip is None or is_cut:
        return NeedleScore(words=words, is_found=True, is_cut=is_cut, says_cut=found.tip is None)
    way = unit(laid.tip.array - laid.back.array)
    off = found.tip.array - face_middle(laid)
    entry = true_entry(phantom, laid)
    return NeedleScore(
        words=words,
        is_found=True,
        is_cut=False,
        says_cut=False,
        tip_mm=float(np.linalg.norm(off)),
        along_mm=float(off @ way),
        axis_deg=_angle(way, found),
        entry_mm=float("nan")
        if entry is None or found.entry is None
        else float(np.linalg.norm(found.entry.array - entry)),
        doubt_mm=found.tip_sd_mm,
    )


def true_entry(phantom: Phantom, laid: LaidNeedle) -> Vector | None:
    """Return where a needle leaves the patient, to half a voxel; ``None`` where outside."""
    way = unit(laid.tip.array - laid.back.array)
    back = np.arange(0.0, 160.0, 0.1)
    places = laid.tip.array - back[:, None] * way
    inside = phantom.ct.geometry.contains(places)
    index = np.rint(phantom.ct.geometry.ijk(places[inside])).astype(int)
    outside = phantom.truth.masks["skin"][index[:, 2], index[:, 1], index[:, 0]]
    if not outside.any():
        return None
    return np.asarray(places[inside][int(np.argmax(outside))])


def _words(score: NeedleScore) -> str:
    if not score.is_found:
        return "MISSED"
    if score.says_cut:
        return "tip not in the scan" if score.is_cut else "TIP NOT FOUND"
    if score.is_cut:
        return "TIP INVENTED"
    return (
        f"tip {score.tip_mm:.2f} mm, axis {score.axis_deg:.2f} deg, entry {score.entry_mm:.1f} mm"
    )


def _over_all(
    scores: list[NeedleScore], invented: int, seconds: list[float]
) -> Iterator[BenchmarkRow]:
    whole = [score for score in scores if np.isfinite(score.tip_mm)]
    for rank, score in enumerate(sorted(whole, key=lambda one: -one.tip_mm)[:8], start=1):
        note = f"{_words(score)}; along {score.along_mm:+.2f} mm; {score.words}"
        yield _row(f"worst tip {rank}", [], note)
    tips, axes, along, entries, doubts = (
        np.array([getattr(score, name) for score in whole] or [np.nan])
        for name in ("tip_mm", "axis_deg", "along_mm", "entry_mm", "doubt_mm")
    )
    wanted = [score for score in scores if not score.is_cut]
    cut = [score for score in scores if score.is_cut]
    note = " | ".join(
        [
            f"found {sum(score.is_found for score in wanted)} of {len(wanted)}, "
            f"invented {invented}, tips not found {len(wanted) - len(whole)}",
            f"tip median {np.median(tips):.2f} worst {tips.max():.2f} mm, "
            f"over {TIP_BAR_MM} mm {int((tips > TIP_BAR_MM).sum())}, "
            f"bias along {along.mean():+.2f} mm",
            f"axis median {np.median(axes):.2f} worst {axes.max():.2f} deg, "
            f"over {AXIS_BAR_DEG} deg {int((axes > AXIS_BAR_DEG).sum())}",
            f"entry median {np.nanmedian(entries):.2f} worst {np.nanmax(entries):.2f} mm, "
            f"not seen {int(np.isnan(entries).sum())}",
            f"within twice the doubt {int((tips < 2.0 * doubts).sum())} of {len(whole)}",
            f"cut off {len(cut)}, said so "
            f"{sum(score.says_cut or not score.is_found for score in cut)}",
        ]
    )
    yield _row(f"all {len(scores)} needles", seconds, note)


def _row(name: str, seconds: list[float], note: str) -> BenchmarkRow:
    middle, best = (float(np.median(seconds)), min(seconds)) if seconds else (float("nan"),) * 2
    return BenchmarkRow(name=name, median_s=middle, best_s=best, n=max(len(seconds), 1), note=note)
