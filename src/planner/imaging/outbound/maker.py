"""What every outgoing object says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pydicom.uid

import planner

if TYPE_CHECKING:
    from datetime import datetime

    from pydicom.dataset import Dataset

MANUFACTURER: Final = "planner project"
MODEL: Final = "planner"
SERIAL: Final = "0"
"""The standard asks for a serial number; software has none."""

DISCLAIMER: Final = "Research and teaching software. Not a medical device."


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Who made an object, when, and for which state of which plan."""

    plan_id: str
    revision: int
    is_draft: bool
    made: datetime

    @property
    def software(self) -> str:
        """Name and version."""
        return f"planner {planner.__version__}"

    @property
    def description(self) -> str:
        """Series description; at most 64 characters, no patient data."""
        draft = "DRAFT " if self.is_draft else ""
        return f"{draft}plan revision {self.revision}, research only"[:64]


def new_uid() -> str:
    """Return a fresh UID below 2.25, which needs no registered root."""
    return str(pydicom.uid.generate_uid(prefix=None))


def copy_patient_and_study(target: Dataset, header: Dataset) -> None:
    """Copy what ties an object to its patient and study; absent type 2 values stay empty."""
    for keyword in (
        "PatientName",
        "PatientID",
        "PatientBirthDate",
        "PatientSex",
        "StudyInstanceUID",
        "StudyDate",
        "StudyTime",
        "ReferringPhysicianName",
        "StudyID",
        "AccessionNumber",
    ):
        setattr(target, keyword, header.get(keyword, ""))
    # Decoded text is written anew in UTF-8; the source's own set may not hold our words.
    target.SpecificCharacterSet = "ISO_IR 192"
    for keyword in ("IssuerOfPatientID", "StudyDescription"):
        if keyword in header:
            setattr(target, keyword, header.get(keyword))
