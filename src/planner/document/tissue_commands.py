"""Edits of what parts of the patient count as in the heat model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.document.commands import free_id, require
from planner.document.plan_document import Command
from planner.domain.tissue_choice import TissueChoiceId

if TYPE_CHECKING:
    from planner.domain.plan import Plan
    from planner.domain.tissue_choice import TissueChoice


def free_choice_id(plan: Plan) -> TissueChoiceId:
    """Return an id no choice has."""
    return TissueChoiceId(free_id("tissue", (choice.id for choice in plan.tissue_choices)))


def choose_tissue(choice: TissueChoice) -> Command:
    """Add a choice after those that are there."""

    def apply(plan: Plan) -> Plan:
        return replace(plan, tissue_choices=(*plan.tissue_choices, choice))

    return Command("Tissue by hand", apply)


def unchoose_tissue(choice_id: TissueChoiceId) -> Command:
    """Take a choice away."""

    def apply(plan: Plan) -> Plan:
        require(choice_id, (item.id for item in plan.tissue_choices), "choice of tissue")
        kept = tuple(item for item in plan.tissue_choices if item.id != choice_id)
        return replace(plan, tissue_choices=kept)

    return Command("Tissue as HU shows it", apply)
