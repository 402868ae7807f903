"""Study: open a scan, and read what the gate says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from planner.domain.volume import GateVerdict
from planner.viewer.language.spoken import said
from planner.viewer.panels.kept_work import KeptWork
from planner.viewer.panels.parts import Panel, button, label, lead, say, section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from planner.session.window_states import StudyState

_WORDS = {
    GateVerdict.REFUSE: "REFUSED",
    GateVerdict.WARN: "WARNING",
    GateVerdict.LOAD: "NOTE",
}


class StudyPanel(Panel):
    """The first step."""

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__("Study", parent)
        self._hint = label(
            "Open a folder of CT slices, or drag it onto the window. "
            "Every series is checked before it is shown.",
            "quiet",
        )
        self.kept = KeptWork()
        self._refusal = label("", "refusal")
        self._refusal.hide()
        self._series = label()
        self._grid = label("", "quiet")
        self._position = label("", "quiet")
        self._side = label("", "quiet")
        self._seen = label("", "quiet")
        self._doubts = label("", "refusal")
        self._gate_title = section("What the gate says")
        self._gate = QVBoxLayout()
        self._open = button(actions["open_folder"], primary=True)
        self._confirm = button(actions["confirm_side"])
        self.add(
            self._hint,
            self._open,
            button(actions["open_file"]),
            button(actions["open_plan"]),
            button(actions["fetch"]),
            button(actions["training"]),
            self._refusal,
            self.kept,
            section("Series"),
            self._series,
            self._grid,
            self._position,
            section("Left and right"),
            self._doubts,
            self._seen,
            self._side,
            self._confirm,
            self._gate_title,
        )
        self.column.addLayout(self._gate)
        self.end()

    def show_study(self, state: StudyState) -> None:
        """Show the series and the gate's findings."""
        lead(self._open, is_next=not state.is_open and not state.is_coming)
        lead(self._confirm, is_next=state.is_open and not state.side_confirmed)
        self._hint.setVisible(not state.is_open and not state.refusal)
        say(self._refusal, f"NOT OPENED  {state.refusal}" if state.refusal else "")
        nothing = "Slices are coming in." if state.is_coming else "None is open."
        self._series.setText(said(state.series if state.is_open else nothing))
        say(self._grid, state.grid)
        say(self._position, state.position)
        say(self._doubts, "\n".join(state.side_doubts))
        say(self._side, state.side_confirmed or "Nobody has confirmed the side of this scan yet.")
        self._side.setVisible(state.is_open)
        say(self._seen, state.side_seen)
        while (item := self._gate.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        self._gate_title.setVisible(state.is_open)
        if state.is_open and not state.gate:
            self._gate.addWidget(label("Nothing to remark.", "quiet"))
        for line in state.gate:
            self._gate.addWidget(label(f"{_WORDS[line.severity]}  {line.message}"))
            self._gate.addWidget(label(line.code, "faint"))
