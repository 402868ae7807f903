"""Asks what became of the patient: pain, function, morphine, complications, cement leaks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
)

from planner.domain.errors import UsageError
from planner.session.outcome_entry import (
    BASELINE_VAS_IN_THE_CHECK,
    TypedComplication,
    TypedLeak,
    TypedOutcome,
    TypedVisit,
    read_outcome,
)
from planner.viewer.language.spoken import all_said, said, verbatim
from planner.viewer.panels.dialogs import Question
from planner.viewer.panels.parts import Choice, label, say, section

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtWidgets import QWidget

    from planner.domain.outcome import Outcome, Scheme
    from planner.session.register_desk import OutcomeForm

WIDTH_PX, HEIGHT_PX = 900, 760
ROW_PX = 34
VISITS_PX, FEW_ROWS_PX = 7 * ROW_PX, 3 * ROW_PX + 8
NARROW_PX, WORDS_PX = 110, 230
OPEN = "not said"
DAY_FORM = "YYYY-MM-DD"


class OutcomeDialog(Question):
    """Empty fields are gaps and stay gaps; what is out of range holds the OK back."""

    def __init__(self, form: OutcomeForm, parent: QWidget | None = None) -> None:
        super().__init__("Outcome", "Record", parent)
        self.resize(WIDTH_PX, HEIGHT_PX)
        self._form = form
        self._grades = _grades(form)
        self.treated_on = QLineEdit(form.typed.treated_on)
        self.treated_on.setPlaceholderText(said(f"Day of the treatment, {DAY_FORM}"))
        self.visits = self._visit_table()
        severity = f"CTCAE {form.scales.ctcae.version}"
        self.complications = _table(("What", "CIRSE", severity, "Day"), wide=0)
        self.leaks = _table(("Level", "Kind", "Where", "Symptoms"), wide=1)
        self.complications_asked = QCheckBox(said("Somebody looked for complications"))
        self.leaks_sought = QCheckBox(said("A scan after the treatment was read for cement leaks"))
        self.refusal = label("", "refusal")
        self._lay_out()
        self._fill()
        self.treated_on.textChanged.connect(self._update)
        self._update()

    def entered(self) -> Outcome:
        """Return what was typed; ``UsageError`` with a sentence for what cannot be."""
        return read_outcome(self.typed(), self._form.scales)

    def typed(self) -> TypedOutcome:
        """Return what stands in the fields."""
        return TypedOutcome(
            treated_on=self.treated_on.text(),
            visits=tuple(self._visit(row) for row in range(self.visits.rowCount())),
            complications_asked=self.complications_asked.isChecked(),
            complications=tuple(
                self._complication(row) for row in range(self.complications.rowCount())
            ),
            leaks_sought=self.leaks_sought.isChecked(),
            leaks=tuple(self._leak(row) for row in range(self.leaks.rowCount())),
        )

    def add_complication(self, one: TypedComplication | None = None) -> None:
        """Add a row; a grade must be chosen, none is guessed."""
        row = self.complications.rowCount()
        self.complications.insertRow(row)
        self.complications.setItem(row, 0, QTableWidgetItem(verbatim(one.what if one else "")))
        chosen = f"{one.scheme} {one.grade}" if one else None
        self.complications.setCellWidget(row, 1, self._choice(self._grades, chosen))
        severity = _terms(self._form.scales.ctcae)
        self.complications.setCellWidget(
            row, 2, self._choice([(OPEN, ""), *severity], one.ctcae if one else "")
        )
        self.complications.setItem(row, 3, QTableWidgetItem(verbatim(one.on if one else "")))
        self.complications_asked.setChecked(True)
        self._update()

    def add_leak(self, one: TypedLeak | None = None) -> None:
        """Add a row for a leak."""
        row = self.leaks.rowCount()
        self.leaks.insertRow(row)
        levels = list(dict.fromkeys([*self._form.levels, *([one.level] if one else [])]))
        self.leaks.setCellWidget(
            row, 0, self._choice([(name, name) for name in levels], one.level if one else None)
        )
        kinds, places = _terms(self._form.scales.leak_kinds), _terms(self._form.scales.leak_places)
        self.leaks.setCellWidget(row, 1, self._choice(kinds, one.kind if one else None))
        self.leaks.setCellWidget(row, 2, self._choice(places, one.place if one else None))
        answers = [(OPEN, ""), ("yes", "yes"), ("no", "no")]
        self.leaks.setCellWidget(row, 3, self._choice(answers, one.symptoms if one else ""))
        self.leaks_sought.setChecked(True)
        self._update()

    # what the parts are

    def _lay_out(self) -> None:
        asked, sought = QHBoxLayout(), QHBoxLayout()
        more, leak, less, gone = (
            QPushButton(said(text)) for text in ("Add", "Add", "Remove", "Remove")
        )
        more.clicked.connect(partial(self.add_complication, None))
        leak.clicked.connect(partial(self.add_leak, None))
        leak.setEnabled(bool(self._form.levels))
        less.clicked.connect(lambda: self._remove(self.complications))
        gone.clicked.connect(lambda: self._remove(self.leaks))
        for row, parts in (
            (asked, (self.complications_asked, more, less)),
            (sought, (self.leaks_sought, leak, gone)),
        ):
            row.addWidget(parts[0], 1)
            for one in parts[1:]:
                one.setAutoDefault(False)
                row.addWidget(one)
        self.column.addWidget(section("Treatment"))
        self.column.addWidget(self.treated_on)
        self.column.addWidget(section("Pain, disability and morphine"))
        self.column.addWidget(self.visits)
        self.column.addWidget(section("Complications"))
        self.column.addLayout(asked)
        self.column.addWidget(self.complications, 1)
        self.column.addWidget(section("Cement leaks"))
        self.column.addLayout(sought)
        self.column.addWidget(self.leaks, 1)
        self.column.addWidget(self.refusal)
        self.column.addWidget(self.buttons)
        for table in (self.visits, self.complications, self.leaks):
            table.itemChanged.connect(lambda _item: self._update())
        for box in (self.complications_asked, self.leaks_sought):
            box.toggled.connect(lambda _on: self._update())

    def _visit_table(self) -> QTableWidget:
        measures = self._form.scales.measures.values()
        table = _table(("Day", *(f"{one.name}, {one.unit}" for one in measures)), wide=0)
        table.setFixedHeight(VISITS_PX)
        table.setRowCount(len(self._form.typed.visits))
        table.verticalHeader().setVisible(True)
        names = {one.id: one.name for one in self._form.scales.times}
        table.setVerticalHeaderLabels(
            all_said(names.get(v.time, v.time) for v in self._form.typed.visits)
        )
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        before = {one.id for one in self._form.scales.times if one.is_before}
        for row, visit in enumerate(self._form.typed.visits):
            table.setItem(row, 0, QTableWidgetItem(verbatim(visit.on)))
            for column, name in enumerate(self._form.scales.measures, start=1):
                item = QTableWidgetItem(verbatim(visit.numbers[name]))
                if visit.time in before and name == "vas":
                    item = QTableWidgetItem(verbatim(self._form.baseline_vas))
                    item.setFlags(Qt.ItemFlag.NoItemFlags)
                    item.setToolTip(said(BASELINE_VAS_IN_THE_CHECK))
                table.setItem(row, column, item)
        return table

    def _fill(self) -> None:
        for complication in self._form.typed.complications:
            self.add_complication(complication)
        for leak in self._form.typed.leaks:
            self.add_leak(leak)
        self.complications_asked.setChecked(self._form.typed.complications_asked)
        self.leaks_sought.setChecked(self._form.typed.leaks_sought)

    def _choice(self, rows: Iterable[tuple[str, str]], chosen: str | None) -> Choice:
        """Return a combo box; ``None`` chooses nothing, and what is not in it is added."""
        box = Choice()
        values = []
        for words, value in rows:
            box.addItem(said(words), value)
            box.setItemData(box.count() - 1, said(words), Qt.ItemDataRole.ToolTipRole)
            values.append(value)
        if chosen is not None and chosen not in values:
            box.addItem(verbatim(str(chosen)), chosen)
            values.append(chosen)
        box.setCurrentIndex(-1 if chosen is None else values.index(chosen))
        box.currentIndexChanged.connect(lambda _at: self._update())
        return box

    # what is in them

    def _visit(self, row: int) -> TypedVisit:
        time = self._form.typed.visits[row].time
        numbers = {}
        for column, name in enumerate(self._form.scales.measures, start=1):
            item: QTableWidgetItem | None = self.visits.item(row, column)
            is_open = item is not None and bool(item.flags() & Qt.ItemFlag.ItemIsEditable)
            numbers[name] = _text(self.visits, row, column) if is_open else ""
        return TypedVisit(time=time, on=_text(self.visits, row, 0), numbers=numbers)

    def _complication(self, row: int) -> TypedComplication:
        scheme, _, grade = _chosen(self.complications, row, 1).partition(" ")
        if not grade:
            raise UsageError(f"Complication {row + 1}: choose its grade by CIRSE.")
        return TypedComplication(
            what=_text(self.complications, row, 0),
            scheme=scheme,
            grade=grade,
            ctcae=_chosen(self.complications, row, 2),
            on=_text(self.complications, row, 3),
        )

    def _leak(self, row: int) -> TypedLeak:
        level, kind, place, symptoms = (_chosen(self.leaks, row, column) for column in range(4))
        if not (level and kind and place):
            raise UsageError(f"Leak {row + 1}: choose its level, kind and where it lies.")
        return TypedLeak(level=level, kind=kind, place=place, symptoms=symptoms)

    def _remove(self, table: QTableWidget) -> None:
        """Take the marked row away, or the last one."""
        if table.rowCount():
            row = table.currentRow()
            table.removeRow(row if row >= 0 else table.rowCount() - 1)
            self._update()

    def _update(self) -> None:
        try:
            self.entered()
        except UsageError as refusal:
            self.wait_for(str(refusal))
            say(self.refusal, str(refusal))
        else:
            self.wait_for("")
            say(self.refusal, "")


def _grades(form: OutcomeForm) -> list[tuple[str, str]]:
    """Return every grade of every version, the newest version first."""
    return [
        (f"{term.id} ({scheme.version}): {term.words}", f"{scheme.id} {term.id}")
        for scheme in form.scales.cirse.values()
        for term in scheme.terms.values()
    ]


def _terms(scheme: Scheme) -> list[tuple[str, str]]:
    """Return words and id of each term; a grade or letter stands before its words."""
    return [
        (f"{term.id}: {term.words}" if len(term.id) == 1 else term.words, term.id)
        for term in scheme.terms.values()
    ]


def _table(headings: tuple[str, ...], wide: int) -> QTableWidget:
    table = QTableWidget(0, len(headings))
    table.setHorizontalHeaderLabels(all_said(list(headings)))
    table.verticalHeader().setVisible(False)
    table.verticalHeader().setDefaultSectionSize(ROW_PX)
    table.setMinimumHeight(FEW_ROWS_PX)
    header = table.horizontalHeader()
    for column in range(len(headings)):
        header.resizeSection(column, NARROW_PX if column in (0, 3) else WORDS_PX)
    header.setSectionResizeMode(wide, QHeaderView.ResizeMode.Stretch)
    return table


def _text(table: QTableWidget, row: int, column: int) -> str:
    item: QTableWidgetItem | None = table.item(row, column)
    return "" if item is None else item.text()


def _chosen(table: QTableWidget, row: int, column: int) -> str:
    box = table.cellWidget(row, column)
    return str(box.currentData() or "") if isinstance(box, QComboBox) else ""
