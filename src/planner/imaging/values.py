"""Reads header values strictly: a value that cannot be read is refused, never guessed."""

from __future__ import annotations

import re
from math import isfinite
from struct import unpack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.imaging.elements import DataSet

_DECIMAL = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_INTEGER = re.compile(rb"[+-]?\d+")
_PADDING = b" \0\t\r\n"


class UnreadableValueError(Exception):
    """A header value is not what its attribute must hold.

    Attributes
    ----------
    tag
        The attribute.
    kind
        ``number`` when it is not one, ``finite`` when it is infinite or not a number.
    """

    def __init__(self, tag: int, kind: str) -> None:
        super().__init__(named(tag))
        self.tag = tag
        self.kind = kind


def named(tag: int) -> str:
    """Return the name and number of an attribute, such as ``Rows (0028,0010)``."""
    # Only a refusal needs the dictionary, and that takes a while to import.
    from pydicom.datadict import keyword_for_tag  # noqa: PLC0415

    return f"{keyword_for_tag(tag)} ({tag >> 16:04X},{tag & 0xFFFF:04X})".lstrip()


def has_value(data: DataSet, tag: int) -> bool:
    """Tell whether ``tag`` is present and not empty."""
    return bool(data.values.get(tag, b"").strip(_PADDING))


def text(data: DataSet, tag: int) -> str:
    """Return a code or UID as ASCII text, without padding; empty when absent."""
    return data.values.get(tag, b"").strip(_PADDING).decode("ascii", "replace")


def texts(data: DataSet, tag: int) -> tuple[str, ...]:
    """Return a multi-valued code as upper-case texts."""
    value = text(data, tag)
    return tuple(part.strip().upper() for part in value.split("\\")) if value else ()


def decimals(data: DataSet, tag: int) -> tuple[float, ...]:
    """Return a Decimal String; empty when absent.

    Raises
    ------
    UnreadableValueError
        For anything that is not plain decimal digits, such as a decimal comma or ``NaN``.
    """
    raw = data.values.get(tag, b"").strip(_PADDING)
    if not raw:
        return ()
    numbers = []
    for part in raw.split(b"\\"):
        stripped = part.strip(_PADDING)
        if _DECIMAL.fullmatch(stripped) is None:
            named = stripped.lower().lstrip(b"+-") in (b"nan", b"inf", b"infinity")
            raise UnreadableValueError(tag, "finite" if named else "number")
        numbers.append(float(stripped))
    if not all(isfinite(number) for number in numbers):
        raise UnreadableValueError(tag, "finite")
    return tuple(numbers)


def decimal(data: DataSet, tag: int) -> float | None:
    """Return a single Decimal String, ``None`` when absent."""
    numbers = decimals(data, tag)
    if len(numbers) > 1:
        raise UnreadableValueError(tag, "number")
    return numbers[0] if numbers else None


def integer(data: DataSet, tag: int) -> int | None:
    """Return a single Integer String, ``None`` when absent."""
    raw = data.values.get(tag, b"").strip(_PADDING)
    if not raw:
        return None
    if _INTEGER.fullmatch(raw) is None:
        raise UnreadableValueError(tag, "number")
    return int(raw)


def unsigned(data: DataSet, tag: int) -> int | None:
    """Return a 16-bit unsigned number, ``None`` when absent."""
    raw = data.values.get(tag, b"")
    if not raw:
        return None
    if len(raw) != 2:
        raise UnreadableValueError(tag, "number")
    return int(unpack("<H" if data.little else ">H", raw)[0])
