"""Draws needles, zones, walls, crosshair and words over one slice."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor, hypot, log10
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QImage,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
)

from planner.geometry.capsule import Capsule
from planner.session.drawing import section
from planner.session.view_state import Layer
from planner.viewer.canvas.strokes import FILLED
from planner.viewer.language.spoken import said
from planner.viewer.theme import clinical

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.protection import ProtectionLayer
    from planner.geometry.points import PointLps, Vector
    from planner.planning import NeedleGap
    from planner.session.drawing import Drawing, NeedleMark, SkinMark, ThermometerMark
    from planner.session.planes import PaneMap
    from planner.session.view_state import ViewState
    from planner.viewer.canvas.strokes import Strokes

IN_PLANE_MM = 1.2
"""A needle this close to the plane is drawn solid: about half of a 13 G cannula."""

NARROWEST_NEEDLE_PX = 2.4
CANNULA_BAR_PX = 7.0
LETTERED_PX = 40.0
"""A working end longer than this on the screen has room for words beside it."""

GAP_SLAB_MM = 5.0
"""A plane this near to where two needles come nearest shows how near."""

THERMOMETER_SLAB_MM = 3.0
"""A thermometer this near to a plane is drawn and named on it."""

NAME_PX = 15.0
"""From one line of names to the next."""

SKIN_SLAB_MM = 4.0
"""Skin points this near to a plane are drawn on it; they lie about 5 mm apart."""

LETTER_TOP_PX, BELOW_WORDS_PX, LETTER_GAP_PX = 6.0, 44.0, 16.0
WORDS_LEFT_PX = 10.0
"""The words of a pane stand in its corner, in two lines over the lower place of the letter."""

HALO = QColor(0, 0, 0, 170)
HALO_PX = 2.0
CROSSHAIR_GAP_PX = 14.0
CROSSHAIR_ALPHA = 190
END_PX = 5.0
"""How far the mark of a needle's end reaches from it."""


def pen(
    colour: str,
    width: float = 1.0,
    alpha: int = 255,
    *,
    dashed: bool = False,
    flat: bool = False,
) -> QPen:
    """Return a pen that rounds ends and corners, or leaves them ``flat``.

    Rounding a long line or an ellipse costs several times what drawing it does.
    """
    return QPen(_pen(colour, width, alpha, dashed, flat))


@lru_cache(maxsize=256)
def _pen(colour: str, width: float, alpha: int, dashed: bool, flat: bool) -> QPen:
    shade = QColor(colour)
    shade.setAlpha(alpha)
    line = QPen(shade, width)
    line.setCapStyle(Qt.PenCapStyle.FlatCap if flat else Qt.PenCapStyle.RoundCap)
    line.setJoinStyle(Qt.PenJoinStyle.MiterJoin if flat else Qt.PenJoinStyle.RoundJoin)
    if dashed:
        line.setDashPattern([4.0, 4.0])
    return line


def polygon(pane: PaneMap, points_mm: Vector) -> QPolygonF:
    """Project patient points to a polygon in pixels."""
    return QPolygonF([QPointF(x, y) for x, y in pane.pixels(points_mm)])


def paint_levels(painter: QPainter, pane: PaneMap, view: ViewState, drawing: Drawing) -> None:
    """Write the names of levels that the plane cuts."""
    if Layer.VERTEBRAE in view.layers:
        _levels(painter, pane, drawing)


def paint_guards(painter: QPainter, pane: PaneMap, view: ViewState, drawing: Drawing) -> None:
    """Draw what protects from zones, and what watches them."""
    if Layer.ZONES not in view.layers:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for layer in drawing.layers:
        _layer(painter, pane, layer)
    named: list[QRectF] = []
    for thermometer in drawing.thermometers:
        _thermometer(painter, pane, thermometer, named)


def paint_shafts(strokes: Strokes, pane: PaneMap, view: ViewState, drawing: Drawing) -> None:
    """Draw the lines of needles as they are seen from here, at any depth of the plane."""
    if Layer.NEEDLES not in view.layers:
        return
    for needle in drawing.needles:
        entry, tip = (pane.pixel(point) for point in (needle.entry, needle.tip))
        strokes.line(entry, tip, 3.0, "#000000", 90)
        strokes.line(entry, tip, 1.2, _colour(needle), 130, dashed=True)


