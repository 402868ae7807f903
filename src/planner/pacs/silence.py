"""Lets a user's stop be heard in the middle of an archive's silence.

A protocol hears a stop only between two answers, and an archive may be silent for a minute. So
whoever waits for it is a thread of its own, and whoever asked looks ten times a second whether
to go on. A stop hangs up where that can be done and leaves the thread to its end: it hears the
stop with the next word or when the silence is over, cleans up after itself, and holds nobody.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYetError
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, TypeVar

from planner.domain.errors import CancelledByUserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from planner.domain.progress import ProgressReport

LOOK_S: Final = 0.1
"""How often it is asked whether to go on."""

_Answer = TypeVar("_Answer")


class _Line:
    """What one asking thread has open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: list[Callable[[], None]] = []
        self._is_cut = False
        self.heard = (0.0, "")

    def follow(self, fraction: float, message: str) -> None:
        """Take a progress report of the asking thread."""
        if self._is_cut:
            raise CancelledByUserError("The work was stopped.")
        self.heard = (fraction, message)

    def hold(self, hang_up: Callable[[], None]) -> None:
        """Remember how to end what was just opened; at once where it is cut already."""
        with self._lock:
            if not self._is_cut:
                self._open.append(hang_up)
                return
        hang_up()

    def let_go(self, hang_up: Callable[[], None]) -> None:
        """Forget what was closed."""
        with self._lock:
            if hang_up in self._open:
                self._open.remove(hang_up)

    def cut(self) -> None:
        """End everything that is open, without waiting for it."""
        with self._lock:
            self._is_cut = True
            ends, self._open = self._open, []
        for hang_up in ends:
            threading.Thread(target=hang_up, name="pacs-hang-up", daemon=True).start()


_LINE: ContextVar[_Line | None] = ContextVar("line", default=None)


@contextmanager
def held(hang_up: Callable[[], None]) -> Iterator[None]:
    """Let a stop call ``hang_up`` while this lasts; does nothing where nobody can stop."""
    line = _LINE.get()
    if line is None:
        yield
        return
    line.hold(hang_up)
    try:
        yield
    finally:
        line.let_go(hang_up)


def stoppable(work: Callable[[ProgressReport], _Answer], report: ProgressReport) -> _Answer:
    """Run ``work`` so that a ``report`` that raises ends the wait within ``LOOK_S``.

    What ``work`` opened after a stop it must remove itself: its own report raises then.

    Raises
    ------
    CancelledByUserError
        Whatever else ``report`` raises, too.
    """
    line, answer = _Line(), Future[_Answer]()

    def ask() -> None:
        _LINE.set(line)
        try:
            answer.set_result(work(line.follow))
        except BaseException as error:  # noqa: BLE001 - carried to whoever waits, who raises it
            answer.set_exception(error)

    threading.Thread(target=ask, name="pacs-asking", daemon=True).start()
    while True:
        try:
            found = answer.result(timeout=LOOK_S)
        except NotYetError:
            if answer.done():  # the work itself ran out of time
                raise
        else:
            return found
        try:
            report(*line.heard)
        except BaseException:
            line.cut()
            raise
