"""Where the heat comes from: each source gives its shape per watt and its power."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from planner.physics.heat.applicators import Setpoint, Watts
from planner.physics.heat.current import joule_heat, solve_voltage
from planner.physics.heat.cuts import cuts_of_cylinders
from planner.physics.heat.wiring import BOILING_CELSIUS, empty_circuit, rewire, wiring_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.physics.heat.applicators import Drive, Microwave, RadioFrequency
    from planner.physics.heat.links import Field
    from planner.physics.heat.medium import Medium

FIELD_REACH_MM: Final = 24.0
"""Half side of the box in which a bipolar field is solved."""

REFRESH_S: Final = 60.0
"""The field is solved anew this often: every 15 s gives the same zone (Dice 0.998)."""

SUPERHEATED_CELSIUS: Final = 105.0
"""Ceiling under microwaves, ``BOILING_CELSIUS`` under current; the heat of vapour is dropped."""

GAS_BELOW_J_PER_M3_K: Final = 5e5
"""What stores less heat is gas, and takes up nothing of an antenna's; a quarter of fat's."""

PROPORTIONAL_W_PER_K: Final = 0.3
INTEGRAL_W_PER_K_S: Final = 0.01
FIRST_INTEGRAL_W: Final = 0.5
"""Gains of the temperature controller. They move the first half minute, not the zone."""


class Source(Protocol):
    """A source of heat in the tissue.

    Attributes
    ----------
    heat_per_w
        W/m3 per watt of power.
    metal_share
        Share of the power that heats each piece of its metal.
    ceiling_celsius
        Highest temperature the tissue takes under it.
    """

    heat_per_w: Field
    metal_share: NDArray[np.float64]
    ceiling_celsius: float

    def refresh(self, temperature: Field) -> None:
        """Follow the tissue as it warms."""

    def power_w(self, metal_celsius: Sequence[float], seconds: float) -> float:
        """Return the power for the next ``seconds``."""


class TemperatureController:
    """Proportional-integral control that never winds up beyond the generator's power."""

    def __init__(self, setpoint: Setpoint) -> None:
        self._setpoint = setpoint
        self._integral_w = FIRST_INTEGRAL_W

    def power_w(self, celsius: float, seconds: float) -> float:
        """Return the power for the next ``seconds`` when the electrode is at ``celsius``."""
        highest = self._setpoint.highest_power_w
        error = self._setpoint.celsius - celsius
        integral = self._integral_w + INTEGRAL_W_PER_K_S * error * seconds
        self._integral_w = min(max(integral, 0.0), highest)
        return min(max(self._integral_w + PROPORTIONAL_W_PER_K * error, 0.0), highest)


class _Drive:
    """The power of a drive; none when switched off."""

    def __init__(self, drive: Drive | None) -> None:
        self._watts = drive.power_w if isinstance(drive, Watts) else 0.0
        self._controller = TemperatureController(drive) if isinstance(drive, Setpoint) else None

    def power_w(self, metal_celsius: Sequence[float], seconds: float) -> float:
        if self._controller is None:
            return self._watts
        return self._controller.power_w(max(metal_celsius), seconds)


