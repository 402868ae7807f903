"""What clicks of a simulated user do to real outlines, and how long each redo takes.

The user sees where an outline is wrong and puts one scribble there, in the middle of the largest
wrong piece of bone, at most twice for each vertebra. Nothing else of the reference is used.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import cc3d
import edt
import numpy as np
from scipy import ndimage

from planner.anatomy.benchmark import FOLDER_VARIABLE, scores
from planner.anatomy.native_grid import labels_on
from planner.anatomy.workbench import Workbench
from planner.domain.benchmark import BenchmarkRow
from planner.domain.corrections import (
    BodyClicked,
    BoneScribble,
    BoneThreshold,
    BrushStroke,
    CanalPoint,
    DiscAdded,
    DiscDeleted,
    DiscMoved,
    DiscPlane,
    LevelCount,
    NamesShifted,
    WallLine,
    WallSide,
)
from planner.domain.levels import Level
from planner.geometry.points import PointLps, unit
from planner.imaging import load_ct, read_labels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.corrections import Correction

CLICKS = 2
"""For each vertebra."""

CLICK_MM = 2.5
"""Radius of one scribble."""

LEAST_DEPTH_MM = 1.0
"""A person does not see errors thinner than twice this."""

_REGIONS = {"L1-L4": ("L1", "L2", "L3", "L4"), "T10-T12": ("T10", "T11", "T12"), "L5": ("L5",)}
"""Levels that are held to one bar."""


def benchmark() -> list[BenchmarkRow]:
    """Return the time of each kind of redo, and Dice before and after clicks, for each case."""
    named = os.environ.get(FOLDER_VARIABLE)
    folder = Path(named) if named else Path.cwd().parent / "shared" / "data"
    cases = sorted(place.parent for place in folder.glob("*/vertebrae.nii.gz"))
    return [row for case in cases for row in benchmark_case(case)]


def benchmark_case(folder: Path) -> list[BenchmarkRow]:
    """Measure one case."""
    ct = load_ct(folder / "ct.nii.gz")
    reference = read_labels(folder / "vertebrae.nii.gz")
    bench = Workbench(ct)
    auto = bench.outline()
    rows = [_redo(bench, folder.name, name, made) for name, made in _one_of_each(auto)]
    rows.append(_agreement(f"{folder.name} automatic", scores_of(auto, ct, reference), 0))
    truth = labels_on(reference.labels, reference.geometry, auto.geometry)
    made: list[Correction] = []
    anatomy = auto
    for _ in range(CLICKS):
        for level in [level for level in auto.vertebrae if (truth == level.verse_label).any()]:
            if (word := click(anatomy, truth, level)) is not None:
                made.append(word)
                anatomy = bench.outline(corrections=made)
    clicked = scores_of(anatomy, ct, reference)
    rows.append(_agreement(f"{folder.name} with clicks", clicked, len(made)))
    return rows


def scores_of(anatomy: Anatomy, ct: object, reference: object) -> dict[str, tuple[float, ...]]:
    """Return whole, anterior and posterior Dice by level."""
    found = scores(ct, anatomy, reference)  # type: ignore[arg-type]
    return {row.level.value: (row.whole, row.anterior, row.posterior) for row in found}


def click(anatomy: Anatomy, truth: NDArray[np.uint8], level: Level) -> BoneScribble | None:
    """Return what a user would say at the largest wrong piece of one vertebra."""
    number = level.verse_label
    wrong = (truth == number) != (anatomy.labels == number)
    box = ndimage.find_objects(wrong.astype(np.uint8))
    if not box or level not in anatomy.vertebrae:
        return None
    place = box[0]
    depth = edt.edt(
        np.ascontiguousarray(wrong[place]), anisotropy=anatomy.geometry.spacing_mm[::-1]
    )
    pieces = np.asarray(cc3d.connected_components(depth > LEAST_DEPTH_MM, connectivity=6))
    if not pieces.any():
        return None
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    inside = np.where(pieces == sizes.argmax(), depth, 0.0)
    index = np.array(np.unravel_index(int(inside.argmax()), depth.shape))
    index = index + [axis.start for axis in place]
    at = PointLps.of(anatomy.geometry.lps_mm(index[::-1].astype(np.float64)))
    owner = int(truth[tuple(index)])
    mine = anatomy.vertebrae.get(Level.from_verse_label(owner)) if owner else None
    return BoneScribble(
        points=(at,), owner=None if mine is None else mine.body_centre, radius_mm=CLICK_MM
    )


def _agreement(name: str, found: dict[str, tuple[float, ...]], clicks: int) -> BenchmarkRow:
    words = []
    for region, levels in _REGIONS.items():
        here = np.array([found[level] for level in levels if level in found])
        if len(here):
            pairs = zip(("whole", "anterior", "posterior"), here.mean(0), here.min(0), strict=True)
            said = ", ".join(f"{part} {mean:.3f} worst {worst:.3f}" for part, mean, worst in pairs)
            words.append(f"{region} ({len(here)}): {said}")
    return BenchmarkRow(
        name=name,
        median_s=float("nan"),
        best_s=float("nan"),
        n=clicks,
        note="; ".join([*words, f"{clicks} clicks"]),
    )


def _redo(bench: Workbench, case: str, name: str, made: tuple[Correction, ...]) -> BenchmarkRow:
    """Time the last of some corrections on outlines whose stages are at hand."""
    bench.outline(corrections=made[:-1])
    started, used = time.perf_counter(), time.process_time()
    bench.outline(corrections=made)
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    return BenchmarkRow(
        name=f"redo {name} {case}",
        median_s=seconds,
        best_s=seconds,
        n=1,
        note=f"{cpu:.2f} s of processor; bar 2 s",
    )


def _one_of_each(anatomy: Anatomy) -> list[tuple[str, tuple[Correction, ...]]]:
    """Return one correction of every kind in the middle of the spine, after what it needs."""
    ordered = sorted(anatomy.vertebrae.values(), key=lambda vertebra: vertebra.level.order)
    middle = ordered[len(ordered) // 2]
    body, guides = middle.body_centre, anatomy.guides
    if guides is None:
        return []
    disc = min(guides.discs, key=lambda plane: plane.middle.distance_mm(body))
    up = DiscPlane(middle=disc.middle.moved(2.0 * np.array(disc.normal)), normal=disc.normal)
    leaning = unit(np.array(disc.normal) + 0.15 * np.array(middle.anterior))
    tilted = DiscPlane(
        middle=disc.middle, normal=(float(leaning[0]), float(leaning[1]), float(leaning[2]))
    )
    near = np.linalg.norm(guides.posterior_wall_mm - body.array, axis=1).argmin()
    wall = guides.posterior_wall_mm[max(0, near - 8) : near + 9 : 4] + np.array(middle.anterior)
    canal = guides.canal_mm[np.linalg.norm(guides.canal_mm - body.array, axis=1).argmin()]
    arch = PointLps.of(canal - 14.0 * np.array(middle.anterior))
    aside = PointLps.of(canal + 30.0 * np.array(middle.left))
    gone = DiscDeleted(disc=disc.middle)
    return [
        ("level name", (NamesShifted(steps=1),)),
        ("level count", (LevelCount(lumbar=6),)),
        ("disc dragged", (DiscMoved(disc=disc.middle, plane=up),)),
        ("disc tilted", (DiscMoved(disc=disc.middle, plane=tilted),)),
        ("disc deleted", (gone,)),
        ("disc added", (gone, DiscAdded(plane=disc))),
        ("body clicked", (BodyClicked(at=body),)),
        ("canal point", (CanalPoint(at=PointLps.of(canal + 2.0 * np.array(middle.left))),)),
        ("wall line", (WallLine(side=WallSide.POSTERIOR, points=tuple(map(PointLps.of, wall))),)),
        ("threshold", (BoneThreshold(at=body, threshold_hu=220.0),)),
        ("scribble: this one", (BoneScribble(points=(arch,), owner=body),)),
        ("scribble: none", (BoneScribble(points=(aside,), owner=None),)),
        ("brush", (BrushStroke(paint="vertebra", points=(body,), radius_mm=4.0, owner=body),)),
    ]
