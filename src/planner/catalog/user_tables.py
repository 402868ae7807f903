"""A user's own zone tables, copied from the instructions for use of the device in hand.

A table lies in ``<user folder>/devices/<device id>.toml``. Every number in it has the status
``user-entered`` and names the document it was read from.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from planner.catalog.device_files import time_range_s
from planner.catalog.section import Section
from planner.domain.devices import ZoneRow
from planner.domain.errors import SaveFailedError
from planner.domain.sourced import Sourced, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.domain.devices import Device

_FILE_KEYS = frozenset({"device", "document", "zone_rows"})
_ROW_KEYS = frozenset(
    {
        "power_w",
        "setpoint_celsius",
        "time_s",
        "length_mm",
        "width_mm",
        "centre_from_tip_mm",
        "tissue",
    }
)
LARGEST_ZONE_MM = 100.0
"""A longer zone than any maker states for one applicator: most likely a slip of the unit."""

_FORM = """\
# Zone table of {name} ({id}).
# Copy the rows from the instructions for use of the device you hold; do not guess.
# Until there is a row that fits a setting, no zone is drawn for it.
device = {device}
# The document the numbers come from: title, number, revision, page.
document = ""

# Take away the # signs and repeat the block for every row of the table.
# A setting that is not part of the row stays out. A time is a range in seconds.
# [[zone_rows]]
# power_w =
# setpoint_celsius =
# time_s = [ , ]
# length_mm =              # full extent along the applicator
# width_mm =               # full extent across the applicator
# centre_from_tip_mm =     # from the applicator's tip back to the middle of the zone
# tissue = ""              # what it was measured in, such as "porcine liver ex vivo"
"""


def user_table_path(user_folder: Path, device_id: str) -> Path:
    """Return where the user's table of a device lies."""
    return user_folder / "devices" / f"{device_id}.toml"


def zone_table_form(device: Device) -> str:
    """Return the empty form of a device's table, with comments that say how to fill it."""
    return _FORM.format(name=device.name, id=device.id, device=json.dumps(device.id))


def read_zone_table(path: Path, device: Device) -> tuple[ZoneRow, ...]:
    """Read a user's table.

    Raises
    ------
    InputRefusedError
        When a number is missing or cannot be right; it says which row and what.
    """
    whole = Section.of_file(path)
    whole.refuse_other_keys(_FILE_KEYS)
    if whole.text("device") != device.id:
        whole.refuse(f"it is for the device {whole.text('device')!r}, not {device.id!r}")
    rows = whole.sections("zone_rows")
    if not rows:
        return ()
    document = whole.text("document")
    return tuple(_read_row(row, document) for row in rows)


def write_zone_table(
    user_folder: Path, device: Device, rows: Sequence[ZoneRow], document: str
) -> Path:
    """Write a user's table and return its path; what was there before stays until it is whole.

    ``document`` says where the numbers come from; every size is stored as ``user-entered``.

    Raises
    ------
    InputRefusedError
        When a row could not be read back.
    SaveFailedError
        When the file cannot be written.
    """
    path = user_table_path(user_folder, device.id)
    head = f"device = {json.dumps(device.id)}\ndocument = {json.dumps(document)}\n"
    text = head + "".join(_row_text(row) for row in rows)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".toml.part")
    except OSError as error:
        raise _not_saved(path, error) from error
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        read_zone_table(part, device)
        part.replace(path)
    except OSError as error:
        raise _not_saved(path, error) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def _not_saved(path: Path, error: OSError) -> SaveFailedError:
    return SaveFailedError(
        f"The zone table {path} could not be written: {error.strerror or error}. "
        "What was there before is unchanged."
    )


def _read_row(section: Section, document: str) -> ZoneRow:
    section.refuse_other_keys(_ROW_KEYS)
    settings = {
        key: section.number(section.values[key], key)
        for key in ("power_w", "setpoint_celsius")
        if key in section.values
    }
    if not settings and "time_s" not in section.values:
        section.refuse("a row needs at least one of power_w, setpoint_celsius and time_s")
    if settings.get("power_w", 1.0) <= 0.0:
        section.refuse("power_w must be more than 0")
    return ZoneRow(
        power_w=settings.get("power_w"),
        setpoint_celsius=settings.get("setpoint_celsius"),
        time_s=time_range_s(section, "time_s") if "time_s" in section.values else None,
        length_mm=_size(section, "length_mm", document),
        width_mm=_size(section, "width_mm", document),
        centre_from_tip_mm=_offset(section, document),
        tissue=section.text("tissue"),
        settings_status=Status.USER_ENTERED,
        settings_source=document,
    )


def _size(section: Section, key: str, document: str) -> Sourced:
    value = section.number(section.values.get(key), key)
    if not 0.0 < value <= LARGEST_ZONE_MM:
        section.refuse(
            f"{key} must be more than 0 and at most {LARGEST_ZONE_MM:g}, in millimetres"
        )
    return Sourced(value=value, status=Status.USER_ENTERED, source=document)


def _offset(section: Section, document: str) -> Sourced:
    key = "centre_from_tip_mm"
    value = section.number(section.values.get(key), key)
    if abs(value) > LARGEST_ZONE_MM:
        section.refuse(f"{key} must be at most {LARGEST_ZONE_MM:g} millimetres")
    return Sourced(value=value, status=Status.USER_ENTERED, source=document)


def _row_text(row: ZoneRow) -> str:
    lines = ["", "[[zone_rows]]"]
    if row.power_w is not None:
        lines.append(f"power_w = {row.power_w!r}")
    if row.setpoint_celsius is not None:
        lines.append(f"setpoint_celsius = {row.setpoint_celsius!r}")
    if row.time_s is not None:
        lines.append(f"time_s = [{row.time_s[0]!r}, {row.time_s[1]!r}]")
    lines += [
        f"length_mm = {row.length_mm.value!r}",
        f"width_mm = {row.width_mm.value!r}",
        f"centre_from_tip_mm = {row.centre_from_tip_mm.value!r}",
        f"tissue = {json.dumps(row.tissue)}",
        "",
    ]
    return "\n".join(lines)
