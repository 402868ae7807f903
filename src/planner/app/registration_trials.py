"""How well vertebrae are found again in a second scan of digital spines whose answer is known.

Every vertebra has moved by 3 to 8 degrees and 5 to 20 mm and the second scan has another noise,
kernel and grid; some lie prone, some scans are tilted, some hold a needle or cement. Beside it,
what must be refused: the vertebra is not in the second scan at all, or a neighbour was clicked.
The seeds come from the environment, and nothing here feeds back into the method.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.anatomy import segment
from planner.app.segmentation_trials import asked_seeds
from planner.domain.benchmark import BenchmarkRow
from planner.domain.errors import InputRefusedError
from planner.domain.levels import Level, Side
from planner.phantom import make_phantom
from planner.phantom.recipe import (
    FieldOfView,
    Kernel,
    Lesion,
    Matter,
    OldCement,
    Place,
    PlacedNeedle,
    Position,
    Recipe,
)
from planner.registration import Registrar, Registration, RegistrationRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from planner.domain.anatomy import Anatomy
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps
    from planner.phantom.make import Phantom

USUAL_SEEDS: Final = "8101-8130"
"""About 200 vertebrae."""

RANGES: Final = (
    (Level.T10, Level.L5),
    (Level.T5, Level.T12),
    (Level.T12, Level.L5),
    (Level.L1, Level.L5),
)
"""Which part of the spine is in both scans, in turn."""

SPACINGS_MM: Final = ((0.8, 0.8, 1.25), (0.9, 0.9, 2.0), (1.0, 1.0, 3.0), (0.9, 0.9, 1.5))
FIELD_MM: Final = 126.0
"""A narrow field about the spine, as control scans have."""

OUTLINED_EVERY: Final = 4
"""Every so many-th spine has the outlines of the built-in segmenter, the others true ones."""

TRAPPED_EVERY: Final = 4
"""For every so many-th vertebra what must be refused is tried as well."""

LEAST_PART_MM: Final = 30.0
"""A shorter part of a scan holds no vertebra that could be mistaken."""

SILENT_MM: Final = 1.5
"""What is given out with a wall point farther off than this has failed in silence."""

SAME_MM: Final = 12.0
"""An outlined body whose middle lies this near a true one is that body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One vertebra looked for once.

    Attributes
    ----------
    mean_mm, worst_mm
        Error over the points of the true posterior wall; NaN where it was refused.
    expected_mm
        The error that the program expected.
    """

    name: str
    mean_mm: float
    worst_mm: float
    expected_mm: float
    refused: str
    seconds: float


def benchmark() -> list[BenchmarkRow]:
    """Return a row for each pair of scans, then what is true of all of them."""
    plain: list[Trial] = []
    outlined: list[Trial] = []
    traps: dict[str, list[Trial]] = {}
    rows = []
    for seed in asked_seeds(USUAL_SEEDS):
        first, second = (make_phantom(recipe) for recipe in pair_of_recipes(seed))
        by_segmenter = seed % OUTLINED_EVERY == 0
        anatomy = _outlines(first) if by_segmenter else first.truth
        found = []
        for trap, trial in _trials(first, second, anatomy):
            if trap:
                traps.setdefault(trap, []).append(trial)
            else:
                found.append(trial)
        plain += found
        outlined += found if by_segmenter else []
        how = ", outlined by the program" if by_segmenter else ""
        rows.append(_told(_row(f"pair {seed}{how}", found, _scan_words(second.recipe))))
    rows.append(_told(_row(f"all {len(plain)} vertebrae", plain)))
    rows.append(_told(_row("those outlined by the program", outlined)))
    return [*rows, *(_told(_row(name, trials)) for name, trials in traps.items())]


def pair_of_recipes(seed: int) -> tuple[Recipe, Recipe]:
    """Return the scan that is planned on, and the one made later."""
    random = np.random.default_rng([seed, 13])
    levels = RANGES[seed % len(RANGES)]
    inside = [
        level for level in Recipe().spine if levels[0].order <= level.order <= levels[1].order
    ]
    ill, other = inside[1 + seed % 3], inside[2 + seed % 2]
    lesion = Lesion(level=ill, kind=Matter.LYTIC, r_mm=7.0, place=Place.CENTRE)
    first = Recipe(
        seed=seed,
        levels=levels,
        field_of_view=FieldOfView.SPINE,
        spacing_mm=(0.9, 0.9, 1.0),
        matrix=(int(FIELD_MM / 0.9), int(FIELD_MM / 0.9)),
        lesions=(lesion,) if seed % 3 == 0 else (),
    )
    spacing = SPACINGS_MM[seed // 4 % len(SPACINGS_MM)]
    second = replace(
        first,
        posture_seed=1,
        spacing_mm=spacing,
        matrix=(int(FIELD_MM / spacing[0]), int(FIELD_MM / spacing[1])),
        noise_hu=float(random.uniform(20.0, 45.0)),
        kernel=(Kernel.SOFT, Kernel.BONE)[seed % 2],
        position=Position.HFP if seed // 2 % 2 else Position.HFS,
        tilt_deg=float(random.uniform(-12.0, 12.0)) if seed % 5 == 0 else 0.0,
        needle=PlacedNeedle(level=ill, side=Side.LEFT) if seed % 3 == 0 else None,
        cement=(OldCement(level=other, volume_ml=3.0),) if seed % 4 == 1 else (),
    )
    return first, second


def _scan_words(recipe: Recipe) -> str:
    slices = f"{recipe.spacing_mm[2]:g} mm slices, {recipe.kernel} kernel, {recipe.position}"
    more = [f"noise {recipe.noise_hu:.0f} HU"]
    more += [f"tilt {recipe.tilt_deg:.0f} deg"] if recipe.tilt_deg else []
    more += ["needle"] if recipe.needle else []
    more += ["cement"] if recipe.cement else []
    return ", ".join([slices, *more])


def _outlines(first: Phantom) -> Anatomy:
    """Return what the built-in segmenter outlines; nothing where it refuses."""
    try:
        return segment(first.ct)
    except InputRefusedError:
        return replace(first.truth, vertebrae={})


def _trials(first: Phantom, second: Phantom, anatomy: Anatomy) -> Iterator[tuple[str, Trial]]:
    """Give every trial of one pair, with the trap it was, or an empty name."""
    registrar = Registrar(_framed(first.ct), anatomy)
    moving = _framed(second.ct)
    order = list(first.truth.vertebrae)
    trapped = first.recipe.seed % TRAPPED_EVERY
    for place, level in enumerate(order):
        name = _named(first, anatomy, level)
        if name is None:
            yield "", Trial(
                name=f"{first.recipe.seed} {level}", mean_mm=np.nan, worst_mm=np.nan,
                expected_mm=np.nan, refused="not outlined", seconds=0.0,
            )  # fmt: skip
            continue

        def tried(
            scan: CtVolume, near: PointLps | None = None, level: Level = level, name: Level = name
        ) -> Trial:
            return _trial(registrar, (level, name), first, second, scan, near)

        yield "", tried(moving)
        if place % TRAPPED_EVERY != trapped:
            continue
        for cut in _without(second, moving, level):
            yield "not in the scan that was searched", tried(cut)
        beside = order[max(place - 1, 0) : place] or order[place + 1 : place + 2]
        for other in beside:
            clicked = second.truth.vertebrae[other].body_centre
            yield "a neighbour was clicked", tried(moving, clicked)
        yield "another frame of reference, nothing clicked", tried(second.ct)


def _trial(
    registrar: Registrar,
    names: tuple[Level, Level],
    first: Phantom,
    second: Phantom,
    scan: CtVolume,
    near: PointLps | None,
) -> Trial:
    """Look for one vertebra; ``names`` are its true name and that of its outline."""
    level, outlined = names
    started = time.process_time()
    found = registrar.register(outlined, scan, near=near)
    seconds = time.process_time() - started
    name = f"{first.recipe.seed} {level}"
    if isinstance(found, RegistrationRefused):
        return Trial(
            name=name, mean_mm=np.nan, worst_mm=np.nan, expected_mm=np.nan,
            refused=found.code, seconds=seconds,
        )  # fmt: skip
    off = _off_mm(found, first, second, level)
    return Trial(
        name=name,
        mean_mm=float(off.mean()),
        worst_mm=float(off.max()),
        expected_mm=found.wall_error_mm,
        refused="",
        seconds=seconds,
    )


def _off_mm(
    found: Registration, first: Phantom, second: Phantom, level: Level
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return how far each point of the true posterior wall is from where it truly lies."""
    was = first.landmarks[level].wall_points_mm
    return np.asarray(
        np.linalg.norm(found.moved(was) - second.landmarks[level].wall_points_mm, axis=1)
    )


