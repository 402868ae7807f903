"""Connects the first step and training: what is kept, what arrives, and what is to be learnt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtWidgets import QFileDialog, QHBoxLayout

from planner.session.training_states import TrainingPhase
from planner.viewer.fetch_wiring import wire_study
from planner.viewer.language.spoken import said
from planner.viewer.panels.training_panel import RightSide, TrainingPanel

if TYPE_CHECKING:
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QMainWindow

    from planner.session.training_states import TrainingState
    from planner.session.workstation import Workstation
    from planner.viewer.panels.arrival_strip import ArrivalStrip
    from planner.viewer.panels.findings_panel import FindingsPanel
    from planner.viewer.panels.questions import Questions
    from planner.viewer.panels.study_panel import StudyPanel


class FirstStep(Protocol):
    """What of the window is connected here."""

    desk: Workstation
    ask: Questions
    study: StudyPanel
    findings: FindingsPanel
    actions_by_id: dict[str, QAction]

    def open(self, path: Path) -> None:
        """Open a scan or a plan."""
        ...


def wire_first_step(window: QMainWindow, parts: FirstStep) -> tuple[ArrivalStrip, TrainingPanel]:
    """Let the first step and training reach their desks."""
    strip = wire_study(window, parts.study.kept, parts.desk, parts.ask, parts.open)
    return strip, _wire_training(window, parts)


class _Shown:
    """The panel and the place it takes."""

    def __init__(self, panel: TrainingPanel, right: RightSide) -> None:
        self._panel, self._right = panel, right
        self._phase = TrainingPhase.IDLE

    def show_training(self, state: TrainingState) -> None:
        """Show a state; another phase comes to the front."""
        self._panel.show_training(state)
        if state.phase is not self._phase:
            self._phase = state.phase
            self._right.show_phase(state.phase)


def _wire_training(window: QMainWindow, parts: FirstStep) -> TrainingPanel:
    training = parts.desk.training
    panel = TrainingPanel(parts.actions_by_id)
    right = RightSide(parts.findings, panel, parts.findings.maximumWidth())
    middle = _row_of_pictures(window)
    middle.addWidget(right)

    def begin(name: str) -> None:
        if parts.ask.may_replace():
            training.begin(name)

    def another() -> None:
        if parts.ask.may_replace():
            training.another()

    def assignment() -> None:
        name, _ = QFileDialog.getOpenFileName(
            window, said("Open an assignment"), "", said("Assignments (*.json);;All files (*)")
        )
        if name:
            training.open_assignment(Path(name))

    parts.actions_by_id["training"].triggered.connect(training.open)
    panel.begun.connect(begin)
    panel.another_wanted.connect(another)
    panel.assignment_wanted.connect(assignment)
    panel.list_wanted.connect(training.open)
    panel.committed.connect(training.commit)
    panel.hint_wanted.connect(training.hint)
    panel.thermocouple_wanted.connect(training.lay_thermocouple)
    panel.submitted.connect(training.submit)
    panel.place_chosen.connect(parts.desk.panes.jump)
    panel.reference_wanted.connect(training.show_reference)
    panel.left.connect(training.leave)
    training.shown_by(_Shown(panel, right))
    return panel


def _row_of_pictures(window: QMainWindow) -> QHBoxLayout:
    """Return the row that holds steps, pictures and findings."""
    whole = window.centralWidget()
    column = None if whole is None else whole.layout()
    places = range(column.count()) if column is not None else ()
    for place in places:
        item = column.itemAt(place) if column is not None else None
        row = None if item is None else item.layout()
        if isinstance(row, QHBoxLayout):
            return row
    raise AssertionError("the window has a row of pictures")
