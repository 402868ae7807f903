"""How fast cement is on a grid of 96 voxels along each edge: 6 mL in noisy bone with a shell."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.domain.benchmark import BenchmarkRow
from planner.domain.plan import CementId
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.physics.cement.build import Surroundings, cement_medium, centres_mm
from planner.physics.cement.ensemble import forecast
from planner.physics.cement.fill import darcy, marched
from planner.physics.cement.medium import FlowCase, openness
from planner.physics.cement.outlet import Outlet

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.physics.cement.medium import CementMedium

EDGE = 96
HALF_MM = (22.0, 17.0, 15.0)
"""Half size of the bone: about an L3."""

GIVEN_ML = 6.0
MOST_S = {"marching front": 0.015, "Darcy flow": 0.150, "20 runs": 0.300}
"""What each may take."""


def benchmark() -> list[BenchmarkRow]:
    """Time a marching front, one Darcy run, and the twenty of the ensemble."""
    medium = _medium()
    opened = openness(medium, FlowCase())
    outlet = [Outlet(tip=PointLps(6.0, -6.0, 1.0), until_ml=GIVEN_ML)]
    runs: dict[str, Callable[[], object]] = {
        "marching front": lambda: marched(medium, opened, outlet),
        "Darcy flow": lambda: darcy(medium, opened, outlet),
        "20 runs": lambda: forecast(medium, outlet, injection_id=CementId("c")),
    }
    rows = []
    for name, work in runs.items():
        row = BenchmarkRow.timed(f"cement, {name}, {GIVEN_ML:g} mL, {EDGE}^3", work)
        note = f"processor {1e3 * _processor_s(work):.0f} ms; bar {1e3 * MOST_S[name]:.0f} ms"
        rows.append(replace(row, note=note))
    return rows


def _processor_s(work: Callable[[], object], n: int = 5) -> float:
    """Return the least processor time of a run."""
    least = np.inf
    for _ in range(n):
        begun = time.process_time()
        work()
        least = min(least, time.process_time() - begun)
    return float(least)


def _medium() -> CementMedium:
    start = -(EDGE - 1) / 2.0
    geometry = VolumeGeometry.axis_aligned((EDGE,) * 3, (1.0,) * 3, (start,) * 3)
    depth = (np.abs(centres_mm(geometry)) - np.array(HALF_MM)).max(axis=-1)
    bone = depth <= 0.0
    noise = ndimage.gaussian_filter(np.random.default_rng(1).standard_normal(bone.shape), 2.0)
    hu = np.where(bone, np.where(depth > -1.0, 700.0, 120.0), 40.0) + 30.0 * noise / noise.std()
    none = np.zeros(bone.shape, np.bool_)
    around = Surroundings(bone=bone, canal=none, foramina=none, discs=none, closed=none)
    return cement_medium(hu, around, geometry)
