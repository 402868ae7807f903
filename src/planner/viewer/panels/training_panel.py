"""Training: choose an exercise, commit a reading, plan, submit, and read the score."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from planner.domain.levels import Level, Side
from planner.domain.plan import Approach
from planner.session.training_states import TrainingPhase, TrainingState
from planner.training.attempt import LesionSide, Reading
from planner.viewer.language.spoken import said
from planner.viewer.panels.instructor_part import InstructorPart
from planner.viewer.panels.parts import (
    NARROWEST_PX,
    Choice,
    Panel,
    button,
    label,
    say,
    section,
    tick,
)
from planner.viewer.panels.replay_part import ReplayPart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from PySide6.QtGui import QAction

    from planner.session.training_states import HintRow, ScoreRow

LOWEST_LEVEL = Level.S1
FIRST_LEVEL = Level.T1
UNDER_XRAY = "Lead the needle under two X-ray pictures alone"
CROSSHAIR_FIRST = "Put the crosshair on the vertebra you mean: both X-ray arms come there."
XRAY_WAY = (
    "Choose the skin point and the angles, take a picture of each side, then go deeper.",
    "What you do is seen in the next picture alone. Each picture counts.",
    "In the patient the needle goes deeper or back; to turn it, draw it back to the skin.",
)

DONE_BY_ACTIONS = ("segment", "entry", "tip", "simulate", "confirm_side", "acknowledge")
CHOOSE = "Choose…"
MISSING = "Answer level, side, and whether to treat; who treats says the way in."
WAITING = {
    TrainingPhase.OPENING: "The scan is being made and read. It takes a minute the first time.",
    TrainingPhase.SCORING: "Your plan is measured and simulated on the truth. This takes a while.",
}


class ScoreLine(QFrame):
    """One criterion; a click shows the place that tells."""

    chosen = Signal(object)

    def __init__(self, row: ScoreRow) -> None:
        super().__init__()
        self._row = row
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 2)
        column.setSpacing(2)
        column.addWidget(label(row.head, "name" if row.is_lost else ""))
        column.addWidget(label(row.reason, "quiet"))
        column.addWidget(label(row.source, "faint"))
        if row.at is not None:
            show = QPushButton(said("Show"))
            show.setToolTip(said("Show the place in every picture."))
            show.clicked.connect(lambda: self.chosen.emit(row.at))
            line = QHBoxLayout()
            line.addWidget(show)
            line.addStretch(1)
            column.addLayout(line)


class TrainingPanel(Panel):
    """The side panel of an exercise; nothing in it is a forced order but the reading first."""

    begun = Signal(str, bool)
    assignment_wanted = Signal()
    committed = Signal(object)
    hint_wanted = Signal(str)
    thermocouple_wanted = Signal()
    submitted = Signal(str)
    place_chosen = Signal(object)
    reference_wanted = Signal()
    truth_wanted = Signal()
    instructor_wanted = Signal()
    own_csv_wanted = Signal()
    again_wanted = Signal()
    instructor_shown = Signal(object)
    replay_shown = Signal(object)
    another_wanted = Signal()
    list_wanted = Signal()
    left = Signal()

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__("Training", parent)
        self._acts = {name: button(actions[name]) for name in DONE_BY_ACTIONS}
        for act in self._acts.values():
            act.setMinimumWidth(NARROWEST_PX)
        self._state = TrainingState()
        self.name = QLineEdit()
        self.name.setPlaceholderText(said("Your name, as it shall stand in the result"))
        self.name.setAccessibleName(said("Your name"))
        self._error = label("", "refusal")
        self._inside = QWidget()
        self._body = QVBoxLayout(self._inside)
        self._body.setContentsMargins(0, 0, 0, 0)
        for kept in (self.name, *self._acts.values()):
            kept.setParent(self._inside)  # no layout holds it yet; alone it outlives the window
            kept.hide()
        self.add(self._error, self._inside)
        self.end()

    # showing

    def show_training(self, state: TrainingState) -> None:
        """Show a state; answers that were chosen and not committed stay while it lasts."""
        before, self._state = self._state, state
        say(self._error, state.error)
        if state.phase is TrainingPhase.READING and before.phase is state.phase:
            self._show_hints(state.hints)
            return
        if before.phase is state.phase and self._follow(state):
            return
        self._clear()
        build = {
            TrainingPhase.CHOOSING: self._build_choice,
            TrainingPhase.READING: self._build_reading,
            TrainingPhase.PLANNING: self._build_planning,
            TrainingPhase.XRAY: self._build_xray,
            TrainingPhase.SCORED: self._build_score,
            TrainingPhase.INSTRUCTING: self._build_instructor,
            TrainingPhase.REPLAYING: self._build_replay,
        }.get(state.phase)
        if build is not None:
            build(state)
        elif state.phase in WAITING:
            self._put(label(state.heading, "name"), label(WAITING[state.phase], "quiet"))
        if state.phase is not TrainingPhase.IDLE:
            self._put(self._push("Leave training", self.left.emit))

    def _follow(self, state: TrainingState) -> bool:
        """Show a change in the part that is there; tell whether that was all."""
        if state.instructor is not None:
            self.instructor.show_state(state.instructor)
        elif state.replay is not None:
            self.replay.show_state(state.replay)
        return state.instructor is not None or state.replay is not None

    def _build_instructor(self, state: TrainingState) -> None:
        if state.instructor is not None:
            self.instructor = InstructorPart(state.instructor)
            self.instructor_shown.emit(self.instructor)
            self._put(self.instructor, self._push("Other exercises", self.list_wanted.emit))

    def _build_replay(self, state: TrainingState) -> None:
        self._put(label(state.heading, "name"))
        if state.replay is not None:
            self.replay = ReplayPart(state.replay)
            self.replay_shown.emit(self.replay)
            self._put(self.replay)
        self._put(self._push("Show what is really where", self.truth_wanted.emit))

    def _clear(self) -> None:
        """Take everything away; what follows an action, or was typed, is only hidden."""
        kept = (self.name, *self._acts.values())
        while (item := self._body.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                if old not in kept:
                    old.deleteLater()

    def _put(self, *parts: QWidget) -> None:
        for part in parts:
            self._body.addWidget(part)
            part.show()

    def _push(
        self, words: str, act: Callable[[], object], *, primary: bool = False
    ) -> QPushButton:
        made = QPushButton(said(words))
        made.setMinimumWidth(NARROWEST_PX)
        if primary:
            made.setProperty("role", "primary")
        made.clicked.connect(lambda _on=False: act())
        return made

    def _build_choice(self, state: TrainingState) -> None:
        self._put(label(state.heading, "name"))
        self._put(
            label(
                "Digital spines whose truth is known; no patient is in them. Proposals and "
                "automatic answers are hidden until you submit.",
                "quiet",
            )
        )
        self.xray = tick(UNDER_XRAY)
        self.xray.setChecked(state.is_xray)
        self._put(self.xray)
        for row in state.exercises:
            made = self._push(row.title, partial(self._begin, row.id))
            made.setProperty("role", "row")
            self._put(made, label(row.detail, "faint"))
        self._put(self._push("Open an assignment…", self.assignment_wanted.emit))
        self._put(self._push("Save my results as CSV…", self.own_csv_wanted.emit))
        self._put(self._push("For instructors…", self.instructor_wanted.emit))

    def _begin(self, name: str) -> None:
        self.begun.emit(name, self.xray.isChecked())

    def _story(self, state: TrainingState) -> None:
        self._put(label(state.heading, "name"), label(state.story))
        self._put(section("Chart"), label("\n".join(state.chart), "quiet"))

    def _build_reading(self, state: TrainingState) -> None:
        self._story(state)
        levels = [one for one in Level if FIRST_LEVEL.order <= one.order <= LOWEST_LEVEL.order]
        self.level = self._choice("1  Which vertebra holds the lesion?", levels)
        self.lesion_side = self._choice("2  On which side of it?", LesionSide)
        self._put(section("3  What makes this dangerous?"))
        self.dangers: dict[str, QCheckBox] = {}
        for name, words in state.dangers:
            self.dangers[name] = tick(words)
            self._put(self.dangers[name])
        self.treat = self._choice("4  Treat here?", ("treat", "do not treat"))
        self.approach = self._choice("5  By which way?", Approach)
        self.side = self._choice("6  From which side?", Side)
        self._missing = label("", "quiet")
        self.commit = self._push("Commit the reading", self._commit, primary=True)
        self._put(self._missing, self.commit)
        if state.is_xray:
            self._put(label(CROSSHAIR_FIRST, "quiet"))
        self._put(label("It cannot be changed afterwards. Planning comes next.", "faint"))
        self._begin_hints(state.hints)

    def _choice(self, words: str, offers: Iterable[object]) -> Choice:
        self._put(section(words))
        made = Choice()
        made.setMinimumWidth(NARROWEST_PX)
        made.setAccessibleName(said(words))
        made.addItem(said(CHOOSE), None)
        for one in offers:
            made.addItem(said(str(one)), one)
        self._put(made)
        return made

    def _commit(self) -> None:
        level, side, treat = (
            box.currentData() for box in (self.level, self.lesion_side, self.treat)
        )
        treats = treat == "treat"
        approach, way_side = self.approach.currentData(), self.side.currentData()
        if None in (level, side, treat) or (treats and None in (approach, way_side)):
            say(self._missing, MISSING)
            return
        self.committed.emit(
            Reading(
                level=Level(level),
                lesion_side=LesionSide(side),
                treat=treats,
                dangers=frozenset(name for name, box in self.dangers.items() if box.isChecked()),
                approach=Approach(approach) if treats else None,
                side=Side(way_side) if treats else None,
            )
        )

    def _build_planning(self, state: TrainingState) -> None:
        self._story(state)
        self._put(section("Your reading"), label(state.reading))
        if state.todo:
            self._put(section("Now plan it"))
            for row in state.todo:
                words = f"{'✓' if row.is_done else '•'}  {row.words}"
                self._put(label(words, "quiet" if row.is_done else ""))
                if row.action:
                    self._put(self._acts[row.action])
            self.thermocouple = self._push(
                "Thermocouple at crosshair", self.thermocouple_wanted.emit
            )
            self._put(self.thermocouple)
            if state.thermocouple:
                self._put(label(state.thermocouple, "quiet"))
        self._build_submit("Submit and see the score", state)

    def _build_xray(self, state: TrainingState) -> None:
        self._story(state)
        self._put(section("Your reading"), label(state.reading))
        self._put(section("Under X-ray alone"))
        for words in XRAY_WAY:
            self._put(label(words, "quiet"))
        self._build_submit("See what really happened", state)

    def _build_submit(self, words: str, state: TrainingState) -> None:
        self._put(section("Submit"), self.name)
        self.submit = self._push(
            words, lambda: self.submitted.emit(self.name.text()), primary=True
        )
        self._put(self.submit)
        self._begin_hints(state.hints)

    def _build_score(self, state: TrainingState) -> None:
        self._put(label(state.heading, "name"), label(state.verdict))
        self._put(label(state.lesson))
        self.another = self._push("Another one like this", self.another_wanted.emit, primary=True)
        self._put(self.another)
        if state.has_reference:
            self._put(self._push("Show the reference plan", self.reference_wanted.emit))
        self._put(self._push("Show what is really where", self.truth_wanted.emit))
        self._put(self._push("See my moves again", self.again_wanted.emit))
        self._put(self._push("Other exercises", self.list_wanted.emit))
        self.lines = [ScoreLine(row) for row in state.rows]
        for line in self.lines:
            line.chosen.connect(self.place_chosen)
            self._put(line)
        self._put(label(f"The attempt lies in {state.kept}", "faint"))
        self._put(
            label("Heat and leaks are what a model predicts; no patient was measured.", "faint")
        )

    # hints

    def _begin_hints(self, hints: tuple[HintRow, ...]) -> None:
        self._put(section("Hints"))
        self._hints = QWidget()
        QVBoxLayout(self._hints).setContentsMargins(0, 0, 0, 0)
        self._put(self._hints)
        self._show_hints(hints)

    def _show_hints(self, hints: tuple[HintRow, ...]) -> None:
        column = self._hints.layout()
        if column is None:
            return
        while (item := column.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for row in hints:
            parts: list[QWidget] = [label(f"{row.title}: {row.words}"), label(row.source, "faint")]
            if not row.words:
                parts = [self._push(row.title, partial(self.hint_wanted.emit, row.id))]
                parts[0].setProperty("role", "row")
            for part in parts:
                column.addWidget(part)
                part.show()


class RightSide(QWidget):
    """Findings as ever; beside an exercise the two share the place, and a click changes them."""

    def __init__(self, findings: QWidget, training: TrainingPanel, width_px: int) -> None:
        super().__init__()
        self.setFixedWidth(width_px)
        self._findings, self._training = findings, training
        self._row = QWidget()
        row = QHBoxLayout(self._row)
        row.setContentsMargins(10, 8, 10, 0)
        self.tabs = [QPushButton(said(words)) for words in ("Training", "Findings")]
        for place, tab in enumerate(self.tabs):
            tab.setCheckable(True)
            tab.clicked.connect(lambda _on=False, place=place: self.choose(place))
            row.addWidget(tab)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self._row, training, findings):
            column.addWidget(part, 0 if part is self._row else 1)
        self.show_phase(TrainingPhase.IDLE)

    def show_phase(self, phase: TrainingPhase, *, is_xray: bool = False) -> None:
        """Show findings alone outside of training, and training alone before the plan.

        Under X-ray alone no finding is of the needle, so none is shown before the score.
        """
        plans = phase in (TrainingPhase.PLANNING, TrainingPhase.SCORING, TrainingPhase.SCORED)
        plans = plans and not (is_xray and phase is TrainingPhase.SCORING)
        self._row.setVisible(plans)
        self.choose(1 if phase is TrainingPhase.IDLE else 0)

    def choose(self, place: int) -> None:
        """Show training, 0, or findings, 1."""
        self._training.setVisible(place == 0)
        self._findings.setVisible(place == 1)
        for number, tab in enumerate(self.tabs):
            tab.setChecked(number == place)
