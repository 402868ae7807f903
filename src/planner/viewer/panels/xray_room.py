"""The room with two X-ray pictures: nothing else of the patient is seen while it is open."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from planner.session.xray_pictures import TITLES
from planner.session.xray_room_states import (
    FURTHEST_TURN_DEG,
    TABLE_MM,
    VIEWS,
    Arm,
    Table,
    XrayRoomState,
)
from planner.training.blind_needle import DEEPEST_MM, FARTHEST_MM, STEEPEST_DEG
from planner.viewer.canvas.shot_pane import ShotPane
from planner.viewer.language.number_box import NumberBox
from planner.viewer.language.spoken import said
from planner.viewer.panels.parts import label, say, section

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS_MM = (-5.0, -1.0, 1.0, 5.0)
UNCHECKED = (
    "Two X-ray pictures alone. No rule checks this needle: that nothing warns here means nothing."
)


class XrayRoom(QWidget):
    """Two pictures side by side, and under them all that a hand can do."""

    needle_held = Signal(object)
    arm_turned = Signal(str, object)
    table_moved = Signal(object)
    shot_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = XrayRoomState()
        self.panes = {name: ShotPane(TITLES[name], self) for name in VIEWS}
        self.shoot: dict[str, QPushButton] = {}
        self._arms: dict[str, tuple[NumberBox, NumberBox]] = {}
        pictures = QHBoxLayout()
        for name in VIEWS:
            column = QVBoxLayout()
            column.addWidget(self.panes[name], 1)
            column.addLayout(self._arm_row(name))
            pictures.addLayout(column, 1)
        self._left = self._box(FARTHEST_MM, " mm", self._hold)
        self._head = self._box(FARTHEST_MM, " mm", self._hold)
        self._midline = self._box(STEEPEST_DEG, "°", self._hold)
        self._upward = self._box(STEEPEST_DEG, "°", self._hold)
        self._table = [self._box(TABLE_MM, " mm", self._move_table) for _ in range(3)]
        self._depth = label("", "name")
        self.advance: dict[float, QPushButton] = {}
        self.draw_back = _push("Back to the skin", lambda: self._go(-DEEPEST_MM))
        self._count = label("", "name")
        whole = QVBoxLayout(self)
        whole.addWidget(label(UNCHECKED, "refusal"))
        whole.addLayout(pictures, 1)
        whole.addLayout(self._hand())

    def _arm_row(self, name: str) -> QHBoxLayout:
        turn = self._box(FURTHEST_TURN_DEG, "°", partial(self._turn, name))
        tilt = self._box(FURTHEST_TURN_DEG, "°", partial(self._turn, name))
        self._arms[name] = turn, tilt
        row = QHBoxLayout()
        side = "Arm to the left" if name == "ap" else "Arm to the back"
        for words, box in ((side, turn), ("Arm to the head", tilt)):
            box.setAccessibleName(said(f"{TITLES[name]}: {words}"))
            row.addWidget(label(words, "quiet"))
            row.addWidget(box)
        row.addStretch(1)
        self.shoot[name] = _push("Take a picture", lambda: self.shot_wanted.emit(name))
        self.shoot[name].setProperty("role", "primary")
        self.shoot[name].setAccessibleName(said(f"{TITLES[name]}: Take a picture"))
        row.addWidget(self.shoot[name])
        return row

    def _hand(self) -> QGridLayout:
        """Return skin point, angles and depth; the table; and how many pictures were taken."""
        grid = QGridLayout()
        for column, (heading, parts) in enumerate(
            (
                ("Skin", (("To the left", self._left), ("To the head", self._head))),
                ("Angles", (("To the midline", self._midline), ("To the head", self._upward))),
            )
        ):
            grid.addWidget(section(heading), 0, 2 * column, 1, 2)
            for row, (words, box) in enumerate(parts, 1):
                box.setAccessibleName(said(f"{heading}: {words}"))
                grid.addWidget(label(words, "quiet"), row, 2 * column)
                grid.addWidget(box, row, 2 * column + 1)
        grid.addWidget(section("Depth"), 0, 4)
        grid.addWidget(self._depth, 1, 4)
        steps = QHBoxLayout()
        for step in STEPS_MM:
            self.advance[step] = _push(f"{step:+g} mm", partial(self._go, step))
            steps.addWidget(self.advance[step])
        steps.addWidget(self.draw_back)
        grid.addLayout(steps, 2, 4)
        grid.addWidget(section("Table"), 0, 5, 1, 2)
        ways = ("To the left", "To the head", "To the back")
        for row, (words, box) in enumerate(zip(ways, self._table, strict=True), 1):
            box.setAccessibleName(said(f"Table: {words}"))
            grid.addWidget(label(words, "quiet"), row, 5)
            grid.addWidget(box, row, 6)
        grid.addWidget(section("Pictures"), 0, 7)
        grid.addWidget(self._count, 1, 7)
        grid.setColumnStretch(4, 1)
        return grid

    def _box(self, most: float, suffix: str, changed: Callable[[], None]) -> NumberBox:
        made = NumberBox(self)
        made.setRange(-most, most)
        made.setDecimals(0)
        made.setSuffix(said(suffix))
        made.setKeyboardTracking(False)
        made.valueChanged.connect(lambda _value: changed())
        return made

    # what the hand does

    def _hold(self) -> None:
        self.needle_held.emit(
            replace(
                self._state.needle,
                left_mm=self._left.value(),
                head_mm=self._head.value(),
                towards_midline_deg=self._midline.value(),
                upward_deg=self._upward.value(),
            )
        )

    def _go(self, by_mm: float) -> None:
        depth_mm = min(max(self._state.needle.depth_mm + by_mm, 0.0), DEEPEST_MM)
        self.needle_held.emit(replace(self._state.needle, depth_mm=depth_mm))

    def _turn(self, name: str) -> None:
        turn, tilt = self._arms[name]
        self.arm_turned.emit(name, Arm(turn_deg=turn.value(), tilt_deg=tilt.value()))

    def _move_table(self) -> None:
        left, head, back = (box.value() for box in self._table)
        self.table_moved.emit(Table(left_mm=left, head_mm=head, back_mm=back))

    # showing

    def show_room(self, state: XrayRoomState) -> None:
        """Show a state."""
        self._state = state
        needle, table = state.needle, state.table
        self._fill(self._left, needle.left_mm, is_on=not needle.depth_mm)
        self._fill(self._head, needle.head_mm, is_on=not needle.depth_mm)
        self._fill(self._midline, needle.towards_midline_deg, is_on=not needle.depth_mm)
        self._fill(self._upward, needle.upward_deg, is_on=not needle.depth_mm)
        for name, arm in state.arms.items():
            for box, value in zip(self._arms[name], (arm.turn_deg, arm.tilt_deg), strict=True):
                self._fill(box, value)
            self.shoot[name].setEnabled(not state.is_busy)
        for box, value in zip(
            self._table, (table.left_mm, table.head_mm, table.back_mm), strict=True
        ):
            self._fill(box, value)
        for step, button in self.advance.items():
            button.setEnabled(not state.is_busy and (step > 0.0 or needle.depth_mm > 0.0))
        self.draw_back.setEnabled(not state.is_busy and needle.depth_mm > 0.0)
        depth = f"{needle.depth_mm:g} mm deep" if needle.depth_mm else "At the skin"
        say(self._depth, depth)
        say(self._count, f"{state.shots} taken")
        for name, pane in self.panes.items():
            pane.show_shot(state.shown.get(name))

    def _fill(self, box: NumberBox, value: float, *, is_on: bool = True) -> None:
        box.blockSignals(True)
        box.setValue(value)
        box.blockSignals(False)
        box.setEnabled(is_on and not self._state.is_busy)


def _push(words: str, act: Callable[[], object]) -> QPushButton:
    made = QPushButton(said(words))
    made.clicked.connect(lambda _on=False: act())
    return made
