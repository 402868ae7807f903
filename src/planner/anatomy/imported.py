"""Takes outlines made elsewhere and derives from them all that planning needs.

The outline of each vertebra is kept as it came. The canal path is found on the outlines
themselves, drawn as bone on soft tissue, so that nothing but the vertebrae can lead it astray.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.body_split import body_centres, disc_between, split_bodies
from planner.anatomy.canal_path import GRIDS_MM, best_path
from planner.anatomy.canal_surface import canal_radius_mm
from planner.anatomy.naming import NamedLevels, name_levels, shifted
from planner.anatomy.native_grid import clipped_to_scan, labels_on
from planner.anatomy.spine_curve import recentred, spine_curve, straightened
from planner.anatomy.spine_model import SpineModel
from planner.anatomy.spine_parts import inside_canal
from planner.anatomy.work_grid import WorkVolume, grid_over, noise_sd_hu, resample, work_volume
from planner.domain.errors import InputRefusedError
from planner.domain.levels import Level

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.description import Measured
    from planner.anatomy.naming import NamingWords
    from planner.anatomy.spine_curve import SpineCurve
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume, LabelVolume
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry

BACKEND = "import 1"

DRAWN_BONE_HU, DRAWN_SOFT_HU = 400.0, 40.0
"""Values an outline is drawn with when the canal is sought on it."""

DOUBT = "Named by the imported outline; nobody has checked the name in this scan."

LEAST_STEP_MM, GREATEST_STEP_MM = 7.0, 60.0
"""From one vertebra to the next; a child's neck has 10 mm, and a level may be cut or left out."""

_MARGIN_MM = np.array([30.0, 30.0, 15.0])
_LEAST_VOXELS = 50


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImportedSpine:
    """Outlines made elsewhere, split into parts.

    Attributes
    ----------
    levels
        Names the outlines came with, from inferior to superior.
    ignored
        Numbers in the label map that are no vertebrae.
    """

    model: SpineModel
    labels: LabelVolume
    levels: tuple[Level, ...]
    ignored: tuple[int, ...]

    def numbers_on(self, geometry: VolumeGeometry) -> NDArray[np.uint8]:
        """Return the outlines themselves on a grid, numbered from inferior to superior."""
        table = np.zeros(256, np.uint8)
        for n, level in enumerate(self.levels):
            table[level.verse_label] = n + 1
        return table[labels_on(self.labels.labels, self.labels.geometry, geometry)]


def import_spine(ct: CtVolume, labels: LabelVolume, report: ProgressReport) -> ImportedSpine:
    """Find the canal inside imported outlines and split them into bodies and arches.

    Raises
    ------
    InputRefusedError
        ``ANA-NO-LABELS`` when no VerSe vertebra number lies in the scan, ``ANA-OTHER-NUMBERS``
        when numbers do not follow each other as VerSe's do, ``ANA-NO-CANAL`` when the outlines
        do not surround a canal.
    """
    levels, ignored = _levels_in(labels)
    report(0.05, "placing the outlines in the scan")
    low, high = _box_mm(labels, levels)
    low, high = clipped_to_scan(ct, low - _MARGIN_MM, high + _MARGIN_MM)
    if not levels or (low >= high).any():
        raise InputRefusedError(
            "ANA-NO-LABELS",
            "The imported outlines have no vertebra (VerSe numbers 1-26 and 28) inside this scan. "
            "Check that they belong to it.",
        )
    _check_numbers(labels, levels, ignored)
    report(0.1, "looking for the canal inside the outlines")
    curve = _curve(labels, levels, low, high)
    report(0.3, "splitting bodies from arches")
    return ImportedSpine(
        model=_model(ct, labels, levels, curve, low, high),
        labels=labels,
        levels=tuple(levels),
        ignored=tuple(ignored),
    )


def imported_names(spine: ImportedSpine, words: NamingWords) -> NamedLevels:
    """Return the names the outlines came with, unless the user named a vertebra."""
    if words.seeds:
        return name_levels(spine.model, words)
    count = len(spine.levels)
    return shifted(NamedLevels(levels=spine.levels, doubts=(DOUBT,) * count), words)


