"""One slice pane: it shows frozen values and says what the hand did; it decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter
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
from planner.session.touch import Touch
from planner.session.view_state import Layer, pane_words
from planner.viewer.canvas.overlay_painter import words
from planner.viewer.canvas.pane_layers import PLACE_AT, PLACE_PX, PaneLayers, Shown, Told
from planner.viewer.language.spoken import said

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QWheelEvent

    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps
    from planner.session.incoming import IncomingScan
    from planner.session.outlines import OutlineVolume
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
_BY_HAND = frozenset(
    {
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.MouseButtonRelease,
        QEvent.Type.Wheel,
        QEvent.Type.KeyPress,
    }
)
_NOTCH = 120.0
"""Qt's angle of one wheel notch in eighths of a degree."""

GROUND = QColor("#0B0E13")


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
        self._has_scan = False
        self._view: ViewState | None = None
        self._drawing = Drawing()
        self._act: Act | None = None
        self._handle: Handle | None = None
        self._hold_offset = QPointF()
        self._uses_tool = False
        self._last = QPointF()
        self.has_hand = False
        """Whether what happens now was done by a hand on this pane."""
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.update)
        self._words = ""
        self._caption = ""
        self._maps: tuple[ViewState | None, dict[tuple[int, int], PaneMap]] = (None, {})
        self._layers = PaneLayers()
        # Every paint covers all of the pane, so that nothing behind it is painted first.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
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
        self._has_scan, self._words = ct is not None, position_words
        self._layers.picture.show_scan(ct)
        self.update()

    def show_caption(self, caption: str) -> None:
        """Write on the picture which plan it shows; empty while there is only one."""
        self._caption = caption
        self.update()

    def show_outlines(self, outlines: OutlineVolume | None) -> None:
        """Show other outlines."""
        self._layers.picture.show_outlines(outlines)
        self.update()

    def show_view(self, view: ViewState | None, *, at_once: bool = True) -> None:
        """Show another view state, ``at_once`` or after the pane that has the hand was painted."""
        self._view = view
        if at_once:
            self.update()
        elif not self._later.isActive():
            self._later.start(0)

    def show_drawing(self, drawing: Drawing) -> None:
        """Show other needles, zones and marks."""
        self._drawing = drawing
        self._layers.picture.show_wall(drawing.wall_points_mm)
        self.update()

    def pane_map(self) -> PaneMap | None:
        """Return the map between this widget's own pixels and the patient."""
        if self._view is None:
            return None
        return self._mapped(self._view, self.width(), self.height())

    def _mapped(self, view: ViewState, wide_px: int, high_px: int) -> PaneMap:
        """Return the map for a size; a view is asked for the same one several times a paint."""
        if self._maps[0] is not view:
            self._maps = (view, {})
        found = self._maps[1]
        if (wide_px, high_px) not in found:
            made = view.pane_map(self.plane, float(wide_px), float(high_px))
            found[(wide_px, high_px)] = made
        return found[(wide_px, high_px)]

    # painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the slice, then what lies over it, from layers that are kept."""
        self._later.stop()
        painter = QPainter(self)
        pane, view = self.pane_map(), self._view
        if pane is not None and view is not None and self._has_scan:
            self._paint_slice(painter, pane, view)
        else:
            painter.fillRect(self.rect(), GROUND)
            painter.setPen(QColor("#4A5663"))
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter, said(str(self.plane).title())
            )
        painter.end()

    def _paint_slice(self, painter: QPainter, pane: PaneMap, view: ViewState) -> None:
        ratio = self.devicePixelRatioF()
        fine = self._mapped(view, round(self.width() * ratio), round(self.height() * ratio))
        title, place = pane_words(view, self.plane)
        drawing = self._drawing
        loud = (
            self._words, self._caption, view.slab.words, drawing.tool.void, *drawing.moments,
        )  # fmt: skip
        shown = Shown(pane, fine, view, drawing, ratio)
        painter.drawImage(QPointF(0.0, 0.0), self._layers.image(shown, Told(title, place, loud)))
        words(painter, PLACE_AT, place, "#AEB9C4", PLACE_PX)

    # what the hand does

    def event(self, event: QEvent) -> bool:
        """Know while the hand does something here: this pane is then painted before others."""
        if event.type() not in _BY_HAND:
            return super().event(event)
        before, self.has_hand = self.has_hand, True
        try:
            return super().event(event)
        finally:
            self.has_hand = before

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
