"""Ablation zones straight from a device's table: never between rows, never beyond them."""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING

from planner.domain.prediction import MissingZone, ModelLabel, PredictedZone
from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import unit

if TYPE_CHECKING:
    from planner.domain.devices import Device, ZoneRow
    from planner.domain.plan import Ablation
    from planner.geometry.points import PointLps, Vector

MODEL_NAME = "device table"
MODEL_VERSION = "1"

TABLE_BAND_MM = 3.0
"""Half width of the band drawn about every estimate. Derived: published zone models in living
tissue stray 1 to 8.7 mm from the measured surface, none better than 2 to 3 mm."""

SETTING_TOLERANCE = 1e-6
"""Relative: a setting that was typed equals the table's, and nothing else does."""


def table_zone(
    device: Device, ablation: Ablation, tip: PointLps, direction: Vector
) -> PredictedZone | MissingZone:
    """Return the tabulated zone of ``ablation``, or why there is none.

    The first row that fits wins; a user's own rows come first. A setting the row does not
    speak of does not fit, because nobody measured it.

    Parameters
    ----------
    tip
        Tip of the applicator, before ``active_offset_mm`` moves it back.
    direction
        Shape ``(3,)``, LPS, from entry towards tip; need not be of length one.
    """
    if not device.zone_rows:
        return MissingZone(
            ablation_id=ablation.id,
            reason=(
                f"No zone table is known for {device.name}. Enter the rows from its "
                "instructions for use."
            ),
        )
    row = next((row for row in device.zone_rows if _fits(row, ablation)), None)
    if row is None:
        known = "; ".join(_row_in_words(row) for row in device.zone_rows)
        return MissingZone(
            ablation_id=ablation.id,
            reason=(
                f"The table of {device.name} has no row for {_setting_in_words(ablation)}; "
                f"it has {known}. Nothing is extrapolated."
            ),
        )
    axis = unit(direction)
    back_mm = row.centre_from_tip_mm.value + ablation.active_offset_mm
    shape = Spheroid(
        centre=tip.moved(-back_mm * axis),
        axis=(float(axis[0]), float(axis[1]), float(axis[2])),
        half_length_mm=row.length_mm.value / 2.0,
        half_width_mm=row.width_mm.value / 2.0,
    )
    return PredictedZone(
        ablation_id=ablation.id,
        shape=shape,
        tissue_of_origin=row.tissue,
        band_mm=TABLE_BAND_MM,
        model=_label(device, ablation, row),
    )


def _fits(row: ZoneRow, ablation: Ablation) -> bool:
    return (
        _same(row.power_w, ablation.power_w)
        and _same(row.setpoint_celsius, ablation.setpoint_celsius)
        and _in_range(row.time_s, ablation.time_s)
    )


def _same(tabulated: float | None, set_: float | None) -> bool:
    if tabulated is None or set_ is None:
        return tabulated is set_
    return isclose(tabulated, set_, rel_tol=SETTING_TOLERANCE)


def _in_range(tabulated: tuple[float, float] | None, set_: float | None) -> bool:
    if tabulated is None or set_ is None:
        return tabulated is None and set_ is None
    low, high = tabulated
    return low * (1.0 - SETTING_TOLERANCE) <= set_ <= high * (1.0 + SETTING_TOLERANCE)


def _words(power_w: float | None, setpoint_celsius: float | None, time: str) -> str:
    parts = [
        "" if power_w is None else f"{power_w:g} W",
        "" if setpoint_celsius is None else f"{setpoint_celsius:g} °C",
        time,
    ]
    return ", ".join(part for part in parts if part) or "no setting"


def _setting_in_words(ablation: Ablation) -> str:
    time = "" if ablation.time_s is None else f"{ablation.time_s:g} s"
    return _words(ablation.power_w, ablation.setpoint_celsius, time)


def _row_in_words(row: ZoneRow) -> str:
    if row.time_s is None:
        time = ""
    else:
        low, high = row.time_s
        time = f"{low:g} s" if low == high else f"{low:g} to {high:g} s"
    return _words(row.power_w, row.setpoint_celsius, time)


def _label(device: Device, ablation: Ablation, row: ZoneRow) -> ModelLabel:
    inputs = (
        f"device = {device.id}",
        f"setting = {_setting_in_words(ablation)}",
        f"row = {_row_in_words(row)}",
        f"length_mm = {row.length_mm.value:g} ({row.length_mm.status})",
        f"width_mm = {row.width_mm.value:g} ({row.width_mm.status})",
        f"centre_from_tip_mm = {row.centre_from_tip_mm.value:g} ({row.centre_from_tip_mm.status})",
        f"active_offset_mm = {ablation.active_offset_mm:g}",
        f"tissue = {row.tissue}",
    )
    sources = (row.settings_source, row.length_mm.source, row.width_mm.source)
    return ModelLabel(
        tier="table",
        name=MODEL_NAME,
        version=MODEL_VERSION,
        inputs=inputs,
        source="; ".join(dict.fromkeys(sources)),
        status=row.weakest_status,
    )
