"""Who is on the screen, always; and what this program is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from planner.domain.volume import GateVerdict
from planner.viewer.language.spoken import said, verbatim
from planner.viewer.panels.parts import label, say

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from planner.session.kept_states import KeptState
    from planner.session.window_states import StudyState


class Banner(QWidget):
    """The strip at the top."""

    def __init__(self, hide_names: QAction, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.setFixedHeight(56)
        self._name = label("No scan is open", "name")
        self._identity = label("", "quiet")
        self._series = label("", "quiet")
        self._position = label("", "faint")
        self._alarm = label("", "alarm")
        self._side = label("", "alarm")
        self._gate = label("", "alarm")
        self.journal = label("NOT AUTOSAVED", "alarm")
        self.lock = label("LOCKED", "badge")
        self.draft = label("DRAFT", "alarm")
        self.not_a_device = label("NOT A MEDICAL DEVICE", "alarm")
        for part in (
            self._name, self._identity, self._series, self._position, self._alarm, self._side,
            self._gate, self.journal, self.lock, self.draft, self.not_a_device,
        ):  # fmt: skip
            part.setWordWrap(False)
        badges = (
            self._alarm,
            self._side,
            self._gate,
            self.journal,
            self.lock,
            self.draft,
            self.not_a_device,
        )
        for badge in badges:
            badge.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self._names = QToolButton()
        self._names.setDefaultAction(hide_names)
        self._names.setProperty("role", "flat")
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 12, 6)
        row.setSpacing(10)
        row.addLayout(_pair(self._name, self._identity))
        row.addSpacing(24)
        row.addLayout(_pair(self._series, self._position))
        row.addSpacing(6)
        hidden = badges[:5]
        for badge in hidden:
            row.addWidget(badge)
        row.addStretch(1)
        row.addWidget(self._names)
        row.addWidget(self.draft)
        row.addWidget(self.not_a_device)
        for badge in hidden:
            badge.hide()

    def show_kept(self, state: KeptState) -> None:
        """Say that the journal cannot be written, as long as it cannot."""
        self.journal.setVisible(bool(state.trouble))
        self.journal.setToolTip(said(state.trouble))

    def show_lock(self, lock: str) -> None:
        """Say that the plan takes no edit."""
        self.lock.setVisible(bool(lock))
        self.lock.setToolTip(said(lock))

    def show_study(self, state: StudyState) -> None:
        """Show who is open."""
        if state.is_coming:
            self._name.setText(said("Loading a scan"))
            self._identity.setText(said("nothing can be planned on it yet"))
        else:
            self._name.setText(_name(state) if state.is_open else said("No scan is open"))
            known = " · ".join(said(part) for part in state.identity.split(" · "))
            self._identity.setText(
                verbatim(known) if state.is_open else said("Drag a CT folder here")
            )
        self._series.setText(said(state.series))
        self._position.setText(said(state.position))
        say(self._alarm, state.position_words)
        side = "SIDE IN DOUBT" if state.side_doubts else "SIDE NOT CONFIRMED"
        say(self._side, side if state.is_open and not state.side_confirmed else "")
        self._side.setToolTip(said("\n".join(state.side_doubts) or "Study, then Confirm side…"))
        heavy = [line for line in state.gate if line.severity is GateVerdict.WARN]
        number = f"{len(heavy)} WARNING{'S' if len(heavy) > 1 else ''}"
        say(self._gate, number if heavy else "")
        self._gate.setToolTip(said("\n".join(line.message for line in heavy)))
        for part in (self._name, self._series):
            part.setToolTip(verbatim(part.text()))
            part.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)


def _pair(upper: QWidget, lower: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(0)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(upper)
    column.addWidget(lower)
    return column


def _name(state: StudyState) -> str:
    """Return the patient's name as the scan has it; only the words that hide it are said."""
    return said(state.name) if state.names_hidden else verbatim(state.name)
