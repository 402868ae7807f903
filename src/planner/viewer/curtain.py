"""What stands on the screen while the program is loading; it imports nothing but Qt and words."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from planner.viewer.language.spoken import said

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPaintEvent

WINDOW_SIZE = QSize(1500, 940)
"""Size of the first window where the screen has room; the one that follows takes its place."""

GROUND, TEXT, QUIET = "#0F1318", "#E3E9EF", "#9AA7B4"


def first_size(window: QWidget) -> QSize:
    """Return the size of the first window, no larger than its screen shows."""
    return WINDOW_SIZE.boundedTo(window.screen().availableSize())


class _Answer(QObject):
    """Outlives the curtain while its thread runs: a signal of a deleted object is a crash."""

    given = Signal(object)


class Curtain(QWidget):
    """Paints at once, then loads in the background, then lets the window take its place.

    Parameters
    ----------
    load
        The slow part, run in a thread: imports and the like, no Qt.
    build
        Makes and shows the window, in the GUI thread; the curtain closes after it.
    """

    def __init__(self, load: Callable[[], None], build: Callable[[], QWidget]) -> None:
        super().__init__()
        self._load = load
        self._build = build
        self._begun = False
        self.error: BaseException | None = None
        """Why there is no window; ``None`` when there is one."""
        self.window_shown: QWidget | None = None
        self.setWindowTitle(said("Planner · not a medical device"))
        self.resize(first_size(self))
        self._answer = _Answer()
        self._answer.given.connect(self._rise, Qt.ConnectionType.QueuedConnection)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Say what this is, and begin to load once it has been seen."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(GROUND))
        font = painter.font()
        font.setPixelSize(20)
        painter.setFont(font)
        painter.setPen(QColor(TEXT))
        middle = Qt.AlignmentFlag.AlignCenter
        painter.drawText(self.rect().adjusted(0, -30, 0, -30), middle, "Planner")
        font.setPixelSize(13)
        painter.setFont(font)
        painter.setPen(QColor(QUIET))
        painter.drawText(
            self.rect(), middle, said("Research and teaching software. Not a medical device.")
        )
        painter.end()
        if not self._begun and self.isVisible():
            self._begun = True
            QTimer.singleShot(0, self._begin)

    def _begin(self) -> None:
        threading.Thread(
            target=_run, args=(self._load, self._answer), name="start", daemon=True
        ).start()

    def _rise(self, error: BaseException | None) -> None:
        self.error = error
        if error is None and self.isVisible():
            self.window_shown = self._build()
        self.close()


def _run(load: Callable[[], None], answer: _Answer) -> None:
    try:
        load()
    except Exception as error:  # noqa: BLE001 - the boundary of a worker thread
        answer.given.emit(error)
    else:
        answer.given.emit(None)
