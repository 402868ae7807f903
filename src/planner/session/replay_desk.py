"""Steps through an attempt move by move; the plan that is shown is another's, and locked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.document.plan_document import Command
from planner.domain.errors import UsageError
from planner.domain.plan import PlanLock
from planner.session.training_states import MoveRow, ReplayState

if TYPE_CHECKING:
    from planner.document.plan_document import PlanDocument
    from planner.domain.plan import Plan
    from planner.session.pane_desk import PaneDesk
    from planner.training.attempt import Attempt

OTHER_SCAN = (
    "The attempt was made on another scan than its exercise has now, so its points mean other "
    "places. It is not shown."
)


class ReplayDesk:
    """One attempt at a time, on the scan of its exercise."""

    def __init__(self, panes: PaneDesk) -> None:
        self._panes = panes
        self.forget()

    def forget(self) -> None:
        """Drop an attempt whose scan is no longer open."""
        self.attempt: Attempt | None = None
        self._document: PlanDocument | None = None
        self._before: Plan | None = None
        self._place = 0

    def take(self, attempt: Attempt) -> None:
        """Take an attempt; ``opened`` goes on when its scan is open."""
        self.forget()
        self.attempt = attempt

    def opened(self, document: PlanDocument) -> None:
        """Begin before the first move.

        Raises
        ------
        UsageError
            When the moves were made on another scan, so that their points mean other places.
        """
        attempt = self.attempt
        plans = [] if attempt is None else [attempt.plan, *(one.plan for one in attempt.moves)]
        scans = {plan.scan.sha256 for plan in plans if plan is not None}
        if scans - {document.plan.scan.sha256}:
            raise UsageError(OTHER_SCAN)
        self._document, self._before = document, document.plan

    def go(self, place: int) -> None:
        """Show the plan as it stood after so many moves; 0 is the beginning."""
        attempt, document, before = self.attempt, self._document, self._before
        if attempt is None or document is None or before is None:
            return
        self._place = min(max(place, 0), len(attempt.moves))
        plans = [one.plan for one in attempt.moves[: self._place] if one.plan is not None]
        shown = plans[-1] if plans else before
        lock = PlanLock(by=f"the replay of {attempt.by}", at_utc=attempt.started_utc)
        old = document.plan
        self._become(replace(shown, lock=lock, anatomy=old.anatomy), document)
        needles = [one for one in shown.trajectories if one not in old.trajectories]
        if needles:
            self._panes.jump(needles[0].tip)

    def end(self) -> None:
        """Give back the plan that was there before."""
        if self._document is not None and self._before is not None:
            now = self._document.plan
            self._become(replace(self._before, anatomy=now.anatomy), self._document)
        self.forget()

    def _become(self, plan: Plan, document: PlanDocument) -> None:
        """Show a plan; all steps are one, so that nothing is left to take back at the end."""
        document.do(Command("Replay", lambda _plan: plan, drag="replay", passes_lock=True))

    @property
    def state(self) -> ReplayState | None:
        """What the panel shows; ``None`` while nothing is replayed."""
        attempt = self.attempt
        if attempt is None or self._document is None:
            return None
        return ReplayState(
            by=attempt.by,
            begun=f"Begun {attempt.started_utc[:16].replace('T', ' ')} UTC",
            place=self._place,
            moves=tuple(MoveRow(at_s=one.at_s, words=one.words) for one in attempt.moves),
            shots=attempt.shots,
        )
