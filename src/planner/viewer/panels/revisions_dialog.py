"""Older revisions of the open plan: to compare with, or to open read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QListWidget, QVBoxLayout, QWidget

from planner.viewer.language.spoken import said
from planner.viewer.panels.parts import label

if TYPE_CHECKING:
    from PySide6.QtCore import SignalInstance

    from planner.session.kept_states import RevisionRow

WIDTH_PX, HEIGHT_PX = 500, 380


class RevisionsDialog(QDialog):
    """A list, newest first; the newest is the plan's own file as it was saved last."""

    compared = Signal(object)
    opened = Signal(object)

    def __init__(self, rows: tuple[RevisionRow, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(said("Older revisions"))
        self.resize(WIDTH_PX, HEIGHT_PX)
        self._rows = rows
        self.list = QListWidget()
        self.list.setAccessibleName(said("Revisions, newest first"))
        for row in rows:
            self.list.addItem(said(f"{row.title}\n{row.detail}"))
        self.list.setCurrentRow(min(1, len(rows) - 1))
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        compare = self._buttons.addButton(said("Compare"), QDialogButtonBox.ButtonRole.ActionRole)
        read = self._buttons.addButton(
            said("Open read-only"), QDialogButtonBox.ButtonRole.ActionRole
        )
        compare.clicked.connect(lambda: self._answer(self.compared))
        read.clicked.connect(lambda: self._answer(self.opened))
        self._buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 18, 22, 16)
        column.setSpacing(10)
        column.addWidget(
            label(
                "Kept on this computer at every save. One opened here is locked and in no file "
                "of its own; the plan as it is now stays where it is.",
                "quiet",
            )
        )
        column.addWidget(self.list, 1)
        column.addWidget(self._buttons)

    def _answer(self, chosen: SignalInstance) -> None:
        place = self.list.currentRow()
        self.accept()
        if 0 <= place < len(self._rows):
            chosen.emit(self._rows[place].path)
