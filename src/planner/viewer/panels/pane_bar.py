"""The strip over the panes: layouts, slabs, measuring tools and grey windows at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from planner.session.window_presets import PRESETS
from planner.viewer.language.spoken import said, verbatim
from planner.viewer.panels.parts import Choice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction, QResizeEvent

    from planner.session.view_state import ViewState

_LAYOUTS = (
    ("layout_planning", "1 + 3"),
    ("layout_quarters", "2 × 2"),
    ("layout_needle", "Needle"),
    ("layout_pair", "X-ray"),
    ("layout_straight", "Spine"),
    ("layout_compare", "Plans"),
)
_TOOLS = (
    ("slab_mip", "MIP"),
    ("slab_mean", "Mean"),
    None,
    ("measure_distance", "Distance"),
    ("measure_angle", "Angle"),
    ("measure_region", "HU"),
)
"""Action and short word; ``None`` is a gap."""

OWN_WINDOW = "Own"
GAP_PX, PRESETS_PX, ROW_PX = 5, 140, 34


class PaneBar(QWidget):
    """Buttons follow their actions, with the reason when one is off."""

    preset_chosen = Signal(str)

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panebar")
        # A narrow window keeps its width; what has no room beside the layouts goes below them.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.presets = Choice()
        self.presets.setFixedWidth(PRESETS_PX)
        self._layouts, self._tools = _row(actions, _LAYOUTS), _row(actions, _TOOLS)
        self._tools.addWidget(self.presets)
        self._rows = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._rows.setContentsMargins(6, 2, 6, 2)
        self._rows.setSpacing(0)
        for row in (self._layouts, self._tools):
            self._rows.addLayout(row)
        self.setFixedHeight(ROW_PX)
        self.presets.addItem(said(OWN_WINDOW), "")
        for preset in PRESETS:
            self.presets.addItem(said(f"{preset.key}  {preset.name}"), preset.key)
        self.presets.setToolTip(said("Grey window; the keys are those before the names."))
        self.presets.setAccessibleName(said("Grey window"))
        self.presets.activated.connect(self._choose)

    def show_view(self, view: ViewState | None) -> None:
        """Show which preset the grey window is, if it is one."""
        self.presets.setEnabled(view is not None)
        keys = [item.key for item in PRESETS if view is not None and item.window == view.window]
        self.presets.setCurrentIndex(max(0, self.presets.findData(keys[0]) if keys else 0))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stand in one row where there is room, else in two; no word is cut short."""
        super().resizeEvent(event)
        margins = self._rows.contentsMargins()
        wanted = self._layouts.sizeHint().width() + self._tools.sizeHint().width() + GAP_PX
        is_wide = wanted + margins.left() + margins.right() <= self.width()
        way = QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom
        if way is not self._rows.direction():
            self._rows.setDirection(way)
            self.setFixedHeight(ROW_PX if is_wide else 2 * ROW_PX - margins.top())

    def _choose(self, place: int) -> None:
        if key := self.presets.itemData(place):
            self.preset_chosen.emit(key)


def _row(actions: Mapping[str, QAction], items: tuple[tuple[str, str] | None, ...]) -> QHBoxLayout:
    """Return buttons beside one another, with room after them."""
    row = QHBoxLayout()
    row.setSpacing(2)
    for item in items:
        if item is None:
            row.addSpacing(GAP_PX)
            continue
        name, short = item
        row.addWidget(_button(actions[name], short))
    row.addStretch(1)
    return row


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
