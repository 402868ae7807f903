"""How long a digital spine takes, and how much memory: each case in a process of its own."""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import time
from typing import TYPE_CHECKING

from planner.domain.benchmark import BenchmarkRow
from planner.domain.levels import Level
from planner.phantom.make import make_phantom
from planner.phantom.recipe import Lesion, Matter, Place, Recipe

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

LARGE = Recipe(
    seed=21,
    levels=(Level.T9, Level.L3),
    lesions=(Lesion(level=Level.L1, kind=Matter.LYTIC, r_mm=9.0, place=Place.POSTERIOR),),
    spacing_mm=(0.78, 0.78, 0.9),
    matrix=(512, 512),
    noise_hu=16.0,
)
"""512 x 512 and about 250 slices, with its truth. It must take under 60 s and 4 GB."""

SMALL = Recipe(seed=3, levels=(Level.L2, Level.L4))
"""Three levels, whole trunk, 1 mm. It must take under 8 s."""

KIBIBYTES_PER_GIGABYTE = 1024.0**2


def benchmark() -> list[BenchmarkRow]:
    """Time both cases; compiling is done before, in a case that does not count."""
    make_phantom(Recipe(seed=1, levels=(Level.L3, Level.L3), spacing_mm=(2.0, 2.0, 2.0)))
    return [_row("large", LARGE, 2), _row("small", SMALL, 3)]


def _row(name: str, recipe: Recipe, n: int) -> BenchmarkRow:
    seconds, peaks, shape = [], [], (0, 0, 0)
    for _ in range(n):
        taken_s, peak_gb, shape = _in_own_process(recipe)
        seconds.append(taken_s)
        peaks.append(peak_gb)
    slices, rows, columns = shape
    return BenchmarkRow(
        name=f"digital spine, {name}, {columns}x{rows}x{slices}",
        median_s=statistics.median(seconds),
        best_s=min(seconds),
        n=n,
        note=f"peak memory {max(peaks):.2f} GB, with truth",
    )


def _in_own_process(recipe: Recipe) -> tuple[float, float, tuple[int, int, int]]:
    """Make a case in a fresh process, so that its peak memory is its own."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe(duplex=False)
    work = multiprocessing.get_context("spawn").Process(target=_measure, args=(recipe, theirs))
    work.start()
    theirs.close()
    taken_s, peak_gb, shape = ours.recv()
    work.join()
    return taken_s, peak_gb, shape


def _measure(recipe: Recipe, answer: Connection) -> None:
    make_phantom(Recipe(seed=1, levels=(Level.L3, Level.L3), spacing_mm=(4.0, 4.0, 4.0)))
    started = time.perf_counter()
    made = make_phantom(recipe)
    taken_s = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIBIBYTES_PER_GIGABYTE
    answer.send((taken_s, peak, made.ct.hu.shape))
    answer.close()
