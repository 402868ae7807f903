"""One slice pane: it shows frozen values and says what the hand did; it decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from planner.session.drawing import HANDLE_RADIUS_PX, Drawing, Grip, Handle, handle_at
from planner.session.mouse import (
    WINDOW_HU_PER_PIXEL,
    ZOOM_PER_NOTCH,
    ZOOM_PER_PIXEL,
    Act,
    MouseButton,
    MouseScheme,
    act_of,
    hover_moves_crosshair,
)
from planner.session.outlines import (
    CORD_CODE,
    LESION_CODE,
    ROOT_CODE,
    SAC_CODE,
    OutlineVolume,
    layer_of,
)
from planner.session.touch import Touch
from planner.session.view_state import Layer, pane_words
from planner.viewer.canvas.measure_painter import paint_measures
from planner.viewer.canvas.overlay_painter import (
    WORDS_LEFT_PX,
    letter_top,
    paint_letters,
    paint_overlays,
    paint_scale,
    wide_px,
    words,
)
from planner.viewer.canvas.reslice import draw_codes, grey_table, sample_codes, sample_slab
from planner.viewer.canvas.simulated_painter import argb, simulated_image, tissue_image
from planner.viewer.canvas.tool_painter import faded, paint_tool
from planner.viewer.language.spoken import said
from planner.viewer.theme import clinical

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QWheelEvent

    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps
    from planner.session.incoming import IncomingScan
    from planner.session.planes import PaneMap, Plane
    from planner.session.view_state import ViewState

_BUTTONS = {
    Qt.MouseButton.LeftButton: MouseButton.LEFT,
    Qt.MouseButton.MiddleButton: MouseButton.MIDDLE,
    Qt.MouseButton.RightButton: MouseButton.RIGHT,
}
_STEPS = {
    Qt.Key.Key_Up: 1.0,
    Qt.Key.Key_Right: 1.0,
    Qt.Key.Key_Down: -1.0,
    Qt.Key.Key_Left: -1.0,
    Qt.Key.Key_PageUp: 10.0,
    Qt.Key.Key_PageDown: -10.0,
}
_NOTCH = 120.0
"""Qt's angle of one wheel notch in eighths of a degree."""

GROUND = QColor("#0B0E13")

ESTIMATE_ALPHA = 190
DASH_PX = 8
"""Lines and gaps of what is estimated: about three pixels level, four upright."""

VOID_SHARE = 0.35
"""How strongly outlines are drawn while they do not count."""


_SAC_AND_ROOTS, _CORD = np.zeros((2, 256), np.uint8)
_SAC_AND_ROOTS[[SAC_CODE, CORD_CODE, ROOT_CODE]] = SAC_CODE, SAC_CODE, ROOT_CODE
_CORD[CORD_CODE] = CORD_CODE
"""The cord lies in the sac, so that one picture of codes cannot hold both outlines."""


def dash_in(
    image: NDArray[np.uint32], estimated: OutlineVolume, pane: PaneMap, width_px: int
) -> None:
    """Draw what is estimated into a picture of outlines, faint and dashed: it was not seen."""
    codes = sample_codes(estimated.codes, estimated.geometry, pane)
    edge, fill = np.zeros(256, np.uint32), np.zeros(256, np.uint32)
    edge[[SAC_CODE, CORD_CODE, ROOT_CODE]] = argb(clinical.ESTIMATE, ESTIMATE_ALPHA)
    down, across = np.arange(codes.shape[0])[:, None], np.arange(codes.shape[1])
    # Lines that run level, upright or aslant are all cut; hardly any runs at 2 to -3.
    dash = (2 * down + 3 * across) // (DASH_PX * width_px) % 2 == 0
    for drawn in (_SAC_AND_ROOTS, _CORD):
        line = draw_codes(drawn[codes], edge, fill, width_px)
        np.copyto(image, line, where=dash & (line != 0))


