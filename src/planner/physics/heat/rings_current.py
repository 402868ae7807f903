"""The field of a needle's electrodes on rings, solved directly.

    div(sigma grad V) = 0

The grid is narrow: with the rings of a slice side by side, its matrix is a band as wide as there
are rings. So Cholesky's factors cost less than sweeps that settle to a thousandth, and are exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.geometry.kernels import kernel
from planner.physics.heat.bioheat import ARTERIAL_CELSIUS
from planner.physics.heat.rings import ring_links
from planner.physics.heat.wiring import (
    BOILING_CELSIUS,
    CONDUCTIVITY_RISE_PER_K,
    DRY_FROM_CELSIUS,
    DRY_SHARE,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.physics.heat.rings import Grid2


class RingField(NamedTuple):
    """What heat flows through and where it comes from; see ``rings``.

    Attributes
    ----------
    across, down
        Heat links, W/K.
    capacity, perfusion
        J/K and W/K of each cell.
    piece
        Which metal fills the core of each slice, -1 for none.
    conductivity
        Electric, S/m at 37 degrees; unused where ``volts`` is empty.
    lengths
        See ``ring_links``.
    volts
        Of each piece; empty for an antenna.
    earthed
        Whether current leaves through the edge.
    """

    across: Grid2
    down: Grid2
    capacity: Grid2
    perfusion: Grid2
    piece: NDArray[np.int64]
    conductivity: Grid2
    lengths: tuple[Grid2, Grid2, Grid2, Grid2]
    volts: Grid2
    earthed: bool


@kernel
def _close_edge(across: Grid2, down: Grid2) -> None:
    """Let no current through the edge."""
    across[:, -1] = 0.0
    down[0, :] = 0.0
    down[-1, :] = 0.0


@kernel
def _circuit(field: RingField, across: Grid2, down: Grid2) -> tuple[Grid2, Grid2]:
    """Return the matrix of the free cells and what the metal sends into them.

    Row ``n`` of the matrix is cell ``(s, r)`` with ``n = s * rings + r``; column ``c`` is its
    link to the cell ``c`` places on, so column 0 is the sum of its links. Metal stands alone.
    """
    slices, rings = field.conductivity.shape
    band, inflow = np.zeros((slices * rings, rings + 1)), np.zeros(slices * rings)
    for s in range(slices):
        for r in range(rings):
            n = s * rings + r
            total = across[s, r] + across[s, r + 1] + down[s, r] + down[s + 1, r]
            if (r == 0 and field.piece[s] >= 0) or total <= 0.0:
                band[n, 0] = 1.0
                if r == 0 and field.piece[s] >= 0:
                    inflow[n] = field.volts[field.piece[s]]
                continue
            band[n, 0] = total
            if r == 1 and field.piece[s] >= 0:
                inflow[n] += across[s, 1] * field.volts[field.piece[s]]
            if r + 1 < rings:
                band[n, 1] -= across[s, r + 1]
            if s + 1 < slices:
                if r == 0 and field.piece[s + 1] >= 0:
                    inflow[n] += down[s + 1, 0] * field.volts[field.piece[s + 1]]
                else:
                    band[n, rings] -= down[s + 1, r]
            if s > 0 and r == 0 and field.piece[s - 1] >= 0:
                inflow[n] += down[s, 0] * field.volts[field.piece[s - 1]]
    return band, inflow


@kernel
def _solved(band: Grid2, value: Grid2) -> None:
    """Solve a symmetric band in place by Cholesky's factors; ``value`` becomes the answer."""
    count, width = band.shape
    for n in range(count):
        pivot = 1.0 / np.sqrt(band[n, 0])
        last = min(width, count - n)
        for c in range(last):
            band[n, c] *= pivot
        value[n] *= pivot
        for c in range(1, last):
            factor = band[n, c]
            if factor != 0.0:
                value[n + c] -= factor * value[n]
                for d in range(last - c):
                    band[n + c, d] -= factor * band[n, c + d]
    for back in range(count):
        n = count - 1 - back
        left = value[n]
        for c in range(1, min(width, count - n)):
            left -= band[n, c] * value[n + c]
        value[n] = left / band[n, 0]


@kernel
def ring_voltage(field: RingField, across: Grid2, down: Grid2) -> Grid2:
    """Return the voltage, with one cell more on every side than the rings; zero beyond."""
    slices, rings = field.conductivity.shape
    band, value = _circuit(field, across, down)
    _solved(band, value)
    voltage = np.zeros((slices + 2, rings + 2))
    voltage[1:-1, 1:-1] = value.reshape((slices, rings))
    return voltage


@kernel
def joule_shares(voltage: Grid2, across: Grid2, down: Grid2, heat: Grid2) -> None:
    """Write what each cell gets of one watt; a link shares its heat between its two ends.

    A link through the edge gives all of its heat to the cell inside.
    """
    slices, rings = heat.shape
    heat[:] = 0.0
    for s in range(slices):
        for r in range(rings):
            here = voltage[s + 1, r + 1]
            heat[s, r] += 0.5 * across[s, r] * (here - voltage[s + 1, r]) ** 2
            heat[s, r] += 0.5 * across[s, r + 1] * (here - voltage[s + 1, r + 2]) ** 2
            heat[s, r] += 0.5 * down[s, r] * (here - voltage[s, r + 1]) ** 2
            heat[s, r] += 0.5 * down[s + 1, r] * (here - voltage[s + 2, r + 1]) ** 2
        heat[s, rings - 1] += 0.5 * across[s, rings] * voltage[s + 1, rings] ** 2
    for r in range(rings):
        heat[0, r] += 0.5 * down[0, r] * voltage[1, r + 1] ** 2
        heat[slices - 1, r] += 0.5 * down[slices, r] * voltage[slices, r + 1] ** 2
    heat /= heat.sum()


@kernel
def ring_heat(celsius: Grid2, field: RingField, heat: Grid2) -> None:
    """Write what each cell gets of one watt at the present temperature ``[s, r]``."""
    warm = np.empty_like(field.conductivity)
    slices, rings = warm.shape
    for s in range(slices):
        for r in range(rings):
            rise = min(max(celsius[s, r] - ARTERIAL_CELSIUS, 0.0), BOILING_CELSIUS - 37.0)
            value = field.conductivity[s, r] * (1.0 + CONDUCTIVITY_RISE_PER_K * rise)
            warm[s, r] = value * DRY_SHARE if celsius[s, r] >= DRY_FROM_CELSIUS else value
    across = np.empty_like(field.across)
    down = np.empty_like(field.down)
    ring_links(warm, field.piece, field.lengths, across, down)
    if not field.earthed:
        _close_edge(across, down)
    joule_shares(ring_voltage(field, across, down), across, down, heat)
