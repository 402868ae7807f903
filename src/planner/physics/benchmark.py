"""How fast the estimates of this room are, beside the machine's own speed in the same run."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.benchmark import BenchmarkRow
from planner.domain.sourced import Status
from planner.physics.heat import (
    CryoProbe,
    Cylinder,
    Driven,
    Electrode,
    Freeze,
    Medium,
    Microwave,
    PropertyTable,
    RadioFrequency,
    Setpoint,
    Stage,
    Watts,
    solve,
)
from planner.physics.heat.band import Run, band_of
from planner.physics.heat.bioheat import Step, advance, body_of, stable_step_s
from planner.physics.heat.links import harmonic_links
from planner.physics.heat.rings import ring_tissue
from planner.physics.heat.round_needle import rings_for, solve_round
from planner.physics.heat.superpose import needle_field, together

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.physics.heat.metal import Triple
    from planner.physics.heat.round_needle import RoundResult

STEP_BYTES_PER_VOXEL = 44
"""Eight float32 fields read and two written, one of those fetched first."""

STEPS = 100
RUNS = 3

FULL = "radiofrequency, 64^3 at 1 mm, 600 s"
PREVIEW = "three runs of a preview, microwave, 60^3 at 1.1 mm, 180 s"
MOST_S = {
    FULL: 0.4,
    "round bipolar needle, 600 s (preview)": 0.060,
    "cryo, 48^3 at 1.5 mm, 900 s": 1.5,
    "one needle's table read at 96^3 points": 0.005,
    "four needles superposed at 56^3 points, 8 times": 0.030,
}
"""What some may take on two quiet cores."""

MOST_BUSY = 2.5
"""How much longer a run may take while every core has other work."""


def benchmark(n: int = RUNS, share: float = 1.0) -> list[BenchmarkRow]:
    """Time the kernel and each kind of run on made-up tissue, each ``n`` times.

    A ``share`` of the burns' own time is enough to see that every run still works.
    """
    rows = [_step_row(64, n)]
    runs: dict[str, Callable[[], object]] = {
        FULL: lambda: _radio_frequency(64, 600.0 * share),
        "radiofrequency, 44^3 at 1 mm, 600 s": lambda: _radio_frequency(44, 600.0 * share),
        "round bipolar needle, 600 s (preview)": lambda: _round(600.0 * share),
        "microwave, 64^3 at 1 mm, 300 s": lambda: _microwave(64, 300.0 * share),
        "cryo, 48^3 at 1.5 mm, 900 s": lambda: _cryo(48, 1.5, 900.0 * share),
        PREVIEW: lambda: _preview(180.0 * share),
        "one needle's table read at 96^3 points": _needles(1, 96),
        "four needles superposed at 56^3 points, 8 times": _needles(4, 56),
    }
    for name, work in runs.items():
        row = BenchmarkRow.timed(name, work, n=n)
        bar = f"; bar {1e3 * MOST_S[name]:.0f} ms" if name in MOST_S else ""
        if share != 1.0:
            bar = f"; burns last {share:.0%} of the time named"
        rows.append(replace(row, note=f"one thread{bar}"))
    rows.append(_busy_row(next(row for row in rows if row.name == FULL), n, share))
    return rows


def _busy_row(quiet: BenchmarkRow, n: int, share: float) -> BenchmarkRow:
    """Time a run while every core has other work, beside the same run without."""
    spin = [sys.executable, "-c", "while True: pass"]
    others = [subprocess.Popen(spin) for _ in range(os.cpu_count() or 1)]
    try:
        name = f"{FULL}, every core busy"
        row = BenchmarkRow.timed(name, lambda: _radio_frequency(64, 600.0 * share), n=n)
    finally:
        for other in others:
            other.kill()
            other.wait()
    return replace(row, note=f"bar {MOST_BUSY:g} times").beside(quiet)


def _needles(count: int, edge: int) -> Callable[[], object]:
    """Return what adds up ``count`` needles at a cube of points, as while one is dragged."""
    times = np.linspace(75.0, 600.0, 8)
    result = _round(480.0, times)
    fields = [
        needle_field(result, (0.0, 12.0 * (n // 2), 12.0 * (n % 2)), (1.0, 0.0, 0.0))
        for n in range(count)
    ]
    line = np.arange(edge, dtype=np.float64) - edge / 2.0
    points = np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1).reshape(-1, 3)
    return lambda: together(points, fields, times, is_cold=False)


def _step_row(voxels: int, n: int) -> BenchmarkRow:
    """Time steps of the kernel beside copies that move as many bytes."""
    shape = (voxels,) * 3
    heat = np.zeros(shape, np.float32)
    per_capacity = np.full(shape, 3.7e-7, np.float32)
    body = body_of(harmonic_links(np.full(shape, 0.4), 1.0), per_capacity, heat + 2000.0)
    now, dose = heat + 50.0, heat.copy()
    new, step = now.copy(), Step.of(stable_step_s(body))

    def steps() -> None:
        for _ in range(STEPS):
            advance(now, new, body, heat, dose, step)

    source = np.ones(voxels**3 * STEP_BYTES_PER_VOXEL // 2, np.uint8)
    target = np.empty_like(source)

    def copies() -> None:
        for _ in range(STEPS):
            np.copyto(target, source)

    row = BenchmarkRow.timed(f"{STEPS} bioheat steps with dose, {voxels}^3", steps, n)
    rate = STEPS * voxels**3 / row.best_s / 1e6
    row = replace(row, note=f"{rate:.0f} million voxels a second")
    return row.beside(BenchmarkRow.timed(f"{STEPS} copies of as many bytes", copies, n))


def _medium(voxels: int, spacing_mm: float) -> Medium:
    """Bone in the lower half and tumour in the upper, with round figures."""
    tissue = np.zeros((voxels,) * 3, np.uint8)
    tissue[:, voxels // 2 :] = 1
    conductivity = np.array([0.31, 0.55])
    capacity = np.array([2.7e6, 3.8e6])
    table = PropertyTable(
        names=("bone", "tumour"),
        heat_conductivity_w_per_m_k=conductivity,
        heat_capacity_j_per_m3_k=capacity,
        perfusion_w_per_m3_k=np.array([2200.0, 4000.0]),
        conductivity_s_per_m=np.array([0.09, 0.3]),
        frozen_heat_conductivity_w_per_m_k=conductivity * 3.0,
        frozen_heat_capacity_j_per_m3_k=capacity * 0.6,
        latent_heat_j_per_m3=np.array([1.6e8, 2.6e8]),
        status=Status.DERIVED,
    )
    return Medium(tissue=tissue, spacing_mm=spacing_mm, table=table)


def _along(medium: Medium, low_mm: float, high_mm: float, radius_mm: float) -> Cylinder:
    """Return metal along x, its ends as offsets from the middle of the grid."""
    middle = (medium.tissue.shape[0] - 1) * medium.spacing_mm / 2.0

    def at(offset_mm: float) -> Triple:
        return (middle + offset_mm, middle + 0.2, middle + 0.1)

    return Cylinder(start_mm=at(low_mm), end_mm=at(high_mm), radius_mm=radius_mm)


def _radio_frequency(voxels: int, seconds: float) -> object:
    medium = _medium(voxels, 1.0)
    electrodes = (
        Electrode(metal=_along(medium, -10.0, -2.0, 0.9), volts=1.0),
        Electrode(metal=_along(medium, 2.0, 10.0, 0.9), volts=-1.0),
    )
    needle = Driven(applicator=RadioFrequency(electrodes=electrodes), drive=Setpoint(celsius=95.0))
    return solve(medium, [Stage(duration_s=seconds, driven=(needle,))], after_s=0.0)


def _round(seconds: float, kept_s: NDArray[np.float64] | None = None) -> RoundResult:
    """Run the quick coupled model of one needle, with its field of current."""
    pieces = ((0.0, 8.0, 1.0), (12.0, 20.0, -1.0))
    electrodes = tuple(
        Electrode(
            metal=Cylinder(start_mm=(low, 0.0, 0.0), end_mm=(high, 0.0, 0.0), radius_mm=0.9),
            volts=volts,
        )
        for low, high, volts in pieces
    )
    needle = RadioFrequency(electrodes=electrodes)
    rings = rings_for(needle)
    tissue = ring_tissue(np.zeros((*rings.shape, 12), np.uint8), _medium(8, 1.0).table)
    times = np.array([seconds / 2.0, seconds, seconds + 120.0]) if kept_s is None else kept_s
    return solve_round(needle, Setpoint(celsius=95.0), [(0.0, seconds)], rings, tissue, times)


def _antenna(medium: Medium) -> Microwave:
    return Microwave(
        shaft=_along(medium, -12.0, 20.0, 0.8),
        antenna_length_mm=15.0,
        centre_from_tip_mm=9.0,
        decay_mm=7.0,
        efficiency=0.4,
    )


def _microwave(voxels: int, seconds: float) -> object:
    medium = _medium(voxels, 1.0)
    needle = Driven(applicator=_antenna(medium), drive=Watts(power_w=30.0))
    return solve(medium, [Stage(duration_s=seconds, driven=(needle,))], after_s=0.0)


def _preview(seconds: float) -> object:
    """Run the nominal, strong and weak members that a preview in a patient has."""
    medium = _medium(60, 1.1)
    blood = medium.table.perfusion_w_per_m3_k
    runs = []
    for name, efficiency, factor in (
        ("nominal", 0.4, 1.0),
        ("strong", 0.6, 0.0),
        ("weak", 0.3, 3.0),
    ):
        antenna = replace(_antenna(medium), efficiency=efficiency)
        needle = Driven(applicator=antenna, drive=Watts(power_w=40.0))
        table = replace(medium.table, perfusion_w_per_m3_k=factor * blood)
        stage = Stage(duration_s=seconds, driven=(needle,))
        runs.append(Run(name=name, table=table, stages=(stage,)))
    return band_of(medium, runs)


def _cryo(voxels: int, spacing_mm: float, seconds: float) -> object:
    medium = _medium(voxels, spacing_mm)
    probe = CryoProbe(metal_part=_along(medium, -15.0, 15.0, 1.2), celsius=-110.0)
    needle = Driven(applicator=probe, drive=Freeze())
    return solve(medium, [Stage(duration_s=seconds, driven=(needle,))], after_s=0.0)
