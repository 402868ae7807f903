"""The steps of the work; a rail to walk along, never a forced wizard."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from planner.session.window_states import Step
from planner.viewer.language.spoken import said, verbatim


class StepRail(QWidget):
    """One button per step; a mark says which are done."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(76)
        self.buttons: dict[Step, QToolButton] = {}
        group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 10, 0, 10)
        column.setSpacing(2)
        for number, step in enumerate(Step, start=1):
            made = QToolButton()
            made.setProperty("role", "step")
            made.setCheckable(True)
            made.setText(verbatim(f"{number}\n{said(step.value)}"))
            made.setToolTip(verbatim(f"{said(step.value)} (Alt+{number})"))
            made.setShortcut(f"Alt+{number}")
            made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            made.setFixedHeight(58)
            made.clicked.connect(lambda _checked=False, step=step: self.chosen.emit(step))
            group.addButton(made)
            column.addWidget(made)
            self.buttons[step] = made
        column.addStretch(1)
        self.buttons[Step.STUDY].setChecked(True)

    def choose(self, step: Step) -> None:
        """Mark a step as the one shown."""
        self.buttons[step].setChecked(True)

    def mark(self, done: frozenset[Step]) -> None:
        """Put a tick on the steps that are done."""
        for number, (step, made) in enumerate(self.buttons.items(), start=1):
            head = "✓" if step in done else str(number)
            made.setText(verbatim(f"{head}\n{said(step.value)}"))
