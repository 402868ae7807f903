"""The tools that correct outlines, as buttons; each one that is off says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from planner.domain.corrections import LARGEST_BRUSH_MM
from planner.domain.levels import Level
from planner.session.actions import TOOLS_BY_ACTION
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
    ("delete_disc", "tool_grow"),
    ("tool_paint", "tool_erase"),
)


class CorrectionTools(QWidget):
    """Everything that is done by hand to outlines."""

    renamed = Signal(object, object)
    brush_sized = Signal(float)

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self._level: Level | None = None
        self.name = QComboBox()
        self.name.setFixedWidth(90)
        self.name.setAccessibleName("Name of the vertebra that is marked in the list")
        self.name.activated.connect(self._rename)
        self._of = label("", "quiet")
        self.brush = QDoubleSpinBox()
        self.brush.setFixedWidth(90)
        self.brush.setRange(1.0, LARGEST_BRUSH_MM)
        self.brush.setSuffix(" mm")
        self.brush.setDecimals(1)
        self.brush.setAccessibleName("Radius of brush and eraser")
        self.brush.valueChanged.connect(self.brush_sized)
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
        column_.addLayout(_beside(label("Brush radius", "quiet"), self.brush))
        clear = QToolButton()
        clear.setDefaultAction(actions["clear_corrections"])
        clear.setProperty("role", "flat")
        column_.addWidget(clear)
        self.show_level(None, None)

    def show_state(self, state: CorrectionState) -> None:
        """Mark the tool in the hand."""
        for name, tool in TOOLS_BY_ACTION.items():
            self._actions[name].setChecked(tool is state.tool)
        self.brush.blockSignals(True)
        self.brush.setValue(state.brush_mm)
        self.brush.blockSignals(False)
        times = f" ({state.made})" if state.made else ""
        self._actions["clear_corrections"].setText(f"Clear corrections{times}")

    def show_level(self, level: Level | None, anatomy: AnatomyState | None) -> None:
        """Offer names for the vertebra that is marked in the list."""
        self._level = level
        self.name.clear()
        self._of.setText("Name" if level is None else f"{level} is")
        why = ""
        if anatomy is None or not anatomy.is_there:
            why = "Outline the spine first."
        elif anatomy.is_void:
            why = "The last correction is being worked in."
        elif level is None:
            why = "Mark a level in the list first."
        else:
            offered = [one.value for one in Level]
            self.name.addItems(offered)
            self.name.setCurrentIndex(offered.index(level.value))
        self.name.setEnabled(not why)
        self.name.setToolTip(why or "The other levels are counted on from this one.")

    def _rename(self, place: int) -> None:
        wanted = Level(self.name.itemText(place))
        if self._level is not None and wanted is not self._level:
            self.renamed.emit(self._level, wanted)


def _beside(left: QWidget, right: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(left)
    row.addStretch(1)
    row.addWidget(right)
    return row
