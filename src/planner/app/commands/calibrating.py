"""``planner calibrate``."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING

from planner.app.output import Json, Outcome
from planner.catalog import load_catalog
from planner.catalog.calibrations import write_calibration
from planner.domain.errors import UsageError
from planner.domain.sourced import Sourced, Status
from planner.physics.heat.device_model import NoModel
from planner.physics.heat.fit_table import Calibration, RowFit
from planner.physics.heat.fit_table import calibrate as fitted
from planner.physics.heat.tissue_classes import TissueClass, tissue_classes
from planner.settings import user_data_folder

if TYPE_CHECKING:
    import argparse

    from planner.domain.devices import Device

WORST_STATUS = {Status.VERIFIED: Status.DERIVED}
"""What is fitted to verified sizes is derived; to anything weaker it is as weak."""


def calibrate(arguments: argparse.Namespace) -> Outcome:
    """Fit a device to its zone table, and keep what was fitted with its residuals."""
    catalog = load_catalog(user_data_folder())
    device = catalog.devices.get(arguments.device)
    if device is None:
        raise UsageError(
            f"no device '{arguments.device}'; there are: {', '.join(catalog.devices)}"
        )
    tissue = TissueClass[arguments.tissue.upper()]
    found = fitted(device, tissue_classes(catalog.tissues).table(), tissue)
    if isinstance(found, NoModel):
        raise UsageError(found.reason)
    path = None
    if not arguments.dry_run:
        path = write_calibration(
            user_data_folder(),
            device.id,
            _sourced(device, found),
            tuple(_residual(fit) for fit in found.rows),
            (datetime.now(UTC).isoformat(timespec="seconds"), found.tissue),
        )
    return Outcome(
        {
            "device": device.id,
            "tissue": found.tissue,
            "numbers": dict(found.numbers),
            "rows": [_row(fit) for fit in found.rows],
            "spread_mm": round(found.spread_mm, 2),
            "out": None if path is None else str(path),
        }
    )


def _sourced(device: Device, found: Calibration) -> dict[str, Sourced]:
    weakest = max((row.weakest_status for row in device.zone_rows), key=lambda status: status.rank)
    status = WORST_STATUS.get(weakest, weakest)
    worst = max(abs(fit.width_residual_mm) for fit in found.rows if isfinite(fit.value))
    source = (
        f"fitted to {len(found.rows)} settings of the zone table in {found.tissue}; widths within "
        f"{worst:.1f} mm, each with its own value; one value for all is up to "
        f"{found.spread_mm:.1f} mm off"
    )
    return {
        key: Sourced(value=value, status=status, source=source)
        for key, value in found.numbers.items()
    }


def _residual(fit: RowFit) -> str:
    if fit.reason:
        return f"{fit.setting}, {fit.time_s:g} s: {fit.reason}"
    return (
        f"{fit.setting}, {fit.time_s:g} s: {fit.value:.4g}; "
        f"width {fit.width_residual_mm:+.1f} mm, length {fit.length_residual_mm:+.1f} mm"
    )


def _row(fit: RowFit) -> Json:
    document: dict[str, Json] = asdict(fit)
    for key in ("value", "width_residual_mm", "length_residual_mm"):
        value = getattr(fit, key)
        document[key] = round(value, 4) if isfinite(value) else None
    return document