def paint_over(
    painter: QPainter, strokes: Strokes, pane: PaneMap, view: ViewState, drawing: Drawing
) -> None:
    """Draw what lies over the crosshair and depends on the depth of the plane.

    Both draw into the same pixels: the painter what is rare, ``strokes`` what every slice has.
    """
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if Layer.NEEDLES in view.layers:
        for needle in drawing.needles:
            _needle(painter, strokes, pane, needle)
        for gap in drawing.gaps:
            _gap(painter, pane, gap)
        _pending(painter, strokes, pane, drawing)
    _marks(painter, pane, drawing)


def _marks(painter: QPainter, pane: PaneMap, drawing: Drawing) -> None:
    """Draw what is no part of the plan: the skin map, the grid mark, a finding's place."""
    if drawing.skin is not None:
        _skin(painter, pane, drawing.skin)
    if drawing.grid_mark is not None:
        _grid_mark(painter, pane, drawing.grid_mark)
    if drawing.focus is not None:
        _focus(painter, pane, drawing)


def _levels(painter: QPainter, pane: PaneMap, drawing: Drawing) -> None:
    for tag in drawing.levels:
        if abs(pane.point_depth_mm(tag.at)) <= tag.reach_mm:
            box = QRectF(QPointF(*pane.pixel(tag.at)) - QPointF(20, 9), QSizeF(40, 18))
            words_centred(painter, box, tag.text, clinical.VERTEBRA, 12)


def _layer(painter: QPainter, pane: PaneMap, layer: ProtectionLayer) -> None:
    """Draw a protecting layer with its name; dotted, because it is planned and moves nothing."""
    cut = section(layer.shape, pane)
    if cut is None:
        return
    shade = QColor(clinical.PROTECTION)
    shade.setAlpha(60)
    painter.setBrush(shade)
    for ink in (pen("#000000", 3.0, 120), pen(clinical.PROTECTION, 1.6, dashed=True)):
        painter.setPen(ink)
        painter.drawPolygon(polygon(pane, cut))
        painter.setBrush(Qt.BrushStyle.NoBrush)
    at = QPointF(*pane.pixel(layer.centre))
    name = f"{layer.agent} {layer.thickness_mm:g} mm"
    words(painter, at + QPointF(8, -6), name, clinical.PROTECTION, 12)


def _thermometer(
    painter: QPainter, pane: PaneMap, mark: ThermometerMark, named: list[QRectF]
) -> None:
    """Draw a thermometer as a diamond, and dotted the way to it; named below other names."""
    at = QPointF(*pane.pixel(mark.at))
    near = abs(pane.point_depth_mm(mark.at)) <= THERMOMETER_SLAB_MM
    dotted = pen(clinical.THERMOMETER, 1.4, 230 if near else 120)
    dotted.setDashPattern([1.0, 3.0])
    if mark.skin is not None:
        painter.setPen(dotted)
        painter.drawLine(QPointF(*pane.pixel(mark.skin)), at)
    if not near:
        return
    diamond = QPolygonF([at + QPointF(x, y) for x, y in ((0, -6), (6, 0), (0, 6), (-6, 0))])
    painter.setBrush(QColor(clinical.THERMOMETER))
    painter.setPen(pen("#000000", 1.6))
    painter.drawPolygon(diamond)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    box = QRectF(at.x() + 10, at.y() + 2, wide_px(mark.label, 12), NAME_PX)
    while any(box.intersects(other) for other in named):
        box.translate(0, NAME_PX)
    named.append(box)
    words(painter, box.bottomLeft() - QPointF(0, 3), mark.label, clinical.THERMOMETER, 12)


def _skin(painter: QPainter, pane: PaneMap, skin: SkinMark) -> None:
    near = np.abs(pane.depth_mm(skin.points_mm)) <= SKIN_SLAB_MM
    for code, colour in clinical.SKIN_COLOURS.items():
        shown = skin.points_mm[near & (skin.codes == code)]
        if len(shown):
            painter.setPen(pen(colour, 5.0))
            painter.drawPoints(polygon(pane, shown))


def _grid_mark(painter: QPainter, pane: PaneMap, mark: PointLps) -> None:
    centre = QPointF(*pane.pixel(mark))
    painter.setPen(pen(clinical.LETTERS, 1.8))
    for a, b in ((QPointF(7, 7), QPointF(-7, -7)), (QPointF(7, -7), QPointF(-7, 7))):
        painter.drawLine(centre + a, centre + b)
    words(painter, centre + QPointF(10, -8), "grid mark", clinical.LETTERS, 12)


