"""Fits the one knob of a device to every row of its zone table, in one reference tissue.

Knobs: the efficient share of an antenna's power, the film coefficient of a cooled electrode, the
temperature of a cryoprobe. A row that holds for a range of times is fitted at both of its ends.
The width is fitted; the length is what then comes out, and its residual says how good the shape
of the source is. Where a device's file does not say how long its antenna or its freezing part is,
as of most makers, that length is fitted too, to the lengths of the table.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.devices import Modality
from planner.domain.plan import Ablation, AblationId, TrajectoryId
from planner.domain.sourced import Sourced, Status
from planner.physics.heat.applicators import CryoProbe, Microwave
from planner.physics.heat.calibrate import NotFittedError, bisect_size
from planner.physics.heat.device_model import (
    NEEDED,
    Efficiency,
    NoModel,
    applicator_of,
    drive_of,
)
from planner.physics.heat.rings import ring_tissue
from planner.physics.heat.round_needle import rings_for, solve_round
from planner.physics.heat.zone_extent import extent_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.devices import Device, ZoneRow
    from planner.physics.heat.applicators import Applicator
    from planner.physics.heat.medium import PropertyTable

KNOBS: Final = {
    Modality.MICROWAVE: (0.05, 1.0),
    Modality.BIPOLAR_RF: (0.0, 3000.0),
    Modality.MONOPOLAR_RF: (0.0, 3000.0),
    Modality.CRYO: (-185.0, -40.0),
}
"""Lowest and highest value of each knob that is tried."""

SHAPES: Final = {
    Modality.MICROWAVE: "model_source_length_mm",
    Modality.CRYO: "model_freezing_length_mm",
}
"""The number that makes a zone longer, by the kind of device."""

SHAPE_MM: Final = (4.0, 60.0)
"""Shortest and longest source that is tried."""

CLOSE_LENGTH_MM: Final = 0.5
"""How well the median length of the rows is met: finer than any maker states it."""

SOURCE_DECAY_MM: Final = 7.0
"""How waves fade across an antenna whose file does not say it. An assumption."""

GROWS_DOWN: Final = frozenset({Modality.CRYO})
"""Where a lower knob makes the larger zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFit:
    """One row at one time.

    Attributes
    ----------
    value
        The knob that meets the width; NaN where none does, and ``reason`` then says why.
    width_residual_mm, length_residual_mm
        Found less wanted, with that knob.
    """

    setting: str
    time_s: float
    value: float
    width_residual_mm: float
    length_residual_mm: float
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What was fitted to a device's table.

    Attributes
    ----------
    numbers
        Numbers of the device's model, by key: the nominal knob and both ends of its spread.
    tissue
        Name of the reference tissue.
    spread_mm
        Largest error of a width when one row's knob is used for another row.
    assumed
        Numbers of the model that were neither in the device's file nor fitted.
    """

    device_id: str
    tissue: str
    rows: tuple[RowFit, ...]
    numbers: Mapping[str, float]
    spread_mm: float
    assumed: Mapping[str, float] = field(default_factory=dict)


def calibrate(device: Device, table: PropertyTable, tissue: int) -> Calibration | NoModel:
    """Fit ``device`` to its table, shipped rows and a user's own alike."""
    if not device.zone_rows:
        return NoModel(reason=f"{device.name} has no zone table to fit. Enter its rows first.")
    cases = [(row, time_s) for row in device.zone_rows for time_s in _times_s(row)]
    if not cases:
        return NoModel(reason=f"No row of {device.name} says how long it takes.")
    shape: dict[str, float] = {}
    assumed: dict[str, float] = {}
    if SHAPES.get(device.modality, "") in _lacking(device):
        shape, assumed = _fitted_shape(device, table, tissue, cases)
    tried = _placed(device, {**shape, **assumed})
    if isinstance(tried, NoModel):
        return tried
    bench = _Bench(device, tried, table, tissue)
    fits = [bench.fit(row, time_s) for row, time_s in cases]
    good = [fit for fit in fits if np.isfinite(fit.value)]
    if not good:
        return NoModel(reason=f"No row of {device.name} can be met: {fits[0].reason}")
    values = sorted({fit.value for fit in good})
    spread = [
        abs(bench.size(value, row, time_s)[0] - row.width_mm.value)
        for value in (values[0], values[-1])
        for row, time_s in cases
    ]
    return Calibration(
        device_id=device.id,
        tissue=table.names[tissue],
        rows=tuple(fits),
        numbers={**shape, **_numbers(device.modality, good)},
        spread_mm=max(spread),
        assumed=assumed,
    )


def _lacking(device: Device) -> list[str]:
    return [key for key in NEEDED[device.modality] if key not in device.numbers]


def _placed(device: Device, more: Mapping[str, float]) -> Applicator | NoModel:
    """Return the applicator of a device whose file may lack what ``more`` has."""
    knobs = {
        "model_efficiency_low": 0.5,
        "model_efficiency_high": 0.5,
        "model_probe_celsius": -110.0,
    }  # any value: each row is fitted with its own
    given = {**knobs, **more} if more else {}
    numbers = {
        key: Sourced(value=value, status=Status.DERIVED, source="being fitted")
        for key, value in given.items()
    }
    whole = replace(device, numbers={**numbers, **device.numbers})
    return applicator_of(whole, (0.0, 0.0, 0.0), (1.0, 0.0, 0.0), Efficiency.NOMINAL)


