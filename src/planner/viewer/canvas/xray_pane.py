"""One simulated X-ray picture with what is planned over it; it says what the hand did there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from planner.fluoroscopy import needle_outline, zone_outline
from planner.geometry.capsule import Capsule
from planner.session.drawing import Drawing, Handle, handle_at
from planner.session.view_state import Layer
from planner.session.xray_pictures import CANAL_EDGE, LESION_EDGE, VERTEBRA_EDGE
from planner.viewer.canvas.overlay_painter import (
    WORDS_LEFT_PX,
    letter_top,
    pen,
    wide_px,
    words,
    words_centred,
)
from planner.viewer.language.spoken import said
from planner.viewer.theme import clinical

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QMouseEvent, QPaintEvent

    from planner.fluoroscopy import XrayView
    from planner.geometry.points import PointLps, Vector
    from planner.session.xray_pictures import XrayPicture

GROUND = QColor("#0B0E13")
MIDLINE = "#7FD1C7"


@dataclass(frozen=True, slots=True)
class Sight:
    """Where an X-ray view stands in a pane, as the hand's aim needs it."""

    view: XrayView
    box: QRectF

    @property
    def pixels_per_detector_pixel(self) -> float:
        """Widget pixels for one pixel of the picture."""
        return self.box.width() / self.view.columns

    def pixel(self, point: PointLps) -> tuple[float, float]:
        """Project one point; NaN behind the source."""
        x, y = (self.view.project(point.array)[0] + 0.5) * self.pixels_per_detector_pixel
        return float(x) + self.box.left(), float(y) + self.box.top()

    def moved(self, start: PointLps, by: QPointF) -> PointLps:
        """Return a point dragged by so many widget pixels, as deep in the picture as it was."""
        scale = self.pixels_per_detector_pixel
        return self.view.moved(start, (by.x() / scale, by.y() / scale))


@dataclass(frozen=True, slots=True)
class Held:
    """What the hand holds, from where, and in which view it took hold of it.

    The view down the needle turns with it; the hand stays with the one it began in.
    """

    handle: Handle
    start: PointLps
    at: QPointF
    sight: Sight