def crosshair_bars(
    pane: PaneMap, cursor: PointLps, ratio: float, shape: tuple[int, int]
) -> NDArray[np.int64]:
    """Return the four arms of the crosshair in a picture, int64 ``(n, 4)``.

    Each is left, top, right and bottom in pixels of the device, the last two beyond its last
    pixel; ``shape`` is height and width of the picture. An arm outside it is left out.
    """
    x, y = pane.pixel(cursor)
    high, wide = shape

    def ends(start: float, end: float, most: int) -> tuple[int, int]:
        return max(0, floor(start * ratio + 0.5)), min(most, max(0, floor(end * ratio + 0.5)))

    left, right = ends(floor(x), floor(x) + 1, wide)
    top, bottom = ends(floor(y), floor(y) + 1, high)
    found = []
    for start, end in ((0.0, x - CROSSHAIR_GAP_PX), (x + CROSSHAIR_GAP_PX, pane.width_px)):
        first, last = ends(start, end, wide)
        if first < last and top < bottom:
            found.append((first, top, last, bottom))
    for start, end in ((0.0, y - CROSSHAIR_GAP_PX), (y + CROSSHAIR_GAP_PX, pane.height_px)):
        first, last = ends(start, end, high)
        if first < last and left < right:
            found.append((left, first, right, last))
    return np.array(found, np.int64).reshape(-1, 4)


def in_plane_part(pane: PaneMap, start: PointLps, end: PointLps) -> Vector | None:
    """Return the stretch of a line within ``IN_PLANE_MM`` of the plane, shape ``(2, 3)``."""
    first, last = pane.point_depth_mm(start), pane.point_depth_mm(end)
    slope = last - first
    if min(first, last) > IN_PLANE_MM or max(first, last) < -IN_PLANE_MM:
        return None
    ends = np.stack((start.array, end.array))
    if abs(slope) < 1e-9:
        return ends if abs(first) <= IN_PLANE_MM else None
    cuts = sorted(((-IN_PLANE_MM - first) / slope, (IN_PLANE_MM - first) / slope))
    low, high = max(cuts[0], 0.0), min(cuts[1], 1.0)
    if low >= high:
        return None
    along = ends[1] - ends[0]
    return np.stack((ends[0] + low * along, ends[0] + high * along))


def _colour(needle: NeedleMark) -> str:
    return clinical.NEEDLE if needle.selected else clinical.NEEDLE_OTHER


def _needle(painter: QPainter, strokes: Strokes, pane: PaneMap, needle: NeedleMark) -> None:
    colour = _colour(needle)
    for solid in needle.solids or (Capsule(needle.entry, needle.tip, 0.0),):
        _part(strokes, pane, solid, colour)
    if needle.active is not None:
        _part(strokes, pane, needle.active, clinical.ZONE)
        _cannula_end(painter, strokes, pane, needle.active, colour)
    for point, is_entry in ((needle.entry, True), (needle.tip, False)):
        near = abs(pane.point_depth_mm(point)) <= IN_PLANE_MM
        _end(strokes, pane.pixel(point), colour, is_entry=is_entry, solid=near)
    if needle.selected:
        entry = QPointF(*pane.pixel(needle.entry))
        words(painter, entry + QPointF(10, -8), needle.label, colour, 12)


def _part(strokes: Strokes, pane: PaneMap, solid: Capsule, colour: str) -> None:
    """Draw what of one part lies in the plane, as wide as it is."""
    part = in_plane_part(pane, solid.start, solid.end)
    if part is None:
        return
    (x0, y0), (x1, y1) = pane.pixels(part).tolist()
    width = max(2.0 * solid.radius_mm / pane.mm_per_pixel, NARROWEST_NEEDLE_PX)
    strokes.line((x0, y0), (x1, y1), width + 2.6, "#000000", 150)
    strokes.line((x0, y0), (x1, y1), width, colour)


