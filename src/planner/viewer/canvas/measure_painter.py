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


def paint_measures(
    painter: QPainter, pane: PaneMap, measures: tuple[Measure, ...], slab_mm: float
) -> None:
    """Draw the measures that lie in the plane of a pane, or within its slab."""
    reach_mm = max(NEAR_MM, slab_mm / 2)
    for measure in measures:
        points = np.array([point.array for point in measure.points])
        if np.abs(pane.depth_mm(points)).max() <= reach_mm:
            _measure(painter, pane, measure)


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
    if measure.words:
        words(painter, place + QPointF(9, -7), measure.words, INK, 12, bold=True)
