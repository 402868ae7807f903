"""Connects what is typed of the selected needle, and of the tissue round it, with the desks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.session.needle_desk import NeedleDesk
    from planner.session.protect_desk import ProtectDesk
    from planner.session.tissue_desk import TissueDesk
    from planner.viewer.panels.needle_fields import NeedleFields
    from planner.viewer.panels.treat_panel import TreatPanel


def wire_needle(fields: NeedleFields, desk: NeedleDesk) -> None:
    """Let numbers, the size and the approach reach the plan."""
    fields.number_typed.connect(desk.type_number)
    fields.size_typed.connect(desk.type_size)
    fields.approach_changed.connect(desk.change_approach)


def wire_tissue(treat: TreatPanel, protection: ProtectDesk, tissue: TissueDesk) -> None:
    """Let layers that protect, and what a person takes tissue for, reach the plan."""
    treat.layer_wanted.connect(protection.put)
    treat.layer_removed.connect(protection.remove)
    treat.tissue.choice_wanted.connect(tissue.choose)
    treat.tissue.choice_removed.connect(tissue.unchoose)
