"""Heat round one needle: bioheat, current, lumped metal and control on rings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from planner.geometry.kernels import kernel
from planner.physics.heat.bioheat import ARTERIAL_CELSIUS, STABLE_SHARE
from planner.physics.heat.dose import COAGULATED_CEM43_MIN, dose_rate
from planner.physics.heat.rings import ring_links
from planner.physics.heat.sources import (
    BOILING_CELSIUS,
    CONDUCTIVITY_RISE_PER_K,
    DRY_FROM_CELSIUS,
    DRY_SHARE,
    FIRST_INTEGRAL_W,
    INTEGRAL_W_PER_K_S,
    PROPORTIONAL_W_PER_K,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.physics.heat.rings import Grid2

OVER_RELAXED: Final = 1.8
"""Factor of the over-relaxation of the voltage; near the best for grids of this size."""

SWEEPS_FIRST: Final = 400
SWEEPS_AGAIN: Final = 60
"""Sweeps of a cold and of a warm start: the voltage then stands to a thousandth."""


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


class RingMetal(NamedTuple):
    """Lumped pieces: heat capacity J/K, coolant W/K, and the coolant's temperature."""

    capacity: Grid2
    coolant_w_per_k: Grid2
    coolant_celsius: float


class RingDrive(NamedTuple):
    """What the generator does.

    Attributes
    ----------
    begins_s, ends_s
        Stretches with energy.
    power_w
        Constant power, or the highest under temperature control.
    setpoint_celsius
        NaN for constant power.
    """

    begins_s: Grid2
    ends_s: Grid2
    power_w: float
    setpoint_celsius: float


@kernel
def ring_stiffness(field: RingField) -> float:
    """Return the largest sum of a cell's links over its capacity, 1/s."""
    slices, rings = field.capacity.shape
    most = 0.0
    for s in range(slices):
        for r in range(rings):
            if r == 0 and field.piece[s] >= 0:
                continue
            total = field.across[s, r] + field.across[s, r + 1]
            total += field.down[s, r] + field.down[s + 1, r] + field.perfusion[s, r]
            most = max(most, total / field.capacity[s, r])
    return most


@kernel
def _close_edge(across: Grid2, down: Grid2) -> None:
    """Let no current through the edge."""
    across[:, -1] = 0.0
    down[0, :] = 0.0
    down[-1, :] = 0.0


@kernel
def settle_voltage(
    voltage: Grid2, field: RingField, across: Grid2, down: Grid2, sweeps: int
) -> None:
    """Relax the voltage in place; metal holds its own, and beyond the edge it is zero.

    ``voltage`` has one cell more on every side than the rings.
    """
    slices, rings = field.conductivity.shape
    inverse, reach = np.zeros((slices, rings)), np.zeros((slices, rings))
    for s in range(slices):
        for r in range(rings):
            total = across[s, r] + across[s, r + 1] + down[s, r] + down[s + 1, r]
            if r == 0 and field.piece[s] >= 0:
                voltage[s + 1, 1] = field.volts[field.piece[s]]
            elif total > 0.0:
                inverse[s, r], reach[s, r] = 1.0 / total, OVER_RELAXED
    for _ in range(sweeps):
        for s in range(slices):
            for r in range(rings):
                inflow = (
                    across[s, r] * voltage[s + 1, r] + across[s, r + 1] * voltage[s + 1, r + 2]
                )
                inflow += down[s, r] * voltage[s, r + 1] + down[s + 1, r] * voltage[s + 2, r + 1]
                here = voltage[s + 1, r + 1]
                voltage[s + 1, r + 1] = here + reach[s, r] * (inflow * inverse[s, r] - here)


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
def _refreshed(celsius: Grid2, voltage: Grid2, field: RingField, heat: Grid2, sweeps: int) -> None:
    """Solve the field of the electrodes anew at the present temperature."""
    warm = np.empty_like(celsius)
    slices, rings = celsius.shape
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
    settle_voltage(voltage, field, across, down, sweeps)
    joule_shares(voltage, across, down, heat)


@kernel
def _relax_metal(
    celsius: Grid2, field: RingField, metal: RingMetal, given: Grid2, lumps: Grid2, step_s: float
) -> None:
    """Move the metal through a step, exactly for tissue that holds still.

    The mean over the step is written to its cells, so that the tissue takes up what it gave.
    """
    count = len(lumps)
    conductance = metal.coolant_w_per_k.copy()
    inflow = conductance * metal.coolant_celsius + given
    slices = len(field.piece)
    for s in range(slices):
        own = field.piece[s]
        if own < 0:
            continue
        conductance[own] += field.across[s, 1]
        inflow[own] += field.across[s, 1] * celsius[s, 1]
        for other, link in ((s - 1, field.down[s, 0]), (s + 1, field.down[s + 1, 0])):
            if 0 <= other < slices and field.piece[other] < 0:
                conductance[own] += link
                inflow[own] += link * celsius[other, 0]
    for own in range(count):
        settled = inflow[own] / conductance[own]
        spans = conductance[own] * step_s / metal.capacity[own]
        left = np.exp(-spans)
        mean = settled + (lumps[own] - settled) * (1.0 - left) / spans
        lumps[own] = settled + (lumps[own] - settled) * left
        for s in range(slices):
            if field.piece[s] == own:
                celsius[s, 0] = mean


