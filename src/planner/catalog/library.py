"""The catalogue: devices, needles, cements, tissues and rules as frozen records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from planner.catalog.calibrations import with_calibration
from planner.catalog.device_files import read_device
from planner.catalog.resource_files import resource_path
from planner.catalog.section import Section
from planner.catalog.site_limits import site_limits_path, with_site_limits
from planner.catalog.user_tables import read_zone_table, user_table_path
from planner.domain.devices import Cement, Device, Needle, RuleText, Stricter, Tissue
from planner.domain.errors import InputRefusedError
from planner.domain.sourced import Sourced, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from planner.domain.plan import NeedleSize

DEFAULT_BONE_NEEDLE_GAUGE = 10
"""Taken where a device or a cement does not state its bone needle: the access cannula of the
OptaBlate system (K250213). A thicker guess only ever makes findings weigh more."""

_Record = TypeVar("_Record", Device, Needle, Cement, Tissue)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """Everything the data files hold, by id."""

    devices: Mapping[str, Device]
    needles: Mapping[str, Needle]
    cements: Mapping[str, Cement]
    tissues: Mapping[str, Tissue]
    rules: Mapping[str, RuleText]

    def access_diameter(
        self, devices: Iterable[Device], size: NeedleSize | None = None
    ) -> Sourced:
        """Return the outer diameter, mm, of the widest thing that goes in along one needle.

        For each device the bone needle it states, or the device itself where that is thicker, or
        the needle that was chosen (``size``) where that is. Only where neither a device nor a
        person says anything does the default bone needle count, so that an unknown is never
        taken as thin.

        Raises
        ------
        InputRefusedError
            When the needle table lacks the gauge that is asked for.
        """
        stated = [device.numbers for device in devices]
        found = [one["outer_diameter_mm"] for one in stated if "outer_diameter_mm" in one]
        gauges = [one["cannula_gauge"].value for one in stated if "cannula_gauge" in one]
        found += [self._of_gauge(gauge) for gauge in gauges]
        if size is not None:
            found.append(self._of_size(size))
        elif not gauges:
            found.append(self._of_gauge(DEFAULT_BONE_NEEDLE_GAUGE))
        return max(found, key=lambda number: number.value)

    @property
    def placement_error_mm(self) -> float:
        """Registration, needle bend and the like, mm, as this site counts them in rule N2."""
        return self.rules["N2"].thresholds["placement_error_mm"].value

    def hub(self) -> tuple[Sourced, Sourced]:
        """Return diameter and length, mm, of the widest hub a needle may have."""
        widest = max(self.needles.values(), key=lambda needle: needle.hub_diameter_mm.value)
        return widest.hub_diameter_mm, widest.hub_length_mm

    def _of_size(self, size: NeedleSize) -> Sourced:
        """Return a chosen diameter: the catalogue's own number, or one a person entered."""
        for needle in self.needles.values():
            own = needle.outer_diameter_mm
            if needle.gauge == size.gauge and own.value == size.outer_diameter_mm:
                return own
        return Sourced(
            value=size.outer_diameter_mm,
            status=Status.USER_ENTERED,
            source="typed for this needle",
        )

    def _of_gauge(self, gauge: float) -> Sourced:
        for needle in self.needles.values():
            if needle.gauge == gauge:
                return needle.outer_diameter_mm
        raise InputRefusedError(
            "CAT-NO-GAUGE", f"The catalogue has no {gauge:g} G needle; add it to the needle files."
        )


def load_catalog(user_folder: Path | None = None) -> Catalog:
    """Read every data file of the program, and the user's own zone tables.

    Rows a user entered come before the shipped rows of the same device, because they were read
    from the papers of the device in hand; the first row that fits a setting is the one used.

    Raises
    ------
    InputRefusedError
        When a file is wrong; it says which, where and what.
    """
    devices = _records("devices", read_device)
    if user_folder is not None:
        devices = {key: _with_user_rows(item, user_folder) for key, item in devices.items()}
    return Catalog(
        devices=MappingProxyType(devices),
        needles=MappingProxyType(_records("needles", _read_needle)),
        cements=MappingProxyType(_records("cements", _read_cement)),
        tissues=MappingProxyType(_records("tissues", _read_tissue)),
        rules=MappingProxyType(_rules_of_site(_read_rules(), user_folder)),
    )


