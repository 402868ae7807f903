"""The 3-D pane: a plain widget that shows pictures of the scene."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import direction_label
from planner.session.drawing import Drawing, Handle, handle_at
from planner.session.planes import volume_centre
from planner.session.solid_view import BAND_WORDS, SolidView
from planner.session.view_state import Layer
from planner.viewer.canvas.overlay_painter import words, words_centred
from planner.viewer.canvas.slice_pane import GROUND
from planner.viewer.canvas.turntable import SeenBy, Turntable
from planner.viewer.language.spoken import said
from planner.viewer.theme import clinical

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent, QPaintEvent, QWheelEvent

    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector
    from planner.session.surfaces import Surface
    from planner.session.view_state import ViewState
    from planner.viewer.canvas.scene import Scene

DEGREES_PER_PIXEL = 0.45
SETTLE_MS = 160
"""After this long without a drag the picture is drawn at full size again."""

BAND_LINE_PX = 16.0

COARSE = 2
"""While it turns, the picture is drawn with this many times fewer pixels each way."""


class ScenePane(QWidget):
    """Bone, needles, zones and cement; left drag turns or moves a needle, wheel zooms."""

    maximise_toggled = Signal(str)
    handle_grabbed = Signal(object)
    handle_moved = Signal(object, object)
    handle_released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._scene: Scene | None = None
        self._eye: Turntable | None = None
        self._drawing = Drawing()
        self._layers = frozenset(Layer)
        self._words = ""
        self._solid = SolidView()
        self._cursor: PointLps | None = None
        self._surfaces: tuple[Surface, ...] = ()
        self._picture: QImage | None = None
        self._stale = True
        self._coarse = False
        self._last = QPointF()
        self._handle: Handle | None = None
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.timeout.connect(self._draw_fine)
        self.setMinimumSize(QSize(160, 140))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(said("3-D view"))

    def start(self) -> None:
        """Make the scene; call it once VTK was imported in the background."""
        from planner.viewer.canvas.scene import Scene  # noqa: PLC0415 - VTK loads after the window

        if self._scene is None:
            self._scene = Scene()
            self._scene.show_surfaces(self._surfaces)
            self._update_marks()
            self._update_bone()
            self._redraw()

    def stop(self) -> None:
        """Give the graphics memory back."""
        self._settle.stop()
        if self._scene is not None:
            self._scene.close()
            self._scene = None

    def show_scan(self, ct: CtVolume | None, position_words: str) -> None:
        """Look at another scan, from straight behind: the patient's left is on the left."""
        self._words = position_words
        if ct is None:
            self._eye = None
        else:
            size = np.array(ct.geometry.size_ijk) * np.array(ct.geometry.spacing_mm)
            reach = float(size.max())
            self._eye = Turntable(volume_centre(ct.geometry), reach * 2.3)
        self._redraw()

    def show_incoming(self, loading_words: str) -> None:
        """Show no body while a scan is not whole."""
        self._words = loading_words
        self._eye = None
        self._redraw()

    def show_surfaces(self, surfaces: tuple[Surface, ...]) -> None:
        """Show other meshes and look at them."""
        self._surfaces = surfaces
        if self._scene is not None:
            self._scene.show_surfaces(surfaces)
            self._update_bone()
        if surfaces and self._eye is not None:
            points = np.concatenate([surface.points_mm for surface in surfaces])
            low, high = points.min(axis=0), points.max(axis=0)
            reach = float(np.linalg.norm(high - low))
            self._eye = Turntable(PointLps.of((low + high) / 2), reach * 1.75)
        self._redraw()

    def show_view(self, view: ViewState | None) -> None:
        """Follow the layers, and how bone is shown and cut."""
        layers = view.layers if view else frozenset(Layer)
        old, self._solid = self._solid, view.solid if view else SolidView()
        if layers != self._layers or old.wall != self._solid.wall:
            self._layers = layers
            self._update_marks()
        moved = view is not None and view.cursor != self._cursor
        self._cursor = view.cursor if view else None
        if old != self._solid or (moved and self._solid.cut is not None):
            self._update_bone()
            self._moving()

    def _update_bone(self) -> None:
        if self._scene is not None and self._cursor is not None:
            needles = self._drawing.needles
            treated = frozenset(str(needle.level) for needle in needles if needle.level)
            self._scene.show_solid(self._solid, treated, self._cursor)

    def show_drawing(self, drawing: Drawing) -> None:
        """Show other needles, zones and cement."""
        old = self._drawing
        self._drawing = drawing
        same = (
            old.needles == drawing.needles
            and old.zones == drawing.zones
            and old.layers == drawing.layers
            and old.thermometers == drawing.thermometers
            and old.focus == drawing.focus
            and old.skin is drawing.skin
            and _same_points(old.wall_points_mm, drawing.wall_points_mm)
            and list(map(id, old.cements)) == list(map(id, drawing.cements))
        )
        if not same:
            self._update_bone()
            self._update_marks()
        elif old.tool.void != drawing.tool.void:
            self.update()

    @property
    def _fill_moments(self) -> tuple[str, ...]:
        return tuple(mark.moment for mark in self._drawing.cements)

    @property
    def _shows_wall(self) -> bool:
        return self._solid.wall and Layer.POSTERIOR_WALL in self._layers

    def _update_marks(self) -> None:
        if self._scene is None:
            return
        shown, layers = self._drawing, self._layers
        kept = Drawing(
            needles=shown.needles if Layer.NEEDLES in layers else (),
            gaps=shown.gaps if Layer.NEEDLES in layers else (),
            zones=shown.zones if Layer.ZONES in layers else (),
            layers=shown.layers if Layer.ZONES in layers else (),
            thermometers=shown.thermometers if Layer.ZONES in layers else (),
            focus=shown.focus,
            skin=shown.skin,
            wall_points_mm=shown.wall_points_mm if self._shows_wall else None,
        )
        cements = shown.cements if Layer.CEMENT in layers else ()
        self._scene.show_drawing(kept, tuple(item.mesh for item in cements if item.mesh))
        self._moving()

    def _redraw(self) -> None:
        self._stale = True
        self.update()

    def _draw_fine(self) -> None:
        self._coarse = False
        self._redraw()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the newest picture; the scene is drawn once per paint at most."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), GROUND)
        if self._scene is not None and self._eye is not None:
            if self._scene.is_empty:
                self._picture = None
            elif self._stale or self._picture is None:
                self._picture = self._render(self._scene, self._eye)
                self._stale = False
            if self._picture is not None:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawImage(self.rect(), self._picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_letters(painter, self._eye)
        else:
            painter.setPen(QColor("#4A5663"))
            waits = "3-D" if self._scene is not None else "3-D view is loading"
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, said(waits))
        painter.end()

    def _render(self, scene: Scene, eye: Turntable) -> QImage:
        ratio = self.devicePixelRatioF() / (COARSE if self._coarse else 1)
        wide, high = max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio))
        pixels = scene.image(eye, wide, high, coarse=self._coarse)
        borrowed = QImage(pixels.data, wide, high, wide * 4, QImage.Format.Format_RGBX8888)
        return borrowed.copy()

    def _paint_letters(self, painter: QPainter, eye: Turntable) -> None:
        right, up, _ = eye.axes
        w, h = self.width(), self.height()
        for axis, box in (
            (-right, QRectF(6, h / 2 - 12, 22, 24)),
            (right, QRectF(w - 28, h / 2 - 12, 22, 24)),
            (up, QRectF(w / 2 - 11, 6, 22, 24)),
            (-up, QRectF(w / 2 - 11, h - 30, 22, 24)),
        ):
            words_centred(painter, box, direction_label(axis), clinical.LETTERS, 16)
        words(painter, QPointF(10, 20), "3-D", "#DCE4EC", 12, bold=True)
        cut = f"BONE CUT, {self._solid.cut}" if self._solid.cut else ""
        loud = [
            text
            for text in (self._words, cut, self._drawing.tool.void, *self._fill_moments)
            if text
        ]
        for row, text in enumerate(loud):
            words(painter, QPointF(10, 40 + 18 * row), text, clinical.LETTERS, 13, bold=True)
        planned = self._drawing.zones or any(one.solids for one in self._drawing.needles)
        if self._shows_wall and planned and self._drawing.wall_points_mm is not None:
            self._paint_bands(painter)

    def _paint_bands(self, painter: QPainter) -> None:
        """Say what the colours of the wall mean; they are distances, not a verdict."""
        base = float(self.height()) - 12.0 - BAND_LINE_PX * len(BAND_WORDS)
        words(painter, QPointF(10.0, base), "Wall to plan", "#AEB9C4", 11)
        for code, text in BAND_WORDS.items():
            base += BAND_LINE_PX
            words(painter, QPointF(10.0, base), text, clinical.WALL_COLOURS[code], 11, bold=True)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of a needle, or start to turn."""
        self._last = event.position()
        if event.button() is not Qt.MouseButton.LeftButton or self._eye is None:
            return
        along = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        needles = self._drawing.needles if Layer.NEEDLES in self._layers else ()
        seen = SeenBy(self._eye, float(self.width()), float(self.height()))
        self._handle = handle_at(needles, seen, self._last.x(), self._last.y(), along=along)
        if self._handle is not None:
            self.handle_grabbed.emit(self._handle)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """End the drag."""
        if self._handle is not None:
            self._handle = None
            self.handle_released.emit()

    def _drag_needle(self, eye: Turntable, by: QPointF) -> None:
        """Move what is held, as far from the eye as it is."""
        held = self._handle
        for needle in self._drawing.needles:
            if held is not None and needle.id == held.trajectory_id:
                start = needle.entry if held.is_entry else needle.tip
                moved = eye.dragged(start, (by.x(), by.y()), float(self.height()))
                self.handle_moved.emit(held, moved)
                return

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn, shift or zoom."""
        by = event.position() - self._last
        self._last = event.position()
        if self._eye is None or event.buttons() == Qt.MouseButton.NoButton:
            return
        if self._handle is not None:
            self._drag_needle(self._eye, by)
            return
        if event.buttons() & Qt.MouseButton.LeftButton:
            turn = by.x() * DEGREES_PER_PIXEL
            self._eye = self._eye.turned(turn, by.y() * DEGREES_PER_PIXEL)
        elif event.buttons() & Qt.MouseButton.MiddleButton:
            self._eye = self._eye.shifted(by.x(), by.y(), float(self.height()))
        else:
            self._eye = self._eye.nearer(1.01 ** -by.y())
        self._moving()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom."""
        if self._eye is not None:
            self._eye = self._eye.nearer(1.15 ** (event.angleDelta().y() / 120.0))
            self._moving()
        event.accept()

    def _moving(self) -> None:
        self._coarse = True
        self._settle.start(SETTLE_MS)
        self._redraw()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show this pane alone, or all again."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.maximise_toggled.emit("3d")


def _same_points(one: Vector | None, other: Vector | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)