@kernel
def _advance(
    now: Grid2, new: Grid2, field: RingField, heat: Grid2, dose: Grid2, step: tuple[float, ...]
) -> None:
    """Take one explicit step; ``step`` is seconds, power and ceiling."""
    seconds, power, ceiling = step
    slices, rings = now.shape
    for s in range(slices):
        for r in range(rings):
            here = now[s, r]
            if r == 0 and field.piece[s] >= 0:
                new[s, r] = here
                continue
            left = now[s, r - 1] if r > 0 else here
            right = now[s, r + 1] if r + 1 < rings else ARTERIAL_CELSIUS
            above = now[s - 1, r] if s > 0 else ARTERIAL_CELSIUS
            below = now[s + 1, r] if s + 1 < slices else ARTERIAL_CELSIUS
            gain = field.across[s, r] * (left - here) + field.across[s, r + 1] * (right - here)
            gain += field.down[s, r] * (above - here) + field.down[s + 1, r] * (below - here)
            gain += power * heat[s, r]
            if dose[s, r] < COAGULATED_CEM43_MIN:
                gain -= field.perfusion[s, r] * (here - ARTERIAL_CELSIUS)
            value = min(here + seconds * gain / field.capacity[s, r], ceiling)
            dose[s, r] += seconds / 60.0 * dose_rate(np.float32(value))
            new[s, r] = value


@kernel
def _is_on(drive: RingDrive, moment_s: float) -> bool:
    on = False
    for n in range(len(drive.begins_s)):
        on = on or drive.begins_s[n] <= moment_s < drive.ends_s[n]
    return on


@kernel
def _power_w(
    drive: RingDrive, celsius: float, integral_w: float, seconds: float
) -> tuple[float, float]:
    """Return the power of a running generator, and the controller's new integral."""
    if np.isnan(drive.setpoint_celsius):
        return drive.power_w, integral_w
    error = drive.setpoint_celsius - celsius
    integral_w += INTEGRAL_W_PER_K_S * error * seconds
    integral_w = min(max(integral_w, 0.0), drive.power_w)
    return min(max(integral_w + PROPORTIONAL_W_PER_K * error, 0.0), drive.power_w), integral_w


@kernel
def _given_w(field: RingField, heat: Grid2, power_w: float, pieces: int) -> Grid2:
    """Return the heat that goes into each piece of metal, W."""
    given = np.zeros(pieces)
    for s in range(len(field.piece)):
        if field.piece[s] >= 0:
            given[field.piece[s]] += power_w * heat[s, 0]
    return given


@kernel
def _keep_highest(peak: Grid2, now: Grid2) -> None:
    for s in range(peak.shape[0]):
        for r in range(peak.shape[1]):
            peak[s, r] = max(peak[s, r], now[s, r])


@kernel
def heat_rings(
    field: RingField,
    metal: RingMetal,
    drive: RingDrive,
    heat: Grid2,
    times_s: Grid2,
    limits: tuple[float, float],
) -> tuple[Grid2, Grid2, Grid2]:
    """Heat from body temperature until the last of ``times_s``.

    Parameters
    ----------
    heat
        W of each cell for one watt; written anew where electrodes heat.
    limits
        Ceiling of the tissue in Celsius, and seconds between two solutions of the field.

    Returns
    -------
    tuple
        Celsius at every time ``[t, s, r]``, peak and dose ``[s, r]``.
    """
    ceiling, refresh_s = limits
    slices, rings = field.capacity.shape
    now = np.full((slices, rings), ARTERIAL_CELSIUS)
    new, peak, dose = now.copy(), now.copy(), np.zeros((slices, rings))
    lumps = np.full(len(metal.capacity), ARTERIAL_CELSIUS)
    voltage = np.zeros((slices + 2, rings + 2))
    seen = np.empty((len(times_s), slices, rings))
    longest_s = STABLE_SHARE / ring_stiffness(field)
    time_s, next_field_s, integral_w = 0.0, 0.0, FIRST_INTEGRAL_W
    sweeps = SWEEPS_FIRST
    for number in range(len(times_s)):
        count = max(1, int(np.ceil((times_s[number] - time_s) / longest_s)))
        step_s = (times_s[number] - time_s) / count
        for _ in range(count):
            on = _is_on(drive, time_s + 0.5 * step_s)
            if on and len(field.volts) and time_s >= next_field_s:
                _refreshed(now, voltage, field, heat, sweeps)
                next_field_s, sweeps = time_s + refresh_s, SWEEPS_AGAIN
            power_w = 0.0
            if on:
                power_w, integral_w = _power_w(drive, lumps.max(), integral_w, step_s)
            given = _given_w(field, heat, power_w, len(lumps))
            _relax_metal(now, field, metal, given, lumps, step_s)
            _advance(now, new, field, heat, dose, (step_s, power_w, ceiling))
            now, new = new, now
            time_s += step_s
            _keep_highest(peak, now)
        seen[number] = now
    return seen, peak, dose
