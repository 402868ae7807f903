"""The verdict and the findings, always on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from planner.session.finding_rows import SEVERITY_WORDS
from planner.session.window_states import CheckPhase, CheckState, MarginColumn
from planner.viewer.language.spoken import said
from planner.viewer.panels.parts import EDGE, button, label, say, section
from planner.viewer.theme import clinical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent

    from planner.session.window_states import FindingRow, MarginCell


SHORTEST_CELL_PX = 62

UNVERIFIED = "UNVERIFIED: nobody has accepted the outline and the name of {}."


class FindingCard(QFrame):
    """One finding; a click shows where it is."""

    chosen = Signal(str)

    def __init__(self, row: FindingRow, *, selected: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = row
        colour = clinical.SEVERITY_COLOURS[row.severity]
        ground = "rgba(127, 147, 170, 0.22)" if selected else "rgba(127, 147, 170, 0.08)"
        self.setObjectName("card")
        self.setStyleSheet(
            f"#card {{ background: {ground}; border: none; border-left: 3px solid {colour};"
            " border-radius: 4px; }"
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if row.at is not None:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(3)
        head = QHBoxLayout()
        word = label(SEVERITY_WORDS[row.severity])
        word.setWordWrap(False)
        word.setStyleSheet(
            f"background: {colour}; color: {clinical.ON_SEVERITY}; font-weight: 700;"
            " font-size: 10px; border-radius: 3px; padding: 1px 5px;"
        )
        rule = label(row.rule, "faint")
        rule.setWordWrap(False)
        head.addWidget(word)
        head.addWidget(label(row.subject, "quiet"), 1)
        head.addWidget(rule)
        column.addLayout(head)
        column.addWidget(label(row.message))
        for text in (row.numbers, row.resolve if selected else "", row.source if selected else ""):
            if text:
                column.addWidget(label(text, "quiet" if text == row.numbers else "faint"))
        if row.answer:
            column.addWidget(label(row.answer, "quiet"))
        if row.at is None:
            self.setToolTip(said("This finding has no place in the images."))

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        """Show where it is."""
        self.chosen.emit(self._row.fingerprint)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Show where it is from the keyboard too."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self._row.fingerprint)
        else:
            super().keyPressEvent(event)


class FindingsPanel(QWidget):
    """Verdict, margins, findings."""

    finding_chosen = Signal(str)
    place_chosen = Signal(object)

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.verdict = label("No plan")
        self.detail = label("", "quiet")
        self._margins_title = section("Shortest distances in mm, planned")
        self._margins = QGridLayout()
        self._margins.setHorizontalSpacing(10)
        self._margins.setVerticalSpacing(4)
        self._findings_title = section("Findings")
        self._state = CheckState()
        self._evidence_title = QToolButton()
        self._evidence_title.setCheckable(True)
        self._evidence_title.setProperty("role", "flat")
        self._evidence_title.hide()
        self._evidence_title.toggled.connect(lambda _on: self._show_evidence(self._state))
        self._evidence = label("", "faint")
        self._list = QVBoxLayout()
        self._list.setSpacing(6)
        self._list.setContentsMargins(0, 0, 0, 0)
        inside = QWidget()
        inside.setObjectName("panel")
        inner = QVBoxLayout(inside)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addLayout(self._list)
        inner.addWidget(self._evidence_title)
        inner.addWidget(self._evidence)
        inner.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        column = QVBoxLayout(self)
        column.setContentsMargins(EDGE, 14, EDGE, 10)
        column.setSpacing(6)
        column.addWidget(self.verdict)
        column.addWidget(self.detail)
        column.addWidget(self._margins_title)
        column.addLayout(self._margins)
        column.addWidget(self._findings_title)
        column.addWidget(area, 1)
        row = QHBoxLayout()
        row.addWidget(button(actions["acknowledge"]))
        row.addWidget(button(actions["recheck"]))
        column.addLayout(row)

    def show_check(self, state: CheckState) -> None:
        """Show the verdict; nothing of an older plan stays."""
        void = state.phase in (CheckPhase.CHECKING, CheckPhase.NOT_EVALUATED, CheckPhase.STOPPED)
        colour = clinical.VERDICT_COLOURS[state.verdict]
        if state.phase is CheckPhase.STOPPED:
            colour = "#E5484D"
        style = "dashed" if void else "solid"
        self.verdict.setText(said("NOT EVALUATED" if _is_void(state) else state.headline.upper()))
        self.verdict.setStyleSheet(
            f"border: 2px {style} {colour}; border-radius: 6px; padding: 9px 12px;"
            " font-size: 16px; font-weight: 700;"
        )
        say(self.detail, state.detail)
        self._state = state
        self._show_margins(state)
        self._show_evidence(state)
        _empty(self._list)
        self._findings_title.setVisible(bool(state.findings))
        for words in state.void_answers:
            self._list.addWidget(label(f"No longer counts: {words}", "faint"))
        for row in state.findings:
            card = FindingCard(row, selected=row.fingerprint == state.selected)
            card.chosen.connect(self.finding_chosen)
            self._list.addWidget(card)

    def _show_evidence(self, state: CheckState) -> None:
        """Offer the list of what was checked; folded, because it is long."""
        self._evidence_title.setVisible(bool(state.evidence))
        text = "\n".join(f"{rule}  {seen}" for rule, seen in state.evidence)
        say(self._evidence, text if self._evidence_title.isChecked() else "")
        self._evidence_title.setText(
            said(f"What was checked, and the margin ({len(state.evidence)})")
        )

    def _show_margins(self, state: CheckState) -> None:
        _empty(self._margins)
        self._margins_title.setVisible(bool(state.margins))
        if not state.margins:
            return
        for column, text in enumerate(("", *MarginColumn)):
            head = label(text, "faint")
            head.setWordWrap(False)
            self._margins.addWidget(head, 0, column)
        self._margins.setColumnStretch(0, 1)
        for place, row in enumerate(state.margins, start=1):
            self._margins.addWidget(label(row.subject, "quiet"), place, 0)
            for column, cell in enumerate(row.cells, start=1):
                self._margins.addWidget(self._margin(cell), place, column)
        waiting = dict.fromkeys(row.unverified for row in state.margins if row.unverified)
        if waiting:
            mark = label(UNVERIFIED.format(", ".join(waiting)))
            self._margins.addWidget(mark, len(state.margins) + 1, 0, 1, len(MarginColumn) + 1)

    def _margin(self, cell: MarginCell) -> QToolButton:
        made = QToolButton()
        made.setText(said(cell.text))
        made.setProperty("role", "margin")
        words = SEVERITY_WORDS[cell.severity] + ": " if cell.severity else ""
        made.setToolTip(said(words + cell.explained))
        made.setEnabled(cell.at is not None)
        # A number is never shortened: "−1…" for −1.4 and for −12 would look the same.
        wide = QFontMetrics(self.verdict.font()).horizontalAdvance(f" {cell.text}  ")
        made.setMinimumWidth(max(wide, SHORTEST_CELL_PX))
        colour = clinical.SEVERITY_COLOURS[cell.severity] if cell.severity else "transparent"
        made.setStyleSheet(f"border: none; border-bottom: 2px solid {colour};")
        if cell.at is not None:
            made.clicked.connect(lambda _on=False, at=cell.at: self.place_chosen.emit(at))
        return made


def _is_void(state: CheckState) -> bool:
    return state.phase in (CheckPhase.CHECKING, CheckPhase.NOT_EVALUATED)


def _empty(layout: QVBoxLayout | QGridLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (old := item.widget()) is not None:
            old.hide()
            old.deleteLater()
