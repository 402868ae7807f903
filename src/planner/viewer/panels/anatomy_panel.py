"""Anatomy: outline the spine, look at every level, accept what is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from planner.session.view_state import Layer
from planner.viewer.language.spoken import all_said, said
from planner.viewer.panels.correction_tools import CorrectionTools
from planner.viewer.panels.parts import Panel, button, label, lead, say, section, swatch
from planner.viewer.theme import clinical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from planner.domain.levels import Level
    from planner.session.view_state import ViewState
    from planner.session.window_states import AnatomyState

_ACCEPTED_COLUMN = 3


class AnatomyPanel(Panel):
    """The second step."""

    level_shown = Signal(object)
    accepted = Signal(object, bool)
    layer_toggled = Signal(object)

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__("Anatomy", parent)
        self._backend = label("", "quiet")
        self._state: AnatomyState | None = None
        self._table = QTableWidget(0, 4)
        self._table.setHorizontalHeaderLabels(all_said(["Level", "Outline", "mL", "Accept"]))
        self._table.verticalHeader().hide()
        self._table.setShowGrid(False)
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = self._table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for column, wide in ((0, 46), (2, 36), (3, 58)):
            self._table.setColumnWidth(column, max(wide, header.sectionSizeHint(column)))
        header.setMinimumSectionSize(30)
        self._table.setMinimumHeight(260)
        self._table.cellClicked.connect(self._clicked)
        self._table.itemChanged.connect(self._changed)
        self._remarks = label("", "quiet")
        self._lesions = label()
        self.tools = CorrectionTools(actions)
        self._segment = button(actions["segment"], primary=True)
        self._marked: Level | None = None
        self._boxes: dict[Layer, QCheckBox] = {}
        self._layers: frozenset[Layer] | None = None
        self.add(
            label("Outlines are a proposal: look at each level before you plan on it.", "quiet"),
            self._segment,
            button(actions["import_labels"]),
            self._backend,
            self._table,
            self._remarks,
            self._lesions,
            self.tools,
            section("Shown over the images"),
        )
        for layer in Layer:
            box = QCheckBox(said(layer.value.capitalize()))
            box.setIcon(swatch(clinical.LAYER_COLOURS[layer]))
            box.setChecked(True)
            box.clicked.connect(lambda _on=False, layer=layer: self.layer_toggled.emit(layer))
            self._boxes[layer] = box
            self.add(box)
        self.end()

    def show_view(self, view: ViewState | None) -> None:
        """Follow which layers are shown; every move of the hand comes by here."""
        layers = frozenset(Layer) if view is None else view.layers
        if layers is self._layers:
            return
        self._layers = layers
        for layer, box in self._boxes.items():
            box.setChecked(layer in layers)

    def show_anatomy(self, state: AnatomyState) -> None:
        """List the levels."""
        self._state = state
        lead(self._segment, is_next=not state.is_there)
        by = f"by {state.backend}" if state.is_there else "Nothing outlined yet."
        say(self._backend, "Being corrected: these outlines are void." if state.is_void else by)
        self._table.setEnabled(not state.is_void)
        if self._marked not in [row.level for row in state.rows]:
            self._marked = None
        self.tools.show_level(self._marked, state)
        self._table.blockSignals(True)
        self._table.setRowCount(len(state.rows))
        for place, row in enumerate(state.rows):
            cells = (row.level.value, row.quality, f"{row.volume_ml:.0f}", "")
            for column, text in enumerate(cells):
                item = QTableWidgetItem(said(text))
                item.setToolTip(said("\n".join(row.remarks)))
                if row.needs_a_look and column == 1:
                    item.setIcon(swatch("#F2C14B", 9))
                if column == _ACCEPTED_COLUMN:
                    state_now = Qt.CheckState.Checked if row.accepted else Qt.CheckState.Unchecked
                    item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
                    item.setCheckState(state_now)
                self._table.setItem(place, column, item)
        self._table.blockSignals(False)
        self._show_remarks()
        say(self._lesions, "\n".join(() if state.is_void else state.lesions))

    def _clicked(self, row: int, column: int) -> None:
        if self._state is not None and column != _ACCEPTED_COLUMN:
            self._marked = self._state.rows[row].level
            self.tools.show_level(self._marked, self._state)
            self._show_remarks()
            self.level_shown.emit(self._marked)

    def _show_remarks(self) -> None:
        """Say what to look at: at the level that is marked, else at every level."""
        if self._state is None:
            return
        marked = [row for row in self._state.rows if row.level is self._marked]
        lines = marked[0].remarks if marked else self._state.notes
        say(self._remarks, "\n".join(lines))

    def _changed(self, item: QTableWidgetItem) -> None:
        if self._state is not None and item.column() == _ACCEPTED_COLUMN:
            on = item.checkState() is Qt.CheckState.Checked
            self.accepted.emit(self._state.rows[item.row()].level, on)
