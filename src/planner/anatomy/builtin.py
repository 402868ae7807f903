"""The built-in segmenter: no network, no training, every step can be looked at.

1 canal path hypotheses, 2 straightened volume, 3 discs, 4 choice of the hypothesis whose discs
are regular and cover the spine, 5 optimal surfaces for bodies, endplates and canal, 6 vertebrae
by watershed from seeds that are certain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.axial_rotation import turned_to_symmetry
from planner.anatomy.body_surface import body_surfaces
from planner.anatomy.canal_beside_foramina import held_beside_foramina
from planner.anatomy.canal_clearance import clear_of_bone
from planner.anatomy.canal_midline import to_midline_below
from planner.anatomy.canal_path import hypotheses
from planner.anatomy.canal_surface import canal_radius_mm
from planner.anatomy.canal_tracking import cut_where_it_leans, tracked
from planner.anatomy.disc_search import find_discs
from planner.anatomy.instances import (
    SplitChoices,
    soft_tissue_hu,
    split_vertebrae,
    stations,
)
from planner.anatomy.naming import rib_bearing, rib_shares_along
from planner.anatomy.native_grid import clipped_to_scan
from planner.anatomy.quality import CANAL_STEP_MM, ScanQuality
from planner.anatomy.spine_curve import recentred, spine_curve, straightened
from planner.anatomy.spine_model import SpineModel
from planner.anatomy.spine_parts import spine_parts, without_what_is_below_the_foot
from planner.anatomy.straight_spine import StraightSpine
from planner.anatomy.work_grid import patient_box_mm, work_volume
from planner.domain.errors import InputRefusedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.canal_path import CanalPath
    from planner.anatomy.disc_search import DiscSearch
    from planner.anatomy.spine_curve import SpineCurve
    from planner.anatomy.spine_parts import SpineParts
    from planner.anatomy.work_grid import WorkVolume
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume

BACKEND = "builtin 23"

REACH_MM = np.array([65.0, 85.0, 25.0]), np.array([65.0, 60.0, 25.0])
"""How far the work grid reaches to right/anterior/inferior and left/posterior/superior."""

FINEST_MM, COARSEST_MM = 1.0, 1.5

_IRREGULARITY_PRICE = 2.0
_ENOUGH_COVERAGE = 0.9
_SHORT_PATH_PRICE = 0.3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpineReading:
    """One hypothesis read to its discs."""

    path: CanalPath
    curve: SpineCurve
    straight: NDArray[np.float32]
    discs: DiscSearch
    moved_mm: NDArray[np.float64]

    @property
    def stepped_mm(self) -> float:
        """How far the axis had to leave its smooth course; a right one runs clear of bone."""
        return float(self.moved_mm.max())

    def mends(self, other: SpineReading) -> bool:
        """Tell whether this runs clear of bone where the other did not, past no worse discs."""
        clear = self.stepped_mm <= CANAL_STEP_MM < other.stepped_mm
        return clear and self.discs.irregularity <= other.discs.irregularity

    @property
    def merit(self) -> float:
        """Higher is more like a spine: regular discs over the whole path."""
        if not len(self.discs.s_mm):
            return -10.0
        irregularity = min(self.discs.irregularity, 1.0)
        return (
            min(self.discs.coverage, _ENOUGH_COVERAGE)
            - _IRREGULARITY_PRICE * irregularity
            + 0.02 * len(self.discs.s_mm)
        )


def read_spine(ct: CtVolume, report: ProgressReport) -> SpineReading:
    """Find the canal and the discs.

    Raises
    ------
    InputRefusedError
        ``ANA-NO-SPINE`` when no canal with at least one disc shows.
    """
    report(0.02, "finding the patient")
    low, high = patient_box_mm(ct)
    report(0.05, "looking for the spinal canal")
    readings: list[SpineReading] = []
    for first in hypotheses(ct, low, high):
        done = 0.08 + 0.11 * len(readings)
        reading = _read_along(ct, first, _part(report, done, 0.1))
        upright = cut_where_it_leans(first)
        if upright is not first and reading.stepped_mm > CANAL_STEP_MM:
            again = _read_along(ct, upright, _part(report, done + 0.1, 0.0))
            reading = again if again.mends(reading) else reading
        report(done + 0.1, "looking for the spinal canal")
        readings.append(reading)
    usable = [reading for reading in readings if len(reading.discs.s_mm)]
    if not usable:
        raise InputRefusedError(
            "ANA-NO-SPINE",
            "No spinal canal with discs was found in this scan. Check that it shows the spine, "
            "or import an outline made elsewhere.",
        )
    return max(usable, key=lambda reading: reading.merit)


def _part(report: ProgressReport, start: float, share: float) -> ProgressReport:
    """Return the report of work that is a part of the whole."""
    return lambda part, what: report(start + share * part, what)


def _read_along(ct: CtVolume, first: CanalPath, report: ProgressReport) -> SpineReading:
    """Follow a first path across the canal, straighten the spine along it and find its discs."""
    report(0.0, "following the spinal canal")
    path = tracked(ct, first)
    curve = spine_curve(path)
    report(0.3, "straightening the spine")
    first_look = straightened(ct.hu, ct.geometry, curve)
    curve = recentred(curve, canal_radius_mm(first_look, outward=False))
    report(0.4, "looking for the spine's own left and right")
    curve = turned_to_symmetry(curve, straightened(ct.hu, ct.geometry, curve))
    straight = straightened(ct.hu, ct.geometry, curve)
    report(0.6, "keeping clear of bone")
    curve, moved = clear_of_bone(curve, straight, path.bone_hu)
    if moved.any():
        straight = straightened(ct.hu, ct.geometry, curve)
    report(0.7, "looking for discs")
    discs = find_discs(straight)
    if len(discs.s_mm):
        curve, aside = to_midline_below(curve, straight, float(discs.s_mm[0]))
        straight[aside] = straightened(ct.hu, ct.geometry, curve, aside)
    return SpineReading(path=path, curve=curve, straight=straight, discs=discs, moved_mm=moved)


def build_model(ct: CtVolume, report: ProgressReport) -> tuple[SpineModel, ScanQuality]:
    """Segment every vertebra of a scan on the work grid."""
    outline = outline_spine(ct, report)
    return outline.model(), outline.quality


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpineOutline:
    """Every stage of the work, kept so that a correction redoes only what it touches.

    Attributes
    ----------
    located
        float32 ``(3, k, j, i)``: ``s, v, u`` of every voxel of the work grid.
    vertebrae
        uint8 on the work grid: 1 to n from inferior to superior.
    soft_hu, noise_hu
        Soft tissue near the spine and its noise.
    """

    ct: CtVolume
    spine: StraightSpine
    volume: WorkVolume
    located: NDArray[np.float32]
    parts: SpineParts
    vertebrae: NDArray[np.uint8]
    soft_hu: float
    noise_hu: float

    @property
    def quality(self) -> ScanQuality:
        """What holds for the whole scan."""
        discs = self.spine.discs
        return ScanQuality(
            irregularity=discs.irregularity,
            coverage=discs.coverage,
            moved_mm=self.spine.moved_mm,
        )

    def model(self) -> SpineModel:
        """Return the spine as it is measured."""
        places = stations(self.spine.discs)
        parts, vertebrae = self.parts, self.vertebrae
        bodies = np.where(vertebrae == parts.bodies, parts.bodies, 0).astype(np.uint8)
        spine = self.spine
        return SpineModel(
            ct=self.ct,
            volume=self.volume,
            curve=self.spine.curve,
            located=self.located,
            vertebrae=vertebrae,
            bodies=without_what_is_below_the_foot(
                bodies, self.located, spine.discs, spine.surfaces
            ),
            discs=np.where(vertebrae == 0, parts.discs, 0).astype(np.uint8),
            canal=parts.canal,
            centre_s=places.centre_s,
            height_mm=places.height_mm,
            cut_by_scan=places.cut_by_scan,
            soft_hu=self.soft_hu,
            noise_hu=self.noise_hu,
        )


def bears_ribs(spine: StraightSpine, volume: WorkVolume, soft_hu: float) -> tuple[bool, ...]:
    """Tell which vertebrae bear ribs, from inferior to superior."""
    places = stations(spine.discs)
    shares = rib_shares_along(spine.curve, volume, places.centre_s, places.height_mm, soft_hu)
    return tuple(rib_bearing(shares))


def outline_spine(ct: CtVolume, report: ProgressReport) -> SpineOutline:
    """Find canal, discs, bodies and vertebrae of a scan."""
    reading = read_spine(ct, report)
    curve = reading.curve
    report(0.3, "outlining bodies and canal")
    spine = StraightSpine(
        curve=curve,
        straight=reading.straight,
        discs=reading.discs,
        surfaces=body_surfaces(reading.straight, reading.discs, _part(report, 0.3, 0.08)),
        canal_radius_mm=held_beside_foramina(
            canal_radius_mm(reading.straight), reading.straight, reading.discs.s_mm
        ),
        moved_mm=reading.moved_mm,
    )
    low, high = clipped_to_scan(
        ct, curve.points_mm.min(0) - REACH_MM[0], curve.points_mm.max(0) + REACH_MM[1]
    )
    native_mm = float(np.median(ct.geometry.spacing_mm))
    volume = work_volume(ct, low, high, float(np.clip(native_mm / 1.5, FINEST_MM, COARSEST_MM)))
    located = curve.locate_grid(volume.geometry)
    parts = spine_parts(located, spine.discs, spine.surfaces, spine.canal_radius_mm)
    soft_hu = soft_tissue_hu(volume, located, parts)
    choices = SplitChoices(soft_hu=soft_hu, ribs=bears_ribs(spine, volume, soft_hu))
    report(0.4, "telling the vertebrae apart")
    return SpineOutline(
        ct=ct,
        spine=spine,
        volume=volume,
        located=located,
        parts=parts,
        vertebrae=split_vertebrae(volume, located, parts, spine, choices, _part(report, 0.4, 0.2)),
        soft_hu=soft_hu,
        noise_hu=reading.path.noise_hu,
    )
