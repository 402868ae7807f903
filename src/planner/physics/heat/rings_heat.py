"""Heat round one needle: bioheat, current, lumped metal and control on rings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from planner.geometry.kernels import kernel
from planner.physics.heat.bioheat import ARTERIAL_CELSIUS, STABLE_SHARE, Step
from planner.physics.heat.dose import COAGULATED_CEM43_MIN, dose_rate
from planner.physics.heat.rings_current import RingField, ring_heat
from planner.physics.heat.sources import (
    FIRST_INTEGRAL_W,
    INTEGRAL_W_PER_K_S,
    PROPORTIONAL_W_PER_K,
)

if TYPE_CHECKING:
    from planner.physics.heat.links import Field
    from planner.physics.heat.rings import Grid2

    Lane = Field

_SHUT: Final = np.float32(COAGULATED_CEM43_MIN)
_ZERO: Final = np.float32(0.0)
_SIXTY: Final = np.float32(60.0)


class Lanes(NamedTuple):
    """The same links and cells as float32 ``[r, s]``: slices are stepped side by side.

    ``per_capacity`` is zero where metal is held. Temperatures go with them as
    ``[r + 1, s + 2]``, framed by what the edge is held at.
    """

    across: Lane
    down: Lane
    per_capacity: Lane
    perfusion: Lane


class Seen(NamedTuple):
    """Dose and peak so far, ``[r, s]``."""

    dose: Lane
    peak: Lane


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
def _lanes(field: RingField) -> Lanes:
    """Turn the fields so that slices lie side by side in memory."""
    slices, rings = field.capacity.shape
    per_capacity = np.empty((rings, slices), np.float32)
    perfusion = np.empty((rings, slices), np.float32)
    across = np.empty((rings + 1, slices), np.float32)
    down = np.empty((rings, slices + 1), np.float32)
    for r in range(rings):
        for s in range(slices):
            held = r == 0 and field.piece[s] >= 0
            per_capacity[r, s] = 0.0 if held else 1.0 / field.capacity[s, r]
            perfusion[r, s] = field.perfusion[s, r]
        down[r] = field.down[:, r].astype(np.float32)
    for r in range(rings + 1):
        across[r] = field.across[:, r].astype(np.float32)
    return Lanes(across, down, per_capacity, perfusion)


@kernel
def _relax_metal(
    celsius: Lane, field: RingField, metal: RingMetal, given: Grid2, lumps: Grid2, step_s: float
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
        inflow[own] += field.across[s, 1] * celsius[1, s + 1]
        for other, link in ((s - 1, field.down[s, 0]), (s + 1, field.down[s + 1, 0])):
            if 0 <= other < slices and field.piece[other] < 0:
                conductance[own] += link
                inflow[own] += link * celsius[0, other + 1]
    for own in range(count):
        settled = inflow[own] / conductance[own]
        spans = conductance[own] * step_s / metal.capacity[own]
        left = np.exp(-spans)
        mean = settled + (lumps[own] - settled) * (1.0 - left) / spans
        lumps[own] = settled + (lumps[own] - settled) * left
        for s in range(slices):
            if field.piece[s] == own:
                celsius[0, s + 1] = mean


@kernel
def _advance(now: Lane, new: Lane, lanes: Lanes, heat: Lane, seen: Seen, step: Step) -> None:
    """Take one explicit step, and add to dose and peak, in one pass."""
    rings, slices = heat.shape
    minutes = step.seconds / _SIXTY
    for r in range(rings):
        inner, outer = lanes.across[r], lanes.across[r + 1]
        before, after = now[max(r - 1, 0)], now[r + 1]
        line, down, flow = now[r], lanes.down[r], lanes.perfusion[r]
        per_capacity, source = lanes.per_capacity[r], heat[r]
        dose, peak, out = seen.dose[r], seen.peak[r], new[r]
        for s in range(slices):
            here = line[s + 1]
            gain = inner[s] * (before[s + 1] - here) + outer[s] * (after[s + 1] - here)
            gain += down[s] * (line[s] - here) + down[s + 1] * (line[s + 2] - here)
            blood = flow[s] if dose[s] < _SHUT else _ZERO
            gain += step.power * source[s] - blood * (here - step.arterial)
            value = min(here + step.seconds * per_capacity[s] * gain, step.ceiling)
            dose[s] += minutes * dose_rate(value)
            peak[s] = max(peak[s], value)
            out[s + 1] = value


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
    lanes = _lanes(field)
    now = np.full((rings + 1, slices + 2), np.float32(ARTERIAL_CELSIUS))
    new, source = now.copy(), np.ascontiguousarray(heat.T).astype(np.float32)
    seen = Seen(np.zeros((rings, slices), np.float32), now[:-1, 1:-1].copy())
    lumps = np.full(len(metal.capacity), ARTERIAL_CELSIUS)
    kept = np.empty((len(times_s), slices, rings))
    longest_s = STABLE_SHARE / ring_stiffness(field)
    time_s, next_field_s, integral_w = 0.0, 0.0, FIRST_INTEGRAL_W
    for number in range(len(times_s)):
        count = max(1, int(np.ceil((times_s[number] - time_s) / longest_s)))
        step_s = (times_s[number] - time_s) / count
        for _ in range(count):
            on = _is_on(drive, time_s + 0.5 * step_s)
            if on and len(field.volts) and time_s >= next_field_s:
                ring_heat(now[:-1, 1:-1].T.astype(np.float64), field, heat)
                source[:] = heat.T
                next_field_s = time_s + refresh_s
            power_w = 0.0
            if on:
                power_w, integral_w = _power_w(drive, lumps.max(), integral_w, step_s)
            given = _given_w(field, heat, power_w, len(lumps))
            _relax_metal(now, field, metal, given, lumps, step_s)
            step = Step(
                np.float32(step_s),
                np.float32(power_w),
                np.float32(ARTERIAL_CELSIUS),
                np.float32(ceiling),
            )
            _advance(now, new, lanes, source, seen, step)
            now, new = new, now
            time_s += step_s
        kept[number] = now[:-1, 1:-1].T
    return kept, seen.peak.T.astype(np.float64), seen.dose.T.astype(np.float64)
