"""The share of a target that gets at least so much, as a small picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from planner.viewer.language.spoken import said, verbatim
from planner.viewer.theme import clinical

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from planner.domain.coverage import Coverage

HIGH_PX: Final = 108
LEFT_PX: Final = 46
FOOT_PX: Final = 32
"""Room for the steps of dose, and for what they are."""

STEP_GAP_PX: Final = 6.0
CAPTION_PX: Final = 11
STYLES: Final = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine)
"""Lesion solid, target volume dashed: told apart without colour."""
LINES: Final = ("—", "- -")


class DoseCurve(QWidget):
    """Draws a curve for each target; hidden where there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves: tuple[Coverage, ...] = ()
        self.setFixedHeight(HIGH_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setVisible(False)

    def show_curves(self, curves: tuple[Coverage, ...]) -> None:
        """Show these targets, and say the numbers to a reader who does not see the picture."""
        self._curves = tuple(one for one in curves if len(one.curve) > 1)
        self.setVisible(bool(self._curves))
        words = "\n".join(_words(one) for one in self._curves)
        self.setAccessibleName(said("Share of the target by dose"))
        self.setAccessibleDescription(verbatim(words))
        self.setToolTip(verbatim(words))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw lines at 0, 50 and 100 %, and a curve for each target."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        text = self.palette().color(QPalette.ColorRole.WindowText)
        area = QRectF(LEFT_PX, 8.0, self.width() - LEFT_PX - 10.0, HIGH_PX - 8.0 - FOOT_PX)
        faint = QPen(text)
        faint.setWidthF(0.4)
        painter.setPen(faint)
        for percent in (0, 50, 100):
            y = area.bottom() - area.height() * percent / 100.0
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.drawText(QRectF(0.0, y - 8.0, LEFT_PX - 4.0, 16.0), _right(), f"{percent} %")
        for curve, style in zip(self._curves, STYLES, strict=False):
            self._draw(painter, area, curve, style)
        if self._curves:
            self._steps(painter, area, self._curves)
        painter.end()

    def _draw(self, painter: QPainter, area: QRectF, curve: Coverage, style: Qt.PenStyle) -> None:
        pen = QPen(clinical.ZONE)
        pen.setWidthF(1.8)
        pen.setStyle(style)
        painter.setPen(pen)
        painter.drawPolyline(
            [
                QPointF(_across(area, n, len(curve.curve)), _up(area, percent))
                for n, (_, percent) in enumerate(curve.curve)
            ]
        )

    def _steps(self, painter: QPainter, area: QRectF, curves: tuple[Coverage, ...]) -> None:
        """Write the doses that have room, what they are, and which line is whose."""
        curve = curves[0]
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        taken = 0.0
        for n, (step, _) in enumerate(curve.curve):
            middle = _across(area, n, len(curve.curve))
            wide = painter.fontMetrics().horizontalAdvance(f"{step:g}")
            if middle - wide / 2.0 < taken:
                continue
            taken = middle + wide / 2.0 + STEP_GAP_PX
            place = QRectF(middle - 20.0, area.bottom() + 1.0, 40.0, FOOT_PX / 2.0)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter), f"{step:g}")
        unit = "°C" if curve.curve[0][0] <= 0.0 else "CEM43, min"
        below = QRectF(0.0, area.bottom() + FOOT_PX / 2.0, self.width() - 10.0, FOOT_PX / 2.0)
        lines = (f"{how} {_short(one)}" for how, one in zip(LINES, curves, strict=False))
        font = painter.font()
        font.setPixelSize(CAPTION_PX)
        painter.setFont(font)
        painter.drawText(below, _right(), f"{', '.join(lines)} · {said(unit)}")


def _short(curve: Coverage) -> str:
    return said(curve.of.removeprefix("clinical "))


def _right() -> int:
    return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


def _across(area: QRectF, number: int, count: int) -> float:
    return area.left() + area.width() * (number + 0.5) / count


def _up(area: QRectF, percent: float) -> float:
    return area.bottom() - area.height() * percent / 100.0


def _words(curve: Coverage) -> str:
    is_cold = curve.curve[0][0] <= 0.0
    unit = "°C at most" if is_cold else "CEM43 min at least"
    steps = ", ".join(f"{step:g}: {percent:.0f} %" for step, percent in curve.curve)
    return f"{said(curve.of)}, {said(unit)} — {steps}"
