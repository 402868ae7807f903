"""The tools that correct outlines, as buttons; each one that is off says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from planner.domain.corrections import (
    GREATEST_BONE_HU,
    GREATEST_REACH_MM,
    LARGEST_BRUSH_MM,
    LEAST_BONE_HU,
)
from planner.domain.levels import Level
from planner.session.actions import MARK_LEVEL, NO_LINES, TOOLS_BY_ACTION
from planner.session.hand_drawn import PAINTS, GrowLimits
from planner.viewer.language.number_box import NumberBox
from planner.viewer.language.spoken import said, verbatim
from planner.viewer.panels.parts import label, section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from planner.session.tool_marks import CorrectionState
    from planner.session.window_states import AnatomyState

_ROWS = (
    ("names_up", "names_down"),
    ("tool_body", "tool_canal"),
    ("tool_disc", "tool_add_disc"),
    ("delete_disc", "tool_wall"),
    ("tool_mine", "tool_nobody"),
    ("tool_paint", "tool_erase"),
    ("tool_grow", "clear_corrections"),
)
_COUNTS = {"Lumbar": ("4", "5", "6"), "Thoracic": ("11", "12", "13")}
_AUTOMATIC_HU = LEAST_BONE_HU - 10.0
"""The lowest step of the threshold stands for the program's own."""

_UNLIMITED_HU, _GREATEST_HU = -210.0, 3000.0
"""The lowest step of a lesion's limit stands for the program's own."""


