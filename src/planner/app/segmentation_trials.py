"""How the built-in segmenter does on digital spines whose truth is known, and how fast it is.

Prints every figure the segmenter is held to: human cases by level, with a user's clicks and the
time of each redo; fresh spines; the stress set; time and memory. The seeds come from the
environment, and nothing here feeds back into the method.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy import Workbench, segment
from planner.anatomy import benchmark as human_cases
from planner.anatomy import correction_benchmark as clicks
from planner.anatomy.truth_scores import LevelScore, SpineScore, score_against
from planner.app.segmentation_timing import time_and_memory
from planner.domain.benchmark import BenchmarkRow
from planner.domain.corrections import DiscMoved
from planner.domain.errors import InputRefusedError
from planner.domain.levels import Level
from planner.phantom import make_phantom
from planner.phantom.recipe import (
    Contrast,
    FieldOfView,
    Fracture,
    FractureKind,
    Lesion,
    Matter,
    OldCement,
    Place,
    Recipe,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.domain.volume import CtVolume
    from planner.phantom.make import Phantom

SEEDS_VARIABLE = "PLANNER_BENCH_SEEDS"
"""Seeds of the fresh spines, as ``901-920`` or ``7``."""

USUAL_SEEDS = "901-920"

RANGES = (
    (Level.T10, Level.L5),
    (Level.T5, Level.T12),
    (Level.T12, Level.L5),
    (Level.L1, Level.S1),
)
"""Which part of the spine is in the scan, in turn."""

SMALL_HOLE_RADIUS_MM = 2.8
"""A lesion of this radius leaves a round hole of 4 mm in the wall it breaks."""

FAILED_DICE = 0.80
"""A whole vertebra below this is a failure and must carry a flag."""

ALLOWED_LOSS = 0.06
"""Body Dice may fall this far below that of the plain spine under stress."""

DEEPEST_INTRUSION_MM = 1.0


def benchmark() -> list[BenchmarkRow]:
    """Return the figures of human cases, fresh spines, the stress set, time and memory."""
    rows = [*human_cases.benchmark(), *clicks.benchmark()]
    found: list[SpineScore] = []
    for seed in asked_seeds(USUAL_SEEDS):
        seconds, score = _scored(fresh_recipe(seed))
        rows.append(_told(_row(f"spine {seed}", seconds, score)))
        found += [] if score is None else [score]
    rows.append(_told(_over_all(found)))
    return [*rows, *stress_rows(), *local_redo_rows(), time_and_memory()]


def _told(row: BenchmarkRow) -> BenchmarkRow:
    """Say a row as it comes, because all of them take half an hour."""
    sys.stderr.write(f"{row.name}: {row.note}\n")
    sys.stderr.flush()
    return row


def fresh_recipe(seed: int) -> Recipe:
    """Return a spine with one small hole in one posterior wall."""
    levels = RANGES[seed % len(RANGES)]
    inside = [level for level in Level if levels[0].order < level.order < levels[1].order]
    inside = [level for level in inside if level not in (Level.T13, Level.L6)]
    return Recipe(
        seed=seed,
        levels=levels,
        field_of_view=FieldOfView.SPINE,
        lesions=(
            Lesion(level=inside[seed % len(inside)], kind=Matter.LYTIC,
                   r_mm=SMALL_HOLE_RADIUS_MM, place=Place.POSTERIOR, breach=True),
        ),
    )  # fmt: skip


def stress_recipes() -> dict[str, Recipe]:
    """Return the stress set; all are the same person, so that a loss is the stress's."""

    def lesion(kind: Matter, radius_mm: float, place: Place) -> tuple[Lesion]:
        breach = place is Place.POSTERIOR
        return (Lesion(level=Level.L3, kind=kind, r_mm=radius_mm, place=place, breach=breach),)

    plain = Recipe(seed=950, levels=(Level.T12, Level.L5), field_of_view=FieldOfView.SPINE)
    wedge = (Fracture(level=Level.L2, kind=FractureKind.WEDGE, loss=0.4),)
    return {
        "plain": plain,
        "bone HU x0.5": plain,
        "noise 60 HU": replace(plain, noise_hu=60.0),
        "slices 5 mm": replace(plain, spacing_mm=(0.8, 0.8, 5.0)),
        "rotation 15 deg": replace(plain, rotation_deg=15.0),
        "scoliosis 20 deg": replace(plain, scoliosis_deg=20.0),
        "wedge 40 %": replace(plain, fractures=wedge),
        "lytic r 9 at the wall": replace(
            plain, lesions=lesion(Matter.LYTIC, 9.0, Place.POSTERIOR)
        ),
        "blastic r 9": replace(plain, lesions=lesion(Matter.BLASTIC, 9.0, Place.CENTRE)),
        "contrast": replace(plain, contrast=Contrast.ARTERIAL),
        "screws": replace(plain, screws=(Level.L4,)),
        "cement": replace(plain, cement=(OldCement(level=Level.L1, volume_ml=4.0),)),
    }


