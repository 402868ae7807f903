"""What is loaded behind the window, once that is on the screen."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer

from planner.session.jobs import JobDone, JobFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from planner.session.jobs import JobEvent, JobRunner

UNSEEN_MS = 500
"""A window that was not painted by then is not going to be: one that only a test makes."""


def _load_pictures() -> None:
    """Import VTK and numba, and compile what draws slices."""
    from planner.viewer.canvas.reslice import warm_kernels  # noqa: PLC0415 - behind the window

    warm_kernels()
    import_module("planner.viewer.canvas.scene")


class LoadedBehind(QObject):
    """Loads in two jobs what the first use would otherwise wait for.

    It begins when the window has been painted: threads that import keep it from the screen.

    Parameters
    ----------
    prepare
        Imports the rooms, in a thread.
    start_scene, fault
        Called in this thread: pictures can be drawn now; something could not be loaded.
    seen
        What is painted with the window.
    """

    def __init__(
        self,
        runner: JobRunner,
        prepare: Callable[[], None],
        start_scene: Callable[[], None],
        fault: Callable[[BaseException], None],
        seen: QWidget,
    ) -> None:
        super().__init__(seen)
        self._runner, self._prepare = runner, prepare
        self._start_scene, self._fault = start_scene, fault
        self._waits = {"pictures", "rooms"}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._begin)
        self._timer.start(UNSEEN_MS)
        self._seen = seen
        seen.installEventFilter(self)

    @property
    def is_loading(self) -> bool:
        """Whether something is still to be loaded that the first use may wait for."""
        return bool(self._waits)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Begin in the turn after the first paint; swallow nothing."""
        if event.type() is QEvent.Type.Paint and self._timer.isActive():
            self._timer.start(0)
        return False

    def stop(self) -> None:
        """Begin nothing any more: the window is closed."""
        self._seen.removeEventFilter(self)
        self._timer.stop()

    def _begin(self) -> None:
        self._seen.removeEventFilter(self)
        self._runner.submit("pictures", lambda _report: _load_pictures(), self._pictures_loaded)
        self._runner.submit("rooms", lambda _report: self._prepare(), self._rooms_loaded)

    def _pictures_loaded(self, event: JobEvent) -> None:
        self._waits.discard("pictures")
        if isinstance(event, JobFailed):
            self._fault(event.error)
        elif isinstance(event, JobDone):
            self._start_scene()

    def _rooms_loaded(self, event: JobEvent) -> None:
        self._waits.discard("rooms")
        if isinstance(event, JobFailed):
            self._fault(event.error)
