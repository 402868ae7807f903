"""An applicator of the heat model from a device of the catalogue.

A device whose data lack a number of its model is not simulated, and the reason is given: a
model with a made-up electrode would look as sure as one with a measured one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import exp, log, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.devices import Device, Modality
from planner.domain.sourced import Status
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
    from collections.abc import Mapping

    from planner.domain.plan import Ablation
    from planner.physics.heat.metal import Triple

SHAFT_MM: Final = 30.0
"""Length of microwave shaft that is simulated; beyond it the tissue stays at body heat."""


class Efficiency(StrEnum):
    """Which end of what is not known of a device is taken.

    The high end for what must not be hurt, the low end for what must be covered. The nominal
    device meets its table at the time that is planned.
    """

    LOW = "low"
    NOMINAL = "nominal"
    HIGH = "high"


FILM_ENDS: Final = ("model_film_low_w_per_m2_k", "model_film_high_w_per_m2_k")

OPTIONAL: Final = {
    Modality.MICROWAVE: ("model_efficiency_low_at_s", "model_efficiency_high_at_s"),
    Modality.BIPOLAR_RF: (*FILM_ENDS, "model_diameter_mm"),
    Modality.MONOPOLAR_RF: (*FILM_ENDS, "model_diameter_mm"),
    Modality.CRYO: ("model_probe_low_celsius", "model_probe_high_celsius"),
}
"""Numbers that say how far a device may stray from its nominal ones; without them it does not.
``model_diameter_mm`` is that of an electrode thinner than what goes in with it."""


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
    device: Device,
    tip_mm: Triple,
    backward: Triple,
    efficiency: Efficiency,
    time_s: float | None = None,
) -> Applicator | NoModel:
    """Return ``device`` with its tip at a point of the grid.

    Parameters
    ----------
    tip_mm
        Grid millimetres (x, y, z), pulled back already where the plan says so.
    backward
        From the tip towards the hand; need not be of length one.
    time_s
        How long it burns: what a nominal antenna is fitted to.
    """
    if missing := [key for key in NEEDED[device.modality] if key not in device.numbers]:
        return NoModel(
            reason=f"{device.name} is not simulated: its data lack {', '.join(missing)}."
        )
    keys = (*NEEDED[device.modality], *OPTIONAL[device.modality])
    number = {key: device.numbers[key].value for key in keys if key in device.numbers}
    axis = np.asarray(backward, dtype=np.float64) / np.linalg.norm(backward)

    def piece(low_mm: float, high_mm: float) -> Cylinder:
        start, end = (np.add(tip_mm, axis * offset) for offset in (low_mm, high_mm))
        return Cylinder(
            start_mm=(float(start[0]), float(start[1]), float(start[2])),
            end_mm=(float(end[0]), float(end[1]), float(end[2])),
            radius_mm=number.get("model_diameter_mm", number["outer_diameter_mm"]) / 2.0,
        )

    if device.modality is Modality.MICROWAVE:
        return Microwave(
            shaft=piece(0.0, SHAFT_MM),
            antenna_length_mm=number["model_source_length_mm"],
            centre_from_tip_mm=number["model_source_centre_from_tip_mm"],
            decay_mm=number["model_source_decay_mm"],
            efficiency=_antenna_efficiency(number, efficiency, time_s),
        )
    if device.modality is Modality.CRYO:
        return CryoProbe(
            metal_part=piece(0.0, number["model_freezing_length_mm"]),
            celsius=number.get(f"model_probe_{efficiency}_celsius", number["model_probe_celsius"]),
        )
    film = number["model_film_w_per_m2_k"]
    cooling = Cooling(
        film_w_per_m2_k=number.get(f"model_film_{efficiency}_w_per_m2_k", film),
        celsius=number["model_coolant_celsius"],
    )
    length = number["model_electrode_length_mm"]
    electrodes = [Electrode(metal=piece(0.0, length), volts=1.0)]
    if device.modality is Modality.BIPOLAR_RF:
        start = length + number["model_electrode_gap_mm"]
        electrodes.append(Electrode(metal=piece(start, start + length), volts=-1.0))
    return RadioFrequency(electrodes=tuple(electrodes), cooling=cooling)


def _antenna_efficiency(
    number: Mapping[str, float], efficiency: Efficiency, time_s: float | None
) -> float:
    """Return the share of the power that heats tissue.

    A size that was published for a range of times was fitted at both ends of it. In between, the
    efficiency that meets the same size falls as a power of the time.
    """
    low, high = number["model_efficiency_low"], number["model_efficiency_high"]
    if efficiency is Efficiency.LOW:
        return low
    if efficiency is Efficiency.HIGH or time_s is None:
        return high
    ends = [number.get(f"model_efficiency_{end}_at_s") for end in ("high", "low")]
    if ends[0] is None or ends[1] is None:
        return sqrt(low * high)
    times = [log(end) for end in ends if end is not None]
    return float(exp(np.interp(log(time_s), times, [log(high), log(low)])))


def model_status(device: Device) -> Status:
    """Return the weakest status among the numbers that the model of ``device`` uses."""
    keys = (*NEEDED[device.modality], *OPTIONAL[device.modality])
    used = [device.numbers[key].status for key in keys if key in device.numbers]
    return max(used, key=lambda status: status.rank, default=Status.RECALLED)


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
