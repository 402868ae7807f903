"""Finds any action by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from planner.session.actions import ACTIONS
from planner.viewer.language.spoken import said, verbatim
from planner.viewer.panels.parts import label

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

_HIDDEN = frozenset({"palette", "escape"})


class Palette(QDialog):
    """Lists every action with its key; one that is off says why."""

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self.setWindowTitle(said("Find a command"))
        self.resize(520, 460)
        self.text = QLineEdit()
        self.text.setPlaceholderText(said("Type a few letters"))
        self.found = QListWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 14, 14, 14)
        column.addWidget(self.text)
        column.addWidget(self.found)
        column.addWidget(label("Enter runs it. Keys are on the right.", "faint"))
        self.text.textChanged.connect(self._fill)
        self.text.returnPressed.connect(self.run_current)
        self.found.itemActivated.connect(lambda _item: self.run_current())
        self._fill("")

    def run_current(self) -> None:
        """Close and run the chosen action, when it is on."""
        item = self.found.currentItem()
        if self.found.count() == 0 or not item.flags() & Qt.ItemFlag.ItemIsEnabled:
            return
        self.accept()
        self._actions[item.data(Qt.ItemDataRole.UserRole)].trigger()

    def _fill(self, text: str) -> None:
        wanted = text.lower().split()
        self.found.clear()
        for spec in ACTIONS:
            action = self._actions[spec.id]
            words = f"{spec.text} {spec.help} {said(spec.text)} {said(spec.help)}".lower()
            if spec.id in _HIDDEN or not all(part in words for part in wanted):
                continue
            item = QListWidgetItem(
                verbatim(f"{said(spec.text)}    {action.shortcut().toString()}")
            )
            item.setData(Qt.ItemDataRole.UserRole, spec.id)
            item.setToolTip(verbatim(action.toolTip()))
            if not action.isEnabled():
                item.setText(verbatim(action.toolTip()))
                item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.found.addItem(item)
        self.found.setCurrentRow(0)
