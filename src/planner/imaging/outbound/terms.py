"""Coded words for parts. Only codes of the standard's own dictionary; ours are marked as ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from highdicom.sr.coding import CodedConcept
from pydicom.sr.codedict import codes

from planner.domain.levels import Level, Side
from planner.imaging.outbound.parts import PartKind

if TYPE_CHECKING:
    from planner.imaging.outbound.parts import Part

OWN_SCHEME: Final = "99PLANNER"
"""Private scheme: the dictionary at hand has no code for these, and codes are not guessed."""


def own(value: str, meaning: str) -> CodedConcept:
    """Return a private code; at most 16 characters of value and 64 of meaning."""
    return CodedConcept(value=value, scheme_designator=OWN_SCHEME, meaning=meaning)


def standard(name: str) -> CodedConcept:
    """Return a SNOMED CT code of the DICOM dictionary by its keyword."""
    return CodedConcept.from_code(getattr(codes.SCT, name))


def category_of(part: Part) -> CodedConcept:
    """Return the property category of a part (CID 7150)."""
    return standard(
        {
            PartKind.LESION: "MorphologicallyAbnormalStructure",
            PartKind.ZONE: "SpatialAndRelationalConcept",
            PartKind.CEMENT: "PhysicalObject",
        }.get(part.kind, "AnatomicalStructure")
    )


def type_of(part: Part) -> CodedConcept:
    """Return the property type of a part."""
    match part.kind:
        case PartKind.VERTEBRA:
            return vertebra(part.level)
        case PartKind.CANAL:
            return standard("VertebralCanal")
        case PartKind.FORAMEN:
            return own("FORAMEN", "Intervertebral foramen")
        case PartKind.LESION:
            return standard("Lesion")
        case PartKind.ZONE:
            return own("ZONE", "Predicted ablation zone")
        case PartKind.CEMENT:
            return own("CEMENT", "Predicted bone cement")
        case PartKind.ESTIMATE:
            return own("ESTIMATE", "Region estimated from bone, not seen")


def vertebra(level: Level | None) -> CodedConcept:
    """Return the code of a vertebra; T13, L6 and the sacrum have none here, so the general."""
    if level is None or level in (Level.T13, Level.L6, Level.S1):
        return standard("Vertebra")
    return standard(f"{level}Vertebra")


def side(which: Side) -> CodedConcept:
    """Return the code of a side of the patient."""
    return standard("Left" if which is Side.LEFT else "Right")
