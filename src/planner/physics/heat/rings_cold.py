"""Freezing round one needle: the enthalpy method on rings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from planner.geometry.kernels import dividing_kernel
from planner.physics.heat.bioheat import ARTERIAL_CELSIUS, STABLE_SHARE
from planner.physics.heat.rings import ring_links

METAL_W_PER_M_K: Final = 1e9
"""Conducts so well that only the tissue's half of a link counts."""

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


class Frost(NamedTuple):
    """The same as ``[r, s]``: slices are stepped side by side.

    Temperatures go with it as ``[r + 1, s + 2]``, framed by what the edge is held at.

    Attributes
    ----------
    per_liquid, per_mushy, per_frozen
        K/J.
    frozen_at
        Enthalpy where all is frozen, J; it is zero where freezing starts.
    conductivity, rise
        Unfrozen, and what freezing adds.
    """

    per_liquid: Grid2
    per_mushy: Grid2
    per_frozen: Grid2
    frozen_at: Grid2
    conductivity: Grid2
    rise: Grid2
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
def _enthalpy(celsius: float, frost: Frost, s: int) -> float:
    """Return the enthalpy of a cell of the core, J, zero where freezing starts."""
    top, bottom = frost.from_celsius, frost.to_celsius
    h = max(celsius - top, 0.0) / frost.per_liquid[0, s]
    h += (min(max(celsius, bottom), top) - top) / frost.per_mushy[0, s]
    return float(h + min(celsius - bottom, 0.0) / frost.per_frozen[0, s])


@dividing_kernel
def _frost(ice: RingIce) -> Frost:
    """Turn the fields so that slices lie side by side in memory."""
    span = ice.from_celsius - ice.to_celsius
    mushy = np.ascontiguousarray(ice.mushy_capacity.T)
    liquid = np.ascontiguousarray(ice.liquid_conductivity.T)
    return Frost(
        1.0 / np.ascontiguousarray(ice.liquid_capacity.T),
        1.0 / mushy,
        1.0 / np.ascontiguousarray(ice.frozen_capacity.T),
        -span * mushy,
        liquid,
        np.ascontiguousarray(ice.frozen_conductivity.T) - liquid,
        np.ascontiguousarray(ice.perfusion.T),
        ice.piece,
        ice.lengths,
        ice.from_celsius,
        ice.to_celsius,
    )


@dividing_kernel
def _read(enthalpy: Grid2, frost: Frost, celsius: Grid2, conducts: Grid2, lowest: Grid2) -> None:
    """Write temperature and heat conductivity of every cell, and keep the lowest."""
    top = frost.from_celsius
    rings, slices = enthalpy.shape
    for r in range(rings):
        line, least, conducting = celsius[r], lowest[r], conducts[r]
        content, all_frozen = enthalpy[r], frost.frozen_at[r]
        liquid, mushy, frozen = frost.per_liquid[r], frost.per_mushy[r], frost.per_frozen[r]
        soft, harder = frost.conductivity[r], frost.rise[r]
        for s in range(slices):
            h = content[s]
            whole = all_frozen[s]
            slush = min(max(h, whole), 0.0)
            t = top + max(h, 0.0) * liquid[s] + slush * mushy[s] + min(h - whole, 0.0) * frozen[s]
            conducting[s] = soft[s] + harder[s] * (slush / whole)
            line[s + 1] = t
            least[s] = min(least[s], t)


@dividing_kernel
def _hold(enthalpy: Grid2, celsius: Grid2, frost: Frost, probe_celsius: float) -> None:
    """Hold the core of a running probe at its temperature."""
    for s in range(enthalpy.shape[1]):
        if frost.piece[s] >= 0:
            celsius[0, s + 1] = probe_celsius
            enthalpy[0, s] = _enthalpy(probe_celsius, frost, s)


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
            total, held = total + celsius[0, s + 1], held + 1
    return total / held


