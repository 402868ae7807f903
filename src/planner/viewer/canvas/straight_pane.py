"""The straightened spine as a pane: a click goes there in every pane; nothing is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from planner.viewer.canvas.overlay_painter import pen, words, words_centred
from planner.viewer.canvas.reslice import grey_table
from planner.viewer.canvas.slice_pane import GROUND
from planner.viewer.language.spoken import said
from planner.viewer.theme import clinical

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QMouseEvent, QPaintEvent, QWheelEvent

    from planner.session.drawing import Drawing
    from planner.session.straightened import StraightPicture
    from planner.session.view_state import ViewState

WARNING = "STRAIGHTENED · NO DISTANCES"
WAITS = "Laid straight along the canal once that is outlined"
ROWS_PER_NOTCH = 5.0
TOP_PX, BOTTOM_PX = 66.0, 14.0
"""Room for the words over the picture, so that none lies on it."""


class StraightPane(QWidget):
    """One straightened picture; ``number`` is its place among those of a drawing."""

    cursor_wanted = Signal(object)
    maximise_toggled = Signal(str)

    def __init__(self, name: str, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._number = number
        self._shown: StraightPicture | None = None
        self._view: ViewState | None = None
        self._words = ""
        self._image: tuple[object, QImage] | None = None
        self.setMinimumSize(QSize(160, 140))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(said(f"{name} view"))

    def show_words(self, loud: str) -> None:
        """Write how the patient lay, when it is not on the back."""
        self._words = loud
        self.update()

    def show_view(self, view: ViewState | None) -> None:
        """Follow grey window and crosshair."""
        self._view = view
        self.update()

    def show_drawing(self, drawing: Drawing) -> None:
        """Show other pictures."""
        found = drawing.straight
        shown = found[self._number] if self._number < len(found) else None
        if shown is not self._shown:
            self._shown, self._image = shown, None
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the picture, what it is, the levels and where the crosshair is."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), GROUND)
        shown, view = self._shown, self._view
        if shown is None or view is None:
            painter.setPen(QColor("#4A5663"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, said(WAITS))
            painter.end()
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = self._box(shown)
        painter.drawImage(box, self._picture(shown, view))
        for text, row, column in shown.tags:
            at = self._pixel(shown, row, column)
            words_centred(
                painter, QRectF(at.x() - 20.0, at.y() - 9.0, 40.0, 18.0), text,
                clinical.VERTEBRA, 12,
            )  # fmt: skip
        row, column = shown.place(view.cursor)
        at = self._pixel(shown, row, column)
        painter.setPen(pen(clinical.CROSSHAIR, 1.0, 220))
        painter.drawLine(QPointF(box.left(), at.y()), QPointF(box.right(), at.y()))
        if box.left() <= at.x() <= box.right():
            painter.drawLine(QPointF(at.x(), at.y() - 12.0), QPointF(at.x(), at.y() + 12.0))
        self._paint_words(painter, shown, box)
        painter.end()

    def _paint_words(self, painter: QPainter, shown: StraightPicture, box: QRectF) -> None:
        words(painter, QPointF(10, 20), shown.title, "#DCE4EC", 12, bold=True)
        words(painter, QPointF(10, 38), WARNING, clinical.LETTERS, 12, bold=True)
        if self._words:
            words(painter, QPointF(10, 56), self._words, clinical.LETTERS, 13, bold=True)
        for text, x in zip(shown.letters, (box.left() - 26.0, box.right() + 4.0), strict=True):
            side = QRectF(max(2.0, min(x, self.width() - 26.0)), box.center().y() - 12, 22, 24)
            words_centred(painter, side, text, clinical.LETTERS, 16)

    def _picture(self, shown: StraightPicture, view: ViewState) -> QImage:
        """Return the grey picture with the lesion tinted; made anew for another window."""
        key = (view.window, view.invert)
        if self._image is None or self._image[0] != key:
            grey = grey_table(view.window, invert=view.invert)[shown.hu.view(np.uint16)]
            self._image = (key, _tinted(grey, shown.lesion))
        return self._image[1]

    def _box(self, shown: StraightPicture) -> QRectF:
        """Return where the picture stands: as large as fits, one scale both ways."""
        rows, columns = shown.hu.shape
        high = max(self.height() - TOP_PX - BOTTOM_PX, 1.0)
        scale = min(self.width() / columns, high / rows)
        left = (self.width() - columns * scale) / 2.0
        return QRectF(left, TOP_PX + (high - rows * scale) / 2.0, columns * scale, rows * scale)

    def _pixel(self, shown: StraightPicture, row: float, column: float) -> QPointF:
        box = self._box(shown)
        scale = box.width() / shown.hu.shape[1]
        return QPointF(box.left() + (column + 0.5) * scale, box.top() + (row + 0.5) * scale)

    def _go(self, event: QMouseEvent) -> None:
        """Ask for the crosshair where the mouse is, if that is on the picture."""
        if self._shown is None:
            return
        box, at = self._box(self._shown), event.position()
        if not box.contains(at):
            return
        scale = box.width() / self._shown.hu.shape[1]
        row, column = (at.y() - box.top()) / scale - 0.5, (at.x() - box.left()) / scale - 0.5
        self.cursor_wanted.emit(self._shown.point(row, column))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        if event.button() is Qt.MouseButton.LeftButton:
            self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Follow the canal towards head or feet."""
        if self._shown is not None and self._view is not None:
            row, column = self._shown.place(self._view.cursor)
            row -= ROWS_PER_NOTCH * event.angleDelta().y() / 120.0
            self.cursor_wanted.emit(self._shown.point(row, column))
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show this pane alone, or all again."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.maximise_toggled.emit(self.name)


def _tinted(grey: NDArray[np.uint32], lesion: NDArray[np.bool_]) -> QImage:
    """Return a grey picture with the lesion half in its own colour."""
    shade = QColor(clinical.LESION)
    colour = np.uint32((shade.red() << 16) | (shade.green() << 8) | shade.blue())
    mixed = ((grey >> 1) & np.uint32(0x7F7F7F)) + ((colour >> np.uint32(1)) & np.uint32(0x7F7F7F))
    rows = np.where(lesion, mixed + np.uint32(0xFF000000), grey).astype(np.uint32)
    form = QImage.Format.Format_RGB32
    return QImage(rows.data, rows.shape[1], rows.shape[0], rows.strides[0], form).copy()
