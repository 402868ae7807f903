"""The chooser of a folder's series: who, what, a picture, and what the gate says of each."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QDialogButtonBox,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from planner.domain.finding import Severity
from planner.domain.volume import GateVerdict
from planner.session.chooser import ChooserState, SeriesRow, StudyGroup
from planner.viewer.language.spoken import said, verbatim
from planner.viewer.panels.parts import label, say
from planner.viewer.theme import clinical

VALUE = int(Qt.ItemDataRole.UserRole)
PICTURE = VALUE + 1

THUMBNAIL_PX = 92
ROW_PX, GROUP_PX = 116, 52
VERDICT_PX = 300
GAP_PX = 14

_WORDS = {
    GateVerdict.LOAD: "LOADS",
    GateVerdict.WARN: "WARNING",
    GateVerdict.REFUSE: "REFUSED",
}
_COLOURS = {
    GateVerdict.WARN: clinical.SEVERITY_COLOURS[Severity.WARN],
    GateVerdict.REFUSE: clinical.SEVERITY_COLOURS[Severity.STOP],
}
_DIMMED = 0.6
"""Of the picture of a series that cannot be opened; its words say why and stay clear."""

_QUIET = 0.72

_Index = QModelIndex | QPersistentModelIndex


class _SeriesDelegate(QStyledItemDelegate):
    """Draws a patient's heading, or a series with its picture and its verdict."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Return the height of a heading or of a series."""
        is_series = isinstance(index.data(VALUE), SeriesRow)
        return QSize(option.rect.width(), ROW_PX if is_series else GROUP_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw one line of the list."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        rect: QRect = option.rect
        palette: QPalette = option.palette
        state: QStyle.StateFlag = option.state
        value = index.data(VALUE)
        if isinstance(value, SeriesRow):
            chosen = bool(state & QStyle.StateFlag.State_Selected)
            _paint_series(painter, rect, palette, value, index.data(PICTURE), chosen=chosen)
        elif isinstance(value, StudyGroup):
            _paint_group(painter, rect, palette, value)
        painter.restore()


def _paint_group(painter: QPainter, rect: QRect, palette: QPalette, group: StudyGroup) -> None:
    box = rect.adjusted(GAP_PX, 12, -GAP_PX, -2)
    painter.setFont(_font(painter, 15, bold=True))
    painter.setPen(palette.color(QPalette.ColorRole.Text))
    patient = group.patient if group.identity else said(group.patient)  # then it is hidden
    used = painter.fontMetrics().horizontalAdvance(patient)
    painter.drawText(box, Qt.AlignmentFlag.AlignTop, patient)
    painter.setFont(_font(painter, 12))
    painter.setPen(_quiet(palette))
    beside = box.adjusted(used + GAP_PX, 3, 0, 0)
    painter.drawText(beside, Qt.AlignmentFlag.AlignTop, said(group.identity))
    painter.drawText(box.adjusted(0, 20, 0, 6), Qt.AlignmentFlag.AlignTop, said(group.study))


def _paint_series(
    painter: QPainter,
    rect: QRect,
    palette: QPalette,
    row: SeriesRow,
    picture: QPixmap | None,
    *,
    chosen: bool,
) -> None:
    box = rect.adjusted(6, 3, -6, -3)
    if chosen:
        painter.setPen(QPen(QApplication.palette().color(QPalette.ColorRole.Highlight), 1.5))
        painter.setBrush(palette.color(QPalette.ColorRole.Button))
        painter.drawRoundedRect(box, 8, 8)
    inside = box.adjusted(8, 8, -10, -8)
    frame = QRect(inside.left(), inside.top(), THUMBNAIL_PX, THUMBNAIL_PX)
    painter.fillRect(frame, QColor("#0B0E13"))
    painter.setOpacity(_DIMMED if row.refused else 1.0)
    if picture is not None:
        shown = picture.size().scaled(frame.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(frame.topLeft(), shown)
        place.moveCenter(frame.center())
        painter.drawPixmap(place, picture)
    painter.setOpacity(1.0)
    text = inside.adjusted(THUMBNAIL_PX + GAP_PX, 0, -VERDICT_PX - GAP_PX, 0)
    _paint_what(painter, text, palette, row)
    _paint_verdict(painter, inside.adjusted(inside.width() - VERDICT_PX, 0, 0, 0), palette, row)


def _paint_what(painter: QPainter, box: QRect, palette: QPalette, row: SeriesRow) -> None:
    """Write the name, why it is the best, and what it is."""
    wraps = Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
    painter.setFont(_font(painter, 14, bold=True))
    painter.setPen(palette.color(QPalette.ColorRole.Text))
    title = painter.fontMetrics().elidedText(row.title, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, Qt.AlignmentFlag.AlignTop, title)
    painter.setFont(_font(painter, 12, bold=bool(row.best)))
    quiet = _quiet(palette)
    painter.setPen(
        QApplication.palette().color(QPalette.ColorRole.Highlight) if row.best else quiet
    )
    why = said(row.best or row.advice[:1].upper() + row.advice[1:])
    used = painter.boundingRect(box.adjusted(0, 22, 0, 0), wraps, why)
    painter.drawText(box.adjusted(0, 22, 0, 0), wraps, why)
    painter.setFont(_font(painter, 12))
    painter.setPen(palette.color(QPalette.ColorRole.Text))
    below = used.bottom() - box.top() + 4
    painter.drawText(box.adjusted(0, below, 0, 4), wraps, said(row.what))


def _paint_verdict(painter: QPainter, box: QRect, palette: QPalette, row: SeriesRow) -> None:
    """Write the verdict, and the heaviest sentence; the whole stands below the list."""
    quiet = _quiet(palette)
    painter.setFont(_font(painter, 11, bold=True))
    word = said(_WORDS[row.verdict])
    badge = QRect(box.left(), box.top(), painter.fontMetrics().horizontalAdvance(word) + 12, 17)
    painter.setPen(QPen(quiet, 1.0) if row.verdict not in _COLOURS else Qt.PenStyle.NoPen)
    fill = _COLOURS.get(row.verdict)
    painter.setBrush(QColor(fill) if fill else Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(badge, 4, 4)
    painter.setPen(QColor(clinical.ON_SEVERITY) if fill else quiet)
    painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, word)
    painter.setFont(_font(painter, 12))
    painter.setPen(palette.color(QPalette.ColorRole.Text) if row.remarks else quiet)
    wraps = Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
    painter.drawText(box.adjusted(0, 22, 0, 4), wraps, said(row.verdict_sentence))


def _quiet(palette: QPalette) -> QColor:
    """Return an ink that stands back yet reads at 7 to 1: why a series suits is no footnote."""
    ink = QColor(palette.color(QPalette.ColorRole.Text))
    ink.setAlphaF(_QUIET)
    return ink


def _font(painter: QPainter, size_px: int, *, bold: bool = False) -> QFont:
    font = QFont(painter.font())
    font.setPixelSize(size_px)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font


def _picture(row: SeriesRow) -> QPixmap | None:
    """Return the thumbnail of a series as Qt shows it."""
    if row.thumbnail is None:
        return None
    rows = np.ascontiguousarray(row.thumbnail)
    form = QImage.Format.Format_Grayscale8
    image = QImage(rows.data, rows.shape[1], rows.shape[0], rows.strides[0], form)
    return QPixmap.fromImage(image.copy())


class SeriesChooser(QDialog):
    """Arrow keys walk, Enter opens, Esc lets be; a refused series says why and stays shut."""

    chosen = Signal(str)
    declined = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(said("Choose a series"))
        self.resize(940, 640)
        self.place = label("", "title")
        self.hint = label("", "quiet")
        self.series = QListWidget()
        self.series.setItemDelegate(_SeriesDelegate(self.series))
        self.series.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.series.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.series.setAccessibleName(said("Series in this folder"))
        self.details = label("", "quiet")
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.details.setAccessibleName(said("What the gate says of the chosen series"))
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.ok = self.buttons.addButton(said("Open"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.ok.setProperty("role", "primary")
        self.ok.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 20, 22, 18)
        column.setSpacing(10)
        for part in (self.place, self.hint):
            column.addWidget(part)
        column.addWidget(self.series, 1)
        column.addWidget(self.details)
        column.addWidget(self.buttons)
        self.series.currentItemChanged.connect(lambda *_items: self._follow())
        self.series.itemActivated.connect(lambda _item: self._open())
        self.buttons.accepted.connect(self._open)
        self.buttons.rejected.connect(self.reject)
        self.rejected.connect(self.declined)

    def show_state(self, state: ChooserState) -> None:
        """Fill the list; nothing is chosen unless the state says so."""
        self.place.setText(said(state.place))
        self.hint.setText(said("\n".join((state.hint, *state.remarks))))
        self.series.clear()
        for group in state.groups:
            heading = QListWidgetItem(
                verbatim(f"{group.patient}, {group.identity}, {group.study}")
            )
            heading.setFlags(Qt.ItemFlag.NoItemFlags)
            heading.setData(VALUE, group)
            self.series.addItem(heading)
            for row in group.rows:
                item = QListWidgetItem(said(row.title))
                item.setData(VALUE, row)
                item.setData(PICTURE, _picture(row))
                item.setData(Qt.ItemDataRole.AccessibleTextRole, said(row.spoken))
                item.setToolTip(said("\n".join(row.remarks)))
                self.series.addItem(item)
                if row.series_uid == state.chosen and not row.refused:
                    self.series.setCurrentItem(item)
        self.series.setFocus()
        self._follow()

    def current(self) -> SeriesRow | None:
        """Return the series under the hand."""
        item = next(iter(self.series.selectedItems()), None)
        value = None if item is None else item.data(VALUE)
        return value if isinstance(value, SeriesRow) else None

    def _follow(self) -> None:
        row = self.current()
        why = "Choose a series first." if row is None else row.refused
        self.ok.setEnabled(not why)
        self.ok.setToolTip(said(why))
        say(self.details, "" if row is None else "\n".join(row.remarks))

    def _open(self) -> None:
        row = self.current()
        if row is not None and not row.refused:
            self.chosen.emit(row.series_uid)
