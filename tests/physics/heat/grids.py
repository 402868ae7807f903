"""Grids and exact solutions the heat tests share."""

from __future__ import annotations

import numpy as np

from planner.physics.heat.bioheat import Body, Step, advance, body_of, stable_step_s
from planner.physics.heat.links import harmonic_links

HEAT_CONDUCTIVITY = 0.40
HEAT_CAPACITY = 1178.0 * 2274.0
PERFUSION = 5.0 * 30.0 / 60e6 * 1178.0 * 1050.0 * 3617.0
"""Five times that of cancellous bone, so that it matters."""


def radii_m(voxels: int, spacing_mm: float) -> np.ndarray:
    centres = (np.arange(voxels) - voxels // 2) * spacing_mm / 1000.0
    z, y, x = np.meshgrid(centres, centres, centres, indexing="ij")
    return np.sqrt(x * x + y * y + z * z)


def uniform_body(voxels: int, spacing_mm: float, perfusion: float = PERFUSION) -> Body:
    shape = (voxels,) * 3
    links = harmonic_links(np.full(shape, HEAT_CONDUCTIVITY), spacing_mm)
    per_capacity = np.full(shape, 1.0 / HEAT_CAPACITY, np.float32)
    return body_of(links, per_capacity, np.full(shape, perfusion, np.float32))


def warmed(
    body: Body, heat: np.ndarray, duration_s: float, share: float = 1.0, start: float = 0.0
) -> np.ndarray:
    """Return the rise above blood after ``duration_s``; no dose, so perfusion stays on."""
    count = int(np.ceil(duration_s / (share * stable_step_s(body))))
    step = Step.of(duration_s / count, arterial=0.0)
    heat = heat.astype(np.float32)
    now = np.full(heat.shape, start, np.float32)
    new = now.copy()
    for _ in range(count):
        advance(now, new, body, heat, np.zeros_like(now), step)
        now, new = new, now
    return now
