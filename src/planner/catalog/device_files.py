"""Device files and the rows of their zone tables."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.domain.devices import Device, Modality, ZoneRow
from planner.domain.levels import Level

if TYPE_CHECKING:
    from planner.catalog.section import Section

_DEVICE_KEYS = frozenset(
    {"id", "name", "maker", "modality", "notes", "forbidden_levels", "numbers", "zone_rows"}
)
_ROW_SETTINGS = ("power_w", "setpoint_celsius", "time_s")
_ROW_SIZES = ("length_mm", "width_mm", "centre_from_tip_mm")
_SETTING_KEYS = frozenset({"value", "status", "source"})


def read_device(section: Section) -> Device:
    """Read one device file."""
    section.refuse_other_keys(_DEVICE_KEYS)
    modality = section.text("modality")
    if modality not in set(Modality):
        section.refuse(f"modality must be one of {', '.join(Modality)}, got {modality!r}")
    if "zone_rows" not in section.values:
        section.refuse("zone_rows is missing; write zone_rows = [] where no table is known")
    return Device(
        id=section.text("id"),
        name=section.text("name"),
        maker=section.text("maker"),
        modality=Modality(modality),
        numbers=MappingProxyType(section.numbers("numbers")),
        zone_rows=tuple(read_zone_row(row) for row in section.sections("zone_rows")),
        forbidden_levels=_levels(section),
        notes=section.text("notes", ""),
    )


def _levels(section: Section) -> tuple[Level, ...]:
    names = section.values.get("forbidden_levels", [])
    if not isinstance(names, list) or any(name not in set(Level) for name in names):
        section.refuse(f"forbidden_levels must be a list of level names, got {names!r}")
    return tuple(Level(name) for name in names)


def read_zone_row(section: Section) -> ZoneRow:
    """Read one row of a zone table; every setting and size carries its status and source."""
    section.refuse_other_keys({*_ROW_SETTINGS, *_ROW_SIZES, "tissue"})
    sizes = {key: section.sourced(key) for key in _ROW_SIZES}
    for key in ("length_mm", "width_mm"):
        if not sizes[key].value > 0.0:
            section.refuse(f"{key} must be more than 0")
    settings = {key: section.section(key) for key in _ROW_SETTINGS if key in section.values}
    for setting in settings.values():
        setting.refuse_other_keys(_SETTING_KEYS)
        setting.text("source")
    if not settings:
        section.refuse("a zone row needs at least one of power_w, setpoint_celsius and time_s")
    power = settings.get("power_w")
    setpoint = settings.get("setpoint_celsius")
    time = settings.get("time_s")
    return ZoneRow(
        power_w=None if power is None else _positive(power),
        setpoint_celsius=(
            None if setpoint is None else setpoint.number(setpoint.values.get("value"), "value")
        ),
        time_s=None if time is None else time_range_s(time, "value"),
        tissue=section.text("tissue"),
        settings_status=max((item.status() for item in settings.values()), key=lambda s: s.rank),
        settings_source="; ".join(
            f"{key}: {item.text('source')}" for key, item in settings.items()
        ),
        **sizes,
    )


def _positive(section: Section) -> float:
    value = section.number(section.values.get("value"), "value")
    if not value > 0.0:
        section.refuse(f"must be more than 0, got {value}")
    return value


def time_range_s(section: Section, key: str) -> tuple[float, float]:
    """Read ``[lowest, highest]`` in seconds from ``key``."""
    value = section.values.get(key)
    if not isinstance(value, list) or len(value) != 2:  # a range has two ends
        section.refuse(f"{key} must be [lowest, highest] in seconds")
    low, high = (section.number(item, key) for item in value)
    if not 0.0 < low <= high:
        section.refuse(f"{key} must be a range above 0, lowest first, got {value}")
    return (low, high)
