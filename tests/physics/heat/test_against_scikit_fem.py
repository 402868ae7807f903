"""A vertebra of blocks against scikit-fem: quadratic hexahedra that know nothing of voxels.

Bone with a tumour in it, a canal of fluid behind a layer of fat, and discs above and below;
every border lies between voxels and between elements, so both programs solve the same case.
The source is that of two gaussians along a slanting needle. The case is linear: so little
power that no blood flow stops for dead tissue, and what is compared is the rise at full power.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from scipy.sparse import diags
from scipy.sparse.linalg import cg
from skfem import Basis, BilinearForm, ElementHex2, LinearForm, MeshHex, condense
from skfem.helpers import dot, grad

from planner.physics.heat.bioheat import Step, advance, body_of, stable_step_s
from planner.physics.heat.links import harmonic_links
from planner.physics.heat.zone_size import measure_zone

BONE, TUMOUR, FLUID, FAT, DISC = range(5)
CONDUCTIVITY = np.array([0.31, 0.55, 0.57, 0.21, 0.49])
CAPACITY = np.array([2.7e6, 3.8e6, 4.1e6, 2.1e6, 3.9e6])
PERFUSION = np.array([2200.0, 4000.0, 0.0, 1800.0, 2400.0])

HALF_MM, SECONDS = 28.0, 240.0
SOURCES = (((-3.0, 1.0, 0.0), 0.6), ((4.0, 7.0, 0.0), 0.4))
"""Place in mm and share of the power."""
SPREAD_MM, WATT, TIMES = 3.5, 0.2, 25.0
ZONE_K = 13.0
PROBES_MM = np.array(
    [
        (-3, 1, 0),
        (8, 4, 0),
        (2, 12, 0),
        (2, 16, 0),
        (1, 19, 0),
        (-12, -4, 5),
        (0, 3, 11),
        (0, 3, 15),
    ],
    dtype=float,
).T
"""In the tumour, at its rim, in the bone, the fat, the canal, and the disc."""

ACROSS, ALONG, ABOVE = np.arange(-14.0, 15.0), np.arange(-14.0, 19.0), np.arange(15.0)
"""Voxel centres round the zone on the three axes."""


def tissue_at(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    found = np.full(np.broadcast(x, y, z).shape, BONE)
    found[np.broadcast_to((np.abs(x) < 6.5) & (np.abs(y - 2.0) < 6.5), found.shape)] = TUMOUR
    found[np.broadcast_to(np.abs(z) > 12.5, found.shape)] = DISC
    found[np.broadcast_to((y > 14.5) & (np.abs(x - 1.0) < 9.5), found.shape)] = FAT
    found[np.broadcast_to((y > 17.5) & (np.abs(x - 1.0) < 6.5), found.shape)] = FLUID
    return found


def source_w_per_m3(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    size = (2.0 * np.pi) ** 1.5 * (SPREAD_MM / 1000.0) ** 3
    total = np.zeros(np.broadcast(x, y, z).shape)
    for (a, b, c), share in SOURCES:
        square = (x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2
        total = total + share * WATT * np.exp(-0.5 * square / SPREAD_MM**2) / size
    return total


def on_voxels() -> tuple[np.ndarray, np.ndarray]:
    """Return the line of voxel centres, mm, and the rise at full power, [k, j, i]."""
    line = np.arange(-HALF_MM, HALF_MM + 0.5)
    z, y, x = np.meshgrid(line, line, line, indexing="ij")
    tissue = tissue_at(x, y, z)
    body = body_of(
        harmonic_links(CONDUCTIVITY[tissue], 1.0),
        (1.0 / CAPACITY[tissue]).astype(np.float32),
        PERFUSION[tissue].astype(np.float32),
    )
    heat = source_w_per_m3(x, y, z).astype(np.float32)
    now = np.full(x.shape, 37.0, np.float32)
    new, dose = now.copy(), np.zeros_like(now)
    count = int(np.ceil(SECONDS / stable_step_s(body)))
    step = Step.of(SECONDS / count)
    for _ in range(count):
        advance(now, new, body, heat, dose, step)
        now, new = new, now
    return line, TIMES * (now.astype(np.float64) - 37.0)


def lines_mm(*borders: float) -> np.ndarray:
    """Return element borders on one axis: through ``borders``, finer near the middle."""
    ends = sorted({-HALF_MM, HALF_MM, *borders})
    found = [ends[0]]
    for low, high in pairwise(ends):
        middle = abs(low + high) / 2.0
        count = int(np.ceil((high - low) / (2.3 if middle < 12.0 else 5.5)))
        found += list(np.linspace(low, high, count + 1)[1:])
    return np.array(found)


def by_finite_elements() -> tuple[np.ndarray, np.ndarray]:
    """Return the rise at full power at the probes, and at voxel centres round the zone.

    Half of the case is solved, because it is mirrored in z. Voxel centres are read between the
    nodes, which of quadratic elements lie 1.2 mm apart.
    """
    upper = lines_mm(-12.5, 0.0, 12.5)
    mesh = MeshHex.init_tensor(
        lines_mm(-8.5, -6.5, -5.5, 6.5, 7.5, 10.5) / 1000.0,
        lines_mm(-4.5, 8.5, 14.5, 17.5) / 1000.0,
        upper[upper >= 0.0] / 1000.0,
    )
    basis = Basis(mesh, ElementHex2(), intorder=5)

    def of(column: np.ndarray, w: object) -> np.ndarray:
        return column[tissue_at(*(1000.0 * w.x))]

    def stiff(u: object, v: object, w: object) -> np.ndarray:
        return of(CONDUCTIVITY, w) * dot(grad(u), grad(v)) + of(PERFUSION, w) * u * v

    k = BilinearForm(stiff).assemble(basis)
    m = BilinearForm(lambda u, v, w: of(CAPACITY, w) * u * v).assemble(basis)
    f = LinearForm(lambda v, w: source_w_per_m3(*(1000.0 * w.x)) * v).assemble(basis)
    far = HALF_MM / 1000.0 - 1e-9
    held = basis.get_dofs(lambda x: (np.abs(x[:2]).max(axis=0) > far) | (x[2] > far))
    steps = 60
    dt = SECONDS / steps
    left, _, _, inner = condense(m / dt + k / 2.0, f, D=held)
    right = (m / dt - k / 2.0)[inner][:, inner]
    load, inverse = f[inner], 1.0 / left.diagonal()
    rise = np.zeros(len(inner))
    for _ in range(steps):
        rise, failed = cg(left, right @ rise + load, x0=rise, rtol=1e-6, M=diags(inverse))
        assert failed == 0
    whole = np.zeros(basis.N)
    whole[inner] = rise
    at_probes = basis.probes(PROBES_MM / 1000.0) @ whole
    places = np.round(1e7 * basis.doflocs).astype(np.int64)
    axes, index = zip(*(np.unique(row, return_inverse=True) for row in places), strict=True)
    nodes = np.zeros([len(axis) for axis in axes])
    nodes[index] = whole
    for axis, (lines, wanted) in enumerate(zip(axes, (ACROSS, ALONG, ABOVE), strict=True)):
        nodes = CubicSpline(lines / 1e4, nodes, axis=axis)(wanted)
    return TIMES * at_probes, TIMES * nodes.transpose(2, 1, 0)


def volume(rise: np.ndarray) -> float:
    """Return the volume at 50 degrees and more, finer than its voxels."""
    return measure_zone(rise, ZONE_K, 1.0, (1.0, 0.0, 0.0)).volume_ml


@pytest.mark.slow
def test_that_a_vertebra_of_blocks_agrees_with_scikit_fem() -> None:
    line, rise = on_voxels()
    i, j, k = np.searchsorted(line, PROBES_MM)
    at_probes, exact = by_finite_elements()
    z, y, x = (np.searchsorted(line, part) for part in (ABOVE, ALONG, ACROSS))
    inside = rise[np.ix_(z, y, x)]
    off_k = rise[k, j, i] - at_probes
    assert at_probes.min() > 0.5  # every probe is warmed
    assert exact.max() > 40.0
    for rim in (exact[:, -1], exact[:, 0], exact[:, :, 0], exact[:, :, -1], exact[-1]):
        assert rim.max() < ZONE_K  # the zone ends inside what is compared
    assert np.abs(off_k).max() <= 0.5, off_k
    share = volume(inside) / volume(exact)
    assert abs(share - 1.0) <= 0.01, share
