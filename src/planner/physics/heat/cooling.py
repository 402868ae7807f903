"""One stage of freezing or thawing with cryoprobes in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.physics.heat.applicators import CryoProbe, Stage
from planner.physics.heat.cuts import cuts_of_cylinders
from planner.physics.heat.freezing import (
    ColdContact,
    Freezable,
    add_contact,
    enthalpy_of,
    enthalpy_rate,
    freezable,
    longest_explicit_s,
    settle,
)
from planner.physics.heat.legendre import MOST_STAGES, stage_weights, super_step, super_step_s
from planner.physics.heat.links import SHORTEST_HEAT_CUT
from planner.physics.heat.record import TALLY_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from planner.physics.heat.links import Cuts, Field
    from planner.physics.heat.medium import Medium
    from planner.physics.heat.record import Recorder

_INSULATED = np.float32(1e30)


@dataclass(frozen=True, slots=True)
class ColdPiece:
    """A freezing probe: its contact, its voxels, and the course of its temperature."""

    contact: ColdContact
    inside: NDArray[np.bool_]
    probe: CryoProbe
    start_celsius: float

    def celsius(self, seconds: float) -> np.float32:
        """Return its temperature ``seconds`` after the gas was turned on."""
        share = min(1.0, seconds / self.probe.ramp_s) if self.probe.ramp_s > 0.0 else 1.0
        return np.float32(self.start_celsius + (self.probe.celsius - self.start_celsius) * share)


@dataclass(slots=True)
class ColdField:
    """The tissue of a stage and the scratch its rate of change needs."""

    tissue: Freezable
    temperature: Field
    resistance: Field
    pieces: tuple[ColdPiece, ...]
    time_s: float = 0.0

    def rate_into(self, enthalpy: Field, rate: Field) -> None:
        """Write dH/dt at ``time_s``."""
        settle(enthalpy, self.temperature, self.resistance, self.tissue)
        enthalpy_rate(self.temperature, self.resistance, rate, self.tissue)
        for piece in self.pieces:
            celsius = piece.celsius(self.time_s)
            add_contact(self.temperature, self.resistance, rate, piece.contact, celsius)

    def show(self, enthalpy: Field) -> None:
        """Bring the temperature up to ``enthalpy``, probes included."""
        settle(enthalpy, self.temperature, self.resistance, self.tissue)
        for piece in self.pieces:
            self.temperature[piece.inside] = piece.celsius(self.time_s)


def freeze(
    medium: Medium, stage: Stage, temperature: Field, recorder: Recorder
) -> Iterator[float]:
    """Take ``temperature`` in place through the stage; yield the seconds done so far."""
    field = _prepare(medium, stage, temperature)
    enthalpy = enthalpy_of(temperature, field.tissue)
    longest_s = super_step_s(longest_explicit_s(medium, SHORTEST_HEAT_CUT), MOST_STAGES)
    count = max(1, int(np.ceil(stage.duration_s / longest_s)))
    step_s = stage.duration_s / count
    weights = stage_weights(MOST_STAGES, step_s)
    tally_steps = max(1, round(TALLY_S / step_s))
    noted = 0
    for number in range(count):
        field.time_s = (number + 0.5) * step_s
        enthalpy = super_step(enthalpy, weights, field.rate_into)
        if (number + 1) % tally_steps == 0 or number + 1 == count:
            field.time_s = (number + 1) * step_s
            field.show(enthalpy)
            recorder.note(temperature, (number + 1 - noted) * step_s, ())
            noted = number + 1
            yield noted * step_s


def _prepare(medium: Medium, stage: Stage, temperature: Field) -> ColdField:
    probes = [
        item.applicator
        for item in stage.driven
        if isinstance(item.applicator, CryoProbe) and item.drive is not None
    ]
    whole = cuts_of_cylinders(medium, [probe.metal_part for probe in probes])
    tissue = freezable(medium, whole.metal)
    resistance = (0.5 / tissue.liquid_conductivity).astype(np.float32)
    resistance[whole.metal] = _INSULATED
    pieces = []
    for probe in probes:
        inside = probe.metal_part.distance_mm(medium) < 0.0
        contact = _contact(cuts_of_cylinders(medium, [probe.metal_part]), whole.metal)
        pieces.append(ColdPiece(contact, inside, probe, float(temperature[inside].mean())))
    return ColdField(tissue, temperature, resistance, tuple(pieces))


def _contact(cuts: Cuts, metal: NDArray[np.bool_]) -> ColdContact:
    """List the cut links of one probe that end in tissue."""
    index = np.arange(metal.size).reshape(metal.shape)
    tissue, per_share = [], []
    for axis, shares in cuts.by_array_axis():
        share = np.moveaxis(shares, axis, 0)[1:]
        own = np.moveaxis(cuts.metal, axis, 0)
        flat = np.moveaxis(index, axis, 0)
        cut = np.isfinite(share)
        tissue.append(np.where(own[1:], flat[:-1], flat[1:])[cut])
        per_share.append(1.0 / np.maximum(share[cut], SHORTEST_HEAT_CUT))
    voxels = np.concatenate(tissue)
    kept = ~metal.ravel()[voxels]
    return ColdContact(voxels[kept], np.concatenate(per_share)[kept].astype(np.float32))
