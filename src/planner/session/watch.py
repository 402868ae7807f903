"""Work that does not come back is given up, so that whoever waits for it can say so."""

from __future__ import annotations

import sys
import threading
import time
from math import inf
from typing import TYPE_CHECKING, Generic, TypeVar

from planner.domain.errors import PlannerError

if TYPE_CHECKING:
    from collections.abc import Callable

_Value = TypeVar("_Value")

PATIENCE_S = 0.7
"""Silence after which work counts as hung, so that it is said within a second. Between two beats a
check needs at most 0.1 s on the largest scans tried, so seven times as much is no accident."""

TICK_S = 0.02
"""How often the silence is looked at."""

RUNNING_SHARE = 0.5
"""Share of the time a processor must have worked for this program to call slow work silent."""

OWN_SHARE = 0.5
"""Where the program is busy with something else as well, work must have had this share of its
patience of a processor itself to count as silent."""

CROWDED_TIMES = 4.0
"""So many times its patience no crowd excuses silence."""

IDLE_SHARE = 0.05
"""Below this share nothing is being worked on at all: a wait that may never end."""


class OverdueError(PlannerError):
    """Work has not come back."""


class Beat:
    """Called by work that goes on; knows how long it has been silent."""

    def __init__(self) -> None:
        self()

    def __call__(self, next_s: float = 0.0) -> None:
        """Say that the work goes on, and how much longer than usual its next piece may take."""
        self._next_s = next_s
        self._wall_s, self._cpu_s = time.monotonic(), time.process_time()
        self._own_clock, self._own_s = _own_clock(), time.thread_time()

    def is_silent(self, patience_s: float) -> bool:
        """Tell whether nothing was said for ``patience_s`` though there was time to.

        On a machine that has no processor left for this program silence proves nothing, so it
        is then counted in processor time. Nor does it where the rest of the program took the
        time, as a window that opens a case does: it may then last some times longer.
        """
        patience_s += self._next_s
        wall_s = time.monotonic() - self._wall_s
        if wall_s < patience_s:
            return False
        cpu_s = time.process_time() - self._cpu_s
        if cpu_s / wall_s <= IDLE_SHARE:
            return True
        if cpu_s / wall_s < RUNNING_SHARE and cpu_s < patience_s:
            return False
        crowded = self._had_s() < OWN_SHARE * patience_s
        return not crowded or wall_s >= CROWDED_TIMES * patience_s

    def _had_s(self) -> float:
        """Return the processor time of the beating thread since it did, infinite if unknown."""
        if self._own_clock is None:
            return inf
        try:
            return time.clock_gettime(self._own_clock) - self._own_s
        except OSError:  # the thread has ended meanwhile
            return 0.0


def _own_clock() -> int | None:
    """Return the clock of this thread's processor time; none where the system has none."""
    if sys.platform == "win32":
        return None
    return time.pthread_getcpuclockid(threading.get_ident())


class _Run(Generic[_Value]):
    """One run of some work in a thread of its own."""

    def __init__(self, work: Callable[[Beat], _Value]) -> None:
        self._work = work
        self.beat = Beat()
        self.ended = threading.Event()
        self._value: list[_Value] = []
        self._error: BaseException | None = None

    def __call__(self) -> None:
        self.beat()
        try:
            self._value.append(self._work(self.beat))
        except BaseException as error:  # noqa: BLE001 - the border of a thread; raised again below
            self._error = error
        self.ended.set()

    def result(self) -> _Value:
        if self._error is not None:
            raise self._error
        return self._value[0]


def watched(work: Callable[[Beat], _Value], patience_s: float) -> _Value:
    """Return what ``work`` gives, or give it up when it is silent for ``patience_s``.

    A thread cannot be ended from outside; one that hangs is left alone and dies with the
    program. What it gives after all goes nowhere.

    Raises
    ------
    OverdueError
        When it was given up.
    """
    run = _Run(work)
    threading.Thread(target=run, name="watched", daemon=True).start()
    while not run.ended.wait(TICK_S):
        if run.beat.is_silent(patience_s):
            raise OverdueError(f"Nothing was heard for {patience_s:g} s.")
    return run.result()