def _framed(ct: CtVolume) -> CtVolume:
    """Return the scan in a frame of reference that both scans share."""
    return replace(ct, record=replace(ct.record, frame_of_reference_uid="2.25.1"))


def _named(first: Phantom, anatomy: Anatomy, level: Level) -> Level | None:
    """Return the name that the outlines give a true vertebra."""
    true = first.truth.vertebrae[level].body_centre
    near = {
        name: true.distance_mm(vertebra.body_centre)
        for name, vertebra in anatomy.vertebrae.items()
    }
    best = min(near, key=near.__getitem__, default=None)
    return best if best is not None and near[best] < SAME_MM else None


def _without(second: Phantom, scan: CtVolume, level: Level) -> Iterator[CtVolume]:
    """Give the larger part of the scan that does not hold the body of a level, if it is large."""
    vertebra = second.truth.vertebrae[level]
    half = 0.5 * vertebra.body_size_mm[2] * np.array(vertebra.superior)
    ends = [vertebra.body_centre.array + sign * half for sign in (-1.0, 1.0)]
    low, high = sorted(float(scan.geometry.ijk(end)[2]) for end in ends)
    count = scan.geometry.size_ijk[2]
    first, last = max((0, int(low)), (int(high) + 1, count), key=lambda part: part[1] - part[0])
    if last - first < LEAST_PART_MM / scan.geometry.spacing_mm[2]:
        return
    size = (*scan.geometry.size_ijk[:2], last - first)
    yield replace(
        scan,
        geometry=scan.geometry.cropped((0, 0, first), size),
        hu=np.ascontiguousarray(scan.hu[first:last]),
    )


