"""Background work without Qt: progress, cancel, and protection from stale results."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

from planner.domain.errors import CancelledByUserError

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.domain.progress import ProgressReport

    Work: TypeAlias = "Callable[[ProgressReport], object]"
    """What runs in a worker thread; it gets a report to call and returns its result."""


@dataclass(frozen=True, slots=True)
class JobProgress:
    """One progress report; ``fraction`` runs from 0 to 1."""

    fraction: float
    message: str


@dataclass(frozen=True, slots=True)
class JobDone:
    """A job ended with a value."""

    value: object


@dataclass(frozen=True, slots=True)
class JobFailed:
    """A job ended with an exception that is not a cancellation."""

    error: BaseException


@dataclass(frozen=True, slots=True)
class JobStopped:
    """A job ended because its user asked it to."""


JobEvent: TypeAlias = "JobProgress | JobDone | JobFailed | JobStopped"


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event on its way to the thread that owns the runner."""

    slot: str
    generation: int
    event: JobEvent


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    slot: str
    generation: int
    work: Work
    handle: Callable[[JobEvent], None]
    post: Callable[[Envelope], None]
    cancelled: threading.Event = field(default_factory=threading.Event)

    def report(self, fraction: float, message: str) -> None:
        if self.cancelled.is_set():
            raise CancelledByUserError("The work was stopped.")
        self.send(JobProgress(fraction, message))

    def send(self, event: JobEvent) -> None:
        self.post(Envelope(self.slot, self.generation, event))


class JobRunner:
    """Runs one job at a time in each slot; the newest job of a slot wins.

    A job submitted while its slot is busy waits for the old one to stop, and replaces any
    job that was waiting already, so a drag never builds a queue. Whether an event is stale
    is judged at delivery, in the thread that owns the runner; every public method runs in
    that thread, so no lock is needed. ``carry`` moves an envelope there: a queued Qt signal
    in the window, a list in tests. Whoever receives it calls :meth:`deliver`.
    """

    def __init__(self, carry: Callable[[Envelope], None], max_workers: int = 3) -> None:
        self._carry = carry
        self._pool = ThreadPoolExecutor(max_workers=max_workers, thread_name_prefix="job")
        self._generation = count()
        self._newest: dict[str, _Job] = {}
        self._running: dict[str, _Job] = {}
        self._awaited: list[tuple[set[int], Callable[[], None]]] = []

    def submit(self, slot: str, work: Work, handle: Callable[[JobEvent], None]) -> None:
        """Start ``work`` in ``slot``; ``handle`` gets its events until a newer job comes."""
        self._ask_to_stop(slot)
        job = _Job(slot, next(self._generation), work, handle, self._carry)
        self._newest[slot] = job
        if slot not in self._running:
            self._start(job)

    def cancel(self, slot: str) -> None:
        """Ask the job in ``slot`` to stop; its handler hears ``JobStopped`` at once."""
        self._ask_to_stop(slot)
        if job := self._newest.pop(slot, None):
            job.handle(JobStopped())

    def is_busy(self, slot: str) -> bool:
        """Tell whether the newest job of ``slot`` has not answered yet."""
        return slot in self._newest

    def under_way(self) -> frozenset[int]:
        """Return the jobs that run now, asked to stop or not, for ``when_ended``."""
        return frozenset(job.generation for job in self._running.values())

    def when_ended(self, jobs: frozenset[int], then: Callable[[], None]) -> None:
        """Call ``then`` once these jobs have ended, at once where none of them runs."""
        if left := jobs & self.under_way():
            self._awaited.append((set(left), then))
        else:
            then()

    def deliver(self, envelope: Envelope) -> None:
        """Hand an event to its job's handler unless the job was replaced or cancelled."""
        slot, ended = envelope.slot, not isinstance(envelope.event, JobProgress)
        newest = self._newest.get(slot)
        current = newest is not None and newest.generation == envelope.generation
        if ended:
            self._running.pop(slot, None)
            self._say_ended(envelope.generation)
            if current:
                del self._newest[slot]
            elif newest is not None:
                self._start(newest)
        if current and newest is not None:
            newest.handle(envelope.event)

    def _say_ended(self, generation: int) -> None:
        for jobs, _ in self._awaited:
            jobs.discard(generation)
        over = [then for jobs, then in self._awaited if not jobs]
        self._awaited = [one for one in self._awaited if one[0]]
        for then in over:
            then()

    def shutdown(self) -> None:
        """Cancel every job and wait for the workers."""
        for slot in tuple(self._running):
            self._ask_to_stop(slot)
        self._newest.clear()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _ask_to_stop(self, slot: str) -> None:
        if running := self._running.get(slot):
            running.cancelled.set()

    def _start(self, job: _Job) -> None:
        self._running[job.slot] = job
        self._pool.submit(_run, job)


def _run(job: _Job) -> None:
    try:
        value = job.work(job.report)
    except CancelledByUserError:
        job.send(JobStopped())
    except Exception as error:  # noqa: BLE001 - the boundary of a worker thread
        job.send(JobFailed(error))
    else:
        job.send(JobDone(value))
