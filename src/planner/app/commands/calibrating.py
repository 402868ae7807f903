"""``planner calibrate``."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING

from planner.app.output import Json, Outcome
from planner.catalog import load_catalog, read_zone_table, write_zone_table, zone_table_form
from planner.catalog.calibrations import write_calibration
from planner.domain.errors import SaveFailedError, UsageError
from planner.domain.sourced import Sourced, Status
from planner.physics.heat.device_model import NoModel
from planner.physics.heat.fit_table import Calibration, RowFit
from planner.physics.heat.fit_table import calibrate as fitted
from planner.physics.heat.tissue_classes import TissueClass, tissue_classes
from planner.settings import user_data_folder

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from planner.catalog import Catalog
    from planner.domain.devices import Device, ZoneRow

WORST_STATUS = {Status.VERIFIED: Status.DERIVED}
"""What is fitted to verified sizes is derived; to anything weaker it is as weak."""

ASSUMED = "assumption of the project: neither the device's file nor its table says it"


def calibrate(arguments: argparse.Namespace) -> Outcome:
    """Fit a device, or all, to its zone table, and keep what was fitted with its residuals."""
    catalog = load_catalog(user_data_folder())
    if arguments.all == (arguments.device is not None):
        raise UsageError("Name one device, or write --all.")
    if arguments.all:
        if arguments.form or arguments.table:
            raise UsageError("--form and --table belong to one device. Name it.")
        return Outcome({"devices": _each(catalog, arguments)})
    device = catalog.devices.get(arguments.device)
    if device is None:
        raise UsageError(
            f"no device '{arguments.device}'; there are: {', '.join(catalog.devices)}"
        )
    if arguments.form:
        return _form(device, arguments.form)
    shipped = load_catalog().devices[device.id]
    rows = read_zone_table(arguments.table, device) if arguments.table else ()
    if arguments.table and not rows:
        raise UsageError(f"{arguments.table} holds no row yet. Fill in its [[zone_rows]].")
    if rows:
        device = replace(device, zone_rows=(*rows, *shipped.zone_rows))
    found = _fitted(device, shipped, catalog, arguments)
    if isinstance(found, NoModel):
        raise UsageError(found.reason)
    if rows and not arguments.dry_run:
        write_zone_table(user_data_folder(), device, rows, _document(rows))
    return Outcome(_kept(device, found, arguments))


def _each(catalog: Catalog, arguments: argparse.Namespace) -> list[Json]:
    """Fit every device; one that cannot be fitted says why and stops no other."""
    shipped, told = load_catalog().devices, list[Json]()
    for device in catalog.devices.values():
        found = _fitted(device, shipped[device.id], catalog, arguments)
        if isinstance(found, NoModel):
            told.append({"device": device.id, "reason": found.reason})
        else:
            told.append(_kept(device, found, arguments))
    return told


def _fitted(
    device: Device, shipped: Device, catalog: Catalog, arguments: argparse.Namespace
) -> Calibration | NoModel:
    """Fit the rows of ``device`` from shipped numbers: an earlier fit is no ground for another."""
    tissue = TissueClass[arguments.tissue.upper()]
    uncalibrated = replace(device, numbers=shipped.numbers)
    return fitted(uncalibrated, tissue_classes(catalog.tissues).table(), tissue)


def _form(device: Device, path: Path) -> Outcome:
    """Write the empty form of a device's table."""
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(zone_table_form(device))
    except OSError as error:
        raise SaveFailedError(
            f"The form {path} could not be written: {error.strerror or error}. "
            "Name a file that is not there yet."
        ) from error
    return Outcome({"device": device.id, "form": str(path)})


def _document(rows: tuple[ZoneRow, ...]) -> str:
    """Return the document a user's table names; every row of it carries the same."""
    return rows[0].settings_source


def _kept(device: Device, found: Calibration, arguments: argparse.Namespace) -> dict[str, Json]:
    """Keep a calibration unless nothing is to be kept, and lay it out."""
    path = None
    if not arguments.dry_run:
        path = write_calibration(
            user_data_folder(),
            device.id,
            _sourced(device, found),
            tuple(_residual(fit) for fit in found.rows),
            (datetime.now(UTC).isoformat(timespec="seconds"), found.tissue),
        )
    return {
        "device": device.id,
        "tissue": found.tissue,
        "numbers": dict(found.numbers),
        "assumed": dict(found.assumed),
        "rows": [_row(fit) for fit in found.rows],
        "spread_mm": round(found.spread_mm, 2),
        "out": None if path is None else str(path),
    }


def _sourced(device: Device, found: Calibration) -> dict[str, Sourced]:
    weakest = max((row.weakest_status for row in device.zone_rows), key=lambda status: status.rank)
    status = WORST_STATUS.get(weakest, weakest)
    good = [fit for fit in found.rows if isfinite(fit.value)]
    worst = max(abs(fit.width_residual_mm) for fit in good)
    longest = max(abs(fit.length_residual_mm) for fit in good)
    source = (
        f"fitted to {len(good)} of {len(found.rows)} settings of the zone table in "
        f"{found.tissue}; widths within {worst:.1f} mm, each with its own value, lengths within "
        f"{longest:.1f} mm; one value for all is up to {found.spread_mm:.1f} mm off"
    )
    fitted_numbers = {
        key: Sourced(value=value, status=status, source=source)
        for key, value in found.numbers.items()
    }
    assumed = {
        key: Sourced(value=value, status=Status.RECALLED, source=ASSUMED)
        for key, value in found.assumed.items()
    }
    return {**fitted_numbers, **assumed}


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