class XrayPane(QWidget):
    """One of the four views."""

    maximise_toggled = Signal(str)
    handle_grabbed = Signal(object)
    handle_moved = Signal(object, object)
    handle_released = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._picture: XrayPicture | None = None
        self._image: QImage | None = None
        self._rim: QImage | None = None
        self._drawing = Drawing()
        self._layers = frozenset(Layer)
        self._loud = ""
        self._held: Held | None = None
        self.setMouseTracking(True)
        self.setMinimumSize(QSize(160, 140))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(said(f"X-ray picture, {name}"))

    def show_words(self, loud: str) -> None:
        """Write how the patient lay on the picture, when it is not on the back."""
        self._loud = loud
        self.update()

    def show_picture(self, shown: XrayPicture | None) -> None:
        """Show another picture."""
        self._picture = shown
        self._image = None if shown is None else grey_image(shown.grey)
        self._rim = None if shown is None else _coloured(shown.edges)
        self.update()

    def show_drawing(self, drawing: Drawing) -> None:
        """Show what is planned."""
        self._drawing = drawing
        self.update()

    def show_layers(self, layers: frozenset[Layer]) -> None:
        """Follow the layers."""
        self._layers = layers
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the picture, then what lies over it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), GROUND)
        shown = self._picture
        if shown is None or self._image is None:
            painter.setPen(QColor("#4A5663"))
            waits = f"{self.name}: being drawn"
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, said(waits))
            painter.end()
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = self._box()
        painter.drawImage(box, self._image)
        if self._rim is not None and Layer.VERTEBRAE in self._layers:
            painter.drawImage(box, self._rim)
        painter.save()
        painter.setClipRect(box)
        self._paint_guides(painter, shown)
        self._paint_plan(painter, shown)
        painter.restore()
        self._paint_words(painter, shown)
        painter.end()

    def _box(self) -> QRectF:
        """Return where the square picture stands."""
        edge = float(min(self.width(), self.height()))
        return QRectF((self.width() - edge) / 2, (self.height() - edge) / 2, edge, edge)

    def _spots(self, shown: XrayPicture, pixels: Vector) -> list[QPointF]:
        """Return widget places of picture pixels; whole numbers are centres of pixels."""
        box = self._box()
        scale = box.width() / shown.view.columns
        return [
            QPointF(box.left() + (x + 0.5) * scale, box.top() + (y + 0.5) * scale)
            for x, y in pixels
            if np.isfinite(x) and np.isfinite(y)
        ]

    def _paint_guides(self, painter: QPainter, shown: XrayPicture) -> None:
        """Draw the midline with the spinous process, and the rims of the pedicles."""
        if Layer.VERTEBRAE not in self._layers:
            return
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen(clinical.LETTERS, 1.2, 210))
        for rim in shown.pedicles:
            painter.drawPolygon(QPolygonF(self._spots(shown, rim)))
        painter.setPen(pen(MIDLINE, 1.2, 220, dashed=True))
        painter.drawPolyline(QPolygonF(self._spots(shown, shown.midline)))
        for spot in self._spots(shown, shown.spinous):
            painter.setPen(pen(MIDLINE, 1.6))
            painter.drawEllipse(spot, 5.0, 5.0)
            words(painter, spot + QPointF(9, 4), "spinous process", MIDLINE, 11)

    def _paint_plan(self, painter: QPainter, shown: XrayPicture) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if Layer.ZONES in self._layers:
            for zone in self._drawing.zones:
                edge = zone_outline(shown.view, zone.shape)
                painter.setPen(pen(clinical.ZONE, 1.8))
                painter.drawPolygon(QPolygonF(self._spots(shown, edge)))
        if Layer.NEEDLES not in self._layers:
            return
        for needle in self._drawing.needles:
            colour = clinical.NEEDLE if needle.selected else clinical.NEEDLE_OTHER
            solids = needle.solids or (Capsule(needle.entry, needle.tip, THIN_MM),)
            for solid in solids:
                corners = self._spots(shown, needle_outline(shown.view, solid))
                painter.setPen(pen("#000000", 3.0, 120))
                painter.drawPolygon(QPolygonF(corners))
                painter.setPen(pen(colour, 1.4))
                painter.drawPolygon(QPolygonF(corners))
            painter.setPen(pen(colour, 1.6))
            for spot in self._spots(shown, shown.view.project(needle.tip.array)):
                painter.drawEllipse(spot, 4.0, 4.0)
            for spot in self._spots(shown, shown.view.project(needle.entry.array)):
                painter.drawRect(QRectF(spot.x() - 5.0, spot.y() - 5.0, 10.0, 10.0))

    def _paint_words(self, painter: QPainter, shown: XrayPicture) -> None:
        words(painter, QPointF(10, 20), shown.title, "#DCE4EC", 12, bold=True)
        words(painter, QPointF(10, 37), shown.words, "#E6EDF4", 11)
        note = "Simulated from the CT. Angles hold while the patient lies as in the scan."
        words(painter, QPointF(10, self.height() - 12), note, "#E6EDF4", 10)
        if self._loud:
            words(painter, QPointF(10, 56), self._loud, clinical.LETTERS, 13, bold=True)
        letters, box = shown.view.letters, self._box()
        middle, centre = box.center().y(), box.center().x()
        reach = WORDS_LEFT_PX + max(wide_px(shown.title, 12, bold=True), wide_px(shown.words, 11))
        top = letter_top(float(self.width()), reach)
        for name, place in (
            ("left", QRectF(box.left() + 4, middle - 12, 22, 24)),
            ("right", QRectF(box.right() - 26, middle - 12, 22, 24)),
            ("top", QRectF(centre - 11, box.top() + top, 22, 24)),
            ("bottom", QRectF(centre - 11, box.bottom() - 40, 22, 24)),
        ):
            words_centred(painter, place, letters[name], clinical.LETTERS, 16)

    def _sight(self) -> Sight | None:
        return None if self._picture is None else Sight(self._picture.view, self._box())

    def _under(self, event: QMouseEvent, sight: Sight) -> Handle | None:
        along = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        needles = self._drawing.needles if Layer.NEEDLES in self._layers else ()
        x, y = event.position().x(), event.position().y()
        return handle_at(needles, sight, x, y, along=along)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of a needle."""
        sight = self._sight()
        if event.button() is not Qt.MouseButton.LeftButton or sight is None or self._held:
            return
        handle = self._under(event, sight)
        needles = {needle.id: needle for needle in self._drawing.needles}
        if handle is not None:
            needle = needles[handle.trajectory_id]
            start = needle.entry if handle.is_entry else needle.tip
            self._held = Held(handle, start, event.position(), sight)
            self.handle_grabbed.emit(handle)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move what is held in the plane of the picture."""
        held, sight = self._held, self._sight()
        if held is not None:
            to = held.sight.moved(held.start, event.position() - held.at)
            self.handle_moved.emit(held.handle, to)
        elif sight is not None:
            over = self._under(event, sight)
            shape = Qt.CursorShape.OpenHandCursor if over else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """End the drag."""
        if self._held is not None:
            self._held = None
            self.handle_released.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show this picture alone, or all of them again."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.maximise_toggled.emit(self.name)


THIN_MM = 0.8
"""Half width of a needle whose parts are not known: a thin line, for looking only."""


def grey_image(pixels: NDArray[np.uint8]) -> QImage:
    """Return a picture of its own memory."""
    rows = np.ascontiguousarray(pixels)
    form = QImage.Format.Format_Grayscale8
    return QImage(rows.data, rows.shape[1], rows.shape[0], rows.strides[0], form).copy()


def _coloured(codes: NDArray[np.uint8]) -> QImage:
    """Return the edges in their clinical colours, premultiplied."""
    table = np.zeros(256, np.uint32)
    for code, colour, alpha in (
        (VERTEBRA_EDGE, clinical.VERTEBRA, 190),
        (CANAL_EDGE, clinical.CANAL, 210),
        (LESION_EDGE, clinical.LESION, 230),
    ):
        shade = QColor(colour)
        parts = [part * alpha // 255 for part in (shade.red(), shade.green(), shade.blue())]
        table[code] = (alpha << 24) | (parts[0] << 16) | (parts[1] << 8) | parts[2]
    rows = np.ascontiguousarray(table[codes])
    form = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(rows.data, rows.shape[1], rows.shape[0], rows.strides[0], form).copy()
