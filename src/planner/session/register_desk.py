"""Records what became of the patient, and writes it for a register."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from planner.catalog.outcome_scales import load_outcome_scales
from planner.document.outcome_commands import record_outcome
from planner.document.plan_file import content_sha256
from planner.document.whole_file import write_whole
from planner.domain.errors import UsageError
from planner.exchange.outcome_csv import outcome_csv
from planner.exchange.outcome_fhir import outcome_fhir
from planner.session.outcome_entry import number_as_typed, typed_of

if TYPE_CHECKING:
    from pathlib import Path

    from planner.domain.outcome import Outcome, OutcomeScales
    from planner.domain.plan import Plan
    from planner.session.floor import Floor
    from planner.session.outcome_entry import TypedOutcome
    from planner.session.plan_desk import PlanDesk

ID_SIGNS = 8
"""So many signs of a plan's random id are in the name of a file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeForm:
    """What the dialog is filled with.

    Attributes
    ----------
    baseline_vas
        Pain before the treatment as the check has it; it cannot be typed here.
    levels
        Treated levels, for a leak to be put at.
    """

    typed: TypedOutcome
    scales: OutcomeScales
    baseline_vas: str
    levels: tuple[str, ...]


class RegisterDesk:
    """The outcome is an edit of the plan; its files say nothing of a person unless asked."""

    def __init__(self, floor: Floor, edits: PlanDesk) -> None:
        self._floor = floor
        self._edits = edits

    @cached_property
    def scales(self) -> OutcomeScales:
        """What an outcome is recorded by; read once."""
        return load_outcome_scales()

    def form(self) -> OutcomeForm:
        """Return what is recorded so far."""
        plan = self._edits.plan
        levels = {needle.level for needle in plan.trajectories}
        return OutcomeForm(
            typed=typed_of(plan.outcome, self.scales),
            scales=self.scales,
            baseline_vas=number_as_typed(plan.clinical.vas),
            levels=tuple(str(one) for one in sorted(levels, key=lambda one: one.order)),
        )

    def record(self, outcome: Outcome) -> None:
        """Put an outcome into the plan; a locked plan takes it."""
        self._floor.act(lambda: self._edits.do(record_outcome(outcome)))

    def write(self, folder: Path, *, identified: bool) -> None:
        """Write CSV and FHIR into a folder."""

        def put() -> None:
            names = write_outcome(self._edits.plan, self.scales, folder, identified=identified)
            named = "with name, ID and days" if identified else "without name, ID or days"
            self._floor.say(f"{' and '.join(names)} written to {folder.name}, {named}.")

        self._floor.act(put)


def write_outcome(
    plan: Plan, scales: OutcomeScales, folder: Path, *, identified: bool
) -> tuple[str, ...]:
    """Write the outcome of a saved plan as CSV and FHIR; return the names of both files.

    Raises
    ------
    UsageError
        When the plan has edits that are in no file, because the files name its revision.
    SaveFailedError
        When a file could not be written.
    """
    if plan.saved_sha256 != content_sha256(plan):
        raise UsageError("Save the plan first: the files for a register name its revision.")
    token = "".join(sign for sign in plan.plan_id if sign.isalnum())[:ID_SIGNS]
    name = f"outcome-{token}-r{plan.revision}"
    written_utc = datetime.now(UTC).isoformat(timespec="seconds")
    told = outcome_fhir(plan, scales, written_utc=written_utc, identified=identified)
    write_whole(folder / f"{name}.csv", outcome_csv(plan, scales, identified=identified))
    write_whole(folder / f"{name}.json", told)
    return f"{name}.csv", f"{name}.json"
