"""Reads the plan file out of the object it travels in; see ``outbound.plan_object``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pydicom
from pydicom.uid import RawDataStorage

from planner.domain.errors import InputRefusedError

if TYPE_CHECKING:
    from pathlib import Path

PLAN_MODALITY: Final = "PLAN"
"""A series that describes planned activities (PS3.3 C.7.3.1.1.1)."""

PRIVATE_GROUP: Final = 0x0071
PRIVATE_CREATOR: Final = "PLANNER PLAN FILE 1"
LENGTH_ELEMENT: Final = 0x01
FILE_ELEMENT: Final = 0x02


def plan_bytes_of(path: Path) -> bytes | None:
    """Return the bytes of the plan file in an object, ``None`` where it is none of ours.

    Raises
    ------
    InputRefusedError
        ``PACS-PLAN-BROKEN`` when our own part of it is not whole.
    """
    data = pydicom.dcmread(path)
    if data.get("SOPClassUID") != RawDataStorage:
        return None
    try:
        ours = data.private_block(PRIVATE_GROUP, PRIVATE_CREATOR)
    except KeyError:
        return None
    try:
        length = _length(ours[LENGTH_ELEMENT].value)
        content = bytes(ours[FILE_ELEMENT].value)
    except (KeyError, TypeError, ValueError) as error:
        raise _broken() from error
    if not 0 < length <= len(content) <= length + 1:
        raise _broken()
    return content[:length]


def _length(value: object) -> int:
    """Read the length, also where an archive stored it without saying that it is a number.

    In implicit VR a private element has no type, and comes back as its four bytes.
    """
    if isinstance(value, bytes):
        return int.from_bytes(value, "little")
    if isinstance(value, int):
        return value
    raise TypeError("the length of a plan file is no number")


def _broken() -> InputRefusedError:
    return InputRefusedError(
        "PACS-PLAN-BROKEN",
        "The archive keeps a plan of this program with this study, but not all of it: parts were "
        "lost on the way. It was not opened. Send the plan again from where it was made.",
    )