def _fitted_shape(
    device: Device, table: PropertyTable, tissue: int, cases: list[tuple[ZoneRow, float]]
) -> tuple[dict[str, float], dict[str, float]]:
    """Return the fitted length of the source, and what had to be assumed beside it.

    Where no length lets a row meet its width, the fit of the rows says so afterwards.
    """
    lacking, key = _lacking(device), SHAPES[device.modality]
    shape: dict[str, float] = {}
    assumed: dict[str, float] = {}
    if "model_source_centre_from_tip_mm" in lacking:
        centres = [row.centre_from_tip_mm.value for row, _ in cases]
        shape["model_source_centre_from_tip_mm"] = float(np.median(centres))
    if "model_source_decay_mm" in lacking:
        assumed["model_source_decay_mm"] = SOURCE_DECAY_MM

    def too_long_mm(length_mm: float) -> float:
        tried = _placed(device, {**shape, **assumed, key: length_mm})
        if isinstance(tried, NoModel):
            raise TypeError(tried.reason)  # all it lacked is in what was placed
        fits = [_Bench(device, tried, table, tissue).fit(row, time_s) for row, time_s in cases]
        found = [fit.length_residual_mm for fit in fits if np.isfinite(fit.value)]
        return float(np.median(found)) if found else -np.inf  # too short to reach any width

    low, high = SHAPE_MM
    at_most = too_long_mm(high)
    if too_long_mm(low) >= 0.0:
        length = low  # rounder than any needle of the model: the residual of the length says so
    elif at_most <= 0.0:
        length = high
    else:
        length = bisect_size(too_long_mm, 0.0, low, high, CLOSE_LENGTH_MM).value
    return {**shape, key: length}, assumed


def _times_s(row: ZoneRow) -> tuple[float, ...]:
    return () if row.time_s is None else tuple(sorted(set(row.time_s)))


@dataclass(frozen=True, slots=True)
class _Bench:
    """A device in one tissue."""

    device: Device
    applicator: Applicator
    table: PropertyTable
    tissue: int

    def fit(self, row: ZoneRow, time_s: float) -> RowFit:
        """Fit one row at one time."""
        low, high = KNOBS[self.device.modality]
        sign = -1.0 if self.device.modality in GROWS_DOWN else 1.0
        ends = sorted((sign * low, sign * high))
        wanted = row.width_mm.value
        try:
            found = bisect_size(
                lambda knob: self.size(sign * knob, row, time_s)[0], wanted, ends[0], ends[1]
            )
        except NotFittedError as refusal:
            nothing = float("nan")
            return RowFit(
                setting=_setting(row), time_s=time_s, value=nothing, width_residual_mm=nothing,
                length_residual_mm=nothing, reason=str(refusal),
            )  # fmt: skip
        value = sign * found.value
        width, length = self.size(value, row, time_s)
        return RowFit(
            setting=_setting(row),
            time_s=time_s,
            value=value,
            width_residual_mm=width - wanted,
            length_residual_mm=length - row.length_mm.value,
        )

    def size(self, value: float, row: ZoneRow, time_s: float) -> tuple[float, float]:
        """Return width and length of the zone with one value of the knob."""
        applicator = _turned(self.applicator, value)
        drive = drive_of(self.device, _ablation(self.device, row, time_s))
        if isinstance(drive, NoModel):
            raise NotFittedError(drive.reason)
        rings = rings_for(applicator)
        around = ring_tissue(np.full((*rings.shape, 1), self.tissue, np.uint8), self.table)
        result = solve_round(
            applicator, drive, [(0.0, time_s)], rings, around, [time_s, time_s + 120.0]
        )
        extent = extent_of(result)
        return extent.width_mm, extent.length_mm


def _turned(applicator: Applicator, value: float) -> Applicator:
    """Return the applicator with another value of its knob."""
    if isinstance(applicator, Microwave):
        return replace(applicator, efficiency=value)
    if isinstance(applicator, CryoProbe):
        return replace(applicator, celsius=value)
    return replace(applicator, cooling=replace(applicator.cooling, film_w_per_m2_k=value))


def _ablation(device: Device, row: ZoneRow, time_s: float) -> Ablation:
    return Ablation(
        id=AblationId("row"),
        trajectory_id=TrajectoryId("row"),
        device_id=device.id,
        power_w=row.power_w,
        setpoint_celsius=row.setpoint_celsius,
        time_s=time_s,
    )


def _setting(row: ZoneRow) -> str:
    parts = [
        "" if row.power_w is None else f"{row.power_w:g} W",
        "" if row.setpoint_celsius is None else f"{row.setpoint_celsius:g} °C",
        f"{row.length_mm.value:g} x {row.width_mm.value:g} mm",
    ]
    return ", ".join(part for part in parts if part)


def _numbers(modality: Modality, fits: list[RowFit]) -> dict[str, float]:
    """Return the numbers of a device's model from the fitted knobs."""
    least = min(fits, key=lambda fit: fit.value)
    most = max(fits, key=lambda fit: fit.value)
    middle = float(np.median([fit.value for fit in fits]))
    if modality is Modality.MICROWAVE:
        return {
            "model_efficiency_low": least.value,
            "model_efficiency_high": most.value,
            "model_efficiency_low_at_s": least.time_s,
            "model_efficiency_high_at_s": most.time_s,
        }
    if modality is Modality.CRYO:
        return {
            "model_probe_celsius": middle,
            "model_probe_low_celsius": most.value,
            "model_probe_high_celsius": least.value,
        }
    return {
        "model_film_w_per_m2_k": middle,
        "model_film_low_w_per_m2_k": least.value,
        "model_film_high_w_per_m2_k": most.value,
    }
