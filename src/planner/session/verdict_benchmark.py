"""How long a verdict takes after an edit, with four needles, zones and cement."""

from __future__ import annotations

import random
import statistics
import time
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from planner.catalog import load_catalog
from planner.domain.benchmark import BenchmarkRow
from planner.domain.levels import Level, Side
from planner.domain.plan import (
    Ablation,
    AblationId,
    AnatomyBinding,
    Approach,
    CementId,
    CementInjection,
    Plan,
    ScanBinding,
    Trajectory,
    TrajectoryId,
)
from planner.domain.prediction import ModelLabel, PredictedCement, PredictedZone
from planner.domain.sourced import Status
from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import PointLps, unit
from planner.safety import Scene, input_digest
from planner.safety.tiny_spine import tiny_grid, tiny_spine
from planner.session.judging import judge

if TYPE_CHECKING:
    from planner.geometry.volume_geometry import VolumeGeometry

GRID_MM = 1.0
EDITS = 200
WARM_EDITS = 20
"""Edits that do not count: the first checks of a scan make its surfaces."""

NEEDLES = ((Side.LEFT, 4.0), (Side.RIGHT, 4.0), (Side.LEFT, -4.0), (Side.RIGHT, -4.0))
"""Side and height of each needle."""

FARTHEST_EDIT_MM = 3.0
ZONE_RADIUS_MM, CEMENT_RADIUS_MM = 7.0, 6.0
DAY = date(2026, 1, 1)
LABEL = ModelLabel(
    tier="table", name="benchmark", version="1", inputs=(), source="-", status=Status.DERIVED
)


def benchmark() -> list[BenchmarkRow]:
    """Move one tip at a time and judge, as the window does; the bar is 20 ms at p95."""
    ct, anatomy = tiny_spine(tiny_grid(GRID_MM), acquired=DAY.strftime("%Y%m%d"))
    catalog, chance = load_catalog(), random.Random(1)
    start = _plan(ScanBinding.to(ct.record))
    cements = {
        one.id: _cement(one, start.trajectory(one.trajectory_id).tip, anatomy.geometry)
        for one in start.cements
    }
    walls: list[float] = []
    cpus: list[float] = []
    for _ in range(WARM_EDITS + EDITS):
        plan = _edited(start, chance)
        zones = {one.id: _zone(one, plan) for one in plan.ablations}
        scene = Scene(ct, anatomy, zones, cements, catalog, DAY)
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        judged = judge(plan, scene)
        if judged.input_sha256 != input_digest(plan, scene):
            raise RuntimeError("the check did not finish")
        walls.append(time.perf_counter() - wall_s)
        cpus.append(time.process_time() - cpu_s)
    walls, cpus = walls[WARM_EDITS:], cpus[WARM_EDITS:]
    return [
        BenchmarkRow(
            name="verdict after an edit, four needles",
            median_s=statistics.median(walls),
            best_s=min(walls),
            n=len(walls),
            note=f"p95 {_p95_ms(walls):.1f} ms, processor {_p95_ms(cpus):.1f} ms; bar 20 ms",
        )
    ]


def _p95_ms(seconds: list[float]) -> float:
    return 1e3 * float(np.percentile(seconds, 95))


def _edited(plan: Plan, chance: random.Random) -> Plan:
    needle = chance.choice(plan.trajectories)
    step = np.array([chance.uniform(-FARTHEST_EDIT_MM, FARTHEST_EDIT_MM) for _ in range(3)])
    return plan.with_trajectory(replace(needle, tip=needle.tip.moved(step)))


def _plan(scan: ScanBinding) -> Plan:
    needles = tuple(
        Trajectory(
            id=TrajectoryId(f"t{number}"),
            level=Level.L3,
            side=side,
            approach=Approach.TRANSPEDICULAR,
            entry=PointLps(side.sign * 38.0, 84.0, height + 6.0),
            tip=PointLps(side.sign * 8.0, -7.0, height),
        )
        for number, (side, height) in enumerate(NEEDLES, start=1)
    )
    ablations = tuple(
        Ablation(
            id=AblationId(f"a{number}"),
            trajectory_id=needle.id,
            device_id="eco-mwa",
            power_w=40.0,
            time_s=180.0,
        )
        for number, needle in enumerate(needles, start=1)
    )
    cements = tuple(
        CementInjection(
            id=CementId(f"c{number}"),
            trajectory_id=needle.id,
            cement_id="pmma-high-viscosity",
            volume_ml=1.0,
        )
        for number, needle in enumerate(needles, start=1)
    )
    return Plan(
        plan_id="benchmark",
        scan=scan,
        anatomy=AnatomyBinding(backend="tiny spine 1"),
        trajectories=needles,
        ablations=ablations,
        cements=cements,
    )


def _zone(ablation: Ablation, plan: Plan) -> PredictedZone:
    needle = plan.trajectory(ablation.trajectory_id)
    axis = unit(needle.tip.array - needle.entry.array)
    along = (float(axis[0]), float(axis[1]), float(axis[2]))
    ball = Spheroid(needle.tip.moved(-7.5 * axis), along, ZONE_RADIUS_MM, 0.8 * ZONE_RADIUS_MM)
    return PredictedZone(
        ablation_id=ablation.id, shape=ball, tissue_of_origin="bone", band_mm=2.0, model=LABEL
    )


def _cement(
    injection: CementInjection, centre: PointLps, geometry: VolumeGeometry
) -> PredictedCement:
    k, j, i = np.indices(geometry.shape_kji)
    place = geometry.lps_mm(np.stack([i, j, k], axis=-1).astype(np.float64))
    away = np.linalg.norm(place - centre.array, axis=-1)
    return PredictedCement(
        cement_injection_id=injection.id,
        geometry=geometry,
        arrival_ml=np.where(away <= CEMENT_RADIUS_MM, 0.0, np.inf).astype(np.float32),
        asked_ml=injection.volume_ml,
        placed_ml=injection.volume_ml,
        fill_fraction=0.05,
        band_mm=2.0,
        model=LABEL,
    )
