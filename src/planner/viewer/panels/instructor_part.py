"""What an instructor does in the window: give out, collect, compare, and say what counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPushButton, QVBoxLayout, QWidget

from planner.training.seeds import LARGEST_SEED
from planner.viewer.language.number_box import NumberBox
from planner.viewer.language.spoken import said, verbatim
from planner.viewer.panels.parts import NARROWEST_PX, label, say, section, tick

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.session.training_states import GroupRow, InstructorState

MOST_OF_EACH = 50
HEAVIEST = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenOut:
    """What an instructor wants to give out."""

    title: str
    cases: tuple[str, ...]
    first: int
    count: int
    xray: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """What counts, as it was typed."""

    pass_percent: float
    weights: dict[str, float]
    fatal: dict[str, bool]


class InstructorPart(QWidget):
    """A part of the training panel; what was typed stays while it is shown again."""

    given_out = Signal(object)
    collect_wanted = Signal()
    replay_file_wanted = Signal()
    replay_wanted = Signal(str)
    csv_wanted = Signal()
    counting_changed = Signal(object)

    def __init__(self, state: InstructorState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._done, self._refused = label("", "name"), label("", "refusal")
        self._put(self._done)
        self._build_giving(state)
        self._put(section("Collect and compare"))
        self._put(_push("Collect attempts from a folder…", self.collect_wanted.emit))
        self._put(_push("See an attempt again…", self.replay_file_wanted.emit))
        self._groups = QWidget()
        QVBoxLayout(self._groups).setContentsMargins(0, 0, 0, 0)
        self._put(self._refused, self._groups)
        self.csv = _push("Save the group as CSV…", self.csv_wanted.emit)
        self._put(self.csv)
        self._build_counting(state)
        self.show_state(state)

    def _put(self, *parts: QWidget) -> None:
        for part in parts:
            self._column.addWidget(part)

    def _build_giving(self, state: InstructorState) -> None:
        self._put(section("Give exercises out"))
        self.title = QLineEdit()
        self.title.setPlaceholderText(said("Title of the assignment"))
        self.title.setAccessibleName(said("Title of the assignment"))
        self._put(self.title)
        self.cases: dict[str, QCheckBox] = {}
        for row in state.cases:
            self.cases[row.id] = tick(row.title)
            self._put(self.cases[row.id])
        self.first = _number(0.0, float(LARGEST_SEED), 0.0, 0)
        self.count = _number(1.0, float(MOST_OF_EACH), 1.0, 0)
        for words, box in (("First seed; 0 is the case itself", self.first),
                           ("How many of each", self.count)):  # fmt: skip
            box.setAccessibleName(said(words))
            self._put(label(words, "quiet"), box)
        self.xray = tick("Under X-ray alone")
        self._put(self.xray, _push("Save the assignment…", self._give_out))

    def _give_out(self) -> None:
        self.given_out.emit(
            GivenOut(
                title=self.title.text(),
                cases=tuple(name for name, box in self.cases.items() if box.isChecked()),
                first=round(self.first.value()),
                count=round(self.count.value()),
                xray=self.xray.isChecked(),
            )
        )

    def _build_counting(self, state: InstructorState) -> None:
        self._put(section("What counts"))
        self.pass_percent = _number(0.0, 100.0, state.pass_percent)
        self.pass_percent.setAccessibleName(said("Pass mark, %"))
        self._put(label("Pass mark, %", "quiet"), self.pass_percent)
        self.weights: dict[str, NumberBox] = {}
        for name, title, weight in state.weights:
            self.weights[name] = _number(0.0, HEAVIEST, weight)
            self.weights[name].setAccessibleName(said(title))
            self._put(label(title, "quiet"), self.weights[name])
        self._put(section("Fails whatever the points"))
        self.fatal: dict[str, QCheckBox] = {}
        for name, words, counts in state.fatal:
            self.fatal[name] = tick(words.removesuffix("."))
            self.fatal[name].setChecked(counts)
            self._put(self.fatal[name])
        self._put(_push("Keep what counts", self._count))

    def _count(self) -> None:
        self.counting_changed.emit(
            Counting(
                pass_percent=self.pass_percent.value(),
                weights={name: box.value() for name, box in self.weights.items()},
                fatal={name: box.isChecked() for name, box in self.fatal.items()},
            )
        )

    def show_state(self, state: InstructorState) -> None:
        """Show what was done and collected."""
        say(self._done, state.done)
        say(self._refused, "\n".join(state.refused))
        self.csv.setEnabled(bool(state.groups))
        column = self._groups.layout()
        if column is None:
            return
        while (item := column.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        for group in state.groups:
            for part in self._group(group):
                column.addWidget(part)
                part.show()

    def _group(self, group: GroupRow) -> list[QWidget]:
        name = label("", "name")
        name.setText(verbatim(group.exercise))
        parts: list[QWidget] = [name, label(group.words)]
        for row in group.results:
            who = label("")
            who.setText(verbatim(row.by))
            again = _push("See again", partial(self.replay_wanted.emit, row.attempt))
            again.setAccessibleName(verbatim(f"{said('See again')}: {row.by}"))
            parts += [who, label(row.words, "quiet"), again]
        if group.hardest:
            parts.append(label("Hardest", "quiet"))
        return parts + [label(line, "quiet") for line in group.hardest]


def _push(words: str, act: Callable[[], object]) -> QPushButton:
    made = QPushButton(said(words))
    made.setMinimumWidth(NARROWEST_PX)
    made.clicked.connect(lambda _on=False: act())
    return made


def _number(least: float, most: float, value: float, decimals: int = 1) -> NumberBox:
    made = NumberBox()
    made.setRange(least, most)
    made.setDecimals(decimals)
    made.setValue(value)
    made.setMinimumWidth(NARROWEST_PX)
    return made