def _cannula_end(
    painter: QPainter, strokes: Strokes, pane: PaneMap, active: Capsule, colour: str
) -> None:
    """Draw a bar across the needle where its cannula ends."""
    if abs(pane.point_depth_mm(active.start)) > IN_PLANE_MM:
        return
    (x, y), tip = pane.pixel(active.start), pane.pixel(active.end)
    way_x, way_y = tip[0] - x, tip[1] - y
    length = hypot(way_x, way_y)
    if length < 2.0 * CANNULA_BAR_PX:
        return
    u, v = -way_y * CANNULA_BAR_PX / length, way_x * CANNULA_BAR_PX / length
    for shade, width, alpha in (("#000000", 4.0, 150), (colour, 1.8, 255)):
        strokes.line((x - u, y - v), (x + u, y + v), width, shade, alpha, flat=False)
    if length > LETTERED_PX:
        words(painter, QPointF(x + u + 4, y + v + 4), "cannula ends", colour, 11)


def _gap(painter: QPainter, pane: PaneMap, gap: NeedleGap) -> None:
    """Draw how near two needles come, on planes that pass by that place."""
    places = (gap.at_first, gap.at_second)
    if any(abs(pane.point_depth_mm(point)) > GAP_SLAB_MM for point in places):
        return
    one, other = (QPointF(*pane.pixel(point)) for point in places)
    colour = clinical.COLLISION if gap.collide else clinical.LETTERS
    painter.setPen(pen(colour, 1.4, dashed=True))
    painter.drawLine(one, other)
    if gap.collide:
        painter.setPen(pen(colour, 2.2))
        painter.drawEllipse((one + other) / 2.0, 12.0, 12.0)
    words(painter, (one + other) / 2.0 + QPointF(16, -6), gap.words, colour, 12)


def _end(
    strokes: Strokes, at: tuple[float, float], colour: str, *, is_entry: bool, solid: bool
) -> None:
    """Draw the square of an entry or the ring of a tip; filled where it lies in the plane."""
    draw = strokes.square if is_entry else strokes.ring
    draw(at, END_PX, 3.6, "#000000", 150)
    if solid:
        draw(at, END_PX, FILLED, *(("#000000", 110) if is_entry else (colour, 255)))
    draw(at, END_PX, 1.8, colour, 255 if solid else 150)


def _pending(painter: QPainter, strokes: Strokes, pane: PaneMap, drawing: Drawing) -> None:
    for point, is_entry, word in (
        (drawing.pending_entry, True, "entry"),
        (drawing.pending_tip, False, "tip"),
    ):
        if point is not None:
            at = pane.pixel(point)
            _end(strokes, at, clinical.NEEDLE, is_entry=is_entry, solid=True)
            words(painter, QPointF(*at) + QPointF(10, -8), word, clinical.NEEDLE, 12)


def _focus(painter: QPainter, pane: PaneMap, drawing: Drawing) -> None:
    if drawing.focus is None:
        return
    centre = QPointF(*pane.pixel(drawing.focus.at))
    colour = clinical.SEVERITY_COLOURS[drawing.focus.severity]
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for ink, width in ((pen("#000000", 4.6, 150), 0), (pen(colour, 2.2), 0)):
        painter.setPen(ink)
        painter.drawEllipse(centre, 15.0 + width, 15.0 + width)
    words(painter, centre + QPointF(20, 5), drawing.focus.label, colour, 12)


def words(
    painter: QPainter, at: QPointF, text: str, colour: str, size_px: int, *, bold: bool = False
) -> None:
    """Say and write one line with a dark halo; ``at`` is the left end of the base line."""
    ratio = painter.device().devicePixelRatioF()
    picture = _written(said(text), colour, size_px, bold, ratio)
    painter.drawImage(at - QPointF(HALO_PX, size_px + HALO_PX), picture)


