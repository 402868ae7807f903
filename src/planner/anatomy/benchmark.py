"""How well and how fast the built-in segmenter works on CT with reference masks.

Nothing here is tuned: the parameters are those of the product. The anterior part of a vertebra
is what lies in front of the posterior wall this program found, cut the same way in both masks,
because public references do not tell body from arch.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.native_grid import labels_on
from planner.anatomy.segmenters import segment
from planner.domain.benchmark import BenchmarkRow
from planner.domain.levels import Level
from planner.imaging import load_ct, read_labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.volume import CtVolume, LabelVolume

FOLDER_VARIABLE = "PLANNER_BENCH_CT"
"""Names a folder of cases; each case is a folder with ``ct.nii.gz`` and ``vertebrae.nii.gz``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelScore:
    """Agreement of one vertebra with its reference.

    Attributes
    ----------
    whole, anterior, posterior
        Dice, 0 to 1.
    wall_mm
        Mean absolute front-back distance of the wall surface to the reference, at mid body;
        NaN when there is none.
    flagged
        Whether the vertebra carries a quality flag.
    """

    level: Level
    whole: float
    anterior: float
    posterior: float
    wall_mm: float
    flagged: bool


def benchmark() -> list[BenchmarkRow]:
    """Return one row for each level of each case in the folder named by the environment."""
    named = os.environ.get(FOLDER_VARIABLE)
    folder = Path(named) if named else Path.cwd().parent / "shared" / "data"
    cases = sorted(place.parent for place in folder.glob("*/vertebrae.nii.gz"))
    if not cases:
        return [
            BenchmarkRow(
                name="segmentation", median_s=float("nan"), best_s=float("nan"), n=0,
                note=f"no case found; set {FOLDER_VARIABLE} to a folder of cases",
            )
        ]  # fmt: skip
    return [row for case in cases for row in benchmark_case(case)]


def benchmark_case(folder: Path) -> list[BenchmarkRow]:
    """Segment one case once and score every level of its reference."""
    ct = load_ct(folder / "ct.nii.gz")
    reference = read_labels(folder / "vertebrae.nii.gz")
    started = time.perf_counter()
    anatomy = segment(ct)
    seconds = time.perf_counter() - started
    return [
        BenchmarkRow(
            name=f"segment {folder.name} {score.level}",
            median_s=seconds,
            best_s=seconds,
            n=1,
            note=(
                f"whole {score.whole:.3f} anterior {score.anterior:.3f} posterior "
                f"{score.posterior:.3f} wall {score.wall_mm:.2f} mm"
                f"{' flagged' if score.flagged else ''}"
            ),
        )
        for score in scores(ct, anatomy, reference)
    ]


def scores(ct: CtVolume, anatomy: Anatomy, reference: LabelVolume) -> list[LevelScore]:
    """Score every reference level by the vertebra that covers most of it, whatever its name."""
    truth = labels_on(reference.labels, reference.geometry, anatomy.geometry)
    complete = labels_on(reference.labels, reference.geometry, ct.geometry)
    out = []
    for number in np.unique(truth[truth > 0]):
        mine = truth == number
        if mine.sum() < 0.9 * (complete == number).sum():
            continue
        covered = np.bincount(anatomy.labels[mine], minlength=2)
        covered[0] = 0
        level = Level.from_verse_label(int(number))
        if not covered.any():
            out.append(LevelScore(level=level, whole=0.0, anterior=0.0, posterior=0.0,
                                  wall_mm=float("nan"), flagged=False))  # fmt: skip
            continue
        found = anatomy.vertebrae[Level.from_verse_label(int(covered.argmax()))]
        out.append(_level_score(anatomy, level, found, mine))
    return out


def _level_score(
    anatomy: Anatomy, level: Level, found: Vertebra, truth: NDArray[np.bool_]
) -> LevelScore:
    box = _box(truth | (anatomy.labels == found.level.verse_label))
    mine = anatomy.labels[box] == found.level.verse_label
    mask = truth[box]
    index = np.moveaxis(np.indices(mask.shape), 0, -1) + [axis.start for axis in box]
    forward = anatomy.geometry.lps_mm(index[..., ::-1].astype(float)) @ np.array(found.anterior)
    in_front = forward > _wall_place(found)
    return LevelScore(
        level=level,
        whole=dice(mask, mine),
        anterior=dice(mask & in_front, mine & in_front),
        posterior=dice(mask & ~in_front, mine & ~in_front),
        wall_mm=wall_error_mm(anatomy, found, truth),
        flagged=bool(found.quality.flags),
    )


def _wall_place(found: Vertebra) -> float:
    """Return how far forward the middle of the posterior wall lies, mm."""
    if found.posterior_wall is None:
        return (
            float(found.body_centre.array @ np.array(found.anterior)) - 0.5 * found.body_size_mm[1]
        )
    return float(np.median(found.posterior_wall.points_mm @ np.array(found.anterior)))


def wall_error_mm(anatomy: Anatomy, found: Vertebra, truth: NDArray[np.bool_]) -> float:
    """Return the mean distance of wall points at mid body to the back of the reference."""
    wall = found.posterior_wall
    if wall is None:
        return float("nan")
    offset = wall.points_mm - found.body_centre.array
    middle = np.abs(offset @ np.array(found.superior)) < 0.2 * found.body_size_mm[2]
    middle &= np.abs(offset @ np.array(found.left)) < 6.0
    steps = np.arange(-5.0, 5.01, 0.1)
    lines = wall.points_mm[middle][:, None] + steps[None, :, None] * np.array(found.anterior)
    index = np.rint(anatomy.geometry.ijk(lines)).astype(int)
    index = np.clip(index, 0, np.array(anatomy.geometry.size_ijk) - 1)
    inside = truth[index[..., 2], index[..., 1], index[..., 0]]
    # The wall is the last step outside when walking back from inside the body.
    reached = inside[:, -1]
    behind = np.where(inside, -1, np.arange(len(steps))).max(axis=1)
    known = reached & (behind >= 0)
    if not known.any():
        return float("nan")
    return float(np.abs(steps[behind[known]]).mean())


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Return 2 |A and B| / (|A| + |B|), 1 when both are empty."""
    total = int(one.sum()) + int(other.sum())
    return 2.0 * float((one & other).sum()) / total if total else 1.0


def _box(mask: NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    """Return the index box of the true voxels."""
    spans = [np.flatnonzero(mask.any(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1))]
    k, j, i = (slice(int(span[0]), int(span[-1]) + 1) for span in spans)
    return k, j, i
