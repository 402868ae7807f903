"""Flags on one vertebra: silent error is the defect, so every doubt becomes a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.outline_evidence import outline_evidence
from planner.domain.anatomy import Quality, QualityVerdict

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.outline_evidence import OutlineEvidence
    from planner.anatomy.spine_model import SpineModel

MOST_IRREGULAR = 0.2
LEAST_COVERAGE = 0.8
BODY_VOLUME_OFF = 0.25
CANAL_AREA_MM2 = (120.0, 500.0)
CANAL_JUMP = 0.35
THICK_SLICE_MM = 3.0
LOUD_NOISE_HU = 90.0
METAL_HU = 2500
METAL_REACH_MM = 15.0
SPACING_OFF = 0.2
LEAST_POSTERIOR_SHARE = 0.2
"""Limits proposed with the method; only the first two were seen on data. Noise was: at 60 HU no
outline of a digital spine was worse, so it is flagged where the wall cannot be judged either."""

CANAL_STEP_MM = 3.0
"""A smooth axis that lies this far from the middle of the canal cut through bone."""

_STEP_REACH = 0.6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScanQuality:
    """What holds for the whole scan.

    Attributes
    ----------
    irregularity, coverage
        Of the discs.
    moved_mm
        Over ``s``: how far the canal's axis left its smooth course to stay clear of bone.
    """

    irregularity: float
    coverage: float
    moved_mm: NDArray[np.float64]


def judge(
    model: SpineModel,
    scan: ScanQuality | None,
    kept: dict[bytes, OutlineEvidence] | None = None,
) -> list[Quality]:
    """Return the quality of every vertebra, from inferior to superior.

    Parameters
    ----------
    kept
        Evidence found for the same CT before; added to.
    """
    shared = _scan_flags(model, scan)
    bodies = np.bincount(model.bodies.ravel(), minlength=model.count + 1)[1:].astype(float)
    wholes = np.bincount(model.vertebrae.ravel(), minlength=model.count + 1)[1:].astype(float)
    areas = _canal_areas(model)
    evidence = outline_evidence(model, kept)
    metal_s = model.located[0][model.volume.hu > METAL_HU]
    out = []
    for n in range(model.count):
        flags = list(shared)
        if model.cut_by_scan[n]:
            flags.append("at the end of the scan: part of it may be missing")
        flags += _size_flags(n, bodies, wholes, model.cut_by_scan)
        flags += _spacing_flags(n, model)
        flags += _canal_flags(n, areas)
        flags += [] if scan is None else _step_flags(n, model, scan.moved_mm)
        found = evidence[n]
        flags += [] if found is None else found.flags()
        if _metal_near(model, n, metal_s):
            flags.append("metal within 15 mm: streaks may have moved the outline")
        verdict = QualityVerdict.CHECK if flags else QualityVerdict.PLAUSIBLE
        out.append(Quality(verdict=verdict, flags=tuple(flags)))
    return out


def _scan_flags(model: SpineModel, scan: ScanQuality | None) -> list[str]:
    flags = []
    slice_mm = max(model.ct.geometry.spacing_mm)
    if slice_mm > THICK_SLICE_MM:
        flags.append(f"voxels of {slice_mm:.1f} mm: too coarse for pedicles and cortex")
    if model.noise_hu > LOUD_NOISE_HU:
        flags.append(f"noise of {model.noise_hu:.0f} HU")
    if scan is not None and scan.coverage < LEAST_COVERAGE:
        flags.append("discs were found over too little of the spine in the scan")
    if scan is not None and scan.irregularity > MOST_IRREGULAR:
        flags.append("disc spacing is irregular: a disc may be missed or invented")
    return flags


def _size_flags(
    n: int,
    bodies: NDArray[np.float64],
    wholes: NDArray[np.float64],
    cut: NDArray[np.bool_],
) -> list[str]:
    near = [m for m in (n - 1, n + 1) if 0 <= m < len(bodies) and not cut[m]]
    flags = []
    if bodies[n] == 0:
        return ["no body was found"]
    if near:
        usual = float(np.mean([bodies[m] for m in near]))
        if usual > 0.0 and abs(bodies[n] / usual - 1.0) > BODY_VOLUME_OFF:
            flags.append(f"body volume {bodies[n] / usual:.0%} of its neighbours'")
    if wholes[n] - bodies[n] < LEAST_POSTERIOR_SHARE * bodies[n]:
        flags.append("little or no posterior arch was found")
    return flags


def _spacing_flags(n: int, model: SpineModel) -> list[str]:
    near = [model.height_mm[m] for m in (n - 1, n + 1) if 0 <= m < model.count]
    if near and abs(np.log(model.height_mm[n] / np.mean(near))) > SPACING_OFF:
        return ["its height differs from its neighbours': check both discs"]
    return []


def _canal_areas(model: SpineModel) -> NDArray[np.float64]:
    """Return the canal's section at each body centre, mm2."""
    s = model.located[0][model.canal]
    counts = np.array([float((np.abs(s - centre) < 2.5).sum()) for centre in model.centre_s])
    return np.asarray(counts * model.volume.geometry.voxel_volume_mm3 / 5.0)


def _canal_flags(n: int, areas: NDArray[np.float64]) -> list[str]:
    low, high = CANAL_AREA_MM2
    flags = []
    if not low <= areas[n] <= high:
        flags.append(f"canal section of {areas[n]:.0f} mm2 is outside {low:.0f}-{high:.0f} mm2")
    near = [areas[m] for m in (n - 1, n + 1) if 0 <= m < len(areas) and areas[m] > 0]
    if near and areas[n] > 0 and abs(np.log(areas[n] / np.mean(near))) > CANAL_JUMP:
        flags.append("the canal's section jumps from level to level")
    return flags


def _step_flags(n: int, model: SpineModel, moved_mm: NDArray[np.float64]) -> list[str]:
    """Flag both vertebrae beside a step of the canal: their joints lie unlike other ones."""
    reach = _STEP_REACH * model.height_mm[n]
    low, high = model.centre_s[n] - reach, model.centre_s[n] + reach
    near = moved_mm[max(0, int(low)) : max(0, int(high) + 1)]
    if not near.size or near.max() < CANAL_STEP_MM:
        return []
    return ["the canal steps aside here, as over a slipped vertebra: check the outline"]


def _metal_near(model: SpineModel, n: int, metal_s: NDArray[np.float32]) -> bool:
    """Tell whether anything near the vertebra is as dense as metal, whose ``s`` are given."""
    reach = 0.5 * model.height_mm[n] + METAL_REACH_MM
    return bool((np.abs(metal_s - model.centre_s[n]) < reach).any())
