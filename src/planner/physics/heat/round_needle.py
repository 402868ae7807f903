"""The quick coupled model: one needle in tissue averaged round it.

What the patient's tissue is along the needle and outward from it counts; that it differs from
side to side does not. So a bone's border, a tumour and the canal behind it are felt, and a canal
beside the needle is smeared round it. Tier ``preview``: labelled so, and never judged by rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.physics.heat.applicators import CryoProbe, Microwave, RadioFrequency, Setpoint, Watts
from planner.physics.heat.metal import exchange_of
from planner.physics.heat.rings import ring_links, rings_of
from planner.physics.heat.rings_cold import RingIce, RingProbe, freeze_rings
from planner.physics.heat.rings_current import RingField
from planner.physics.heat.rings_heat import RingDrive, RingMetal, heat_rings
from planner.physics.heat.sources import REFRESH_S, SUPERHEATED_CELSIUS
from planner.physics.heat.wiring import BOILING_CELSIUS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.physics.heat.applicators import Applicator, Drive
    from planner.physics.heat.metal import Cylinder
    from planner.physics.heat.rings import Grid2, Rings, RingTissue


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoundResult:
    """What one needle does round itself.

    Attributes
    ----------
    celsius
        At every time asked for, ``[t, s, r]``.
    extreme_celsius
        Peak, or lowest for cold, ``[s, r]``.
    cem43_min
        Heat dose; zero for cold.
    """

    rings: Rings
    times_s: Grid2
    celsius: Grid2
    extreme_celsius: Grid2
    cem43_min: Grid2
    is_cold: bool


def rings_for(applicator: Applicator) -> Rings:
    """Return the grid for an applicator that lies along x with its tip at 0."""
    pieces = applicator.metal
    return rings_of(
        [_ends(piece) for piece in pieces],
        pieces[0].radius_mm,
        cold=isinstance(applicator, CryoProbe),
    )


def solve_round(
    applicator: Applicator,
    drive: Drive,
    on_s: Sequence[tuple[float, float]],
    rings: Rings,
    tissue: RingTissue,
    times_s: Sequence[float] | Grid2,
) -> RoundResult:
    """Run one needle.

    Parameters
    ----------
    applicator
        Along x with its tip at 0, as ``rings_for`` took it.
    on_s
        Stretches with energy; in between and after them the needle is off.
    times_s
        When the field is kept, rising; the run ends with the last.
    """
    begins = np.array([begin for begin, _ in on_s], dtype=np.float64)
    ends = np.array([end for _, end in on_s], dtype=np.float64)
    times = np.array(times_s, dtype=np.float64)
    lengths = _lengths(rings)
    if isinstance(applicator, CryoProbe):
        probe = RingProbe(begins, ends, applicator.celsius, max(applicator.ramp_s, 1e-3))
        seen, lowest = freeze_rings(_ice(rings, tissue, lengths), probe, times)
        return RoundResult(
            rings=rings, times_s=times, celsius=seen, extreme_celsius=lowest,
            cem43_min=np.zeros_like(lowest), is_cold=True,
        )  # fmt: skip
    field = _field(applicator, rings, tissue, lengths)
    exchanges = [exchange_of(piece, applicator.cooling) for piece in applicator.metal]
    metal = RingMetal(
        np.array([item.capacity for item in exchanges]),
        np.array([item.coolant_w_per_k for item in exchanges]),
        applicator.cooling.celsius,
    )
    if isinstance(applicator, Microwave):
        heat, ceiling = _antenna(applicator, rings), SUPERHEATED_CELSIUS
    else:
        heat, ceiling = np.zeros(rings.shape), BOILING_CELSIUS
    seen, peak, dose = heat_rings(
        field, metal, _ring_drive(drive, begins, ends), heat, times, (ceiling, REFRESH_S)
    )
    return RoundResult(
        rings=rings, times_s=times, celsius=seen, extreme_celsius=peak, cem43_min=dose,
        is_cold=False,
    )  # fmt: skip


def _ends(piece: Cylinder) -> tuple[float, float]:
    return (piece.start_mm[0], piece.end_mm[0])


def _lengths(rings: Rings) -> tuple[Grid2, Grid2, Grid2, Grid2]:
    inner, outer = rings.radial_shape
    thick = np.diff(rings.s_mm) / 1000.0
    area = np.pi * np.diff(rings.r_mm**2) * 1e-6
    return inner, outer, thick, area


def _ring_drive(drive: Drive, begins: Grid2, ends: Grid2) -> RingDrive:
    if isinstance(drive, Setpoint):
        return RingDrive(begins, ends, drive.highest_power_w, drive.celsius)
    power = drive.power_w if isinstance(drive, Watts) else 0.0
    return RingDrive(begins, ends, power, float("nan"))


def _field(
    applicator: RadioFrequency | Microwave,
    rings: Rings,
    tissue: RingTissue,
    lengths: tuple[Grid2, Grid2, Grid2, Grid2],
) -> RingField:
    slices, count = rings.shape
    across, down = np.empty((slices, count + 1)), np.empty((slices + 1, count))
    ring_links(tissue.heat_conductivity, rings.piece, lengths, across, down)
    volts: list[float] = []
    earthed = False
    if isinstance(applicator, RadioFrequency):
        volts = [item.volts for item in applicator.electrodes]
        earthed = not applicator.is_bipolar
    return RingField(
        across,
        down,
        tissue.heat_capacity * rings.volume_m3,
        tissue.perfusion * rings.volume_m3,
        rings.piece,
        tissue.conductivity,
        lengths,
        np.array(volts, dtype=np.float64),
        earthed,
    )


def _antenna(applicator: Microwave, rings: Rings) -> Grid2:
    """Return the heat of every cell for one watt of the generator, W."""
    off = (rings.s_centre_mm - applicator.centre_from_tip_mm) / applicator.antenna_length_mm
    strength = np.where(np.abs(off) < 1.0, np.cos(0.5 * np.pi * off) ** 2, 0.0)
    low, high = rings.r_mm[:-1], rings.r_mm[1:]
    decay = applicator.decay_mm
    shell = np.exp(-low / decay) - np.exp(-high / decay)  # exp(-r / decay) / r over 2 pi r dr
    shape = strength[:, None] * shell[None, :] * np.diff(rings.s_mm)[:, None]
    shape[rings.piece >= 0, 0] = 0.0
    return np.asarray(shape * applicator.efficiency / shape.sum())


def _ice(rings: Rings, tissue: RingTissue, lengths: tuple[Grid2, Grid2, Grid2, Grid2]) -> RingIce:
    volume = rings.volume_m3
    span = tissue.freezing_from_celsius - tissue.frozen_at_celsius
    liquid, frozen = tissue.heat_capacity, tissue.frozen_capacity
    mushy = tissue.latent_heat / span + 0.5 * (liquid + frozen)
    return RingIce(
        liquid * volume,
        mushy * volume,
        frozen * volume,
        tissue.heat_conductivity,
        tissue.frozen_conductivity,
        tissue.perfusion * volume,
        rings.piece,
        lengths,
        tissue.freezing_from_celsius,
        tissue.frozen_at_celsius,
    )