class CurrentSource:
    """Joule heat of radiofrequency electrodes."""

    ceiling_celsius = BOILING_CELSIUS

    def __init__(self, medium: Medium, applicator: RadioFrequency, drive: Drive | None) -> None:
        """Place the electrodes in the tissue."""
        self._drive = _Drive(drive)
        self._voxel_m3 = medium.voxel_m3
        own = [piece.distance_mm(medium) for piece in applicator.metal]
        self._box = _field_box(own, medium) if applicator.is_bipolar else (slice(None),) * 3
        self._inside = [piece[self._box] < 0.0 for piece in own]
        given = np.logical_or.reduce(self._inside)
        if not applicator.is_bipolar:
            given = given | _edge(given.shape)
        cold = medium.spread(medium.table.conductivity_s_per_m)[self._box]
        cuts = cuts_of_cylinders(medium, applicator.metal).within(self._box)
        self._wiring = wiring_of(cold, cuts, given, medium.spacing_mm)
        self._circuit = empty_circuit(self._wiring)
        self._warm = np.empty(given.shape, np.float32)
        volts = np.zeros(given.shape, np.float32)
        for electrode, inside in zip(applicator.electrodes, self._inside, strict=True):
            volts[inside] = electrode.volts
        self._voltage = np.pad(volts, 1)
        self.heat_per_w = np.zeros(medium.tissue.shape, np.float32)
        self.metal_share = np.zeros(len(own))
        self.resistance_ohm = np.inf
        levels = [item.volts for item in applicator.electrodes]
        self._difference_v = max(levels) - min(levels if applicator.is_bipolar else [0.0])

    def refresh(self, temperature: Field) -> None:
        """Solve the field anew at the present temperature."""
        rewire(temperature[self._box], self._wiring, self._warm, self._circuit)
        solve_voltage(self._circuit, self._voltage)
        circuit = self._circuit
        heat = np.zeros(self._warm.shape, np.float32)
        joule_heat(self._voltage, circuit, heat)
        total_w = float(heat.sum(dtype=np.float64)) * self._voxel_m3
        self.resistance_ohm = self._difference_v**2 / total_w
        heat /= np.float32(total_w)
        self.metal_share[:] = [
            float(heat[inside].sum(dtype=np.float64)) * self._voxel_m3 for inside in self._inside
        ]
        self.heat_per_w[self._box] = heat

    def power_w(self, metal_celsius: Sequence[float], seconds: float) -> float:
        """Return the power for the next ``seconds``."""
        return self._drive.power_w(metal_celsius, seconds)


class AntennaSource:
    """Dielectric heat of a microwave antenna.

    q(r, s) = cos^2(pi (s - sc) / 2 La) exp(-r / delta) / r, a fitted shape: the same in every
    tissue, because nobody measured the dielectric state of a patient's bone. Gas takes up nothing,
    and what lies behind it gets what it would have got behind tissue.
    """

    ceiling_celsius = SUPERHEATED_CELSIUS

    def __init__(
        self,
        medium: Medium,
        applicator: Microwave,
        drive: Drive | None,
    ) -> None:
        """Place the antenna; nothing heats inside its metal."""
        along, across = applicator.shaft.along_and_across_mm(medium)
        off = (along - applicator.centre_from_tip_mm) / applicator.antenna_length_mm
        strength = np.where(np.abs(off) < 1.0, np.cos(0.5 * np.pi * off) ** 2, 0.0)
        across = np.maximum(across, applicator.shaft.radius_mm)
        shape = strength * np.exp(-across / applicator.decay_mm) / across
        shape[applicator.shaft.distance_mm(medium) < 0.0] = 0.0
        shape *= applicator.efficiency / (shape.sum() * medium.voxel_m3)
        stores = medium.spread(medium.table.heat_capacity_j_per_m3_k)
        shape[stores < GAS_BELOW_J_PER_M3_K] = 0.0
        self.heat_per_w = shape.astype(np.float32)
        self.metal_share = np.zeros(1)
        self._drive = _Drive(drive)

    def refresh(self, temperature: Field) -> None:
        """Change nothing: the shape is fixed."""

    def power_w(self, metal_celsius: Sequence[float], seconds: float) -> float:
        """Return the power for the next ``seconds``."""
        return self._drive.power_w(metal_celsius, seconds)


def _field_box(
    distances_mm: Sequence[NDArray[np.float64]], medium: Medium
) -> tuple[slice, slice, slice]:
    """Return the part of the grid within reach of the electrodes' middle."""
    inside = np.argwhere(np.minimum.reduce(distances_mm) < 0.0)
    middle = (inside.min(axis=0) + inside.max(axis=0)) / 2.0
    half = FIELD_REACH_MM / medium.spacing_mm
    low = np.maximum(np.floor(np.minimum(middle - half, inside.min(axis=0) - 4)), 0).astype(int)
    high = np.ceil(np.maximum(middle + half, inside.max(axis=0) + 4)).astype(int) + 1
    k, j, i = (slice(a, b) for a, b in zip(low, high, strict=True))
    return k, j, i


def _edge(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    edge = np.ones(shape, dtype=np.bool_)
    edge[1:-1, 1:-1, 1:-1] = False
    return edge
