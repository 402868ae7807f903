"""Report: save the plan, put it on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.viewer.panels.parts import Panel, button, label, section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QWidget

    from planner.session.window_states import CheckState, PlanState


class ReportPanel(Panel):
    """The last step."""

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__("Report", parent)
        self._file = label("", "quiet")
        self._verdict = label("", "quiet")
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
        )
        self.end()

    def show_plan(self, state: PlanState) -> None:
        """Show whether the plan is in its file."""
        name = state.file_name or "not saved yet"
        changed = " · changed since" if state.unsaved and state.file_name else ""
        self._file.setText(name + changed if state.is_there else "No plan")

    def show_check(self, state: CheckState) -> None:
        """Show what would be printed."""
        self._verdict.setText(f"{state.headline}. {state.detail}")
