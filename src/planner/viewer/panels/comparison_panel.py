"""Two plans in a table: this one, the other one, and only what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from planner.viewer.language.spoken import all_said, said
from planner.viewer.panels.parts import label, say

if TYPE_CHECKING:
    from planner.geometry.points import PointLps
    from planner.session.comparison import Comparison

HEIGHT_PX = 230

STALE = "This plan was edited since. Compare again for what it says now."


class ComparisonPanel(QWidget):
    """Lies under the pictures; a double click on a row shows its place in them."""

    place_chosen = Signal(object)
    closed = Signal()
    again_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(HEIGHT_PX)
        self._title = label("", "title")
        self._remarks = label("", "quiet")
        self._stale = label("", "refusal")
        self.table = QTableWidget(0, 3)
        self.table.setHorizontalHeaderLabels(all_said(["What", "This plan", "The other plan"]))
        self.table.verticalHeader().hide()
        self.table.setWordWrap(True)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        head = self.table.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.table.itemActivated.connect(self._show_place)
        again, close = QPushButton(said("Compare again")), QPushButton(said("Close"))
        again.clicked.connect(self.again_wanted)
        close.clicked.connect(self.closed)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.addWidget(self._title, 1)
        row.addWidget(again)
        row.addWidget(close)
        column.addLayout(row)
        for part in (self._stale, self.table, self._remarks):
            column.addWidget(part)
        self.hide()

    def show_comparison(self, state: Comparison | None) -> None:
        """Show other differences; ``None`` takes the window away."""
        if state is None:
            self.hide()
            return
        self._title.setText(said(f"Compared with {state.title}"))
        nothing = "Both plans say the same." if not state.rows else ""
        self._remarks.setText(said("\n".join(filter(None, (nothing, *state.remarks)))))
        say(self._stale, STALE if state.is_stale else "")
        self.table.setRowCount(len(state.rows))
        for place, (part, row) in enumerate(state.rows):
            for column, words in enumerate((f"{part}: {row.what}", row.one, row.other)):
                item = QTableWidgetItem(said(words))
                item.setToolTip(said(words))
                item.setData(Qt.ItemDataRole.UserRole, row.at)
                self.table.setItem(place, column, item)
        self.table.resizeRowsToContents()
        self.show()

    def _show_place(self, item: QTableWidgetItem) -> None:
        at: PointLps | None = item.data(Qt.ItemDataRole.UserRole)
        if at is not None:
            self.place_chosen.emit(at)
