"""Whose scan it is, in any character set."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from planner.domain.volume import PatientIdentity
from planner.imaging import tags
from planner.imaging.values import text

if TYPE_CHECKING:
    from planner.imaging.elements import DataSet

_FILLING = b" ^\0"


def identity_key(data: DataSet) -> tuple[bytes, bytes, bytes]:
    """Return what must be equal in all files of one patient: ID, name and birth date."""
    return (
        data.values.get(tags.PATIENT_ID, b"").strip(_FILLING),
        data.values.get(tags.PATIENT_NAME, b"").strip(_FILLING),
        data.values.get(tags.BIRTH_DATE, b"").strip(_FILLING),
    )


def patient_key(data: DataSet) -> str:
    """Return a short digest that is equal for files of one patient; it names nobody."""
    return sha256(b"\0".join(identity_key(data))).hexdigest()[:16]


def decoded(data: DataSet, tag: int, *, name: bool = False) -> str:
    """Return a text in its own character set (PS3.5 section 6.1).

    A text that cannot be decoded keeps a mark for every byte that could not.
    """
    raw = data.values.get(tag, b"").strip(b" \0")
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii")
    # Only texts beyond ASCII need the tables, and those take a while to import.
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
