"""A person's hands on an X server: the pointer and the keys reach the program from outside.

The story runs in a thread of its own and asks the thread of the window where things are; what
it then does, it does with ``xdotool``, so that focus, grabs and dialogs are the real ones.
"""

from __future__ import annotations

import subprocess
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QApplication, QScrollArea

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QComboBox, QWidget

PATIENCE_S = 180.0
LOOK_EVERY_S = 0.05
SETTLE_S = 0.15


class Hands(QObject):
    """Made in the thread of the window, used from the thread of a story."""

    _asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.failure = ""
        self._asked.connect(self._answer, Qt.ConnectionType.BlockingQueuedConnection)

    def tell(self, story: Callable[[], None]) -> threading.Thread:
        """Let the story run; a failure is kept as words and ends the program."""

        def run() -> None:
            try:
                story()
            except BaseException:  # noqa: BLE001 - handed on: the story's process ends with it
                self.failure = traceback.format_exc()
                QApplication.exit(1)

        thread = threading.Thread(target=run, name="story", daemon=True)
        thread.start()
        return thread

    def _answer(self, asked: Callable[[], None]) -> None:
        asked()

    def see(self, look: Callable[[], Any]) -> Any:
        """Return what ``look`` says, asked in the thread of the window."""
        said: list[Any] = []
        failed: list[BaseException] = []

        def ask() -> None:
            try:
                said.append(look())
            except BaseException as fault:  # noqa: BLE001 - handed on below, in the story's thread
                failed.append(fault)

        self._asked.emit(ask)
        if failed:
            raise failed[0]
        return said[0]

    def wait(self, until: Callable[[], object], what: str) -> None:
        """Wait as a person does, looking at the window from time to time."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.see(until):
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited {PATIENCE_S:.0f} s for: {what}")
            time.sleep(LOOK_EVERY_S)

    def rest(self) -> None:
        """Let the window take what was done."""
        time.sleep(SETTLE_S)
        self.see(lambda: None)

    def pick(self, box: QComboBox, text: str) -> None:
        """Choose an entry of a list with the pointer and the arrow keys."""
        at = self.see(lambda: box.findText(text, Qt.MatchFlag.MatchStartsWith))
        if at < 0:
            raise LookupError(f"the list {box.accessibleName()!r} has no entry {text!r}")
        steps = at - self.see(box.currentIndex)
        self.click(box)
        self.wait(lambda: box.view().isVisible(), f"the list {box.accessibleName()!r} opens")
        self.keys(*(["Down" if steps > 0 else "Up"] * abs(steps)), "Return")
        self.wait(lambda: not box.view().isVisible(), "the list closes")

    def press(self, text: str) -> None:
        """Click the button with these words, wherever it is on the screen."""

        def found() -> QWidget | None:
            return next(
                (
                    one
                    for top in QApplication.topLevelWidgets()
                    if top.isVisible() and _takes_input(top)
                    for one in top.findChildren(QAbstractButton)
                    if one.isVisible() and one.text().replace("&", "") == text and one.isEnabled()
                ),
                None,
            )

        self.wait(found, f"a button {text!r} that can be pressed")
        self.click(self.see(found))

    def click(self, part: QWidget, at: QPoint | None = None) -> None:
        """Click a part where a person would see it; scroll to it first."""
        self._bring_into_sight(part)
        x, y = self.see(lambda: _on_screen(part, at))
        _do("mousemove", x, y, "click", 1)
        self.rest()

    def drag(self, part: QWidget, start: QPoint, way: QPoint) -> None:
        """Drag with the left button, in steps as a hand makes them."""
        x, y = self.see(lambda: _on_screen(part, start))
        _do("mousemove", x, y, "mousedown", 1)
        for step in range(1, 9):
            _do("mousemove", x + way.x() * step // 8, y + way.y() * step // 8)
            time.sleep(0.02)
        self.rest()
        _do("mouseup", 1)
        self.rest()

    def keys(self, *names: str) -> None:
        """Press keys by their X names, one after the other."""
        if names:
            self._focus()
            _do("key", "--delay", 30, *names)
        self.rest()

    def write(self, text: str) -> None:
        """Type text."""
        self._focus()
        _do("type", "--delay", 8, text)
        self.rest()

    def paste(self, text: str) -> None:
        """Put text in the place of what a field holds; typed paths are completed on the way."""
        self.see(lambda: QApplication.clipboard().setText(text))
        self.keys("ctrl+a", "ctrl+v")

    def _focus(self) -> None:
        """Give the keys to the window in front, as a window manager does; here is none."""

        def front() -> int:
            tops = [QApplication.activeModalWidget(), *QApplication.topLevelWidgets()]
            return next(int(top.winId()) for top in tops if top and top.isVisible())

        _do("windowfocus", self.see(front))

    def _bring_into_sight(self, part: QWidget) -> None:
        """Turn the wheel over the panel until the part is seen."""

        def hidden() -> tuple[int, int, int] | None:
            above = part.parentWidget()
            while above is not None and not isinstance(above, QScrollArea):
                above = above.parentWidget()
            if above is None:
                return None
            port = above.viewport()
            middle = port.mapFromGlobal(part.mapToGlobal(part.rect().center()))
            if part.height() // 2 <= middle.y() <= port.height() - part.height() // 2:
                return None
            x, y = _pixels(port.mapToGlobal(QPoint(4, port.height() // 2)), port)
            return x, y, 5 if middle.y() > port.height() // 2 else 4

        for _ in range(60):
            place = self.see(hidden)
            if place is None:
                return
            _do("mousemove", place[0], place[1], "click", place[2])
            self.rest()
        raise LookupError(f"{part!r} does not come into sight")


def _takes_input(top: QWidget) -> bool:
    modal = QApplication.activeModalWidget()
    return modal is None or top is modal


def _on_screen(part: QWidget, at: QPoint | None) -> tuple[int, int]:
    """Return a place on the screen that a click on the part would reach, in its pixels."""
    place = part.mapToGlobal(part.rect().center() if at is None else at)
    top = QApplication.widgetAt(place)
    if top is not part and (top is None or not part.isAncestorOf(top)):
        raise LookupError(f"{part!r} is behind {top!r}")
    return _pixels(place, part)


def _pixels(place: QPoint, part: QWidget) -> tuple[int, int]:
    """Return device pixels of X; Qt counts in its own, which are larger on a fine screen."""
    scale = part.devicePixelRatio()
    return round(place.x() * scale), round(place.y() * scale)


def _do(*words: object) -> None:
    subprocess.run(["xdotool", *map(str, words)], check=True, timeout=60)
