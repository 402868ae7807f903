"""Small pieces every panel is made of."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QFrame,
    QLabel,
    QPushButton,
    QScrollArea,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QVBoxLayout,
    QWidget,
)

from planner.viewer.language.spoken import said, verbatim

if TYPE_CHECKING:
    from PySide6.QtGui import QAction, QPaintEvent

Box = TypeVar("Box", bound=QBoxLayout)

LINE_LETTERS = 36
GAP = 8
EDGE = 16
NARROWEST_PX = 56
CHOICE_EDGE_PX = 40
"""What the frame and the arrow of a choice take of its width."""


def label(text: str = "", role: str = "") -> QLabel:
    """Return a wrapping label; ``role`` chooses its look from the style sheet."""
    made = QLabel(said(text))
    made.setWordWrap(True)
    made.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        made.setProperty("role", role)
    return made


def section(text: str) -> QLabel:
    """Return a small heading."""
    made = label("", "section")
    made.setText(verbatim(said(text).upper()))
    made.setContentsMargins(0, 10, 0, 0)
    return made


def tight(layout: Box) -> Box:
    """Take margins and gaps from a layout."""
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    return layout


def button(action: QAction, *, primary: bool = False, short: str = "") -> QPushButton:
    """Return a push button that follows an action: its words, state and tooltip."""
    made = QPushButton()
    if primary:
        made.setProperty("role", "primary")
    made.clicked.connect(action.trigger)

    def follow() -> None:
        made.setEnabled(action.isEnabled())
        made.setToolTip(verbatim(action.toolTip()))
        made.setText(said(short) if short else verbatim(action.text()))

    action.changed.connect(follow)
    follow()
    return made


def tick(words: str) -> QCheckBox:
    """Return a box to tick; it does not break its words by itself, and would widen its column."""
    made = QCheckBox()
    made.setText(verbatim(fill(said(words), LINE_LETTERS)))
    return made


class Choice(QComboBox):
    """A combo box that ends a long name in dots, where Qt cuts it off without a sign."""

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw as ever, with the name cut to the room there is."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        room = self.width() - CHOICE_EDGE_PX
        dots = Qt.TextElideMode.ElideRight
        # The names of Qt's fields are made at run time; mypy sees none.
        option.currentText = self.fontMetrics().elidedText(self.currentText(), dots, room)
        painter = QStylePainter(self)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


def swatch(colour: str, size: int = 12) -> QIcon:
    """Return a square of one colour."""
    picture = QPixmap(QSize(size, size))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(QColor(colour))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawRoundedRect(0, 0, size, size, 3, 3)
    painter.end()
    return QIcon(picture)


class Panel(QScrollArea):
    """A column of parts that scrolls when the window is short."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        inside = QWidget()
        inside.setObjectName("panel")
        self.column = QVBoxLayout(inside)
        self.column.setContentsMargins(EDGE, 14, EDGE, EDGE)
        self.column.setSpacing(GAP)
        self.column.addWidget(label(title, "title"))
        self.setWidget(inside)

    def add(self, *parts: QWidget) -> None:
        """Add parts at the bottom."""
        for part in parts:
            self.column.addWidget(part)

    def end(self) -> None:
        """Push everything to the top, and let no long word make the column wider."""
        self.column.addStretch(1)
        for part in self.findChildren(QWidget):
            if isinstance(part, QComboBox | QPushButton | QAbstractSpinBox):
                part.setMinimumWidth(NARROWEST_PX)


def say(part: QLabel, text: str) -> None:
    """Set a label's text and hide it when there is none."""
    part.setText(said(text))
    part.setVisible(bool(text))


def lead(part: QWidget, *, is_next: bool) -> None:
    """Show a button as the next useful act, or as one of the others."""
    role = "primary" if is_next else ""
    if part.property("role") != role:
        part.setProperty("role", role)
        restyle(part)


def restyle(part: QWidget) -> None:
    """Apply the style sheet again after a property changed."""
    part.style().unpolish(part)
    part.style().polish(part)
