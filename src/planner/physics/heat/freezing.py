"""Freezing by the enthalpy method: one equation for liquid, mushy and frozen tissue.

    dH/dt = div(k(T) grad T) + w (37 - T) where blood still flows

H in J/m3 is zero where freezing starts, so T follows from H without tracking a front. Heat
conductivity runs straight from the liquid to the frozen value as the tissue freezes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from planner.geometry.kernels import dividing_kernel
from planner.physics.heat.bioheat import ARTERIAL_CELSIUS
from planner.physics.heat.links import harmonic_links

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.physics.heat.links import Field
    from planner.physics.heat.medium import Medium

_ZERO: Final = np.float32(0.0)
_ONE: Final = np.float32(1.0)
_ARTERIAL: Final = np.float32(ARTERIAL_CELSIUS)
_HALF: Final = np.float32(0.5)


class Freezable(NamedTuple):
    """Tissue that can freeze; fields over ``[k, j, i]``.

    Attributes
    ----------
    liquid_capacity, mushy_capacity, frozen_capacity
        J/(m3 K); the mushy one holds the latent heat.
    liquid_conductivity, frozen_conductivity
        W/(m K) over the square of the spacing, so W/(m3 K).
    perfusion
        W/(m3 K), above zero degrees only.
    moves
        False where the temperature is given: metal and the outermost voxels.
    from_celsius, to_celsius
        Where freezing starts and ends.
    """

    liquid_capacity: Field
    mushy_capacity: Field
    frozen_capacity: Field
    liquid_conductivity: Field
    frozen_conductivity: Field
    perfusion: Field
    moves: NDArray[np.bool_]
    from_celsius: np.float32
    to_celsius: np.float32


class ColdContact(NamedTuple):
    """Links from tissue to a probe: flat index of the tissue, and 1 / share of the spacing."""

    tissue: NDArray[np.int64]
    per_share: NDArray[np.float32]


def freezable(medium: Medium, metal: NDArray[np.bool_]) -> Freezable:
    """Return the tissue of ``medium`` with the voxels ``metal`` held."""
    table = medium.table
    span = table.freezing_from_celsius - table.frozen_at_celsius
    liquid, frozen = table.heat_capacity_j_per_m3_k, table.frozen_heat_capacity_j_per_m3_k
    per_square = 1.0 / (medium.spacing_mm / 1000.0) ** 2
    moves = np.zeros(metal.shape, dtype=np.bool_)
    moves[1:-1, 1:-1, 1:-1] = ~metal[1:-1, 1:-1, 1:-1]

    def packed(column: NDArray[np.float64]) -> Field:
        return medium.spread(column).astype(np.float32)

    return Freezable(
        liquid_capacity=packed(liquid),
        mushy_capacity=packed(table.latent_heat_j_per_m3 / span + 0.5 * (liquid + frozen)),
        frozen_capacity=packed(frozen),
        liquid_conductivity=packed(table.heat_conductivity_w_per_m_k * per_square),
        frozen_conductivity=packed(table.frozen_heat_conductivity_w_per_m_k * per_square),
        perfusion=packed(table.perfusion_w_per_m3_k),
        moves=moves,
        from_celsius=np.float32(table.freezing_from_celsius),
        to_celsius=np.float32(table.frozen_at_celsius),
    )


def longest_explicit_s(medium: Medium, shortest_share: float) -> float:
    """Return a step that is stable whatever is frozen, with links cut to ``shortest_share``."""
    table = medium.table
    best = np.maximum(table.heat_conductivity_w_per_m_k, table.frozen_heat_conductivity_w_per_m_k)
    least = np.minimum(table.heat_capacity_j_per_m3_k, table.frozen_heat_capacity_j_per_m3_k)
    sums = harmonic_links(medium.spread(best), medium.spacing_mm).sums()
    one_face = medium.spread(best) / (medium.spacing_mm / 1000.0) ** 2
    total = sums + 2.0 * (1.0 / shortest_share - 1.0) * one_face
    rate = (total + medium.spread(table.perfusion_w_per_m3_k)) / medium.spread(least)
    return float(1.0 / rate.max())


def enthalpy_of(temperature: Field, tissue: Freezable) -> Field:
    """Return H of each voxel at its temperature."""
    below = np.clip(temperature, tissue.to_celsius, tissue.from_celsius) - tissue.from_celsius
    liquid = np.maximum(temperature - tissue.from_celsius, _ZERO)
    frozen = np.minimum(temperature - tissue.to_celsius, _ZERO)
    return np.asarray(
        liquid * tissue.liquid_capacity
        + below * tissue.mushy_capacity
        + frozen * tissue.frozen_capacity,
        dtype=np.float32,
    )


@dividing_kernel
def settle(enthalpy: Field, temperature: Field, resistance: Field, tissue: Freezable) -> None:
    """Write temperature and half a voxel's heat resistance; held voxels keep both."""
    depth, rows, columns = enthalpy.shape
    top, bottom = tissue.from_celsius, tissue.to_celsius
    for k in range(depth):
        for j in range(rows):
            for i in range(columns):
                if not tissue.moves[k, j, i]:
                    continue
                h = enthalpy[k, j, i]
                mushy = tissue.mushy_capacity[k, j, i]
                all_frozen = mushy * (bottom - top)
                if h >= _ZERO:
                    celsius = top + h / tissue.liquid_capacity[k, j, i]
                elif h > all_frozen:
                    celsius = top + h / mushy
                else:
                    celsius = bottom + (h - all_frozen) / tissue.frozen_capacity[k, j, i]
                share = min(max(h / all_frozen, _ZERO), _ONE)
                liquid = tissue.liquid_conductivity[k, j, i]
                frozen = tissue.frozen_conductivity[k, j, i]
                temperature[k, j, i] = celsius
                resistance[k, j, i] = _HALF / (liquid + (frozen - liquid) * share)


