"""An applicator of the heat model from a device of the catalogue.

A device whose data lack a number of its model is not simulated, and the reason is given: a
model with a made-up electrode would look as sure as one with a measured one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.devices import Device, Modality
from planner.physics.heat.applicators import (
    Applicator,
    CryoProbe,
    Drive,
    Electrode,
    Freeze,
    Microwave,
    RadioFrequency,
    Setpoint,
    Watts,
)
from planner.physics.heat.metal import Cooling, Cylinder

if TYPE_CHECKING:
    from planner.domain.plan import Ablation
    from planner.physics.heat.metal import Triple

SHAFT_MM: Final = 30.0
"""Length of microwave shaft that is simulated; beyond it the tissue stays at body heat."""


class Efficiency(StrEnum):
    """Which end of a fitted range of efficiency is taken.

    The high end for what must not be hurt, the low end for what must be covered.
    """

    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoModel:
    """No run is made for a device, and why."""

    reason: str


NEEDED: Final = {
    Modality.MICROWAVE: (
        "outer_diameter_mm",
        "model_source_length_mm",
        "model_source_centre_from_tip_mm",
        "model_source_decay_mm",
        "model_efficiency_low",
        "model_efficiency_high",
    ),
    Modality.BIPOLAR_RF: (
        "outer_diameter_mm",
        "model_electrode_length_mm",
        "model_electrode_gap_mm",
        "model_film_w_per_m2_k",
        "model_coolant_celsius",
    ),
    Modality.MONOPOLAR_RF: (
        "outer_diameter_mm",
        "model_electrode_length_mm",
        "model_film_w_per_m2_k",
        "model_coolant_celsius",
    ),
    Modality.CRYO: ("outer_diameter_mm", "model_freezing_length_mm", "model_probe_celsius"),
}
"""Numbers that a device file must hold before the device is simulated."""


def applicator_of(
    device: Device, tip_mm: Triple, backward: Triple, efficiency: Efficiency
) -> Applicator | NoModel:
    """Return ``device`` with its tip at a point of the grid.

    Parameters
    ----------
    tip_mm
        Grid millimetres (x, y, z), pulled back already where the plan says so.
    backward
        From the tip towards the hand; need not be of length one.
    """
    if missing := [key for key in NEEDED[device.modality] if key not in device.numbers]:
        return NoModel(
            reason=f"{device.name} is not simulated: its data lack {', '.join(missing)}."
        )
    number = {key: device.numbers[key].value for key in NEEDED[device.modality]}
    axis = np.asarray(backward, dtype=np.float64) / np.linalg.norm(backward)

    def piece(low_mm: float, high_mm: float) -> Cylinder:
        start, end = (np.add(tip_mm, axis * offset) for offset in (low_mm, high_mm))
        return Cylinder(
            start_mm=(float(start[0]), float(start[1]), float(start[2])),
            end_mm=(float(end[0]), float(end[1]), float(end[2])),
            radius_mm=number["outer_diameter_mm"] / 2.0,
        )

    if device.modality is Modality.MICROWAVE:
        return Microwave(
            shaft=piece(0.0, SHAFT_MM),
            antenna_length_mm=number["model_source_length_mm"],
            centre_from_tip_mm=number["model_source_centre_from_tip_mm"],
            decay_mm=number["model_source_decay_mm"],
            efficiency=number[f"model_efficiency_{efficiency}"],
        )
    if device.modality is Modality.CRYO:
        return CryoProbe(
            metal_part=piece(0.0, number["model_freezing_length_mm"]),
            celsius=number["model_probe_celsius"],
        )
    cooling = Cooling(
        film_w_per_m2_k=number["model_film_w_per_m2_k"], celsius=number["model_coolant_celsius"]
    )
    length = number["model_electrode_length_mm"]
    electrodes = [Electrode(metal=piece(0.0, length), volts=1.0)]
    if device.modality is Modality.BIPOLAR_RF:
        start = length + number["model_electrode_gap_mm"]
        electrodes.append(Electrode(metal=piece(start, start + length), volts=-1.0))
    return RadioFrequency(electrodes=tuple(electrodes), cooling=cooling)


def drive_of(device: Device, ablation: Ablation) -> Drive | NoModel:
    """Return what drives ``device`` in a planned ablation."""
    if device.modality is Modality.CRYO:
        return Freeze()
    if device.modality is not Modality.MICROWAVE and ablation.setpoint_celsius is not None:
        return Setpoint(celsius=ablation.setpoint_celsius)
    if ablation.power_w is not None:
        return Watts(power_w=ablation.power_w)
    wanted = "power" if device.modality is Modality.MICROWAVE else "setpoint or power"
    return NoModel(reason=f"{device.name} is not simulated: the plan gives it no {wanted}.")
