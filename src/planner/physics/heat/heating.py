"""One stage of heating: tissue, lumped metal and sources stepped together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.physics.heat.applicators import Microwave, RadioFrequency, Stage
from planner.physics.heat.bioheat import (
    ARTERIAL_CELSIUS,
    Body,
    Step,
    advance,
    body_of,
    stable_step_s,
)
from planner.physics.heat.cuts import cuts_of_cylinders
from planner.physics.heat.links import (
    SHORTEST_CLOSE_CUT,
    SHORTEST_HEAT_CUT,
    cut_links,
    harmonic_links,
)
from planner.physics.heat.metal import (
    CloseTissue,
    Contact,
    Exchange,
    close_tissue,
    contact_of,
    exchange_closely,
    exchange_of,
    hold,
    relax,
)
from planner.physics.heat.record import TALLY_S
from planner.physics.heat.sources import (
    REFRESH_S,
    AntennaSource,
    CurrentSource,
    Source,
)
from planner.physics.heat.wiring import BOILING_CELSIUS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from planner.physics.heat.links import Field
    from planner.physics.heat.medium import Medium
    from planner.physics.heat.record import Recorder


@dataclass(slots=True)
class Piece:
    """A lumped piece of metal and its temperature."""

    contact: Contact
    close: CloseTissue
    exchange: Exchange
    celsius: float


@dataclass(frozen=True, slots=True)
class HeatingStage:
    """A stage made ready: links cut, sources placed, the step chosen."""

    body: Body
    sources: tuple[Source, ...]
    pieces: tuple[tuple[Piece, ...], ...]
    count: int
    step_s: float

    @property
    def ceiling_celsius(self) -> float:
        """Highest temperature the tissue takes."""
        return max((item.ceiling_celsius for item in self.sources), default=BOILING_CELSIUS)


def prepare(medium: Medium, stage: Stage, temperature: Field) -> HeatingStage:
    """Cut the links at the metal and place the sources of ``stage``."""
    cuts = cuts_of_cylinders(medium, stage.metal)
    table = medium.table
    conductivity = medium.spread(table.heat_conductivity_w_per_m_k)
    plain = harmonic_links(conductivity, medium.spacing_mm)
    links = cut_links(conductivity, medium.spacing_mm, cuts, SHORTEST_HEAT_CUT, plain)
    whole = cut_links(conductivity, medium.spacing_mm, cuts, SHORTEST_CLOSE_CUT, plain)
    capacity = medium.spread(table.heat_capacity_j_per_m3_k) * medium.voxel_m3
    per_capacity = medium.voxel_m3 / capacity
    per_capacity[cuts.metal] = 0.0
    perfusion = medium.spread(table.perfusion_w_per_m3_k)
    body = body_of(links, per_capacity.astype(np.float32), perfusion.astype(np.float32))
    count = max(1, int(np.ceil(stage.duration_s / stable_step_s(body))))
    pieces: list[tuple[Piece, ...]] = []
    sources: list[Source] = []
    for item in stage.driven:
        applicator = item.applicator
        if isinstance(applicator, RadioFrequency):
            sources.append(CurrentSource(medium, applicator, item.drive))
        elif isinstance(applicator, Microwave):
            sources.append(AntennaSource(medium, applicator, item.drive))
        else:
            raise TypeError("a cryoprobe belongs to a stage of cold")
        cooling = applicator.cooling
        found = []
        for metal in applicator.metal:
            inside = metal.distance_mm(medium) < 0.0
            contact = contact_of(inside, links, medium.voxel_m3)
            celsius = float(temperature[inside].mean())
            hold(temperature, contact.metal, celsius)
            close = close_tissue(contact_of(inside, whole, medium.voxel_m3), contact, capacity)
            found.append(Piece(contact, close, exchange_of(metal, cooling), celsius))
        pieces.append(tuple(found))
    return HeatingStage(body, tuple(sources), tuple(pieces), count, stage.duration_s / count)


def run(
    ready: HeatingStage, temperature: Field, cem43_min: Field, recorder: Recorder
) -> Iterator[float]:
    """Heat ``temperature`` in place through the stage; yield the seconds done so far.

    Yields after each tally, so that a caller can show progress or stop.
    """
    now, new = temperature, temperature.copy()
    refresh_at_s, noted = 0.0, 0
    tally_steps = max(1, round(TALLY_S / ready.step_s))
    for number in range(ready.count):
        if number * ready.step_s >= refresh_at_s:
            for source in ready.sources:
                source.refresh(now)
            refresh_at_s += REFRESH_S
        powers = _powers(ready)
        heat, power = _heat(ready, powers, now)
        step = Step.of(ready.step_s, power, ARTERIAL_CELSIUS, ready.ceiling_celsius)
        _relax_metal(ready, now, powers)
        advance(now, new, ready.body, heat, cem43_min, step)
        _exchange_closely(ready, new)
        now, new = new, now
        if (number + 1) % tally_steps == 0 or number + 1 == ready.count:
            recorder.note(now, (number + 1 - noted) * ready.step_s, powers)
            noted = number + 1
            yield noted * ready.step_s
    if now is not temperature:
        temperature[...] = now


def _powers(ready: HeatingStage) -> tuple[float, ...]:
    return tuple(
        source.power_w([piece.celsius for piece in pieces], ready.step_s)
        for source, pieces in zip(ready.sources, ready.pieces, strict=True)
    )


def _heat(
    ready: HeatingStage, powers: tuple[float, ...], like: Field
) -> tuple[NDArray[np.float32], float]:
    """Return one heat array and the factor on it; several sources are added up."""
    if not powers:
        return np.zeros_like(like), 0.0
    if len(powers) == 1:
        return ready.sources[0].heat_per_w, powers[0]
    total = np.zeros_like(like)
    for source, power in zip(ready.sources, powers, strict=True):
        total += source.heat_per_w * np.float32(power)
    return total, 1.0


def _relax_metal(ready: HeatingStage, temperature: Field, powers: tuple[float, ...]) -> None:
    for source, pieces, power in zip(ready.sources, ready.pieces, powers, strict=True):
        for piece, share in zip(pieces, source.metal_share, strict=True):
            piece.celsius = relax(
                temperature,
                piece.contact,
                piece.exchange,
                float(power * share),
                ready.step_s,
                piece.celsius,
            )


def _exchange_closely(ready: HeatingStage, temperature: Field) -> None:
    for piece in (piece for pieces in ready.pieces for piece in pieces):
        piece.celsius = exchange_closely(
            temperature, piece.close, piece.exchange.capacity, ready.step_s, piece.celsius
        )
        hold(temperature, piece.contact.metal, piece.celsius)
