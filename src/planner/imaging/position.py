"""How the patient lay, in words and as directions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.imaging.frames import Triple

_WORDS = {
    "HFS": "head first, supine (on the back)",
    "HFP": "head first, prone (face down)",
    "HFDR": "head first, on the right side",
    "HFDL": "head first, on the left side",
    "FFS": "feet first, supine (on the back)",
    "FFP": "feet first, prone (face down)",
    "FFDR": "feet first, on the right side",
    "FFDL": "feet first, on the left side",
}

_DOWN: dict[str, Triple] = {
    "S": (0.0, 1.0, 0.0),
    "P": (0.0, -1.0, 0.0),
    "DR": (-1.0, 0.0, 0.0),
    "DL": (1.0, 0.0, 0.0),
}
"""Direction toward the table in LPS: the way rows grow in an axial slice as it is scanned."""

AXIAL_COSINE = 0.7071
"""A slice within 45 degrees of axial shows the table at its lower edge; others need not."""

FITTING_COSINE = 0.5
"""The image's down must lie within 60 degrees of the table's; lying otherwise is 90 off."""


def position_in_words(patient_position: str) -> str:
    """Say a DICOM patient position (PS3.3 C.7.3.1.1.2) in words a reader can check."""
    return _WORDS.get(patient_position, "not stated")


def is_known(patient_position: str) -> bool:
    """Tell whether it is one of the eight positions on a table."""
    return patient_position in _WORDS


def fits_orientation(patient_position: str, column: Triple, normal: Triple) -> bool:
    """Tell whether an image with this column direction can show a patient lying so.

    Only near-axial images are judged: a reformatted image may be turned any way. The row
    direction is not judged either, since a mirrored row is legal and states itself.
    """
    if abs(normal[2]) < AXIAL_COSINE:
        return True
    down = _DOWN[patient_position[2:]]
    return sum(a * b for a, b in zip(column, down, strict=True)) > FITTING_COSINE
