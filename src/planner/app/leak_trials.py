"""How well cement is measured and its leaks are placed: ``planner bench leaks``.

Outlines are those of the digital spine moved by about half a millimetre, as after registration;
the seeds come from the environment and nothing here feeds back into the method.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.app.leak_recipes import leak_trial
from planner.control.leaks import find_cement
from planner.domain.benchmark import BenchmarkRow
from planner.geometry.volume_geometry import VolumeGeometry
from planner.phantom import make_phantom
from planner.phantom.additions import CEMENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from planner.app.leak_recipes import LeakTrial
    from planner.control.leaks import FoundCement, FoundLeak
    from planner.domain.anatomy import Anatomy
    from planner.phantom.make import Phantom
    from planner.phantom.recipe import LaidCement

SEEDS_VARIABLE: Final = "PLANNER_BENCH_LEAK_SEEDS"
"""Seeds of the scans, as ``901-941`` or ``7``."""

USUAL_SEEDS: Final = "901-941"
"""Of these 41 scans 34 hold three leaks each and 7 hold none."""

MOVED_MM: Final = 0.35
"""Spread, along each axis, by which the outlines are moved."""

OWN_MM: Final = 6.0
"""What was found nearer than this to a leak's middle is that leak."""

VOLUME_BAR_PERCENT: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakScore:
    """One scan: leaks laid with their names and what they were taken for, and the volume."""

    told: tuple[tuple[str, str], ...]
    invented: int
    error_percent: float
    words: str


def benchmark() -> Iterator[BenchmarkRow]:
    """Give a row for each scan, and all together."""
    first, _, last = os.environ.get(SEEDS_VARIABLE, USUAL_SEEDS).partition("-")
    scores: list[LeakScore] = []
    seconds: list[float] = []
    for seed in range(int(first), int(last or first) + 1):
        trial = leak_trial(seed)
        phantom = make_phantom(trial.recipe)
        outlines = moved(phantom.truth, seed)
        started = time.process_time()
        found = find_cement(phantom.ct, outlines, trial.level, tracks=trial.tracks)
        seconds.append(time.process_time() - started)
        score = scored(trial, phantom, found)
        scores.append(score)
        row = _row(f"leaks {seed}, {trial.level}", seconds[-1:], score.words)
        sys.stderr.write(f"{row.name}: {row.note}\n")
        yield row
    yield _row(f"all {len(scores)} scans", seconds, _over_all(scores))


def moved(anatomy: Anatomy, seed: int) -> Anatomy:
    """Return outlines a little off, as registration leaves them."""
    matrix = anatomy.geometry.lps_from_ijk
    matrix[:3, 3] += np.random.default_rng([seed, 22]).normal(0.0, MOVED_MM, 3)
    grid = VolumeGeometry.from_matrix(anatomy.geometry.size_ijk, matrix)
    return replace(anatomy, geometry=grid)


def scored(trial: LeakTrial, phantom: Phantom, found: FoundCement) -> LeakScore:
    """Compare what was found with what was laid."""
    left = list(found.leaks)
    told = []
    for kind, cord in trial.leaks:
        near = [leak for leak in left if _apart_mm(cord, leak) < OWN_MM]
        own = max(near, key=lambda leak: leak.ml, default=None)
        for leak in near:
            left.remove(leak)
        told.append((str(kind), "MISSED" if own is None else str(own.kind)))
    voxel_ml = phantom.ct.geometry.voxel_volume_mm3 / 1000.0
    true_ml = float((phantom.foreign == CEMENT).sum()) * voxel_ml
    error = 100.0 * (found.ml / true_ml - 1.0)
    wrong = ", ".join(f"{laid} taken for {seen}" for laid, seen in told if laid != seen)
    return LeakScore(
        told=tuple(told),
        invented=len(left),
        error_percent=error,
        words=f"{true_ml:.2f} mL off by {error:+.1f} %; {len(told)} leaks, "
        f"wrong: {wrong or 'none'}; invented {len(left)}; slices "
        f"{trial.recipe.spacing_mm[2]:g} mm, {trial.recipe.kernel}",
    )


def _apart_mm(cord: LaidCement, leak: FoundLeak) -> float:
    """Return how far the middle of a leak found lies from a cord laid."""
    start, way = cord.start.array, cord.end.array - cord.start.array
    share = float(np.clip((leak.at.array - start) @ way / max(float(way @ way), 1e-9), 0.0, 1.0))
    return float(np.linalg.norm(leak.at.array - start - share * way))


def _over_all(scores: list[LeakScore]) -> str:
    told = [pair for score in scores for pair in score.told]
    right = sum(laid == seen for laid, seen in told)
    errors = np.array([score.error_percent for score in scores])
    clean = [score for score in scores if not score.told]
    missed: dict[str, int] = {}
    for laid, seen in told:
        if laid != seen:
            missed[f"{laid} as {seen}"] = missed.get(f"{laid} as {seen}", 0) + 1
    worst = ", ".join(f"{count} {what}" for what, count in sorted(missed.items())) or "none"
    return " | ".join(
        [
            f"class right {right} of {len(told)}, wrong: {worst}",
            f"invented {sum(score.invented for score in scores)}, of these in scans without a "
            f"leak {sum(score.invented for score in clean)} of {len(clean)}",
            f"volume mean {errors.mean():+.1f} % worst {np.abs(errors).max():.1f} %, over "
            f"{VOLUME_BAR_PERCENT:g} % {int((np.abs(errors) > VOLUME_BAR_PERCENT).sum())}",
        ]
    )


def _row(name: str, seconds: list[float], note: str) -> BenchmarkRow:
    return BenchmarkRow(
        name=name,
        median_s=float(np.median(seconds)),
        best_s=min(seconds),
        n=len(seconds),
        note=note,
    )
