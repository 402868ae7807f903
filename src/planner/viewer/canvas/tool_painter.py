"""Draws what a correction tool has in its hand: disc lines with their grips, and a stroke."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from planner.geometry.points import PointLps
from planner.session.disc_line import disc_line
from planner.viewer.canvas.overlay_painter import pen, words
from planner.viewer.theme import clinical

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from planner.geometry.points import Vector
    from planner.session.planes import PaneMap
    from planner.session.tool_marks import StrokeMark, ToolMarks

GRIP_PX = 4.5
WALL_NEAR_MM = 12.0
"""A sagittal picture this far beside the midline still shows what the wall lines are for."""
DISC, DISC_CHOSEN = "#8FB8FF", "#FFFFFF"


SEEN_FROM_SIDE = 0.7


def paint_tool(painter: QPainter, pane: PaneMap, marks: ToolMarks) -> None:
    """Draw the marks of the tool that is in the hand, and its hint at the lower edge."""
    normal = pane.frame.normal
    across = (float(normal[0]), float(normal[1]), float(normal[2]))
    for number, disc in enumerate(marks.discs):
        line = disc_line(disc, pane.centre, across)
        if line is None:
            continue
        is_chosen = number == marks.chosen
        start, middle, end = (
            QPointF(*pane.pixel(point)) for point in (line.start, line.middle, line.end)
        )
        for colour, width in (("#000000", 4.0), (DISC_CHOSEN if is_chosen else DISC, 1.8)):
            painter.setPen(pen(colour, width, 130 if width > 2.0 else 255))
            painter.drawLine(start, end)
        painter.setPen(pen("#000000", 1.0, 160))
        painter.setBrush(QColor(DISC_CHOSEN if is_chosen else DISC))
        for place in (start, middle, end):
            painter.drawEllipse(place, GRIP_PX, GRIP_PX)
    for wall in marks.walls_mm:
        _wall(painter, pane, wall)
    if marks.stroke is not None:
        _stroke(painter, pane, marks.stroke)
    if marks.hint:
        painter.setBrush(QColor(0, 0, 0, 0))
        words(painter, QPointF(10, pane.height_px - 30), marks.hint, clinical.LETTERS, 12)


def _wall(painter: QPainter, pane: PaneMap, line_mm: Vector) -> None:
    """Draw the line along one wall in a picture that is seen from the side and runs near it."""
    if abs(pane.frame.normal[0]) < SEEN_FROM_SIDE:
        return
    away = np.abs((line_mm - pane.centre.array) @ pane.frame.normal)
    near = away < WALL_NEAR_MM
    places = [QPointF(*pane.pixel(PointLps.of(point))) for point in line_mm[near]]
    if len(places) > 1 and np.ptp(line_mm[near, 2]) > WALL_NEAR_MM:
        for colour, width in (("#000000", 4.0), (DISC, 1.8)):
            painter.setPen(pen(colour, width, 130 if width > 2.0 else 255))
            painter.drawPolyline(places)


def _stroke(painter: QPainter, pane: PaneMap, stroke: StrokeMark) -> None:
    """Draw the ink as wide as it will be."""
    colour = "#FFFFFF" if stroke.erase else clinical.LESION
    ink = pen(colour, 2.0 * stroke.radius_mm / pane.mm_per_pixel, 110)
    painter.setPen(ink)
    places = [QPointF(*pane.pixel(point)) for point in stroke.points]
    if len(places) == 1:
        painter.drawPoint(places[0])
    else:
        painter.drawPolyline(places)


def faded(pixels: np.ndarray, share: float) -> np.ndarray:
    """Return premultiplied ARGB ``[y, x]`` with every channel at a share of what it was."""
    channels = pixels.view(np.uint8)
    return np.ascontiguousarray((channels * share).astype(np.uint8)).view(np.uint32)
