"""One X-ray picture as it was taken: bone, the needle's shadow, letters, and nothing planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from planner.fluoroscopy import needle_outline
from planner.viewer.canvas.overlay_painter import words, words_centred
from planner.viewer.canvas.xray_pane import GROUND, grey_image
from planner.viewer.language.spoken import said
from planner.viewer.theme import clinical

if TYPE_CHECKING:
    from PySide6.QtGui import QImage, QPaintEvent

    from planner.session.xray_room_states import Shot

METAL = QColor(255, 255, 255, 235)
EMPTY, WORDS = "#8896A4", "#E6EDF4"
NARROWEST = QSize(240, 240)


class ShotPane(QWidget):
    """The last picture of one arm; it stays as it was until the next."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._shot: Shot | None = None
        self._image: QImage | None = None
        self.setMinimumSize(NARROWEST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(said(f"X-ray picture, {title}"))

    def show_shot(self, shot: Shot | None) -> None:
        """Show another picture; ``None`` before the first."""
        if shot is not self._shot:
            self._shot = shot
            self._image = None if shot is None else grey_image(shot.grey)
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the picture, the shadow of the needle, and where left and right are."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), GROUND)
        shot = self._shot
        if shot is None or self._image is None:
            painter.setPen(QColor(EMPTY))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, said("No picture yet"))
            words(painter, QPointF(10, 20), self._title, WORDS, 12, bold=True)
            painter.end()
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = self._box()
        painter.drawImage(box, self._image)
        if shot.needle is not None:
            self._paint_needle(painter, box, shot)
        words(painter, QPointF(10, 20), self._title, WORDS, 12, bold=True)
        words(painter, QPointF(10, 37), shot.words, WORDS, 11)
        minutes, seconds = divmod(int(shot.at_s), 60)
        taken = f"Picture {shot.number}, after {minutes} min {seconds} s"
        words(painter, QPointF(10, 54), taken, WORDS, 11)
        self._paint_letters(painter, box, shot)
        painter.end()

    def _box(self) -> QRectF:
        edge = float(min(self.width(), self.height()))
        return QRectF((self.width() - edge) / 2, (self.height() - edge) / 2, edge, edge)

    def _paint_needle(self, painter: QPainter, box: QRectF, shot: Shot) -> None:
        if shot.needle is None:
            return
        corners = needle_outline(shot.view, shot.needle)
        if not np.isfinite(corners).all():
            return
        scale = box.width() / shot.view.columns
        spots = [
            QPointF(box.left() + (x + 0.5) * scale, box.top() + (y + 0.5) * scale)
            for x, y in corners
        ]
        painter.save()
        painter.setClipRect(box)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(METAL)
        painter.drawPolygon(QPolygonF(spots))
        painter.restore()

    def _paint_letters(self, painter: QPainter, box: QRectF, shot: Shot) -> None:
        letters = shot.view.letters
        middle, centre = box.center().y(), box.center().x()
        for name, place in (
            ("left", QRectF(box.left() + 4, middle - 12, 22, 24)),
            ("right", QRectF(box.right() - 26, middle - 12, 22, 24)),
            ("top", QRectF(centre - 11, box.top() + 4, 22, 24)),
            ("bottom", QRectF(centre - 11, box.bottom() - 28, 22, 24)),
        ):
            words_centred(painter, place, letters[name], clinical.LETTERS, 16)
