"""Which way is up in the room, for a patient lying as the scan says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from planner.geometry.points import Vector

HEAD: Final = (0.0, 0.0, 1.0)
"""Towards the patient's head, LPS: the long axis of the table whichever end goes in first."""

_UP: Final = {
    "S": (0.0, -1.0, 0.0),
    "P": (0.0, 1.0, 0.0),
    "DR": (1.0, 0.0, 0.0),
    "DL": (-1.0, 0.0, 0.0),
}
"""Supine: the front is up. Prone: the back. Right side down: the left is up. And so on."""

_WORDS: Final = {"S": "supine", "P": "prone", "DR": "on the right side", "DL": "on the left side"}


def up_in_room(patient_position: str) -> Vector | None:
    """Return the unit vector that points up in the room, LPS; ``None`` when it is not known.

    ``patient_position`` is DICOM (0018,5100), such as ``HFP``.
    """
    way = _UP.get(patient_position[2:]) if patient_position[:2] in ("HF", "FF") else None
    return None if way is None else np.array(way)


def lying_in_words(patient_position: str) -> str:
    """Return ``prone`` and the like, or ``in an unknown position``."""
    if up_in_room(patient_position) is None:
        return "in an unknown position"
    return _WORDS[patient_position[2:]]


def towards(offset: float, positive: str, negative: str) -> str:
    """Return the word for the sign of ``offset``."""
    return positive if offset >= 0.0 else negative
