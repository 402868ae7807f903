"""What ``planner calibrate`` fitted to a device's table, kept beside the user's own tables.

It lies in ``<user folder>/calibrations/<device id>.toml`` and comes before the shipped numbers
of the model. Every number says what it was fitted to and with what residual.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.catalog.section import Section
from planner.domain.errors import SaveFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.devices import Device
    from planner.domain.sourced import Sourced

_FILE_KEYS = frozenset({"device", "made_utc", "fitted_to", "residuals", "numbers"})


def calibration_path(user_folder: Path, device_id: str) -> Path:
    """Return where the calibration of a device lies."""
    return user_folder / "calibrations" / f"{device_id}.toml"


def with_calibration(device: Device, user_folder: Path) -> Device:
    """Return a device with the numbers fitted to its table, where there are any.

    Raises
    ------
    InputRefusedError
        When the file is wrong, or holds a number that is not one of a model.
    """
    path = calibration_path(user_folder, device.id)
    if not path.exists():
        return device
    section = Section.of_file(path)
    section.refuse_other_keys(_FILE_KEYS)
    if section.text("device") != device.id:
        section.refuse(f"it is for the device {section.text('device')!r}, not {device.id!r}")
    numbers = section.numbers("numbers")
    if wrong := [key for key in numbers if not key.startswith("model_")]:
        section.refuse(f"not numbers of a model: {', '.join(wrong)}")
    return replace(device, numbers=MappingProxyType({**device.numbers, **numbers}))


def write_calibration(
    user_folder: Path,
    device_id: str,
    numbers: Mapping[str, Sourced],
    residuals: tuple[str, ...],
    made: tuple[str, str],
) -> Path:
    """Write a calibration and return its path; what was there stays until it is whole.

    ``made`` is when, in UTC, and what it was fitted to.

    Raises
    ------
    SaveFailedError
        When the file cannot be written.
    """
    path = calibration_path(user_folder, device_id)
    lines = [
        f"device = {json.dumps(device_id)}",
        f"made_utc = {json.dumps(made[0])}",
        f"fitted_to = {json.dumps(made[1])}",
        f"residuals = {json.dumps(list(residuals))}",
        "",
        "[numbers]",
    ]
    lines += [
        f"{key} = {{ value = {item.value!r}, status = {json.dumps(item.status)}, "
        f"source = {json.dumps(item.source)} }}"
        for key, item in numbers.items()
    ]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write("\n".join(lines) + "\n")
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise SaveFailedError(
            f"The calibration {path} could not be written: {error.strerror or error}. "
            "What was there before is unchanged."
        ) from error
    return path
