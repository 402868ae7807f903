"""The built-in segmenter: no network, no training, every step can be looked at.

1 canal path hypotheses, 2 straightened volume, 3 discs, 4 choice of the hypothesis whose discs
are regular and cover the spine, 5 optimal surfaces for bodies, endplates and canal, 6 vertebrae
by watershed from seeds that are certain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.body_surface import body_surfaces
from planner.anatomy.canal_path import hypotheses
from planner.anatomy.canal_surface import canal_radius_mm
from planner.anatomy.disc_search import find_discs
from planner.anatomy.instances import soft_tissue_hu, split_vertebrae, stations
from planner.anatomy.native_grid import clipped_to_scan
from planner.anatomy.quality import ScanQuality
from planner.anatomy.spine_curve import recentred, spine_curve, straightened
from planner.anatomy.spine_model import SpineModel
from planner.anatomy.spine_parts import spine_parts
from planner.anatomy.work_grid import patient_box_mm, work_volume
from planner.domain.errors import InputRefusedError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.canal_path import CanalPath
    from planner.anatomy.disc_search import DiscSearch
    from planner.anatomy.spine_curve import SpineCurve
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume

BACKEND = "builtin 4"

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
    for path in hypotheses(ct, low, high):
        report(0.15 + 0.05 * len(readings), "looking for discs")
        curve = spine_curve(path)
        curve = recentred(curve, canal_radius_mm(straightened(ct.hu, ct.geometry, curve)))
        straight = straightened(ct.hu, ct.geometry, curve)
        discs = find_discs(straight)
        readings.append(SpineReading(path=path, curve=curve, straight=straight, discs=discs))
    usable = [reading for reading in readings if len(reading.discs.s_mm)]
    if not usable:
        raise InputRefusedError(
            "ANA-NO-SPINE",
            "No spinal canal with discs was found in this scan. Check that it shows the spine, "
            "or import an outline made elsewhere.",
        )
    return max(usable, key=lambda reading: reading.merit)


def build_model(ct: CtVolume, report: ProgressReport) -> tuple[SpineModel, ScanQuality]:
    """Segment every vertebra of a scan on the work grid."""
    reading = read_spine(ct, report)
    discs, curve = reading.discs, reading.curve
    report(0.3, "outlining bodies and canal")
    surfaces = body_surfaces(reading.straight, discs)
    canal_radius = canal_radius_mm(reading.straight)
    low, high = clipped_to_scan(
        ct, curve.points_mm.min(0) - REACH_MM[0], curve.points_mm.max(0) + REACH_MM[1]
    )
    native_mm = float(np.median(ct.geometry.spacing_mm))
    volume = work_volume(ct, low, high, float(np.clip(native_mm / 1.5, FINEST_MM, COARSEST_MM)))
    located = curve.locate_grid(volume.geometry)
    parts = spine_parts(located, discs, surfaces, canal_radius)
    report(0.4, "telling the vertebrae apart")
    vertebrae = split_vertebrae(
        volume, located, parts, discs, surfaces, canal_radius, reading.straight
    )
    places = stations(discs)
    model = SpineModel(
        ct=ct,
        volume=volume,
        curve=curve,
        located=located,
        vertebrae=vertebrae,
        bodies=np.where(vertebrae == parts.bodies, parts.bodies, 0).astype(np.uint8),
        discs=np.where(vertebrae == 0, parts.discs, 0).astype(np.uint8),
        canal=parts.canal,
        centre_s=places.centre_s,
        height_mm=places.height_mm,
        cut_by_scan=places.cut_by_scan,
        soft_hu=soft_tissue_hu(volume, located, parts),
        noise_hu=reading.path.noise_hu,
    )
    return model, ScanQuality(irregularity=discs.irregularity, coverage=discs.coverage)
