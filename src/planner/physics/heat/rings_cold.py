"""Freezing round one needle: the enthalpy method on rings."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from planner.geometry.kernels import dividing_kernel
from planner.physics.heat.bioheat import ARTERIAL_CELSIUS, STABLE_SHARE
from planner.physics.heat.rings import ring_links

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.physics.heat.rings import Grid2


class RingIce(NamedTuple):
    """Tissue that can freeze, ``[s, r]``; capacities in J/K of the cell, see ``freezing``."""

    liquid_capacity: Grid2
    mushy_capacity: Grid2
    frozen_capacity: Grid2
    liquid_conductivity: Grid2
    frozen_conductivity: Grid2
    perfusion: Grid2
    piece: NDArray[np.int64]
    lengths: tuple[Grid2, Grid2, Grid2, Grid2]
    from_celsius: float
    to_celsius: float


class RingProbe(NamedTuple):
    """A probe: its temperature, how long it takes to get there, and when the gas flows."""

    begins_s: Grid2
    ends_s: Grid2
    celsius: float
    ramp_s: float


@dividing_kernel
def celsius_of(enthalpy: Grid2, ice: RingIce, celsius: Grid2, conductivity: Grid2) -> None:
    """Write temperature and heat conductivity of every cell."""
    top, bottom = ice.from_celsius, ice.to_celsius
    for s in range(enthalpy.shape[0]):
        for r in range(enthalpy.shape[1]):
            h = enthalpy[s, r]
            frozen_h = ice.mushy_capacity[s, r] * (bottom - top)
            if h >= 0.0:
                celsius[s, r] = top + h / ice.liquid_capacity[s, r]
            elif h > frozen_h:
                celsius[s, r] = top + h / ice.mushy_capacity[s, r]
            else:
                celsius[s, r] = bottom + (h - frozen_h) / ice.frozen_capacity[s, r]
            share = min(max(h / frozen_h, 0.0), 1.0)
            liquid = ice.liquid_conductivity[s, r]
            conductivity[s, r] = liquid + (ice.frozen_conductivity[s, r] - liquid) * share


@dividing_kernel
def _longest_s(ice: RingIce) -> float:
    """Return a step that is stable whatever is frozen."""
    slices, rings = ice.perfusion.shape
    best = np.maximum(ice.liquid_conductivity, ice.frozen_conductivity)
    across, down = np.empty((slices, rings + 1)), np.empty((slices + 1, rings))
    ring_links(best, ice.piece, ice.lengths, across, down)
    most = 0.0
    for s in range(slices):
        for r in range(rings):
            total = across[s, r] + across[s, r + 1] + down[s, r] + down[s + 1, r]
            least = min(ice.liquid_capacity[s, r], ice.frozen_capacity[s, r])
            if not (r == 0 and ice.piece[s] >= 0):
                most = max(most, (total + ice.perfusion[s, r]) / least)
    return STABLE_SHARE / most


@dividing_kernel
def _enthalpy(celsius: float, ice: RingIce, s: int, r: int) -> float:
    """Return the enthalpy of a cell, J, zero where freezing starts."""
    top, bottom = ice.from_celsius, ice.to_celsius
    h = max(celsius - top, 0.0) * ice.liquid_capacity[s, r]
    h += (min(max(celsius, bottom), top) - top) * ice.mushy_capacity[s, r]
    return float(h + min(celsius - bottom, 0.0) * ice.frozen_capacity[s, r])


@dividing_kernel
def _hold(enthalpy: Grid2, celsius: Grid2, ice: RingIce, probe_celsius: float) -> None:
    """Hold the core of a running probe at its temperature."""
    for s in range(enthalpy.shape[0]):
        if ice.piece[s] >= 0:
            celsius[s, 0] = probe_celsius
            enthalpy[s, 0] = _enthalpy(probe_celsius, ice, s, 0)


@dividing_kernel
def _first(piece: NDArray[np.int64]) -> int:
    """Return the first slice with metal."""
    first = 0
    while piece[first] < 0:
        first += 1
    return first


@dividing_kernel
def _on_since_s(probe: RingProbe, moment_s: float) -> float:
    """Return when the stretch of gas that runs began; -1 where none does."""
    for n in range(len(probe.begins_s)):
        if probe.begins_s[n] <= moment_s < probe.ends_s[n]:
            return float(probe.begins_s[n])
    return -1.0


@dividing_kernel
def _core_mean(celsius: Grid2, piece: NDArray[np.int64]) -> float:
    total, held = 0.0, 0
    for s in range(len(piece)):
        if piece[s] >= 0:
            total, held = total + celsius[s, 0], held + 1
    return total / held


@dividing_kernel
def _give_heat(
    enthalpy: Grid2, celsius: Grid2, links: tuple[Grid2, Grid2], ice: RingIce, step_s: float
) -> None:
    """Take one explicit step."""
    across, down = links
    slices, rings = celsius.shape
    for s in range(slices):
        for r in range(rings):
            t = celsius[s, r]
            left = celsius[s, r - 1] if r > 0 else t
            right = celsius[s, r + 1] if r + 1 < rings else ARTERIAL_CELSIUS
            above = celsius[s - 1, r] if s > 0 else ARTERIAL_CELSIUS
            below = celsius[s + 1, r] if s + 1 < slices else ARTERIAL_CELSIUS
            gain = across[s, r] * (left - t) + across[s, r + 1] * (right - t)
            gain += down[s, r] * (above - t) + down[s + 1, r] * (below - t)
            if t > 0.0:
                gain += ice.perfusion[s, r] * (ARTERIAL_CELSIUS - t)
            enthalpy[s, r] += step_s * gain


@dividing_kernel
def _warm(ice: RingIce) -> Grid2:
    """Return the enthalpy of tissue at body temperature."""
    found = np.empty_like(ice.perfusion)
    for s in range(found.shape[0]):
        for r in range(found.shape[1]):
            found[s, r] = _enthalpy(ARTERIAL_CELSIUS, ice, s, r)
    return found


@dividing_kernel
def freeze_rings(ice: RingIce, probe: RingProbe, times_s: Grid2) -> tuple[Grid2, Grid2]:
    """Freeze from body temperature; return Celsius at every time and the lowest.

    Switched off, the probe is tissue at the temperature of its core.
    """
    slices, rings = ice.perfusion.shape
    enthalpy = _warm(ice)
    celsius = np.full((slices, rings), ARTERIAL_CELSIUS)
    lowest, conductivity = celsius.copy(), np.empty_like(celsius)
    across, down = np.empty((slices, rings + 1)), np.empty((slices + 1, rings))
    seen = np.empty((len(times_s), slices, rings))
    none = np.full_like(ice.piece, -1)
    longest_s, time_s = _longest_s(ice), 0.0
    begun_s, start = -1.0, ARTERIAL_CELSIUS
    for number in range(len(times_s)):
        count = max(1, int(np.ceil((times_s[number] - time_s) / longest_s)))
        step_s = (times_s[number] - time_s) / count
        for _ in range(count):
            celsius_of(enthalpy, ice, celsius, conductivity)
            on_since_s = _on_since_s(probe, time_s + 0.5 * step_s)
            if on_since_s >= 0.0:
                if begun_s != on_since_s:
                    begun_s, start = on_since_s, _core_mean(celsius, ice.piece)
                share = min(1.0, (time_s + 0.5 * step_s - on_since_s) / probe.ramp_s)
                _hold(enthalpy, celsius, ice, start + (probe.celsius - start) * share)
            pieces = ice.piece if on_since_s >= 0.0 else none
            ring_links(conductivity, pieces, ice.lengths, across, down)
            lowest = np.minimum(lowest, celsius)
            _give_heat(enthalpy, celsius, (across, down), ice, step_s)
            if on_since_s >= 0.0:
                _hold(enthalpy, celsius, ice, celsius[_first(ice.piece), 0])
            time_s += step_s
        celsius_of(enthalpy, ice, celsius, conductivity)
        lowest = np.minimum(lowest, celsius)
        seen[number] = celsius
    return seen, lowest