class CorrectionTools(QWidget):
    """Everything that is done by hand to outlines."""

    renamed = Signal(object, object)
    brush_sized = Signal(float)
    paint_chosen = Signal(str)
    ball_chosen = Signal(bool)
    growth_limited = Signal(object)
    threshold_set = Signal(object)
    counted = Signal(int, int)

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._level: Level | None = None
        self.name = QComboBox()
        self.name.setFixedWidth(90)
        self.name.setAccessibleName(said("Name of the vertebra that is marked in the list"))
        self.name.activated.connect(self._rename)
        self._of = label("", "quiet")
        self._make_growth()
        self._make_brush()
        self._make_threshold()
        self._make_counts()
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(6)
        for row, names in enumerate(_ROWS):
            for column, name in enumerate(names):
                made = QToolButton()
                made.setDefaultAction(actions[name])
                made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
                grid.addWidget(made, row, column)
        column_ = QVBoxLayout(self)
        column_.setContentsMargins(0, 0, 0, 0)
        column_.setSpacing(6)
        column_.addWidget(section("Correct"))
        column_.addLayout(_beside(self._of, self.name))
        column_.addLayout(grid)
        column_.addLayout(_beside(label("Lesion from", "quiet"), self.lesion_low))
        column_.addLayout(_beside(label("Lesion up to", "quiet"), self.lesion_high))
        column_.addLayout(_beside(label("Lesion within", "quiet"), self.lesion_reach))
        column_.addLayout(_beside(label("Brush", "quiet"), self.paint))
        column_.addLayout(_beside(self.ball, self.brush))
        column_.addLayout(_beside(self._bone, self.threshold))
        for name, box in self.counts.items():
            column_.addLayout(_beside(label(f"{name} vertebrae", "quiet"), box))
        self.show_level(None, None)

    def _make_growth(self) -> None:
        self.lesion_low, self.lesion_high, self.lesion_reach = (NumberBox() for _ in range(3))
        for box, name in (
            (self.lesion_low, "Lowest HU of a lesion that is grown"),
            (self.lesion_high, "Highest HU of a lesion that is grown"),
        ):
            box.setRange(_UNLIMITED_HU, _GREATEST_HU)
            box.setSingleStep(10)
            box.setSuffix(said(" HU"))
            box.setSpecialValueText(said("automatic"))
            box.setAccessibleName(said(name))
        self.lesion_reach.setRange(1.0, GREATEST_REACH_MM)
        self.lesion_reach.setSuffix(said(" mm"))
        self.lesion_reach.setAccessibleName(said("How far a lesion reaches from the click"))
        for box in (self.lesion_low, self.lesion_high, self.lesion_reach):
            box.setDecimals(0)
            box.setFixedWidth(110)
            box.setToolTip(said("Holds for the next click with Grow lesion."))
            box.editingFinished.connect(self._growth_given)

    def _make_brush(self) -> None:
        self.paint = QComboBox()
        self.paint.setFixedWidth(150)
        for paint, words in PAINTS.items():
            self.paint.addItem(said(words[:1].upper() + words[1:]), paint)
        self.paint.setAccessibleName(said("What brush and eraser paint"))
        self.paint.activated.connect(
            lambda place: self.paint_chosen.emit(str(self.paint.itemData(place)))
        )
        self.ball = QCheckBox(said("In depth, radius"))
        self.ball.setToolTip(
            said("Let brush and eraser be a ball that reaches into other slices.")
        )
        self.ball.clicked.connect(self.ball_chosen)
        self.brush = NumberBox()
        self.brush.setFixedWidth(90)
        self.brush.setRange(1.0, LARGEST_BRUSH_MM)
        self.brush.setSuffix(said(" mm"))
        self.brush.setDecimals(1)
        self.brush.setAccessibleName(said("Radius of brush and eraser"))
        self.brush.valueChanged.connect(self.brush_sized)

    def _make_threshold(self) -> None:
        self._bone = label("Bone from", "quiet")
        self.threshold = NumberBox()
        self.threshold.setDecimals(0)
        self.threshold.setFixedWidth(110)
        self.threshold.setRange(_AUTOMATIC_HU, GREATEST_BONE_HU)
        self.threshold.setSingleStep(10)
        self.threshold.setSuffix(said(" HU"))
        self.threshold.setSpecialValueText(said("automatic"))
        self.threshold.setAccessibleName(said("Where bone of the marked vertebra begins"))
        self.threshold.editingFinished.connect(self._threshold_given)

    def _make_counts(self) -> None:
        self.counts: dict[str, QComboBox] = {}
        for name, offered in _COUNTS.items():
            box = QComboBox()
            box.setFixedWidth(90)
            box.addItems([verbatim(one) for one in offered])
            box.setAccessibleName(said(f"How many {name.lower()} vertebrae this patient has"))
            box.setToolTip(said("Names are counted with as many."))
            box.activated.connect(self._counted)
            self.counts[name] = box

    def show_state(self, state: CorrectionState) -> None:
        """Mark the tool in the hand."""
        for name, tool in TOOLS_BY_ACTION.items():
            self._actions[name].setChecked(tool is state.tool)
        self.brush.blockSignals(True)
        self.brush.setValue(state.brush.radius_mm)
        self.brush.blockSignals(False)
        growing = state.growing
        self.lesion_low.setValue(_UNLIMITED_HU if growing.low_hu is None else growing.low_hu)
        self.lesion_high.setValue(_UNLIMITED_HU if growing.high_hu is None else growing.high_hu)
        self.lesion_reach.setValue(growing.reach_mm)
        self.threshold.setValue(state.threshold_hu or _AUTOMATIC_HU)
        self.paint.setCurrentIndex(self.paint.findData(state.brush.paint))
        self.ball.setChecked(state.brush.is_ball)
        self.counts["Lumbar"].setCurrentText(str(state.count.lumbar))
        self.counts["Thoracic"].setCurrentText(str(state.count.thoracic))
        self._bone.setText(said(f"{state.level} bone from" if state.level else "Bone from"))
        why = "" if state.level else MARK_LEVEL
        if not state.has_lines:
            why = NO_LINES
        elif state.is_redoing:
            why = "The last correction is being worked in."
        self.threshold.setEnabled(not why)
        self.threshold.setToolTip(said(why or "Enter works it in; the lowest step is automatic."))
        times = f" ({state.made})" if state.made else ""
        self._actions["clear_corrections"].setText(said(f"Clear all{times}"))

    def show_level(self, level: Level | None, anatomy: AnatomyState | None) -> None:
        """Offer names for the vertebra that is marked in the list."""
        self._level = level
        self.name.clear()
        self._of.setText(said("Name" if level is None else f"{level} is"))
        why = ""
        if anatomy is None or not anatomy.is_there:
            why = "Outline the spine first."
        elif anatomy.is_void:
            why = "The last correction is being worked in."
        elif level is None:
            why = MARK_LEVEL
        else:
            offered = [one.value for one in Level]
            self.name.addItems([verbatim(one) for one in offered])
            self.name.setCurrentIndex(offered.index(level.value))
        for box in self.counts.values():
            box.setEnabled(anatomy is not None and anatomy.is_there and not anatomy.is_void)
        self.name.setEnabled(not why)
        self.name.setToolTip(said(why or "The other levels are counted on from this one."))

    def _rename(self, place: int) -> None:
        wanted = Level(self.name.itemText(place))
        if self._level is not None and wanted is not self._level:
            self.renamed.emit(self._level, wanted)

    def _threshold_given(self) -> None:
        given = self.threshold.value()
        self.threshold_set.emit(None if given == _AUTOMATIC_HU else given)

    def _growth_given(self) -> None:
        low_hu, high_hu = (
            None if box.value() == _UNLIMITED_HU else box.value()
            for box in (self.lesion_low, self.lesion_high)
        )
        reach_mm = self.lesion_reach.value()
        self.growth_limited.emit(GrowLimits(low_hu=low_hu, high_hu=high_hu, reach_mm=reach_mm))

    def _counted(self, _place: int) -> None:
        self.counted.emit(
            int(self.counts["Thoracic"].currentText()), int(self.counts["Lumbar"].currentText())
        )


def _beside(left: QWidget, right: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(left)
    row.addStretch(1)
    row.addWidget(right)
    return row
