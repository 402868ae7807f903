"""What the colours of the tissue map mean."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from planner.viewer.language.spoken import said, verbatim
from planner.viewer.panels.parts import label
from planner.viewer.theme import clinical

NOTE = (
    "Taken from HU and outlines; paint the outlines, or put a layer, to change it. "
    "The line under the pictures names what is under the mouse."
)


class TissueLegend(QWidget):
    """A square of colour and a name for every class that is there; hidden without a map."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = QLabel()
        self._names.setTextFormat(Qt.TextFormat.RichText)
        self._names.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._names)
        column.addWidget(label(NOTE, "faint"))
        self.hide()

    def show_tissues(self, tissues: tuple[tuple[int, str], ...]) -> None:
        """Show code and name of each class."""
        lines = (
            f'<span style="color:{clinical.TISSUE_COLOURS[code - 1]}">&#9632;</span> {said(name)}'
            for code, name in tissues
        )
        self._names.setText(verbatim("<br>".join(lines)))
        self.setVisible(bool(tissues))
