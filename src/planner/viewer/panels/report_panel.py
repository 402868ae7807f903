"""Report: save the plan, put it on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QPlainTextEdit

from planner.viewer.language.spoken import said, verbatim
from planner.viewer.panels.parts import Panel, button, label, say, section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QWidget

    from planner.session.window_states import CheckState, PlanState


NOTES_AFTER_MS = 700
"""Typing becomes an edit of the plan this soon, so that a crash loses no more of it."""

NOTES_HEIGHT_PX = 110


class ReportPanel(Panel):
    """The last step."""

    notes_written = Signal(str)

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__("Report", parent)
        self._file = label("", "quiet")
        self._lock = label("", "quiet")
        self._verdict = label("", "quiet")
        self.notes = QPlainTextEdit()
        self.notes.setPlaceholderText(said("Printed in the report."))
        self.notes.setFixedHeight(NOTES_HEIGHT_PX)
        self.notes.setTabChangesFocus(True)
        self.notes.textChanged.connect(self._typing)
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(NOTES_AFTER_MS)
        self._typed.timeout.connect(self._write)
        # What comes next stands first: paper and the archive must not lie below the fold.
        self.add(
            section("Plan file"),
            self._file,
            button(actions["save"], primary=True),
            button(actions["save_as"]),
            section("On paper"),
            self._verdict,
            button(actions["report"], primary=True),
            label(
                "The PDF carries the verdict, every finding, the pictures, and the line that "
                "this is not a medical device.",
                "faint",
            ),
            section("For other programs"),
            button(actions["export"]),
            label(
                "DICOM, Slicer markups, STL, NIfTI and NRRD, as far as the scan allows.", "faint"
            ),
            button(actions["send"]),
            section("Notes"),
            self.notes,
            section("Lock"),
            self._lock,
            button(actions["lock_plan"]),
            button(actions["unlock_plan"]),
            section("Compare"),
            button(actions["compare_saved"]),
            button(actions["compare"]),
            button(actions["revisions"]),
            section("Afterwards"),
            button(actions["outcome"]),
            button(actions["register"]),
        )
        self.end()

    def show_plan(self, state: PlanState) -> None:
        """Show whether the plan is in its file."""
        name = verbatim(state.file_name) or said("not saved yet")
        changed = said(" · changed since") if state.unsaved and state.file_name else ""
        self._file.setText(verbatim(name + changed) if state.is_there else said("No plan"))
        say(self._lock, state.lock)
        self.notes.setReadOnly(bool(state.lock) or not state.is_there)
        self.notes.setToolTip(said(state.lock or ("" if state.is_there else "Open a CT first.")))
        if not self._typed.isActive() and self.notes.toPlainText() != state.notes:
            self.notes.blockSignals(True)
            self.notes.setPlainText(state.notes)
            self.notes.blockSignals(False)

    def write_notes(self) -> None:
        """Hand over what was typed, as before the plan is saved."""
        if self._typed.isActive():
            self._typed.stop()
            self._write()

    def _write(self) -> None:
        self.notes_written.emit(self.notes.toPlainText())

    def _typing(self) -> None:
        if not self._typed.isActive():
            self._typed.start()

    def show_check(self, state: CheckState) -> None:
        """Show what would be printed."""
        self._verdict.setText(said(f"{state.headline}. {state.detail}"))
