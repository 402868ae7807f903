"""Long work as the user sees it: one line of progress each, and one way to fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.errors import PlannerError
from planner.session.jobs import JobDone, JobFailed, JobProgress
from planner.session.window_states import JobState

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.session.jobs import JobEvent, JobRunner, Work


class JobDesk:
    """Starts jobs and keeps what is shown of them.

    ``refused`` gets the sentence of an error meant for the user; ``fault`` gets everything
    else, because an unforeseen failure anywhere voids the verdict.
    """

    def __init__(
        self,
        runner: JobRunner,
        *,
        show: Callable[[tuple[JobState, ...]], None],
        refused: Callable[[PlannerError], None],
        fault: Callable[[BaseException], None],
        ended: Callable[[], None],
    ) -> None:
        self._runner = runner
        self._show = show
        self._refused = refused
        self._fault = fault
        self._ended = ended
        self._running: dict[str, JobState] = {}

    @property
    def busy(self) -> frozenset[str]:
        """Slots that have work."""
        return frozenset(self._running)

    def start(
        self,
        slot: str,
        message: str,
        work: Work,
        done: Callable[[object], None],
        *,
        progressed: Callable[[], None] | None = None,
        refused: Callable[[PlannerError], None] | None = None,
        gone: Callable[[], None] | None = None,
    ) -> None:
        """Run ``work`` in the background, then ``done`` with its result in this thread.

        ``progressed`` is called after each report, ``refused`` instead of the desk's own for
        an error meant for the user, and ``gone`` first when it ends without a result.
        """

        def on_event(event: JobEvent) -> None:
            if isinstance(event, JobProgress):
                self._become(
                    slot, JobState(slot=slot, message=event.message, fraction=event.fraction)
                )
                if progressed is not None:
                    progressed()
                return
            self._become(slot, None)
            if gone is not None and not isinstance(event, JobDone):
                gone()
            if isinstance(event, JobDone):
                done(event.value)
            elif isinstance(event, JobFailed) and isinstance(event.error, PlannerError):
                (refused or self._refused)(event.error)
            elif isinstance(event, JobFailed):
                self._fault(event.error)
            self._ended()

        self._become(slot, JobState(slot=slot, message=message, fraction=0.0))
        self._runner.submit(slot, work, on_event)
        self._ended()

    def cancel(self, *slots: str) -> None:
        """Stop the work of some slots."""
        for slot in slots:
            self._runner.cancel(slot)

    def close(self) -> None:
        """Stop all work and wait for it."""
        self._runner.shutdown()

    def _become(self, slot: str, state: JobState | None) -> None:
        self._running.pop(slot, None)
        if state is not None:
            self._running[slot] = state
        self._show(tuple(self._running.values()))
