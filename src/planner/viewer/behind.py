"""What is loaded behind the window, once that is on the screen."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from planner.session.jobs import JobDone, JobFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.session.jobs import JobEvent, JobRunner

PAINTED_BY_MS = 50
"""When the window has been painted: threads that import before that keep it from the screen."""


def _load_pictures() -> None:
    """Import VTK and numba, and compile what draws slices."""
    from planner.viewer.canvas.reslice import warm_kernels  # noqa: PLC0415 - behind the window

    warm_kernels()
    import_module("planner.viewer.canvas.scene")


class LoadedBehind(QObject):
    """Loads in two jobs what the first use would otherwise wait for.

    Parameters
    ----------
    prepare
        Imports the rooms, in a thread.
    start_scene, fault
        Called in this thread: pictures can be drawn now; something could not be loaded.
    """

    def __init__(
        self,
        runner: JobRunner,
        prepare: Callable[[], None],
        start_scene: Callable[[], None],
        fault: Callable[[BaseException], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._runner, self._prepare = runner, prepare
        self._start_scene, self._fault = start_scene, fault
        self._waits = {"pictures", "rooms"}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._begin)
        self._timer.start(PAINTED_BY_MS)

    @property
    def is_loading(self) -> bool:
        """Whether something is still to be loaded that the first use may wait for."""
        return bool(self._waits)

    def stop(self) -> None:
        """Begin nothing any more: the window is closed."""
        self._timer.stop()

    def _begin(self) -> None:
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
