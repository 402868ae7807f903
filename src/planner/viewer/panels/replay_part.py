"""An attempt seen again: a slider over its moves, and the time of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from planner.viewer.language.spoken import said, verbatim
from planner.viewer.panels.parts import NARROWEST_PX, label, say

if TYPE_CHECKING:
    from planner.session.training_states import MoveRow, ReplayState

SHORTEST_LIST_PX = 300


class ReplayPart(QWidget):
    """A part of the training panel."""

    move_wanted = Signal(int)

    def __init__(self, state: ReplayState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        who = label("", "name")
        who.setText(verbatim(state.by))
        column.addWidget(who)
        column.addWidget(label(state.begun, "quiet"))
        if state.shots is not None:
            column.addWidget(label(f"{state.shots} X-ray pictures were taken.", "quiet"))
        self._where = label("", "name")
        column.addWidget(self._where)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, len(state.moves))
        self.slider.setAccessibleName(said("Moves"))
        self.slider.valueChanged.connect(self.move_wanted)
        column.addWidget(self.slider)
        row = QHBoxLayout()
        self.back = QPushButton(said("Back"))
        self.back.clicked.connect(lambda: self.slider.setValue(self.slider.value() - 1))
        self.next = QPushButton(said("Next"))
        self.next.clicked.connect(lambda: self.slider.setValue(self.slider.value() + 1))
        for button in (self.back, self.next):
            button.setMinimumWidth(NARROWEST_PX)
            row.addWidget(button)
        column.addLayout(row)
        self.list = QListWidget()
        self.list.setMinimumHeight(SHORTEST_LIST_PX)
        self.list.setAccessibleName(said("Moves"))
        self.list.setWordWrap(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for move in state.moves:
            self.list.addItem(verbatim(f"{_clock(move)}  {said(move.words)}"))
        self.list.currentRowChanged.connect(lambda place: self.slider.setValue(place + 1))
        column.addWidget(self.list)
        self.show_state(state)

    def show_state(self, state: ReplayState) -> None:
        """Show which move was the last one."""
        count = len(state.moves)
        say(
            self._where,
            f"Move {state.place} of {count}" if state.place else "Before the first move",
        )
        for part in (self.slider, self.list):
            part.blockSignals(True)
        self.slider.setValue(state.place)
        self.list.setCurrentRow(state.place - 1)
        for part in (self.slider, self.list):
            part.blockSignals(False)
        self.back.setEnabled(state.place > 0)
        self.next.setEnabled(state.place < count)


def _clock(move: MoveRow) -> str:
    minutes, seconds = divmod(int(move.at_s), 60)
    return f"{minutes}:{seconds:02d}"
