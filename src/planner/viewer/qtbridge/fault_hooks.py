"""Every way an exception can end that nobody caught leads to one place: the checks stop."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType


class FaultHooks(QObject):
    """Takes over the hooks of Python for as long as a window is open.

    ``fault`` is called in the GUI thread: at once for what failed there, such as a slot or a
    paint event, and through the event queue for a worker thread or an object's destruction.
    Whatever hook was there before is called as well.
    """

    _elsewhere = Signal(object)

    def __init__(
        self, fault: Callable[[BaseException], None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._fault = fault
        self._busy = False
        self._elsewhere.connect(self._tell, Qt.ConnectionType.QueuedConnection)
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._uncaught
        threading.excepthook = self._in_a_thread
        sys.unraisablehook = self._unraisable

    def remove(self) -> None:
        """Give the hooks back."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._before

    def _tell(self, error: BaseException) -> None:
        """Say it once: a fault in saying it must not come back here without end."""
        if self._busy:
            return
        self._busy = True
        try:
            self._fault(error)
        finally:
            self._busy = False

    def _uncaught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        try:
            self._tell(error)
        finally:
            self._before[0](kind, error, trace)

    def _in_a_thread(self, failed: threading.ExceptHookArgs) -> None:
        self._elsewhere.emit(failed.exc_value or failed.exc_type())
        self._before[1](failed)

    def _unraisable(self, failed: sys.UnraisableHookArgs) -> None:
        self._elsewhere.emit(failed.exc_value or failed.exc_type())
        self._before[2](failed)
