"""The tour under the pictures: a few words, one thing to do, and a way on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from planner.session.tour import TOUR
from planner.viewer.language.spoken import said
from planner.viewer.panels.parts import button, label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from planner.domain.volume import CtVolume
    from planner.session.window_states import Step


class TourCard(QWidget):
    """Never holds anything up: all the rest of the window goes on working."""

    step_shown = Signal(object)
    left = Signal()

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._place = 0
        self.title, self.words = label("", "title"), label("")
        self.back, self.on, self.leave = (
            QPushButton(said(text)) for text in ("Back", "Next", "Leave the tour")
        )
        self._acts = {
            stop.action: button(actions[stop.action], primary=True) for stop in TOUR if stop.action
        }
        self.back.clicked.connect(lambda: self.go(self._place - 1))
        self.on.clicked.connect(lambda: self.go(self._place + 1))
        self.leave.clicked.connect(self._leave)
        row = QHBoxLayout()
        for act in self._acts.values():
            row.addWidget(act)
        row.addStretch(1)
        for made in (self.back, self.on, self.leave):
            row.addWidget(made)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 10)
        column.addWidget(self.title)
        column.addWidget(self.words)
        column.addLayout(row)
        self.hide()

    def go(self, place: int) -> None:
        """Show a stop; beyond the last one the tour ends."""
        if place >= len(TOUR):
            self._leave()
            return
        self._show(max(0, place))
        step: Step = TOUR[self._place].step
        self.step_shown.emit(step)

    def see(self, ct: CtVolume | None) -> None:
        """Pass the stop that offers a case to open once one is open, whichever it is."""
        if ct is not None and self.isVisible() and TOUR[self._place].action == "open_sample":
            self._show(self._place + 1)

    def _show(self, place: int) -> None:
        self._place = place
        stop = TOUR[place]
        self.title.setText(said(f"{self._place + 1} of {len(TOUR)}  {stop.title}"))
        self.words.setText(said(stop.words))
        for name, act in self._acts.items():
            act.setVisible(name == stop.action)
        self.back.setEnabled(self._place > 0)
        self.back.setToolTip(said("" if self._place else "This is the first stop."))
        self.on.setText(said("Next" if self._place + 1 < len(TOUR) else "Done"))
        self.show()

    def _leave(self) -> None:
        self.hide()
        self.left.emit()
