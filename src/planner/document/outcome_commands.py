"""The edit that records what became of the patient."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.document.plan_document import Command

if TYPE_CHECKING:
    from planner.domain.outcome import Outcome
    from planner.domain.plan import Plan


def record_outcome(outcome: Outcome) -> Command:
    """Replace all that is recorded after the treatment.

    A locked plan takes it, because a plan is locked when it is carried out, and what is recorded
    afterwards changes nothing that was planned.
    """

    def apply(plan: Plan) -> Plan:
        return replace(plan, outcome=outcome)

    return Command("Record outcome", apply, passes_lock=True)