def _row(name: str, trials: Sequence[Trial], more: str = "") -> BenchmarkRow:
    seconds = [trial.seconds for trial in trials] or [float("nan")]
    return BenchmarkRow(
        name=name,
        median_s=statistics.median(seconds),
        best_s=min(seconds),
        n=len(trials),
        note=" | ".join(part for part in (figures(trials), more) if part),
    )


def figures(trials: Sequence[Trial]) -> str:
    """Return the figures of some trials in one line, worst first."""
    given = [trial for trial in trials if not trial.refused]
    silent = [trial for trial in given if trial.worst_mm > SILENT_MM]
    names = ", ".join(trial.name for trial in silent)
    parts = [f"given out more than {SILENT_MM:g} mm off {len(silent)} of {len(trials)} {names}"]
    refused = Counter(trial.refused for trial in trials if trial.refused)
    parts.append(f"refused {len(trials) - len(given)} {_counted(refused)}".strip())
    if given:
        worst = max(given, key=lambda trial: trial.worst_mm)
        means = np.array([trial.mean_mm for trial in given])
        under = sum(trial.mean_mm <= trial.expected_mm for trial in given)
        parts += [
            f"wall worst point {worst.worst_mm:.2f} mm ({worst.name}), "
            f"mean over the wall: 95 % {np.percentile(means, 95):.2f} "
            f"median {np.median(means):.3f} mm",
            f"expected at most {max(trial.expected_mm for trial in given):.2f} mm, "
            f"kept by {under} of {len(given)}",
        ]
    parts.append(f"longest {max((trial.seconds for trial in trials), default=0.0):.1f} s")
    return " | ".join(parts)


def _counted(refused: Iterable[str] | Counter[str]) -> str:
    return ", ".join(f"{count} {code}" for code, count in Counter(refused).most_common())


def _told(row: BenchmarkRow) -> BenchmarkRow:
    """Say a row as it comes, because all of them take half an hour."""
    sys.stderr.write(f"{row.name}: {row.note}\n")
    sys.stderr.flush()
    return row
