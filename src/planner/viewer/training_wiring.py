"""Connects the first step and training: what is kept, what arrives, and what is to be learnt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from PySide6.QtWidgets import QFileDialog, QHBoxLayout

from planner.session.training_states import TrainingPhase
from planner.viewer.fetch_wiring import wire_study
from planner.viewer.language.spoken import said, verbatim
from planner.viewer.panels.training_panel import RightSide, TrainingPanel
from planner.viewer.panels.xray_room import XrayRoom

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QMainWindow, QWidget

    from planner.session.training_desk import TrainingDesk
    from planner.session.training_states import TrainingState
    from planner.session.workstation import Workstation
    from planner.session.xray_room_states import XrayRoomState
    from planner.viewer.panels.arrival_strip import ArrivalStrip
    from planner.viewer.panels.findings_panel import FindingsPanel
    from planner.viewer.panels.instructor_part import GivenOut, InstructorPart
    from planner.viewer.panels.questions import Questions
    from planner.viewer.panels.study_panel import StudyPanel
    from planner.viewer.panels.tour_card import TourCard

ASSIGNMENTS = "Assignments (*.json);;All files (*)"
CSV = "CSV (*.csv)"


class FirstStep(Protocol):
    """What of the window is connected here."""

    desk: Workstation
    ask: Questions
    bench: QWidget
    tour: TourCard
    study: StudyPanel
    findings: FindingsPanel
    actions_by_id: dict[str, QAction]

    def open(self, path: Path) -> None:
        """Open a scan or a plan."""
        ...


def wire_first_step(
    window: QMainWindow, parts: FirstStep
) -> tuple[ArrivalStrip, TrainingPanel, XrayRoom]:
    """Let the first step and training reach their desks."""
    strip = wire_study(window, parts.study.kept, parts.desk, parts.ask, parts.open)
    return strip, *_wire_training(window, parts)


class _Shown:
    """The panel and the place it takes; and the X-ray room, in the place of everything else."""

    def __init__(
        self, panel: TrainingPanel, right: RightSide, room: XrayRoom, parts: FirstStep
    ) -> None:
        self._panel, self._right = panel, right
        self._room, self._bench, self._tour = room, parts.bench, parts.tour
        self._phase = TrainingPhase.IDLE

    def show_training(self, state: TrainingState) -> None:
        """Show a state; another phase comes to the front."""
        self._panel.show_training(state)
        if state.phase is not self._phase:
            self._phase = state.phase
            self._right.show_phase(state.phase, is_xray=state.is_xray)
            self._tour.hide()  # its words tell where the lesion of a case is

    def show_xray_room(self, state: XrayRoomState | None) -> None:
        """Hide steps and pictures as a whole while there are two X-ray pictures alone."""
        if state is not None:
            self._room.show_room(state)
        there, gone = (self._room, self._bench) if state is not None else (self._bench, self._room)
        gone.hide()  # first, or the window grows to hold both
        there.show()


def _wire_training(window: QMainWindow, parts: FirstStep) -> tuple[TrainingPanel, XrayRoom]:
    training = parts.desk.training
    panel = TrainingPanel(parts.actions_by_id)
    right = RightSide(parts.findings, panel, parts.findings.maximumWidth())
    middle = _row_of_pictures(window)
    room = XrayRoom()
    room.hide()
    middle.addWidget(room, 1)
    middle.addWidget(right)

    def begin(name: str, xray: bool) -> None:
        if parts.ask.may_replace():
            training.begin(name, xray=xray)

    def another() -> None:
        if parts.ask.may_replace():
            training.another()

    def again(replay: Callable[[], None]) -> None:
        if parts.ask.may_replace():
            replay()

    def assignment() -> None:
        name, _ = QFileDialog.getOpenFileName(
            window, said("Open an assignment"), "", said(ASSIGNMENTS)
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
    panel.truth_wanted.connect(training.show_truth)
    panel.instructor_wanted.connect(training.instruct)
    panel.replay_shown.connect(lambda part: part.move_wanted.connect(training.go_to_move))
    panel.again_wanted.connect(lambda: again(training.replay))
    panel.own_csv_wanted.connect(
        lambda: _save_as(window, "results.csv", CSV, training.instructor.export_own)
    )
    panel.instructor_shown.connect(lambda part: _wire_instructor(window, training, part, again))
    panel.left.connect(training.leave)
    room.needle_held.connect(lambda needle: training.in_room(lambda here: here.hold(needle)))
    room.arm_turned.connect(lambda name, arm: training.in_room(lambda here: here.turn(name, arm)))
    room.table_moved.connect(lambda table: training.in_room(lambda here: here.move_table(table)))
    room.shot_wanted.connect(lambda name: training.in_room(lambda here: here.shoot(name)))
    training.shown_by(_Shown(panel, right, room, parts))
    return panel, room


def _wire_instructor(
    window: QMainWindow,
    training: TrainingDesk,
    part: InstructorPart,
    again: Callable[[Callable[[], None]], None],
) -> None:
    here = training.instructor

    def give_out(wanted: GivenOut) -> None:
        def write(path: Path) -> None:
            here.give_out(
                path, wanted.title, wanted.cases, wanted.first, wanted.count, xray=wanted.xray
            )

        _save_as(window, "assignment.json", ASSIGNMENTS, write)

    def collect() -> None:
        name = QFileDialog.getExistingDirectory(window, said("Collect attempts from a folder"))
        if name:
            here.collect(Path(name))

    def replay_file() -> None:
        name, _ = QFileDialog.getOpenFileName(
            window, said("See an attempt again"), "", said("Attempts (*.attempt);;All files (*)")
        )
        if name:
            again(lambda: training.replay_file(Path(name)))

    part.given_out.connect(give_out)
    part.collect_wanted.connect(collect)
    part.replay_file_wanted.connect(replay_file)
    part.replay_wanted.connect(lambda name: again(lambda: training.replay(name)))
    part.csv_wanted.connect(lambda: _save_as(window, "group.csv", CSV, here.export))
    part.counting_changed.connect(
        lambda wanted: here.change_standard(wanted.pass_percent, wanted.weights, wanted.fatal)
    )


def _save_as(window: QMainWindow, name: str, kind: str, write: Callable[[Path], None]) -> None:
    chosen, _ = QFileDialog.getSaveFileName(window, said("Save as"), verbatim(name), said(kind))
    if chosen:
        write(Path(chosen))


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
