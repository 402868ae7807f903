"""The one mutable object: the current plan, its history, and who wants to know."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from planner.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.domain.plan import Plan


@dataclass(frozen=True, slots=True)
class Command:
    """A named edit: a pure function from plan to plan.

    Attributes
    ----------
    label
        What the undo entry says, such as ``Move tip``.
    apply
        Returns the edited plan; never changes the one it is given.
    drag
        Joins the steps of one drag into one undo step. Make a new key on every press, so that
        two drags never become one step. Empty for an edit that stands alone.
    passes_lock
        Whether a locked plan takes it: the unlocking, and what is recorded after a treatment.
    """

    label: str
    apply: Callable[[Plan], Plan]
    drag: str = ""
    passes_lock: bool = False


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """What subscribers receive; they compare ``old`` and ``new`` and apply what differs."""

    old: Plan
    new: Plan
    label: str


@dataclass(frozen=True, slots=True)
class _Step:
    before: Plan
    after: Plan
    label: str
    drag: str
    passes_lock: bool


class PlanDocument:
    """Holds the plan and its undo history.

    The revision and the digest of the last save describe files, not decisions, so undo never
    takes them back: a revision number is never given to two different contents.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._done: list[_Step] = []
        self._undone: list[_Step] = []
        self._subscribers: list[Callable[[PlanChanged], None]] = []
        self._waiting: deque[PlanChanged] = deque()
        self._telling = False

    @property
    def plan(self) -> Plan:
        """The current plan."""
        return self._plan

    @property
    def undo_label(self) -> str:
        """What ``undo`` would take back; empty when there is nothing."""
        return self._done[-1].label if self._done else ""

    @property
    def redo_label(self) -> str:
        """What ``redo`` would bring again; empty when there is nothing."""
        return self._undone[-1].label if self._undone else ""

    def subscribe(self, slot: Callable[[PlanChanged], None]) -> Callable[[], None]:
        """Register ``slot``; the returned function takes it off again."""
        self._subscribers.append(slot)
        return lambda: self._subscribers.remove(slot)

    def do(self, command: Command) -> None:
        """Apply ``command``, record it as one step, and tell the subscribers.

        Raises
        ------
        UsageError
            When the plan is locked, or from the command, when the plan cannot be edited so;
            nothing has changed then.
        """
        if not command.passes_lock:
            self._must_be_open()
        before, after = self._plan, command.apply(self._plan)
        if after == before:
            return
        last = self._done[-1] if self._done else None
        if last and not self._undone and command.drag and last.drag == command.drag:
            before = last.before
            self._done.pop()
        if after != self._as_of_last_save(before):
            self._done.append(
                _Step(before, after, command.label, command.drag, command.passes_lock)
            )
        self._undone.clear()
        self._become(after, command.label)

    def undo(self) -> None:
        """Step back once, if there is anything to take back.

        A locked plan gives back only what it took while it was locked.
        """
        if not self._done:
            return
        if not self._done[-1].passes_lock:
            self._must_be_open()
        step = self._done.pop()
        self._undone.append(step)
        self._become(self._as_of_last_save(step.before), f"Undo {step.label}")

    def redo(self) -> None:
        """Step forward once, if there is anything to bring again; on a locked plan as ``undo``."""
        if not self._undone:
            return
        if not self._undone[-1].passes_lock:
            self._must_be_open()
        step = self._undone.pop()
        self._done.append(step)
        self._become(self._as_of_last_save(step.after), f"Redo {step.label}")

    def mark_saved(self, saved: Plan) -> None:
        """Take over the revision of ``saved``, which ``save_plan`` returned for this plan.

        Edits made while a slow save was running stay: only the bookkeeping is taken over.
        """
        current = replace(self._plan, revision=saved.revision, saved_sha256=saved.saved_sha256)
        if current != self._plan:
            self._become(current, "Save")

    def _must_be_open(self) -> None:
        lock = self._plan.lock
        if lock is not None:
            raise UsageError(
                f"The plan was locked by {lock.by}, {lock.at_utc[:16]} UTC. "
                "Unlock it to change it."
            )

    def _as_of_last_save(self, plan: Plan) -> Plan:
        now = self._plan
        return replace(plan, revision=now.revision, saved_sha256=now.saved_sha256)

    def _become(self, new: Plan, label: str) -> None:
        """Set the plan and tell every subscriber, in order, even when one of them fails.

        A subscriber that edits the plan queues its change behind the running one, so every
        subscriber sees the same sequence. Failures are raised together once all were told,
        because a view that was not told would go on showing an old number.
        """
        self._waiting.append(PlanChanged(self._plan, new, label))
        self._plan = new
        if self._telling:
            return
        self._telling = True
        failures: list[Exception] = []
        try:
            while self._waiting:
                change = self._waiting.popleft()
                for slot in tuple(self._subscribers):
                    try:
                        slot(change)
                    except Exception as failure:  # noqa: BLE001  # raised below, after all know
                        failures.append(failure)
        finally:
            self._telling = False
        if failures:
            raise ExceptionGroup("subscribers failed on a change of the plan", failures)
