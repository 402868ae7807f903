"""The one verdict a session shows, which can be late but never wrong about its state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.domain.finding import Verdict
from planner.safety.assessing import assess, finding_of_stopped_check, stopped
from planner.safety.digest import input_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.domain.finding import Assessment
    from planner.domain.plan import Plan
    from planner.safety.scene import Scene

PATIENCE_S = 1.0
"""A check that has not come back by then has stopped, and the screen says so."""

WAITING = "The plan changed and has not been checked yet."
OVERDUE = "The check has not come back; nothing was judged."


@dataclass(frozen=True, slots=True)
class Ticket:
    """A check that was asked for: run it anywhere, then hand the result to ``deliver``."""

    number: int
    plan: Plan
    scene: Scene

    def run(self) -> Assessment:
        """Run the check; never raises."""
        return assess(self.plan, self.scene)


class VerdictHolder:
    """Holds the verdict on the state shown.

    It starts as NOT EVALUATED. ``edited`` takes it back there at once, in the same call that
    shows the edit. Only a finished check whose input digest is that of the current state is
    taken; anything else that arrives is dropped. ``stop`` is for the hooks that catch what
    nobody caught: it voids the verdict until the next edit.

    Not thread-safe on purpose: edits and deliveries happen in the thread that shows them.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._number = 0
        self._plan: Plan | None = None
        self._digest = ""
        self._asked_s = 0.0
        self._finished: Assessment | None = None
        self._stopped = ""

    def edited(self, plan: Plan, scene: Scene) -> Ticket:
        """Void the verdict and return the check that would give a new one."""
        self._number += 1
        self._plan, self._finished, self._stopped = plan, None, ""
        self._digest = ""
        self._asked_s = self._clock()
        self._digest = input_digest(plan, scene)
        return Ticket(self._number, plan, scene)

    def deliver(self, ticket: Ticket, assessment: Assessment) -> bool:
        """Take a finished check; tell whether it is of the current state."""
        current = (
            ticket.number == self._number
            and not self._stopped
            and bool(self._digest)
            and assessment.input_sha256 == self._digest
        )
        if current:
            self._finished = assessment
        elif ticket.number == self._number and not assessment.input_sha256:
            self._stopped = assessment.findings[0].message
        return current

    def stop(self, reason: str) -> None:
        """Void the verdict because something failed that nobody caught."""
        self._stopped, self._finished = reason or OVERDUE, None

    @property
    def verdict(self) -> Verdict:
        """The verdict on the state shown, NOT EVALUATED until a check of it has finished."""
        return Verdict.NOT_EVALUATED if self._finished is None else self._finished.verdict

    @property
    def assessment(self) -> Assessment | None:
        """The finished check of the state shown; else one finding that says why there is none.

        ``None`` before the first plan.
        """
        if self._finished is not None or self._plan is None:
            return self._finished
        overdue = self._clock() - self._asked_s > PATIENCE_S
        message = self._stopped or (OVERDUE if overdue else WAITING)
        return stopped(self._plan, finding_of_stopped_check(message))
