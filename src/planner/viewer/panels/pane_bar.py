"""The strip over the panes: layouts, slabs, measuring tools and grey windows at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from planner.session.window_presets import PRESETS
from planner.viewer.language.spoken import said, verbatim
from planner.viewer.panels.parts import Choice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from planner.session.view_state import ViewState

_BUTTONS = (
    ("layout_planning", "1 + 3"),
    ("layout_quarters", "2 × 2"),
    ("layout_needle", "Needle"),
    ("layout_pair", "X-ray"),
    ("layout_straight", "Spine"),
    ("layout_compare", "Plans"),
    None,
    ("slab_mip", "MIP"),
    ("slab_mean", "Mean"),
    None,
    ("measure_distance", "Distance"),
    ("measure_angle", "Angle"),
    ("measure_region", "HU"),
)
"""Action and short word; ``None`` is a gap."""

OWN_WINDOW = "Own"
GAP_PX, PRESETS_PX, PRESETS_NARROW_PX = 5, 140, 76


class PaneBar(QWidget):
    """Buttons follow their actions, with the reason when one is off."""

    preset_chosen = Signal(str)

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panebar")
        self.setFixedHeight(34)
        # A narrow window keeps its width; the pictures need it more than this strip.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 2, 6, 2)
        row.setSpacing(2)
        for item in _BUTTONS:
            if item is None:
                row.addSpacing(GAP_PX)
                continue
            name, short = item
            row.addWidget(_button(actions[name], short))
        row.addStretch(1)
        self.presets = Choice()
        self.presets.setMinimumWidth(PRESETS_NARROW_PX)
        self.presets.setMaximumWidth(PRESETS_PX)
        self.presets.addItem(said(OWN_WINDOW), "")
        for preset in PRESETS:
            self.presets.addItem(said(f"{preset.key}  {preset.name}"), preset.key)
        self.presets.setToolTip(said("Grey window; the keys are those before the names."))
        self.presets.setAccessibleName(said("Grey window"))
        self.presets.activated.connect(self._choose)
        row.addWidget(self.presets)

    def show_view(self, view: ViewState | None) -> None:
        """Show which preset the grey window is, if it is one."""
        self.presets.setEnabled(view is not None)
        keys = [item.key for item in PRESETS if view is not None and item.window == view.window]
        self.presets.setCurrentIndex(max(0, self.presets.findData(keys[0]) if keys else 0))

    def _choose(self, place: int) -> None:
        if key := self.presets.itemData(place):
            self.preset_chosen.emit(key)


def _button(action: QAction, short: str) -> QToolButton:
    made = QToolButton()
    made.setProperty("role", "bar")
    made.setCheckable(True)
    made.setText(said(short))
    made.clicked.connect(action.trigger)

    def follow() -> None:
        made.setEnabled(action.isEnabled())
        made.setChecked(action.isChecked())
        made.setToolTip(verbatim(action.toolTip()))

    action.changed.connect(follow)
    made.clicked.connect(follow)
    follow()
    return made