@dividing_kernel
def _links(conducts: Grid2, frost: Frost, across: Grid2, down: Grid2) -> None:
    """Write the heat links ``[r, s]`` from the conductivity of the cells.

    The same as ``ring_links``, for metal that conducts without end.
    """
    inner, outer, thick, area = frost.lengths
    rings, slices = conducts.shape
    for r in range(rings):
        far, here = conducts[max(r - 1, 0)], conducts[r]
        radial, line = across[r], down[r]
        near_mm, far_mm, face = outer[r], inner[r], 2.0 * area[r]
        for s in range(slices):
            radial[s] = thick[s] * here[s] * far[s] / (far_mm * here[s] + near_mm * far[s])
        for s in range(1, slices):
            both = thick[s - 1] * here[s] + thick[s] * here[s - 1]
            line[s] = face * here[s] * here[s - 1] / both
        line[0] = face * here[0] / thick[0]
        line[slices] = face * here[slices - 1] / thick[slices - 1]
    across[0, :] = 0.0
    across[rings] = thick * conducts[rings - 1] / inner[rings]


@dividing_kernel
def _give_heat(
    enthalpy: Grid2, celsius: Grid2, links: tuple[Grid2, Grid2], perfusion: Grid2, step_s: float
) -> None:
    """Take one explicit step."""
    rings, slices = enthalpy.shape
    for r in range(rings):
        before, line, after = celsius[max(r - 1, 0)], celsius[r], celsius[r + 1]
        inner, outer, down = links[0][r], links[0][r + 1], links[1][r]
        flow, content = perfusion[r], enthalpy[r]
        for s in range(slices):
            t = line[s + 1]
            gain = inner[s] * (before[s + 1] - t) + outer[s] * (after[s + 1] - t)
            gain += down[s] * (line[s] - t) + down[s + 1] * (line[s + 2] - t)
            gain += (flow[s] if t > 0.0 else 0.0) * (ARTERIAL_CELSIUS - t)
            content[s] += step_s * gain


@dividing_kernel
def freeze_rings(ice: RingIce, probe: RingProbe, times_s: Grid2) -> tuple[Grid2, Grid2]:
    """Freeze from body temperature; return Celsius at every time and the lowest, ``[s, r]``.

    Switched off, the probe is tissue at the temperature of its core.
    """
    frost = _frost(ice)
    rings, slices = frost.perfusion.shape
    enthalpy = (ARTERIAL_CELSIUS - frost.from_celsius) / frost.per_liquid
    celsius = np.full((rings + 1, slices + 2), ARTERIAL_CELSIUS)
    lowest, conducts = celsius[:-1, 1:-1].copy(), np.empty_like(enthalpy)
    across, down = np.empty((rings + 1, slices)), np.empty((rings, slices + 1))
    kept = np.empty((len(times_s), slices, rings))
    longest_s, time_s = _longest_s(ice), 0.0
    begun_s, start = -1.0, ARTERIAL_CELSIUS
    for number in range(len(times_s)):
        count = max(1, int(np.ceil((times_s[number] - time_s) / longest_s)))
        step_s = (times_s[number] - time_s) / count
        for _ in range(count):
            _read(enthalpy, frost, celsius, conducts, lowest)
            on_since_s = _on_since_s(probe, time_s + 0.5 * step_s)
            if on_since_s >= 0.0:
                if begun_s != on_since_s:
                    begun_s, start = on_since_s, _core_mean(celsius, ice.piece)
                share = min(1.0, (time_s + 0.5 * step_s - on_since_s) / probe.ramp_s)
                _hold(enthalpy, celsius, frost, start + (probe.celsius - start) * share)
                for s in range(slices):
                    if ice.piece[s] >= 0:
                        conducts[0, s] = METAL_W_PER_M_K
                        lowest[0, s] = min(lowest[0, s], celsius[0, s + 1])
            _links(conducts, frost, across, down)
            _give_heat(enthalpy, celsius, (across, down), frost.perfusion, step_s)
            if on_since_s >= 0.0:
                _hold(enthalpy, celsius, frost, celsius[0, _first(ice.piece) + 1])
            time_s += step_s
        _read(enthalpy, frost, celsius, conducts, lowest)
        kept[number] = celsius[:-1, 1:-1].T
    return kept, np.ascontiguousarray(lowest.T)
