"""The level map: a row for each treated level; a click shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from planner.viewer.language.spoken import said
from planner.viewer.panels.parts import label
from planner.viewer.theme import clinical

if TYPE_CHECKING:
    from planner.session.level_map import LevelMapRow


class LevelMap(QWidget):
    """A part of the step Check."""

    place_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[LevelMapRow, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self.show_levels(())

    def show_levels(self, rows: tuple[LevelMapRow, ...]) -> None:
        """Show other rows."""
        self.rows = rows
        while (item := self._column.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        if not rows:
            self._column.addWidget(label("No level is treated yet.", "quiet"))
        for row in rows:
            self._column.addWidget(self._row(row))

    def _row(self, row: LevelMapRow) -> QWidget:
        made = QWidget()
        line = QHBoxLayout(made)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        level = QToolButton()
        level.setText(said(str(row.level)))
        level.setToolTip(said(f"Show {row.level}."))
        level.clicked.connect(lambda: self.place_chosen.emit(row.at))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label(f"{row.sides} · {row.treatment}"))
        if row.volumes:
            words.addWidget(label(row.volumes, "quiet"))
        verdict = label(row.verdict, "quiet")
        if row.severity is not None:
            colour = clinical.SEVERITY_COLOURS[row.severity]
            verdict.setStyleSheet(
                f"background: {colour}; color: {clinical.ON_SEVERITY}; border-radius: 4px;"
                "padding: 1px 6px; font-size: 11px; font-weight: 700;"
            )
        badge = QHBoxLayout()
        badge.addWidget(verdict)
        badge.addStretch(1)
        words.addLayout(badge)
        line.addWidget(level)
        line.addLayout(words, 1)
        return made
