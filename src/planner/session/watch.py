"""Work that does not come back is given up, so that whoever waits for it can say so."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from planner.domain.errors import PlannerError
from planner.geometry.kernels import compiling_for_s

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
"""Below this share, and with no thread that could run, nothing is being worked on at all: a wait
that may never end."""

RUNNABLE = (b"R", b"D")
"""States of a thread in proc(5) that has work to do, or waits for a disk."""

COMPILING_S = 60.0
"""So long one kernel may be compiled, as each is once on a machine, before that is silence too."""


class OverdueError(PlannerError):
    """Work has not come back."""


class Beat:
    """Called by work that goes on; knows how long it has been silent."""

    def __init__(self) -> None:
        self()

    def __call__(self, next_s: float = 0.0) -> None:
        """Say that the work goes on, and how much longer than usual its next piece may take."""
        self._next_s, self._own_clock = next_s, _own_clock()
        self._from_now()

    def _from_now(self) -> None:
        """Begin the silence anew."""
        self._wall_s, self._cpu_s = time.monotonic(), time.process_time()
        self._own_s = self._own_now_s()

    def is_silent(self, patience_s: float) -> bool:
        """Tell whether nothing was said for ``patience_s`` though there was time to.

        On a machine that has no processor left for this program silence proves nothing, so it
        is then counted in processor time. Nor does it where the rest of the program took the
        time, as a window that opens a case does: it may then last some times longer. While a
        kernel is compiled, which is once on a machine, nothing can be said at all.
        """
        if 0.0 < compiling_for_s() < COMPILING_S:
            self._from_now()
        patience_s += self._next_s
        wall_s = time.monotonic() - self._wall_s
        if wall_s < patience_s:
            return False
        cpu_s = time.process_time() - self._cpu_s
        if cpu_s / wall_s <= IDLE_SHARE and not _could_run():
            return True
        if cpu_s / wall_s < RUNNING_SHARE and cpu_s < patience_s:
            return False
        crowded = self._had_s() < OWN_SHARE * patience_s
        return not crowded or wall_s >= CROWDED_TIMES * patience_s

    def _had_s(self) -> float:
        """Return the processor time of the beating thread since it did, infinite if unknown."""
        return inf if self._own_clock is None else self._own_now_s() - self._own_s

    def _own_now_s(self) -> float:
        with suppress(OSError):  # the thread has ended meanwhile
            if self._own_clock is not None:
                return time.clock_gettime(self._own_clock)
        return 0.0


def _own_clock() -> int | None:
    """Return the clock of this thread's processor time; none where the system has none."""
    if sys.platform == "win32":
        return None
    return time.pthread_getcpuclockid(threading.get_ident())


def _could_run() -> bool:
    """Tell whether another thread of this program has work, but maybe no processor (Linux only).

    A machine shared by many may give none for seconds; that looks like a wait from inside.
    """
    own = threading.get_native_id()
    for thread in Path("/proc/self/task").glob("[0-9]*"):
        if int(thread.name) == own:
            continue
        with suppress(OSError):  # it has ended meanwhile
            state = (thread / "stat").read_bytes().rpartition(b") ")[2][:1]
            if state in RUNNABLE:
                return True
    return False


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
