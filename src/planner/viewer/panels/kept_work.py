"""Work to recover and plans to open again; nothing in it names a patient unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from planner.viewer.language.spoken import said, verbatim
from planner.viewer.panels.parts import GAP, label, section

if TYPE_CHECKING:
    from pathlib import Path

    from planner.session.kept_states import KeptState, OfferRow, RecentRow


class KeptWork(QWidget):
    """A part of the first step."""

    recover_wanted = Signal(object)
    throw_away_wanted = Signal(object)
    open_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state: KeptState | None = None
        self.names = QCheckBox(said("Show file names"))
        self.names.setToolTip(said("File names may name a patient, so they are hidden at first."))
        self.names.toggled.connect(self._fill)
        self._rows = QVBoxLayout()
        self._rows.setSpacing(GAP)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._rows)
        column.addWidget(self.names)
        self.hide()

    def show_kept(self, state: KeptState) -> None:
        """Show other offers and recents."""
        self._state = state
        self._fill()

    def _fill(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        state = self._state
        if state is None:
            return
        self.setVisible(bool(state.offers or state.recents))
        self.names.setVisible(bool(state.recents))
        if state.offers:
            self._rows.addWidget(section("Work that was not saved"))
        for offer in state.offers:
            self._rows.addWidget(self._offer(offer))
        if state.recents:
            self._rows.addWidget(section("Recent plans"))
        for recent in state.recents:
            self._rows.addWidget(self._recent(recent))

    def _offer(self, offer: OfferRow) -> QWidget:
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(label(offer.title))
        column.addWidget(label(offer.detail, "faint"))
        row = QHBoxLayout()
        recover, away = QPushButton(said("Recover")), QPushButton(said("Throw away…"))
        recover.setProperty("role", "primary")
        recover.setToolTip(said("Open this work on its own scan; it counts as not saved."))
        away.setToolTip(said("Remove this work for good."))
        recover.clicked.connect(lambda: self.recover_wanted.emit(offer.sheet))
        away.clicked.connect(lambda: self.throw_away_wanted.emit(offer))
        row.addWidget(recover)
        row.addWidget(away)
        column.addLayout(row)
        return made

    def _recent(self, recent: RecentRow) -> QWidget:
        path: Path = recent.path
        shown = said(recent.title)
        if self.names.isChecked():
            shown = f"{recent.file_name}\n{shown}"
        made = QPushButton(verbatim(f"{shown}\n{said(recent.detail)}"))
        made.setProperty("role", "row")
        made.setToolTip(said("Open this plan on its scan."))
        made.clicked.connect(lambda: self.open_wanted.emit(path))
        return made
