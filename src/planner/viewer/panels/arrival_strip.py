"""Offers a scan that arrived: one line, one act to open it, and nothing that must be answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from planner.viewer.language.spoken import said
from planner.viewer.panels.parts import label

if TYPE_CHECKING:
    from planner.session.fetch_states import ArrivalState


class ArrivalStrip(QWidget):
    """Below the banner, and only while there is something to offer."""

    open_wanted = Signal()
    let_be = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("arrival")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.words = label()
        # A long sentence takes a second line; it must not make the window wider.
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.open = QPushButton(said("Open"))
        self.open.setProperty("role", "primary")
        self.open.setToolTip(said("Open this scan; the gate checks it as from a folder."))
        later = QPushButton(said("Not now"))
        later.setToolTip(said("Offer it no more; it stays where it is."))
        self.open.clicked.connect(self.open_wanted)
        later.clicked.connect(self.let_be)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 16, 6)
        row.setSpacing(10)
        row.addWidget(self.words, 1)
        row.addWidget(self.open)
        row.addWidget(later)
        self.hide()

    def show_arrival(self, state: ArrivalState | None) -> None:
        """Offer a scan; ``None`` when there is none."""
        self.setVisible(state is not None)
        if state is not None:
            more = f"  (+{state.more} more)" if state.more else ""
            self.words.setText(said(f"ARRIVED  {state.words}{more}"))
            self.words.setToolTip(said(state.words))