def _levels_in(labels: LabelVolume) -> tuple[list[Level], list[int]]:
    """Return the levels present with enough voxels, and the numbers that are not vertebrae."""
    counts = np.bincount(labels.labels.ravel(), minlength=256)
    levels, ignored = [], []
    known = {level.verse_label: level for level in Level}
    for number in np.flatnonzero(counts[1:]) + 1:
        if int(number) in known and counts[number] >= _LEAST_VOXELS:
            levels.append(known[int(number)])
        else:
            ignored.append(int(number))
    return sorted(levels, key=lambda level: -level.order), ignored


def _check_numbers(labels: LabelVolume, levels: list[Level], ignored: list[int]) -> None:
    """Refuse a label map whose numbers cannot be VerSe's: every name would be another's.

    Numbers of other programs run the other way, or mean organs below 26.
    """
    counts = np.bincount(labels.labels.ravel(), minlength=256)
    taken = int(counts[[level.verse_label for level in levels]].sum())
    if int(counts[ignored].sum()) > taken:
        raise _other_numbers(f"most of it has numbers that VerSe has not ({ignored})")
    centres = [_centre_mm(labels, level.verse_label) for level in levels]
    for (lower, low), (upper, high) in pairwise(zip(levels, centres, strict=True)):
        if high[2] <= low[2]:
            raise _other_numbers(f"the number of {upper} lies below that of {lower}")
        steps = lower.order - upper.order
        away_mm = float(np.linalg.norm(high - low))
        if not LEAST_STEP_MM * steps <= away_mm <= GREATEST_STEP_MM * (steps + 1):
            raise _other_numbers(
                f"the numbers of {upper} and {lower} lie {away_mm:.0f} mm from each other"
            )


def _other_numbers(why: str) -> InputRefusedError:
    return InputRefusedError(
        "ANA-OTHER-NUMBERS",
        f"The imported outlines are not in VerSe numbers: {why}. Number the vertebrae as VerSe "
        "does (T1-T12 8-19, L1-L5 20-24), or import a DICOM SEG, an RTSTRUCT or a .seg.nrrd, "
        "which name them.",
    )


def _centre_mm(labels: LabelVolume, number: int) -> Vector:
    """Return the LPS centroid of one number."""
    mine = labels.labels == number
    counts = [mine.sum(axis=axes, dtype=np.int64) for axes in ((0, 1), (0, 2), (1, 2))]
    middle = [float(count @ np.arange(len(count)) / count.sum()) for count in counts]
    return labels.geometry.lps_mm(np.array(middle))


def _box_mm(labels: LabelVolume, levels: list[Level]) -> tuple[Vector, Vector]:
    """Return the LPS box round all vertebrae."""
    wanted = np.isin(labels.labels, [level.verse_label for level in levels])
    if not wanted.any():
        return np.zeros(3), np.zeros(3)
    spans = [np.flatnonzero(wanted.any(axis=axes)) for axes in ((0, 1), (0, 2), (1, 2))]
    low = np.array([span[0] - 0.5 for span in spans])
    high = np.array([span[-1] + 0.5 for span in spans])
    corners = np.array(np.meshgrid(*zip(low, high, strict=True))).reshape(3, -1).T
    points = labels.geometry.lps_mm(corners)
    return points.min(axis=0), points.max(axis=0)


def _drawn(
    labels: LabelVolume, levels: list[Level], low: Vector, high: Vector, spacing_mm: float
) -> WorkVolume:
    """Return the outlines drawn as bone on soft tissue."""
    grid = grid_over(low, high, spacing_mm)
    wanted = np.isin(labels.labels, [level.verse_label for level in levels]).astype(np.float32)
    share = resample(wanted, labels.geometry, grid, outside=0.0)
    hu = DRAWN_SOFT_HU + (DRAWN_BONE_HU - DRAWN_SOFT_HU) * share
    return WorkVolume(geometry=grid, hu=hu.astype(np.float32))