class SlicePane(QWidget):
    """Axial, sagittal or coronal."""

    scrolled = Signal(object, float)
    cursor_wanted = Signal(object)
    window_dragged = Signal(float, float)
    panned = Signal(object, float, float)
    zoomed = Signal(object, float, object)
    handle_grabbed = Signal(object)
    handle_moved = Signal(object, object)
    handle_released = Signal()
    maximise_toggled = Signal(str)
    hovered = Signal(object)
    tool_pressed = Signal(object)
    tool_moved = Signal(object)
    tool_released = Signal()
    end_wanted = Signal(object, bool)
    reset_wanted = Signal()

    def __init__(self, plane: Plane, parent: QWidget | None = None, name: str = "") -> None:
        super().__init__(parent)
        self.plane = plane
        self.name = name or str(plane)
        self.scheme = MouseScheme.PACS
        self._ct: CtVolume | IncomingScan | None = None
        self._outlines: OutlineVolume | None = None
        self._view: ViewState | None = None
        self._drawing = Drawing()
        self._act: Act | None = None
        self._handle: Handle | None = None
        self._hold_offset = QPointF()
        self._uses_tool = False
        self._last = QPointF()
        self._words = ""
        self._caption = ""
        self._tables: tuple[object, NDArray[np.uint32]] | None = None
        self._samples: tuple[object, NDArray[np.int16]] | None = None
        self._over: tuple[object, NDArray[np.uint32]] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(160, 140))
        self.setAccessibleName(said(f"{self.name} view"))

    # what is shown

    def show_scan(self, ct: CtVolume | IncomingScan | None, position_words: str) -> None:
        """Show another scan, or the slices of one that are here.

        ``position_words`` such as PRONE or LOADING is written on every picture.
        """
        self._ct, self._words = ct, position_words
        self._samples = None
        self.update()

    def show_caption(self, caption: str) -> None:
        """Write on the picture which plan it shows; empty while there is only one."""
        self._caption = caption
        self.update()

    def show_outlines(self, outlines: OutlineVolume | None) -> None:
        """Show other outlines."""
        self._outlines, self._over = outlines, None
        self.update()

    def show_view(self, view: ViewState | None) -> None:
        """Show another view state."""
        self._view = view
        self.update()

    def show_drawing(self, drawing: Drawing) -> None:
        """Show other needles, zones and marks."""
        self._drawing = drawing
        self.update()

    def pane_map(self) -> PaneMap | None:
        """Return the map between this widget's own pixels and the patient."""
        if self._view is None:
            return None
        return self._view.pane_map(self.plane, float(self.width()), float(self.height()))

    # painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the slice, then what lies over it."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), GROUND)
        pane, view = self.pane_map(), self._view
        if pane is not None and view is not None and self._ct is not None:
            self._paint_images(painter, self._ct, view)
            paint_overlays(painter, pane, view, self._drawing)
            paint_measures(painter, pane, self._drawing.measures, view.slab.thickness_mm)
            paint_tool(painter, pane, self._drawing.tool)
            title, place = pane_words(view, self.plane)
            reach = WORDS_LEFT_PX + max(wide_px(title, 12, bold=True), wide_px(place, 11))
            paint_letters(painter, pane, letter_top(pane.width_px, reach))
            paint_scale(painter, pane)
            self._paint_words(painter, view)
        else:
            painter.setPen(QColor("#4A5663"))
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter, said(str(self.plane).title())
            )
        painter.end()

    def _paint_images(
        self, painter: QPainter, ct: CtVolume | IncomingScan, view: ViewState
    ) -> None:
        ratio = self.devicePixelRatioF()
        wide, high = round(self.width() * ratio), round(self.height() * ratio)
        pane = view.pane_map(self.plane, float(wide), float(high))
        wanted = (pane, view.slab)
        if self._samples is None or self._samples[0] != wanted:
            self._samples = (wanted, sample_slab(ct.hu, ct.geometry, pane, view.slab))
        key = (view.window, view.invert)
        if self._tables is None or self._tables[0] != key:
            self._tables = (key, grey_table(view.window, invert=view.invert))
        grey = self._tables[1][self._samples[1].view(np.uint16)]
        self._draw(painter, grey, QImage.Format.Format_RGB32, ratio)
        if self._drawing.tissue is not None:
            codes = sample_codes(self._drawing.tissue.codes, self._drawing.tissue.geometry, pane)
            over = QImage.Format.Format_ARGB32_Premultiplied
            self._draw(painter, tissue_image(codes), over, ratio)
        if self._outlines is not None:
            key_over = (pane, view.layers)
            if self._over is None or self._over[0] != key_over:
                self._over = (key_over, self._outline_image(self._outlines, pane, view, ratio))
            over = QImage.Format.Format_ARGB32_Premultiplied
            void = bool(self._drawing.tool.void)
            drawn = faded(self._over[1], VOID_SHARE) if void else self._over[1]
            self._draw(painter, drawn, over, ratio)
        if Layer.ZONES in view.layers:
            for mark in self._drawing.simulated:
                codes = sample_codes(mark.codes, mark.geometry, pane)
                image = simulated_image(codes, max(1, round(1.5 * ratio)))
                self._draw(painter, image, QImage.Format.Format_ARGB32_Premultiplied, ratio)
        if Layer.CEMENT in view.layers:
            for cement in self._drawing.cements:
                codes = sample_codes(cement.codes, cement.geometry, pane)
                edge, fill = np.zeros(256, np.uint32), np.zeros(256, np.uint32)
                edge[1:], fill[1:] = argb(clinical.CEMENT, 255), argb(clinical.CEMENT, 110)
                image = draw_codes(codes, edge, fill, max(1, round(1.5 * ratio)))
                self._draw(painter, image, QImage.Format.Format_ARGB32_Premultiplied, ratio)

    def _outline_image(
        self, outlines: OutlineVolume, pane: PaneMap, view: ViewState, ratio: float
    ) -> NDArray[np.uint32]:
        edge, fill = np.zeros(256, np.uint32), np.zeros(256, np.uint32)
        for code in range(1, LESION_CODE + 1):
            layer = layer_of(code)
            if layer is not None and layer in view.layers:
                quiet = layer is Layer.VERTEBRAE
                edge[code] = argb(clinical.LAYER_COLOURS[layer], 150 if quiet else 235)
                fill[code] = argb(clinical.LAYER_COLOURS[layer], 0 if quiet else 34)
        codes = sample_codes(outlines.codes, outlines.geometry, pane)
        image = draw_codes(codes, edge, fill, max(1, round(ratio)))
        if outlines.estimated is not None and Layer.ESTIMATES in view.layers:
            dash_in(image, outlines.estimated, pane, max(1, round(ratio)))
        return image

    def _draw(
        self, painter: QPainter, pixels: NDArray[np.uint32], form: QImage.Format, ratio: float
    ) -> None:
        rows = np.ascontiguousarray(pixels)
        # The image only borrows the array: it is drawn before the array goes out of scope.
        image = QImage(rows.data, rows.shape[1], rows.shape[0], rows.strides[0], form)
        image.setDevicePixelRatio(ratio)
        painter.drawImage(QPointF(0.0, 0.0), image)

    def _paint_words(self, painter: QPainter, view: ViewState) -> None:
        title, place = pane_words(view, self.plane)
        words(painter, QPointF(10, 20), title, "#DCE4EC", 12, bold=True)
        words(painter, QPointF(10, 37), place, "#AEB9C4", 11)
        window = f"W {view.window.width_hu:.0f}  L {view.window.level_hu:.0f}"
        if view.invert:
            window += "  inverted"
        words(painter, QPointF(10, self.height() - 12), window, "#AEB9C4", 11)
        said = (self._words, self._caption, view.slab.words, self._drawing.tool.void)
        loud = [text for text in said if text]
        for row, text in enumerate(loud):
            words(painter, QPointF(10, 56 + 18 * row), text, clinical.LETTERS, 13, bold=True)

    # what the hand does

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of a needle end, or start the scheme's drag."""
        pane = self.pane_map()
        button = _BUTTONS.get(event.button())
        if pane is None or button is None or self._act is not None or self._handle is not None:
            return
        self._last = event.position()
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if button is MouseButton.LEFT and not shift:
            x, y = self._last.x(), self._last.y()
            in_layers = self._view is not None and Layer.NEEDLES in self._view.layers
            shown = in_layers and not self._drawing.tool.holds_hand
            along = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            needles = self._drawing.needles if shown else ()
            self._handle = handle_at(needles, pane, x, y, along=along)
            if self._handle is not None:
                self._hold_offset = QPointF()
                start = self._grabbed_point(self._handle)
                if start is not None and self._handle.grip is not Grip.END:
                    self._hold_offset = QPointF(*pane.pixel(start)) - self._last
                self.handle_grabbed.emit(self._handle)
                return
            if self._drawing.tool.hint:
                self._uses_tool = True
                self.tool_pressed.emit(self._touch(pane, x, y))
                return
        self._act = act_of(self.scheme, button, shift=shift)
        if self._act is Act.CROSSHAIR:
            self.cursor_wanted.emit(pane.lps(self._last.x(), self._last.y()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with the drag."""
        pane, view = self.pane_map(), self._view
        if pane is None or view is None:
            return
        now, last = event.position(), self._last
        here = pane.lps(now.x(), now.y())
        self.hovered.emit(here)
        if self._uses_tool:
            self.tool_moved.emit(self._touch(pane, now.x(), now.y()))
        elif self._handle is not None:
            start = self._grabbed_point(self._handle)
            if start is not None:
                to = now + self._hold_offset
                self.handle_moved.emit(self._handle, pane.moved_to(start, to.x(), to.y()))
        elif self._act is not None:
            self._drag(self._act, pane, now - last, here)
        else:
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            if hover_moves_crosshair(self.scheme, shift=shift):
                self.cursor_wanted.emit(here)
            over = handle_at(self._drawing.needles, pane, now.x(), now.y())
            shape = Qt.CursorShape.OpenHandCursor if over else Qt.CursorShape.CrossCursor
            self.setCursor(shape)
        self._last = now

    def _drag(self, act: Act, pane: PaneMap, by: QPointF, here: object) -> None:
        if act is Act.CROSSHAIR:
            self.cursor_wanted.emit(here)
        elif act is Act.WINDOW:
            self.window_dragged.emit(by.x() * WINDOW_HU_PER_PIXEL, by.y() * -WINDOW_HU_PER_PIXEL)
        elif act is Act.PAN:
            scale = pane.mm_per_pixel
            self.panned.emit(self.plane, by.x() * scale, by.y() * scale)
        else:
            middle = pane.lps(pane.width_px / 2, pane.height_px / 2)
            self.zoomed.emit(self.plane, ZOOM_PER_PIXEL ** -by.y(), middle)

    def _grabbed_point(self, handle: Handle) -> PointLps | None:
        for needle in self._drawing.needles:
            if needle.id == handle.trajectory_id:
                return needle.entry if handle.is_entry else needle.tip
        return None

    def _touch(self, pane: PaneMap, x: float, y: float) -> Touch:
        normal = pane.frame.normal
        return Touch(
            at=pane.lps(x, y),
            normal=(float(normal[0]), float(normal[1]), float(normal[2])),
            reach_mm=HANDLE_RADIUS_PX * pane.mm_per_pixel,
        )

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """End the drag."""
        if self._uses_tool:
            self._uses_tool = False
            self.tool_released.emit()
        if self._handle is not None:
            self._handle = None
            self.handle_released.emit()
        self._act = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show this pane alone, or all of them again."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.maximise_toggled.emit(self.name)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll through slices; with Ctrl zoom about the mouse."""
        pane = self.pane_map()
        notches = event.angleDelta().y() / _NOTCH
        if pane is None or notches == 0.0:
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            at = pane.lps(event.position().x(), event.position().y())
            self.zoomed.emit(self.plane, ZOOM_PER_NOTCH**notches, at)
        else:
            steps = float(round(notches)) or (1.0 if notches > 0 else -1.0)
            self.scrolled.emit(self.plane, steps)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scroll from the keyboard: arrows, pages, first and last slice; Space fits."""
        key = Qt.Key(event.key())
        if key in _STEPS:
            self.scrolled.emit(self.plane, _STEPS[key])
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.end_wanted.emit(self.plane, key is Qt.Key.Key_End)
        elif key is Qt.Key.Key_Space:
            self.reset_wanted.emit()
        else:
            super().keyPressEvent(event)
