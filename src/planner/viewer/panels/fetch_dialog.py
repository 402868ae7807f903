"""Open from PACS: search, choose a series or a plan, and see it come."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from planner.session.fetch_states import CONTENT_HEADINGS, CT, STUDY_HEADINGS
from planner.viewer.language.spoken import all_said, said, verbatim
from planner.viewer.panels.parts import Choice, label, lead, say, section

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.session.fetch_states import ContentRow, FetchState, StudyRow

WIDTH_PX, HEIGHT_PX = 1060, 680
ANY = "Any"
KEY = int(Qt.ItemDataRole.UserRole)
WIDE_STUDY, WIDE_CONTENT = 4, 2
"""The column of each table that takes what room is left."""
STUDY_WIDTHS = (230, 120, 104, 104, 0, 150)
CONTENT_WIDTHS = (80, 60, 0, 80)
NOT_CHOSEN = "Choose a series or a plan first."


class FetchDialog(QDialog):
    """Stays beside the window, which goes on working; Enter searches, a double click opens."""

    searched = Signal(str, str, str, str, str)
    study_chosen = Signal(str)
    open_wanted = Signal(str)
    stopped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(said("Open from PACS"))
        self.resize(WIDTH_PX, HEIGHT_PX)
        self.archive, self.modality = Choice(), Choice()
        self.modality.addItems(all_said([CT, ANY]))
        self.patient_id, self.name, self.dates = QLineEdit(), QLineEdit(), QLineEdit()
        self.name.setPlaceholderText(said("Family, given"))
        self.dates.setPlaceholderText(said("2026-11-01 to 2026-11-22"))
        self.search = QPushButton(said("Search"))
        self.search.setDefault(True)
        self.hint, self.error = label("", "quiet"), label("", "refusal")
        self.studies = _table(STUDY_HEADINGS, STUDY_WIDTHS, WIDE_STUDY, "Studies")
        self.contents = _table(CONTENT_HEADINGS, CONTENT_WIDTHS, WIDE_CONTENT, "Series and plans")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.doing = label("", "quiet")
        self.stop = QPushButton(said("Stop"))
        self.stop.setAutoDefault(False)
        stays = self.stop.sizePolicy()
        stays.setRetainSizeWhenHidden(True)  # so that the tables do not jump
        self.stop.setSizePolicy(stays)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.ok = QPushButton(said("Open"))
        self.ok.setAutoDefault(False)
        buttons.addButton(self.ok, QDialogButtonBox.ButtonRole.ActionRole)
        self.why = label("", "quiet")
        buttons.button(QDialogButtonBox.StandardButton.Close).setAutoDefault(False)
        self._state: FetchState | None = None
        self._lay_out(buttons)
        self.search.clicked.connect(self._search)
        self.stop.clicked.connect(self.stopped)
        self.ok.clicked.connect(self._open)
        buttons.rejected.connect(self.reject)
        self.studies.itemSelectionChanged.connect(self._choose)
        self.contents.itemSelectionChanged.connect(self._follow)
        self.contents.itemDoubleClicked.connect(lambda _item: self._open())

    def _lay_out(self, buttons: QDialogButtonBox) -> None:
        form = QGridLayout()
        form.setHorizontalSpacing(10)
        form.setVerticalSpacing(4)
        fields = (
            ("PACS", self.archive, 4), ("Patient ID", self.patient_id, 3), ("Name", self.name, 5),
            ("Study date", self.dates, 5), ("Holds", self.modality, 1),
        )  # fmt: skip
        for place, (title, field, share) in enumerate(fields):
            heading = label(title, "quiet")
            heading.setBuddy(field)
            form.addWidget(heading, 0, place)
            form.addWidget(field, 1, place)
            form.setColumnStretch(place, share)
            field.setAccessibleName(said(title))
        form.addWidget(self.search, 1, len(fields))
        doing = QHBoxLayout()
        doing.addWidget(self.doing, 1)
        doing.addWidget(self.bar, 1)
        doing.addWidget(self.stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 18, 22, 16)
        column.setSpacing(8)
        column.addLayout(form)
        for part in (self.hint, self.error, section("Studies")):
            column.addWidget(part)
        column.addWidget(self.studies, 3)
        column.addWidget(section("Series and plans of the study"))
        column.addWidget(self.contents, 2)
        column.addLayout(doing)
        last = QHBoxLayout()
        last.addWidget(self.why, 1)
        last.addWidget(buttons)
        column.addLayout(last)
        self.patient_id.setFocus()

    def show_state(self, state: FetchState) -> None:
        """Show what was found, or what is being received."""
        old, self._state = self._state, state
        if old is None or old.archives != state.archives:
            chosen = self.archive.currentText()
            self.archive.clear()
            self.archive.addItems([verbatim(one) for one in state.archives])
            self.archive.setCurrentText(chosen)
        echo = QLineEdit.EchoMode
        for field in (self.patient_id, self.name):
            field.setEchoMode(echo.Password if state.names_hidden else echo.Normal)
        say(self.hint, state.hint)
        say(self.error, state.error)
        if old is None or old.studies != state.studies or old.study != state.study:
            _fill(self.studies, [(r.study_uid, r) for r in state.studies], state.study)
        if old is None or old.contents != state.contents:
            _fill(self.contents, [(r.key, r) for r in state.contents], _first_open(state.contents))
        say(self.doing, state.asking)
        self.stop.setVisible(bool(state.asking))
        self.bar.setVisible(state.fraction is not None)
        self.bar.setRange(0, 100)
        self.bar.setValue(round(100 * (state.fraction or 0.0)))
        self.search.setEnabled(state.fraction is None)
        self.search.setToolTip(
            said("" if state.fraction is None else "A series is being received.")
        )
        self._follow()

    def finish(self) -> None:
        """Go away, because what was wanted is here."""
        self.accept()

    def reject(self) -> None:
        """Close; what is being received is not wanted any more."""
        self.stopped.emit()
        super().reject()

    def _search(self) -> None:
        modality = self.modality.currentText()
        self.searched.emit(
            self.archive.currentText(),
            self.patient_id.text(),
            self.name.text(),
            self.dates.text(),
            "" if modality == said(ANY) else modality,
        )

    def _choose(self) -> None:
        if key := _chosen(self.studies, KEY):
            self.study_chosen.emit(key)

    def _row(self) -> ContentRow | None:
        key = _chosen(self.contents, KEY)
        rows = self._state.contents if self._state else ()
        return next((row for row in rows if row.key == key), None)

    def _follow(self) -> None:
        row = self._row()
        why = NOT_CHOSEN if row is None else row.refused
        if self._state is not None and self._state.fraction is not None:
            why = "A series is being received."
        self.ok.setText(said(row.word if row else "Open"))
        self.ok.setEnabled(not why)
        self.ok.setToolTip(said(why))
        self.why.setText(said("" if row is None else row.refused))
        lead(self.ok, is_next=not why)
        lead(self.search, is_next=bool(why))

    def _open(self) -> None:
        if self.ok.isEnabled() and (row := self._row()) is not None:
            self.open_wanted.emit(row.key)


def _table(
    headings: tuple[str, ...], widths: tuple[int, ...], wide: int, name: str
) -> QTableWidget:
    made = QTableWidget(0, len(headings))
    made.setHorizontalHeaderLabels(all_said(list(headings)))
    made.setAccessibleName(said(name))
    made.verticalHeader().hide()
    made.setShowGrid(False)
    made.setWordWrap(False)
    made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    made.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    made.setTabKeyNavigation(False)
    header = made.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setHighlightSections(False)
    for place, width in enumerate(widths):
        made.setColumnWidth(place, width)
    header.setSectionResizeMode(wide, QHeaderView.ResizeMode.Stretch)
    return made


def _fill(
    table: QTableWidget, rows: Sequence[tuple[str, StudyRow | ContentRow]], key: str
) -> None:
    """Put rows in place of the old ones, and mark one without a signal that a hand did it."""
    with QSignalBlocker(table):
        table.clearSelection()
        table.setRowCount(len(rows))
        for place, (row_key, row) in enumerate(rows):
            for column, text in enumerate(row.cells):
                item = QTableWidgetItem(said(text))
                item.setData(KEY, row_key)
                item.setToolTip(said(row.refused or text))
                if row.refused:
                    item.setForeground(table.palette().placeholderText())
                table.setItem(place, column, item)
            if row_key == key:
                table.selectRow(place)


def _first_open(rows: tuple[ContentRow, ...]) -> str:
    """Return the only series that can be opened; between several nobody is chosen."""
    able = [row.key for row in rows if not row.refused]
    return able[0] if len(able) == 1 else ""


def _chosen(table: QTableWidget, role: int) -> str:
    item = next(iter(table.selectedItems()), None)
    return "" if item is None else str(item.data(role))