@lru_cache(maxsize=512)
def _written(text: str, colour: str, size_px: int, bold: bool, ratio: float) -> QImage:
    """Return a line of text as an image: outlining glyphs anew costs more than the slice.

    It is put together of its words, because most lines that change do so in one number.
    """
    at = HALO_PX * ratio
    places = []
    for word in text.split(" "):
        places.append((at, word))
        at += (_wide_px(word, size_px, bold) + _wide_px(" ", size_px, bold)) * ratio
    wide = at - (_wide_px(" ", size_px, bold) - HALO_PX - 2) * ratio
    high = (1.4 * size_px + 2 * HALO_PX) * ratio
    image = QImage(QSize(ceil(wide), ceil(high)), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    for at, word in places:
        if word:
            picture = _word(word, colour, size_px, bold, ratio, at - floor(at))
            painter.drawImage(QPoint(floor(at) - _beside_px(ratio), 0), picture)
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


def _beside_px(ratio: float) -> int:
    """Return how many pixels of the device a word's picture has before its first letter."""
    return ceil(HALO_PX * ratio)


@lru_cache(maxsize=1024)
def _word(
    word: str, colour: str, size_px: int, bold: bool, ratio: float, phase_px: float
) -> QImage:
    """Return a word with its halo that begins so far behind a pixel of the device."""
    wide = _beside_px(ratio) + phase_px + (_wide_px(word, size_px, bold) + HALO_PX + 2) * ratio
    high = (1.4 * size_px + 2 * HALO_PX) * ratio
    image = QImage(QSize(ceil(wide), ceil(high)), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    path = QPainterPath()
    path.addText(QPointF(0.0, 0.0), _font(size_px, bold=bold), word)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(_beside_px(ratio) + phase_px, (size_px + HALO_PX) * ratio)
    painter.scale(ratio, ratio)
    painter.strokePath(path, QPen(HALO, 3.0))
    painter.fillPath(path, QColor(colour))
    painter.end()
    return image


def _font(size_px: int, *, bold: bool) -> QFont:
    font = QFont(QGuiApplication.font())
    font.setPixelSize(size_px)
    font.setBold(bold)
    return font


def words_centred(painter: QPainter, box: QRectF, text: str, colour: str, size_px: int) -> None:
    """Write one bold line in the middle of ``box``."""
    base = box.center().y() + _capital_px(size_px) / 2
    left = box.center().x() - wide_px(text, size_px, bold=True) / 2
    words(painter, QPointF(left, base), text, colour, size_px, bold=True)


@lru_cache(maxsize=32)
def _capital_px(size_px: int) -> float:
    return QFontMetricsF(_font(size_px, bold=True)).capHeight()


def wide_px(text: str, size_px: int, *, bold: bool = False) -> float:
    """Return how wide a line of ``words`` is."""
    return _wide_px(said(text), size_px, bold)


@lru_cache(maxsize=512)
def _wide_px(text: str, size_px: int, bold: bool) -> float:
    return QFontMetricsF(_font(size_px, bold=bold)).horizontalAdvance(text)


def letter_top(width_px: float, reach_px: float) -> float:
    """Return where the uppermost letter goes: below the words of the corner that reach it."""
    return LETTER_TOP_PX if reach_px < width_px / 2 - LETTER_GAP_PX else BELOW_WORDS_PX


def paint_letters(painter: QPainter, pane: PaneMap, top_px: float = LETTER_TOP_PX) -> None:
    """Write the patient letters at the middle of the four sides."""
    left, right, top, bottom = pane.frame.letters
    w, h = pane.width_px, pane.height_px
    for text, box in (
        (left, QRectF(6, h / 2 - 12, 22, 24)),
        (right, QRectF(w - 28, h / 2 - 12, 22, 24)),
        (top, QRectF(w / 2 - 11, top_px, 22, 24)),
        (bottom, QRectF(w / 2 - 11, h - 30, 22, 24)),
    ):
        words_centred(painter, box, text, clinical.LETTERS, 16)


def scale_length_mm(mm_per_pixel: float, wanted_px: float = 90.0) -> float:
    """Return a round length (1, 2 or 5 times a power of ten) near ``wanted_px`` long."""
    wanted = mm_per_pixel * wanted_px
    power = 10.0 ** floor(log10(wanted))
    return float(max(step for step in (1.0, 2.0, 5.0) if step * power <= wanted) * power)


def paint_scale(painter: QPainter, pane: PaneMap) -> None:
    """Draw a scale bar at the lower right."""
    length = scale_length_mm(pane.mm_per_pixel)
    wide = length / pane.mm_per_pixel
    right, y = pane.width_px - 14.0, pane.height_px - 14.0
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for ink in (pen("#000000", 4.0, 170), pen("#DCE4EC", 1.6)):
        painter.setPen(ink)
        painter.drawLine(QPointF(right - wide, y), QPointF(right, y))
        painter.drawLine(QPointF(right - wide, y - 4), QPointF(right - wide, y))
        painter.drawLine(QPointF(right, y - 4), QPointF(right, y))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    words(painter, QPointF(right - wide, y - 9), f"{length:g} mm", "#DCE4EC", 11)
