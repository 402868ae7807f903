"""Whose scan it is, in any character set."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING
from unicodedata import normalize

from planner.domain.volume import PatientIdentity
from planner.imaging import tags
from planner.imaging.values import text

if TYPE_CHECKING:
    from planner.imaging.elements import DataSet

_FILLING = b" ^\0"


IDENTITY_PARTS = ("ID", "name", "birth date")
"""What ``identity_key`` holds, for messages."""


def identity_key(data: DataSet) -> tuple[str, str, str]:
    """Return what must be equal in all files of one patient: ID, name and birth date."""
    return (
        _comparable(data, tags.PATIENT_ID),
        _comparable(data, tags.PATIENT_NAME),
        _comparable(data, tags.BIRTH_DATE),
    )


def _comparable(data: DataSet, tag: int) -> str:
    """Return a text that is equal for one name in two character sets, and else differs.

    Bytes that are no text in their own character set, or that switch sets on the way, stay
    themselves: two names that cannot be read are not one name.
    """
    raw = data.values.get(tag, b"").strip(_FILLING)
    if raw.isascii():
        return raw.decode("ascii")
    codec = _one_codec(data, raw)
    if codec:
        try:
            return normalize("NFC", raw.decode(codec)).strip(" ^")
        except UnicodeError:
            pass
    return f"bytes {raw.hex()}"


def _one_codec(data: DataSet, raw: bytes) -> str:
    """Return Python's name of the character set of a text, empty where it is not a single one."""
    # Only texts beyond ASCII need the tables, and those take a while to import.
    from pydicom.charset import python_encoding  # noqa: PLC0415

    term = text(data, tags.CHARACTER_SET).split("\\")[0].strip()
    return "" if b"\x1b" in raw else python_encoding.get(term, "")


def patient_key(data: DataSet) -> str:
    """Return a short digest that is equal for files of one patient; it names nobody."""
    return sha256("\0".join(identity_key(data)).encode()).hexdigest()[:16]


def decoded(data: DataSet, tag: int, *, name: bool = False) -> str:
    """Return a text in its own character set (PS3.5 section 6.1).

    A text that cannot be decoded keeps a mark for every byte that could not.
    """
    raw = data.values.get(tag, b"").strip(b" \0")
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii")
    codec = _one_codec(data, raw)
    if codec:
        return raw.decode(codec, "replace")
    from pydicom.charset import convert_encodings, decode_bytes  # noqa: PLC0415
    from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS  # noqa: PLC0415

    terms = data.values.get(tags.CHARACTER_SET, b"").strip(b" \0").decode("ascii", "replace")
    try:
        encodings = convert_encodings([term.strip() for term in terms.split("\\")])
        return decode_bytes(raw, encodings, PN_DELIMS if name else TEXT_VR_DELIMS)
    except (LookupError, UnicodeError, ValueError):
        return raw.decode("ascii", "replace")


def acquired_on(data: DataSet) -> str:
    """Return the day of the scan as ``YYYYMMDD``, or of its series or study; else empty."""
    days = (text(data, tag) for tag in (tags.ACQUISITION_DATE, tags.SERIES_DATE, tags.STUDY_DATE))
    return next((day for day in days if day), "")


def patient_of(data: DataSet) -> PatientIdentity:
    """Return the identity as text for people."""
    return PatientIdentity(
        name=decoded(data, tags.PATIENT_NAME, name=True).rstrip("^ "),
        patient_id=decoded(data, tags.PATIENT_ID),
        birth_date=decoded(data, tags.BIRTH_DATE),
        sex=decoded(data, tags.SEX),
    )
