"""Connects what is typed of the selected needle with its desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.session.needle_desk import NeedleDesk
    from planner.viewer.panels.needle_fields import NeedleFields


def wire_needle(fields: NeedleFields, desk: NeedleDesk) -> None:
    """Let numbers, the size and the approach reach the plan."""
    fields.number_typed.connect(desk.type_number)
    fields.size_typed.connect(desk.type_size)
    fields.approach_changed.connect(desk.change_approach)
