"""A slider that plays what a model says over time or volume, with what it shows in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSlider, QVBoxLayout, QWidget

from planner.viewer.language.spoken import said
from planner.viewer.panels.parts import label, say

if TYPE_CHECKING:
    from collections.abc import Sequence


class PlayLine(QWidget):
    """Emits ``played`` with the amount shown; hidden while there is nothing to play.

    Its last place is the whole amount, even where that is no multiple of the step.
    """

    played = Signal(float)

    def __init__(self, name: str, hint: str, step: float, page: float) -> None:
        super().__init__()
        self._step = step
        self._whole = 0.0
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName(said(name))
        self.slider.setToolTip(said(hint))
        self.slider.setPageStep(round(page / step))
        self.slider.valueChanged.connect(self._moved)
        self._words = label("", "quiet")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.slider)
        column.addWidget(self._words)

    def show_played(self, whole: float, shown: float, lines: Sequence[str]) -> None:
        """Show how far it is played, of how much."""
        self._whole = whole
        self.slider.setVisible(whole > 0.0)
        self.slider.blockSignals(True)
        last = -int(-whole // self._step)
        self.slider.setRange(0, last)
        self.slider.setValue(last if shown >= whole else round(shown / self._step))
        self.slider.blockSignals(False)
        say(self._words, "\n".join(lines))
        self.setVisible(whole > 0.0 or bool(lines))

    def _moved(self, place: int) -> None:
        self.played.emit(min(place * self._step, self._whole))
