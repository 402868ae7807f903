"""``planner devices`` and ``planner rules``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.app.output import Json, Outcome
from planner.catalog import load_catalog
from planner.settings import user_data_folder

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from planner.domain.devices import ZoneRow
    from planner.domain.sourced import Sourced


def devices(_: argparse.Namespace) -> Outcome:
    """List devices, needles and cements, each number with status and source."""
    catalog = load_catalog(user_data_folder())
    return Outcome(
        {
            "devices": [
                {
                    "id": device.id,
                    "name": device.name,
                    "maker": device.maker,
                    "modality": device.modality,
                    "forbidden_levels": list(device.forbidden_levels),
                    "numbers": _numbers(device.numbers),
                    "zone_rows": [_row(row) for row in device.zone_rows],
                    "notes": device.notes,
                }
                for device in catalog.devices.values()
            ],
            "needles": [
                {
                    "id": needle.id,
                    "name": needle.name,
                    "gauge": needle.gauge,
                    "outer_diameter_mm": _sourced(needle.outer_diameter_mm),
                    "lengths_mm": [_sourced(length) for length in needle.lengths_mm],
                }
                for needle in catalog.needles.values()
            ],
            "cements": [
                {
                    "id": cement.id,
                    "name": cement.name,
                    "viscosity_class": cement.viscosity_class,
                    "numbers": _numbers(cement.numbers),
                }
                for cement in catalog.cements.values()
            ],
        }
    )


def rules(_: argparse.Namespace) -> Outcome:
    """List the rules, each threshold with status and source."""
    catalog = load_catalog(user_data_folder())
    return Outcome(
        {
            "rules": [
                {
                    "id": rule.id,
                    "title": rule.title,
                    "meaning": rule.meaning,
                    "thresholds": _numbers(rule.thresholds),
                    "stricter": dict(rule.stricter),
                    "changed_by_site": [change.sentence for change in rule.changes],
                    "source": rule.source,
                    "status": rule.status,
                }
                for rule in catalog.rules.values()
            ]
        }
    )


def _numbers(numbers: Mapping[str, Sourced]) -> Json:
    return {key: _sourced(number) for key, number in numbers.items()}


def _sourced(number: Sourced) -> Json:
    return {"value": number.value, "status": number.status, "source": number.source}


def _row(row: ZoneRow) -> Json:
    return {
        "power_w": row.power_w,
        "setpoint_celsius": row.setpoint_celsius,
        "time_s": None if row.time_s is None else list(row.time_s),
        "length_mm": _sourced(row.length_mm),
        "width_mm": _sourced(row.width_mm),
        "centre_from_tip_mm": _sourced(row.centre_from_tip_mm),
        "tissue": row.tissue,
    }
