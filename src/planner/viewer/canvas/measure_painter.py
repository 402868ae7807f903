"""Draws measures over a slice: lines, angles and regions with their result in words."""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, Qt

from planner.session.measuring import Measure, MeasureKind
from planner.viewer.canvas.overlay_painter import pen, words

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from planner.session.planes import PaneMap

INK = "#DDF1FF"
NEAR_MM = 1.0
"""A measure is drawn on slices this near to its own; farther off it would lie."""

TICK_PX = 4.0

SEEN_FROM_FRONT = 0.99
"""Cosine to a slice below which a region drawn on it is seen as an ellipse."""

_WIDE_PX = 8.0
"""Width of a letter at most, so that a result stays inside its pane."""


def paint_measures(
    painter: QPainter, pane: PaneMap, measures: tuple[Measure, ...], slab_mm: float
) -> None:
    """Draw the measures that lie in the plane of a pane, or within its slab."""
    reach_mm = max(NEAR_MM, slab_mm / 2)
    for measure in measures:
        points = np.array([point.array for point in measure.points])
        if measure.kind is MeasureKind.REGION and not _faces(pane, measure):
            continue
        if np.abs(pane.depth_mm(points)).max() <= reach_mm:
            _measure(painter, pane, measure)


def _faces(pane: PaneMap, measure: Measure) -> bool:
    """Tell whether a disc is seen from the front, so that its picture is a circle."""
    return abs(float(pane.frame.normal @ np.array(measure.normal))) > SEEN_FROM_FRONT


def _measure(painter: QPainter, pane: PaneMap, measure: Measure) -> None:
    spots = [QPointF(*pane.pixel(point)) for point in measure.points]
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, width, alpha in (("#000000", 4.0, 130), (INK, 1.6, 255)):
        painter.setPen(pen(colour, width, alpha))
        if measure.kind is MeasureKind.REGION:
            away = spots[-1] - spots[0]
            radius = hypot(away.x(), away.y())
            painter.drawEllipse(spots[0], radius, radius)
        else:
            painter.drawPolyline(spots)
            for spot in spots:
                painter.drawEllipse(spot, TICK_PX, TICK_PX)
    place = spots[1] if measure.kind is MeasureKind.ANGLE and len(spots) > 1 else spots[-1]
    for row, text in enumerate(measure.words.split(", ")):
        wide = _WIDE_PX * len(text)
        left = min(place.x() + 9, pane.width_px - wide)
        words(painter, QPointF(left, place.y() - 7 + 15 * row), text, INK, 12, bold=True)
