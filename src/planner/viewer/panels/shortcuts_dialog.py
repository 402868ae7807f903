"""Every action with its key; a key can be changed, and one that is taken says by what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from planner.session.actions import ACTIONS
from planner.session.keymap import FIXED, Chosen, clash, keys_of, with_key
from planner.viewer.language.spoken import all_said, said
from planner.viewer.panels.parts import label, say

if TYPE_CHECKING:
    from planner.session.actions import ActionSpec

_ID = Qt.ItemDataRole.UserRole


class ShortcutsDialog(QDialog):
    """Choose a row, press the new key; it holds at once."""

    chosen_changed = Signal(object)

    def __init__(self, chosen: Chosen, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chosen = chosen
        self.setWindowTitle(said("Shortcuts"))
        self.resize(640, 640)
        self.text = QLineEdit()
        self.text.setPlaceholderText(said("Type a few letters or a key"))
        self.table = QTableWidget(0, 3)
        self.table.setHorizontalHeaderLabels(all_said(["Menu", "Command", "Key"]))
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        head = self.table.horizontalHeader()
        head.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        head.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self.key = QKeySequenceEdit()
        self.key.setMaximumSequenceLength(1)
        self.key.setAccessibleName(said("New key"))
        self.trouble = label("", "refusal")
        self.trouble.hide()
        self.set_key, none, reset = (
            QPushButton(said(words)) for words in ("Set key", "No key", "Standard keys")
        )
        self.set_key.setProperty("role", "primary")
        self.set_key.clicked.connect(lambda: self._set(self.key.keySequence()))
        none.clicked.connect(lambda: self._set(QKeySequence()))
        reset.clicked.connect(lambda: self._become(()))
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 16)
        fixed = ", ".join(f"{key} {what}" for key, what in FIXED.items() if key[-1].isdigit())
        for part in (self.text, self.table, self.trouble):
            column.addWidget(part)
        row = QHBoxLayout()
        row.addWidget(self.key, 1)
        for made in (self.set_key, none, reset):
            row.addWidget(made)
        column.addLayout(row)
        column.addWidget(label(f"Fixed: {fixed}; arrows, pages, Home, End and Space.", "faint"))
        self.text.textChanged.connect(self._fill)
        self.table.itemSelectionChanged.connect(self._choose)
        self._fill()

    def _fill(self) -> None:
        wanted = self.text.text().lower().split()
        keys = keys_of(self._chosen)
        shown = [spec for spec in ACTIONS if _fits(spec, keys[spec.id], wanted)]
        self.table.setRowCount(len(shown))
        for place, spec in enumerate(shown):
            cells = (spec.menu, spec.text.rstrip("…"), ", ".join(keys[spec.id]))
            for column, words in enumerate(cells):
                item = QTableWidgetItem(said(words))
                item.setData(_ID, spec.id)
                item.setToolTip(said(spec.help))
                self.table.setItem(place, column, item)
        if shown:
            self.table.selectRow(0)

    def _choose(self) -> None:
        say(self.trouble, "")
        self.key.clear()

    def _set(self, sequence: QKeySequence) -> None:
        item = self.table.item(self.table.currentRow(), 0)
        if item is None:
            say(self.trouble, "Choose a command first.")
            return
        name = item.data(_ID)
        key = sequence.toString(QKeySequence.SequenceFormat.PortableText)
        why = clash(self._chosen, name, key)
        say(self.trouble, why)
        if not why:
            self._become(with_key(self._chosen, name, key), name)

    def _become(self, chosen: Chosen, keep: str = "") -> None:
        self._chosen = chosen
        self._fill()
        for place in range(self.table.rowCount()):
            item = self.table.item(place, 0)
            if item is not None and item.data(_ID) == keep:
                self.table.selectRow(place)
        self.chosen_changed.emit(chosen)


def _fits(spec: ActionSpec, keys: tuple[str, ...], wanted: list[str]) -> bool:
    said_too = " ".join(all_said((spec.menu, spec.text.rstrip("…"), spec.help)))
    words = f"{spec.menu} {spec.text} {spec.help} {' '.join(keys)} {said_too}".lower()
    return all(part in words for part in wanted)
