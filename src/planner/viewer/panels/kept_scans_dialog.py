"""The scans fetched from archives: where they lie, and which are to leave this computer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
)

from planner.viewer.language.spoken import all_said, said
from planner.viewer.panels.parts import label

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from planner.session.kept_scans import KeptScan

WIDTH_PX, HEIGHT_PX = 900, 460
HEADINGS = ("Patient", "What", "Fetched", "Images", "Size", "Referred to by")
WIDTHS = (190, 0, 100, 70, 90, 230)
WIDE = 1
USUAL_DAYS, MOST_DAYS = 30, 3650
BYTES_PER_MB = 1e6


class KeptScansDialog(QDialog):
    """Ticked scans are asked for once more by whoever listens to ``remove_wanted``."""

    remove_wanted = Signal(object)

    def __init__(
        self,
        scans: tuple[KeptScan, ...],
        folder: str,
        *,
        names_hidden: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(said("Fetched scans"))
        self.resize(WIDTH_PX, HEIGHT_PX)
        self._scans = scans
        self._boxes: list[QTableWidgetItem] = []
        self.table = QTableWidget(len(scans), len(HEADINGS))
        self.table.setHorizontalHeaderLabels(all_said(list(HEADINGS)))
        self.table.setAccessibleName(said("Fetched scans, the oldest first"))
        self.table.verticalHeader().setVisible(False)
        for column, width in enumerate(WIDTHS):
            self.table.horizontalHeader().resizeSection(column, width)
        self.table.horizontalHeader().setSectionResizeMode(WIDE, QHeaderView.ResizeMode.Stretch)
        for row, one in enumerate(scans):
            for column, text in enumerate(_cells(one, row, names_hidden=names_hidden)):
                item = QTableWidgetItem(said(text))
                item.setToolTip(said(text))
                item.setFlags(Qt.ItemFlag.ItemIsEnabled)
                if column == 0:
                    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
                    item.setCheckState(Qt.CheckState.Unchecked)
                    self._boxes.append(item)
                self.table.setItem(row, column, item)
        self.days = QSpinBox()
        self.days.setRange(1, MOST_DAYS)
        self.days.setValue(USUAL_DAYS)
        self.days.setSuffix(said(" days"))
        tick = QPushButton(said("Tick those older than"))
        tick.setAutoDefault(False)
        tick.clicked.connect(self.tick_older)
        row_of_days = QHBoxLayout()
        for part in (tick, self.days):
            row_of_days.addWidget(part)
        row_of_days.addStretch(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.remove = QPushButton(said("Remove ticked"))
        self.remove.setAutoDefault(False)
        self.remove.clicked.connect(self._wanted)
        buttons.addButton(self.remove, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        column_of_all = QVBoxLayout(self)
        column_of_all.setContentsMargins(22, 18, 22, 16)
        column_of_all.setSpacing(10)
        where = f"They lie in {folder} and stay there until somebody removes them."
        column_of_all.addWidget(label(where if scans else "No fetched scan is here.", "quiet"))
        column_of_all.addWidget(self.table, 1)
        column_of_all.addLayout(row_of_days)
        column_of_all.addWidget(buttons)
        self.table.itemChanged.connect(lambda _item: self._follow())
        self._follow()

    @property
    def ticked(self) -> tuple[KeptScan, ...]:
        """The scans that are ticked."""
        pairs = zip(self._scans, self._boxes, strict=True)
        return tuple(one for one, box in pairs if box.checkState() is Qt.CheckState.Checked)

    def tick_older(self) -> None:
        """Tick what was fetched before so many days and nothing refers to."""
        for one, box in zip(self._scans, self._boxes, strict=True):
            if one.days > self.days.value() and not one.used_by:
                box.setCheckState(Qt.CheckState.Checked)

    def _follow(self) -> None:
        self.remove.setEnabled(bool(self.ticked))

    def _wanted(self) -> None:
        chosen = self.ticked
        self.accept()
        self.remove_wanted.emit(chosen)


def _cells(one: KeptScan, row: int, *, names_hidden: bool) -> tuple[str, ...]:
    return (
        f"Scan {row + 1}, name hidden" if names_hidden else one.patient or "not readable",
        one.words,
        f"{one.days:.0f} days ago" if one.days >= 1.0 else "today",
        str(one.objects),
        f"{one.size_bytes / BYTES_PER_MB:.0f} MB",
        ", ".join(one.used_by) or "nothing",
    )
