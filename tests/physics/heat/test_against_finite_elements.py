"""Layered tissue against an independent solution: linear finite elements along the radius.

Shells of tumour, bone and fat about one point, each with its own conductivity, capacity and
blood flow, heated by a ball-shaped source. The reference knows nothing of grids, links or
explicit steps: it is a Galerkin method on 1500 radial elements with small implicit steps.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import diags
from scipy.sparse.linalg import splu

from planner.physics.heat.bioheat import Step, advance, body_of, stable_step_s
from planner.physics.heat.links import harmonic_links

RADII_MM = (9.0, 16.0)
"""Outer radius of the tumour and of the bone; fat beyond."""

CONDUCTIVITY = np.array([0.55, 0.31, 0.21])
CAPACITY = np.array([3.8e6, 2.7e6, 2.1e6])
PERFUSION = np.array([4000.0, 2200.0, 1800.0])
SIGMA_MM, SECONDS = 4.0, 300.0
WATT = 0.25
"""So little that no blood flow stops for dead tissue: then the case is linear."""
TIMES = 12.0
"""What is compared is the rise at 3 W, which without dead tissue is twelve times that."""
ZONE_K = 13.0
"""The surface at 50 degrees."""

PROBES_MM = (6.0, 9.0, 12.0, 16.0, 20.0)


def layer(radius_mm: np.ndarray) -> np.ndarray:
    return np.searchsorted(RADII_MM, radius_mm)


def source_w_per_m3(radius_mm: np.ndarray) -> np.ndarray:
    shape = np.exp(-0.5 * (radius_mm / SIGMA_MM) ** 2)
    return WATT * shape / ((2.0 * np.pi) ** 1.5 * (SIGMA_MM / 1000.0) ** 3)


def finite_elements(far_mm: float = 60.0, elements: int = 1500, steps: int = 3000):
    """Return the radii, mm, and the rise of temperature, K, after ``SECONDS``."""
    radius = np.linspace(0.0, far_mm, elements + 1) / 1000.0
    inner, outer = radius[:-1], radius[1:]
    size = outer - inner
    tissue = layer(500.0 * (inner + outer))
    gauss = np.array([-np.sqrt(0.6), 0.0, np.sqrt(0.6)])
    weight = np.array([5.0, 8.0, 5.0]) / 18.0
    at = inner[:, None] + size[:, None] * (gauss + 1.0) / 2.0
    volume = 4.0 * np.pi * at**2 * size[:, None] * weight
    right = (gauss + 1.0) / 2.0
    shapes = (1.0 - right, right)
    stiff = CONDUCTIVITY[tissue] * volume.sum(axis=1) / size**2

    def mass(value, one, other):
        return (value[:, None] * volume * shapes[one] * shapes[other]).sum(axis=1)

    def assembled(left, middle, rest):
        diagonal = np.zeros(elements + 1)
        diagonal[:-1] += left
        diagonal[1:] += rest
        return diags([middle, diagonal, middle], [-1, 0, 1], format="csc")

    blood = PERFUSION[tissue]
    heat = CAPACITY[tissue]
    k = assembled(stiff + mass(blood, 0, 0), -stiff + mass(blood, 0, 1), stiff + mass(blood, 1, 1))
    m = assembled(mass(heat, 0, 0), mass(heat, 0, 1), mass(heat, 1, 1))
    given = source_w_per_m3(1000.0 * at) * volume
    load = np.zeros(elements + 1)
    load[:-1] += (given * shapes[0]).sum(axis=1)
    load[1:] += (given * shapes[1]).sum(axis=1)
    dt = SECONDS / steps
    solve = splu((m / dt + k / 2.0).tocsc())
    explicit = m / dt - k / 2.0
    rise = np.zeros(elements + 1)
    for _ in range(steps):
        rise = solve.solve(explicit @ rise + load)
    return radius * 1000.0, rise


def on_grid(spacing_mm: float = 1.0, half_mm: float = 40.0):
    """Return the rise on the grid of the program, after ``SECONDS``."""
    line = np.arange(-half_mm, half_mm + spacing_mm / 2.0, spacing_mm)
    z, y, x = np.meshgrid(line, line, line, indexing="ij")
    radius = np.sqrt(x * x + y * y + z * z)
    tissue = layer(radius)
    volume = (spacing_mm / 1000.0) ** 3
    links = harmonic_links(CONDUCTIVITY[tissue], spacing_mm)
    per_capacity = (1.0 / CAPACITY[tissue]).astype(np.float32)
    body = body_of(links, per_capacity, PERFUSION[tissue].astype(np.float32))
    heat = source_w_per_m3(radius).astype(np.float32)
    heat *= np.float32(WATT / (heat.sum(dtype=np.float64) * volume))
    now = np.full(radius.shape, 37.0, np.float32)
    new, dose = now.copy(), np.zeros_like(now)
    count = int(np.ceil(SECONDS / stable_step_s(body)))
    step = Step.of(SECONDS / count, 1.0, 37.0, 1000.0)
    for _ in range(count):
        advance(now, new, body, heat, dose, step)
        now, new = new, now
    return now - 37.0


def test_that_layered_tissue_agrees_with_finite_elements() -> None:
    exact_mm, exact_k = finite_elements()
    rise = on_grid()
    exact_k, rise = exact_k * TIMES, rise * TIMES
    middle = rise.shape[0] // 2
    along = rise[middle, middle, middle:]
    off_k = [float(along[round(mm)] - np.interp(mm, exact_mm, exact_k)) for mm in PROBES_MM]
    edge_mm = float(np.interp(-ZONE_K, -exact_k, exact_mm))
    assert edge_mm > RADII_MM[0]  # the surface lies in the bone, beyond the tumour
    assert max(map(abs, off_k)) <= 0.5, off_k
    volume_share = float((rise >= ZONE_K).sum()) / (4.0 / 3.0 * np.pi * edge_mm**3)
    assert abs(volume_share - 1.0) <= 0.01, volume_share