def stress_rows() -> list[BenchmarkRow]:
    """Return one row for each stress, with the loss of body Dice against the plain spine."""
    rows: list[BenchmarkRow] = []
    usual: dict[Level, float] = {}
    for name, recipe in stress_recipes().items():
        phantom = make_phantom(recipe)
        ct = softened(phantom.ct) if name == "bone HU x0.5" else phantom.ct
        seconds, score = _segmented(phantom, ct)
        row = _row(f"stress {name}", seconds, score)
        if score is not None:
            if not usual:
                usual = {level.level: level.body for level in score.levels}
            row = replace(row, note=f"{row.note} | {_losses(score, usual)}")
        rows.append(_told(row))
    return rows


def softened(ct: CtVolume) -> CtVolume:
    """Return the scan with bone half as dense over soft tissue."""
    over = np.maximum(ct.hu.astype(np.float32) - SOFT_HU, 0.0)
    return replace(ct, hu=np.ascontiguousarray(ct.hu - 0.5 * over, dtype=np.int16))


SOFT_HU = 60.0


def local_redo_rows() -> list[BenchmarkRow]:
    """Return the time of one dragged disc after the automatic outlines."""
    phantom = make_phantom(stress_recipes()["plain"])
    bench = Workbench(phantom.ct)
    anatomy = bench.outline()
    if anatomy.guides is None:
        return []
    plane = anatomy.guides.discs[len(anatomy.guides.discs) // 2]
    moved = DiscMoved(disc=plane.middle, plane=plane)
    started = time.perf_counter()
    bench.outline(corrections=(moved,))
    seconds = time.perf_counter() - started
    return [
        BenchmarkRow(
            name="local redo: a disc dragged", median_s=seconds, best_s=seconds, n=1,
            note="bar 2 s",
        )
    ]  # fmt: skip


def asked_seeds(usual: str) -> list[int]:
    """Return the seeds that the environment asks for, or the usual ones."""
    first, _, last = os.environ.get(SEEDS_VARIABLE, usual).partition("-")
    return list(range(int(first), int(last or first) + 1))


def _scored(recipe: Recipe) -> tuple[float, SpineScore | None]:
    phantom = make_phantom(recipe)
    return _segmented(phantom, phantom.ct)


def _segmented(phantom: Phantom, ct: CtVolume) -> tuple[float, SpineScore | None]:
    """Return CPU seconds and the score, ``None`` where the segmenter refused."""
    started = time.process_time()
    try:
        anatomy = segment(ct)
    except InputRefusedError:
        return time.process_time() - started, None
    return time.process_time() - started, score_against(phantom.truth, anatomy)


def _row(name: str, seconds: float, score: SpineScore | None) -> BenchmarkRow:
    """Return one spine's figures."""
    note = "REFUSED: no spine found" if score is None else figures([score])
    return BenchmarkRow(name=name, median_s=seconds, best_s=seconds, n=1, note=note)


def _over_all(scores: Sequence[SpineScore]) -> BenchmarkRow:
    nothing = float("nan")
    note = figures(scores) if scores else "no spine was outlined"
    return BenchmarkRow(
        name=f"all {len(scores)} spines",
        median_s=nothing,
        best_s=nothing,
        n=len(scores),
        note=note,
    )


def figures(scores: Sequence[SpineScore]) -> str:
    """Return the figures of some spines in one line."""
    levels = [level for score in scores for level in score.levels]
    free = [level for level in levels if level.level is not Level.S1]
    worst = min(levels, key=lambda level: level.body)
    widths = np.array([width for level in free for width in level.pedicle_mm] or [np.nan])
    holes = sum(level.holes for level in levels)
    foramina = np.array([value for score in scores for value in score.foramina_mm] or [np.nan])
    missed = int(np.isnan(foramina).sum())
    deep = [level for level in levels if level.intrusion_mm > DEEPEST_INTRUSION_MM]
    return " | ".join(
        [
            f"body mean {np.mean([level.body for level in free]):.3f} "
            f"worst {worst.body:.3f} {worst.level}",
            f"whole {np.mean([level.whole for level in free]):.3f}",
            f"canal {np.mean([score.canal for score in scores]):.3f} "
            f"worst {min(score.canal for score in scores):.3f}",
            f"canal >1 mm inside {len(deep)}, unflagged {_without_flag(deep)}",
            f"foramina missed {missed} of {len(foramina)}, worst {_worst(foramina):.1f} "
            f"mean {_mean(foramina):.1f} mm, over 3 mm {int((foramina > 3.0).sum())}",
            f"pedicles {np.isfinite(widths).sum()} of {2 * len(free)}, "
            f"bias {_mean(widths):+.2f} mean |error| {_mean(np.abs(widths)):.2f} "
            f"worst {_worst(np.abs(widths)):.1f} mm, "
            f"over 1 mm {int((np.abs(widths) > 1.0).sum())}, "
            f"without a flag {_silent_widths(free)}",
            f"holes found {sum(level.holes_found for level in levels)} of {holes}, "
            f"invented {sum(level.holes_invented for level in levels)}",
            f"count exact in {sum(score.count_exact for score in scores)} of {len(scores)}",
            _flag_words(levels),
        ]
    )


def _flag_words(levels: Sequence[LevelScore]) -> str:
    failed = [level for level in levels if level.whole < FAILED_DICE]
    good = [level for level in levels if level.whole >= FAILED_DICE]
    return (
        f"under {FAILED_DICE:.2f}: {len(failed)}, unflagged {_without_flag(failed)}; "
        f"others flagged {len(good) - _without_flag(good)} of {len(good)}"
    )


def _silent_widths(levels: Sequence[LevelScore]) -> str:
    """Count widths over 1 mm off without a flag, those too wide apart: they mislead a needle."""
    silent = [width for level in levels if not level.flags for width in level.pedicle_mm]
    wide, narrow = sum(width > 1.0 for width in silent), sum(width < -1.0 for width in silent)
    return f"{wide} wide {narrow} narrow"


def _without_flag(levels: Sequence[LevelScore]) -> int:
    return sum(not level.flags for level in levels)


def _losses(score: SpineScore, usual: dict[Level, float]) -> str:
    """Return the worst loss of body Dice, and how many too large ones carry no flag."""
    losses = [(usual.get(level.level, level.body) - level.body, level) for level in score.levels]
    worst, where = max(losses, key=lambda pair: pair[0])
    silent = [level for loss, level in losses if loss > ALLOWED_LOSS and not level.flags]
    return f"worst body loss {worst:+.3f} {where.level}, too large and unflagged {len(silent)}"


def _worst(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    known = values[np.isfinite(values)]
    return float(known.max()) if known.size else float("nan")


def _mean(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")