@dividing_kernel
def enthalpy_rate(temperature: Field, resistance: Field, rate: Field, tissue: Freezable) -> None:
    """Write dH/dt in W/m3 of the voxels that move; metal takes part through its contact."""
    depth, rows, columns = temperature.shape
    for k in range(1, depth - 1):
        for j in range(1, rows - 1):
            for i in range(1, columns - 1):
                t = temperature[k, j, i]
                r = resistance[k, j, i]
                gain = (temperature[k, j, i - 1] - t) / (r + resistance[k, j, i - 1])
                gain += (temperature[k, j, i + 1] - t) / (r + resistance[k, j, i + 1])
                gain += (temperature[k, j - 1, i] - t) / (r + resistance[k, j - 1, i])
                gain += (temperature[k, j + 1, i] - t) / (r + resistance[k, j + 1, i])
                gain += (temperature[k - 1, j, i] - t) / (r + resistance[k - 1, j, i])
                gain += (temperature[k + 1, j, i] - t) / (r + resistance[k + 1, j, i])
                flow = tissue.perfusion[k, j, i] if t > _ZERO else _ZERO
                gain += flow * (_ARTERIAL - t)
                rate[k, j, i] = gain if tissue.moves[k, j, i] else _ZERO


@dividing_kernel
def add_contact(
    temperature: Field, resistance: Field, rate: Field, contact: ColdContact, celsius: np.float32
) -> None:
    """Add the heat that a probe at ``celsius`` draws from the tissue at its side."""
    flat_temperature = temperature.ravel()
    flat_resistance = resistance.ravel()
    flat_rate = rate.ravel()
    for n in range(contact.tissue.size):
        voxel = contact.tissue[n]
        conductance = contact.per_share[n] * _HALF / flat_resistance[voxel]
        flat_rate[voxel] += conductance * (celsius - flat_temperature[voxel])
