"""All that a score rests on, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.domain.plan import Plan
    from planner.training.attempt import Attempt
    from planner.training.exercise import Exercise
    from planner.training.outcome import Outcome
    from planner.training.standard import Standard
    from planner.training.true_reading import TrueReading


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedCase:
    """An attempt beside the truth.

    Attributes
    ----------
    outcome, reference
        What the trainee's plan and the reference plan would really do.
    """

    exercise: Exercise
    truth: TrueReading
    attempt: Attempt
    outcome: Outcome
    reference: Outcome
    standard: Standard

    @property
    def plan(self) -> Plan | None:
        """What was planned; ``None`` for who decided not to treat, whatever lies in the file."""
        return self.attempt.plan if self.attempt.reading.treat else None