def _curve(labels: LabelVolume, levels: list[Level], low: Vector, high: Vector) -> SpineCurve:
    """Return the axis of the canal that the outlines surround."""
    paths = [best_path(_drawn(labels, levels, low, high, grid_mm)) for grid_mm in GRIDS_MM]
    found = [path for path in paths if path is not None]
    if not found:
        raise InputRefusedError(
            "ANA-NO-CANAL",
            "The imported outlines do not surround a spinal canal; they seem to lack the arches. "
            "Import outlines of whole vertebrae, or use the built-in segmenter.",
        )
    return spine_curve(max(found, key=lambda path: float(path.scores.sum()) * path.grid_mm))


def _model(
    ct: CtVolume,
    labels: LabelVolume,
    levels: list[Level],
    curve: SpineCurve,
    low: Vector,
    high: Vector,
) -> SpineModel:
    """Split the vertebrae, numbered from inferior to superior, into parts."""
    volume = work_volume(ct, low, high, 1.0)
    grid = volume.geometry
    numbers = np.zeros(256, np.uint8)
    for n, level in enumerate(levels):
        numbers[level.verse_label] = n + 1
    vertebrae = numbers[labels_on(labels.labels, labels.geometry, grid)]
    drawn = np.where(
        vertebrae > 0,
        np.maximum(volume.hu, DRAWN_BONE_HU),
        np.minimum(volume.hu, 3 * DRAWN_SOFT_HU),
    )
    first_look = straightened(drawn, grid, curve)
    curve = recentred(curve, canal_radius_mm(first_look, outward=False))
    radius = canal_radius_mm(straightened(drawn, grid, curve))
    located = curve.locate_grid(grid)
    canal = inside_canal(located, radius) & (vertebrae == 0)
    bodies = split_bodies(vertebrae, located, radius, len(levels))
    centre_s = body_centres(bodies, located, len(levels))
    spacing = np.abs(np.diff(centre_s)) if len(levels) > 1 else np.array([30.0])
    height = np.r_[spacing[:1], 0.5 * (spacing[1:] + spacing[:-1]), spacing[-1:]]
    return SpineModel(
        ct=ct,
        volume=volume,
        curve=curve,
        located=located,
        vertebrae=vertebrae,
        bodies=bodies,
        discs=disc_between(bodies, vertebrae, located, len(levels)),
        canal=canal,
        centre_s=centre_s,
        height_mm=height[: len(levels)],
        cut_by_scan=_cut_by_scan(ct, bodies, grid, len(levels)),
        soft_hu=_soft_hu(volume, vertebrae),
        noise_hu=noise_sd_hu(volume),
        said=vertebrae > 0,
    )


def _cut_by_scan(
    ct: CtVolume, bodies: NDArray[np.uint8], grid: VolumeGeometry, count: int
) -> NDArray[np.bool_]:
    """Tell which bodies reach the outer voxels of the scan."""
    out = np.zeros(count, np.bool_)
    last = np.array(ct.geometry.size_ijk) - 1.0
    for number in range(1, count + 1):
        index = ct.geometry.ijk(grid.lps_mm(np.argwhere(bodies == number)[:, ::-1].astype(float)))
        out[number - 1] = bool(((index < 1.0) | (index > last - 1.0)).any())
    return out


def _soft_hu(volume: WorkVolume, vertebrae: NDArray[np.uint8]) -> float:
    """Return the median HU of soft tissue beside the outlines."""
    ring = volume.hu[(vertebrae == 0) & (volume.hu > -30) & (volume.hu < 110)]
    return float(np.median(ring)) if ring.size else 40.0


def with_own_voxels(measured: Measured, own: NDArray[np.uint8]) -> Measured:
    """Put the imported outlines themselves on the scan's grid, not their copy on the work grid.

    Parameters
    ----------
    own
        uint8 on the kept part of the scan's grid, numbered from inferior to superior.
    """
    free = own == 0
    return replace(
        measured,
        labels=own,
        bodies=np.where(measured.bodies == own, own, 0).astype(np.uint8),
        discs=np.where(free, measured.discs, 0).astype(np.uint8),
        foramina=np.where(free, measured.foramina, 0).astype(np.uint8),
        canal=measured.canal & free,
    )