def _rules_of_site(rules: dict[str, RuleText], user_folder: Path | None) -> dict[str, RuleText]:
    """Return the rules with the limits of the site, where it has any of its own."""
    if user_folder is None or not (path := site_limits_path(user_folder)).exists():
        return rules
    return with_site_limits(rules, Section.of_file(path))


def _with_user_rows(device: Device, user_folder: Path) -> Device:
    path = user_table_path(user_folder, device.id)
    device = with_calibration(device, user_folder)
    if not path.exists():
        return device
    return replace(device, zone_rows=(*read_zone_table(path, device), *device.zone_rows))


def _records(folder: str, read: Callable[[Section], _Record]) -> dict[str, _Record]:
    """Read one record per file; the file carries the name of its id."""
    found: dict[str, _Record] = {}
    for path in sorted(resource_path(folder).glob("*.toml")):
        section = Section.of_file(path)
        record = read(section)
        if record.id != path.stem:
            section.refuse(f"the id {record.id!r} must be the name of the file")
        found[record.id] = record
    return found


def _read_needle(section: Section) -> Needle:
    section.refuse_other_keys(
        {
            "id",
            "name",
            "gauge",
            "outer_diameter_mm",
            "lengths_mm",
            "hub_diameter_mm",
            "hub_length_mm",
        }
    )
    return Needle(
        id=section.text("id"),
        name=section.text("name"),
        gauge=int(section.number(section.values.get("gauge"), "gauge")),
        outer_diameter_mm=section.sourced("outer_diameter_mm"),
        lengths_mm=tuple(item.sourced("length_mm") for item in section.sections("lengths_mm")),
        hub_diameter_mm=section.sourced("hub_diameter_mm"),
        hub_length_mm=section.sourced("hub_length_mm"),
    )


def _read_cement(section: Section) -> Cement:
    section.refuse_other_keys({"id", "name", "viscosity_class", "numbers"})
    return Cement(
        id=section.text("id"),
        name=section.text("name"),
        viscosity_class=section.text("viscosity_class"),
        numbers=MappingProxyType(section.numbers("numbers")),
    )


def _read_tissue(section: Section) -> Tissue:
    section.refuse_other_keys({"id", "name", "numbers"})
    return Tissue(
        id=section.text("id"),
        name=section.text("name"),
        numbers=MappingProxyType(section.numbers("numbers")),
    )


def _thresholds(section: Section) -> dict[str, Sourced]:
    """Read numbers that carry besides their source which way they become stricter."""
    values = {}
    for name in section.values:
        one = section.section(name)
        plain = {key: value for key, value in one.values.items() if key != "stricter"}
        whole = Section(section.path, section.place, {name: plain})
        values[name] = whole.sourced(name)
    return values


def _ways(section: Section) -> dict[str, Stricter]:
    found = {}
    for name in section.values:
        way = section.section(name).values.get("stricter")
        if way not in set(Stricter):
            section.refuse(f"{name}: stricter must be one of {', '.join(Stricter)}, got {way!r}")
        found[name] = Stricter(str(way))
    return found


def _read_rules() -> dict[str, RuleText]:
    """Read ``rules/*.toml``: one file per family, each with ``[[rule]]`` tables."""
    found: dict[str, RuleText] = {}
    for path in sorted(resource_path("rules").glob("*.toml")):
        whole = Section.of_file(path)
        whole.refuse_other_keys({"rule"})
        for section in whole.sections("rule"):
            section.refuse_other_keys({"id", "title", "meaning", "source", "status", "thresholds"})
            rule = RuleText(
                id=section.text("id"),
                title=section.text("title"),
                meaning=section.text("meaning"),
                thresholds=MappingProxyType(_thresholds(section.section("thresholds"))),
                stricter=MappingProxyType(_ways(section.section("thresholds"))),
                source=section.text("source"),
                status=section.status(),
            )
            if rule.id in found:
                section.refuse(f"the rule {rule.id} is there twice")
            found[rule.id] = rule
    return found
