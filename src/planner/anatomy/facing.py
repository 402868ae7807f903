"""Holds finished outlines against the header: arches and processes must lie posterior."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.imaging import Facing, facing_of_outlines

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy

TURNED_NOTE = (
    "The outlined arches do not lie where the header puts the patient's back: the patient may "
    "have lain differently than was entered, and left and right may be exchanged. Confirm the "
    "side before planning."
)


def with_facing_noted(anatomy: Anatomy) -> Anatomy:
    """Add a note when the outlines contradict the header's posterior."""
    if facing_of_outlines(anatomy.labels, anatomy.geometry) is not Facing.CONTRADICTS:
        return anatomy
    return replace(anatomy, notes=(TURNED_NOTE, *anatomy.notes))
