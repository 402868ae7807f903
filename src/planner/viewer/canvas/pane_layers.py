"""The layers of a slice pane: which there are, what each hangs on, and what is painted in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF

from planner.session.view_state import PLANE_DIGITS, Layer
from planner.viewer.canvas.measure_painter import paint_measures
from planner.viewer.canvas.overlay_painter import (
    CROSSHAIR_ALPHA,
    WORDS_LEFT_PX,
    crosshair_bars,
    letter_top,
    paint_guards,
    paint_letters,
    paint_levels,
    paint_over,
    paint_scale,
    paint_shafts,
    wide_px,
    words,
)
from planner.viewer.canvas.sheets import Stack
from planner.viewer.canvas.simulated_painter import argb
from planner.viewer.canvas.slice_picture import SlicePicture
from planner.viewer.canvas.strokes import Strokes
from planner.viewer.canvas.tool_painter import paint_tool
from planner.viewer.canvas.zone_painter import paint_zone
from planner.viewer.theme import clinical

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QImage, QPainter

    from planner.session.drawing import Drawing
    from planner.session.planes import PaneMap
    from planner.session.view_state import ViewState

PLACE_AT, PLACE_PX = QPointF(WORDS_LEFT_PX, 37.0), 11
"""Where the words that say which slice this is begin, and how high they are."""

NO_BARS = np.zeros((0, 4), np.int64)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a pane shows: ``fine`` maps the pixels of the device, ``pane`` those of the widget."""

    pane: PaneMap
    fine: PaneMap
    view: ViewState
    drawing: Drawing
    ratio: float


@dataclass(frozen=True, slots=True)
class Told:
    """What is written on a pane: what it is, where its plane lies, and what must not be missed."""

    title: str
    place: str
    loud: tuple[str, ...]


class PaneLayers:
    """Makes the whole picture of a pane, and makes anew only the layers that are others.

    From below: the slice; what lies under the crosshair; the crosshair; needles as seen at any
    depth; what depends on the depth; letters, scale and window. An act of the hand changes one
    or two of them in its own pane, and the crosshair alone in the panes that follow.
    """

    def __init__(self) -> None:
        self.picture = SlicePicture()
        self._laid: object = None
        self._stack: Stack | None = None
        self._ratio = 0.0

    def image(self, shown: Shown, told: Told) -> QImage:
        """Return the picture, as large as the pane is in pixels of the device."""
        stack = self._of_size(shown)
        pane, view, drawing = shown.pane, shown.view, shown.drawing
        all_but_the_crosshair = (
            pane, shown.fine, shown.ratio, view.layers, view.window, view.invert, view.slab,
            drawing, told,
        )  # fmt: skip
        if self._laid == all_but_the_crosshair and self.picture.is_drawn:
            return self._with_crosshair(stack, shown, anew=False)
        self._laid = None  # or a failure half way would pass for what was laid before
        under, shafts, over, still = stack.sheets
        key = (pane, view.layers, drawing)
        is_other = [
            self.picture.draw(stack.ground, view, shown.fine, drawing, shown.ratio),
            under.paint(key, lambda on: _paint_under(on, shown, under.pixels)),
            shafts.paint(
                (*_in_plane(pane), view.layers, drawing.needles),
                lambda _on: paint_shafts(Strokes(shafts.pixels, shown.ratio), pane, view, drawing),
            ),
            over.paint(
                (*key, view.slab),
                lambda on: _paint_over(on, shown, Strokes(over.pixels, shown.ratio)),
            ),
        ]
        top = _letter_top(pane, told)
        is_other.append(
            still.paint(
                (
                    pane.frame,
                    pane.mm_per_pixel,
                    told.title,
                    top,
                    view.window,
                    view.invert,
                    told.loud,
                ),
                lambda on: _paint_still(on, shown, told, top),
            )
        )
        whole = self._with_crosshair(stack, shown, anew=any(is_other))
        self._laid = all_but_the_crosshair
        return whole

    def _with_crosshair(self, stack: Stack, shown: Shown, *, anew: bool) -> QImage:
        bars = NO_BARS
        if Layer.CROSSHAIR in shown.view.layers:
            bars = crosshair_bars(shown.pane, shown.view.cursor, shown.ratio, stack.shape)
        colour = int(argb(clinical.CROSSHAIR, CROSSHAIR_ALPHA))
        return stack.lay(bars, colour, anew=anew)

    def _of_size(self, shown: Shown) -> Stack:
        """Return the layers, cleared where the pane has another size."""
        shape = max(1, int(shown.fine.height_px)), max(1, int(shown.fine.width_px))
        if self._stack is None or self._stack.shape != shape or self._ratio != shown.ratio:
            self._stack, self._ratio = Stack(shape, shown.ratio, sheets=4), shown.ratio
            self._laid = None
            self.picture.forget()
        return self._stack


def _in_plane(pane: PaneMap) -> tuple[object, ...]:
    """Return all of a pane's map but how deep its plane lies."""
    frame, centre = pane.frame, pane.centre.array
    right, down = (round(float(centre @ axis), PLANE_DIGITS) for axis in (frame.right, frame.down))
    return frame, right, down, pane.mm_per_pixel, pane.width_px, pane.height_px


def _letter_top(pane: PaneMap, told: Told) -> float:
    """Return where the uppermost letter goes beside the words of the corner."""
    reach = max(wide_px(told.title, 12, bold=True), wide_px(told.place, PLACE_PX))
    return letter_top(pane.width_px, WORDS_LEFT_PX + reach)


def _paint_under(painter: QPainter, shown: Shown, pixels: NDArray[np.uint32]) -> None:
    """Draw what lies under the crosshair: names of levels, zones, and what watches them."""
    pane, view, drawing = shown.pane, shown.view, shown.drawing
    paint_levels(painter, pane, view, drawing)
    if Layer.ZONES in view.layers:
        for zone in drawing.zones:
            paint_zone(pixels, shown.fine, zone, shown.ratio)
    paint_guards(painter, pane, view, drawing)


def _paint_over(painter: QPainter, shown: Shown, strokes: Strokes) -> None:
    """Draw what lies over the crosshair and depends on the depth of the plane."""
    pane, view, drawing = shown.pane, shown.view, shown.drawing
    paint_over(painter, strokes, pane, view, drawing)
    paint_measures(painter, pane, drawing.measures, view.slab.thickness_mm)
    paint_tool(painter, pane, drawing.tool)


def _paint_still(painter: QPainter, shown: Shown, told: Told, top_px: float) -> None:
    """Write what stays as it is from slice to slice: letters, scale, and what the pane shows."""
    pane, view = shown.pane, shown.view
    paint_letters(painter, pane, top_px)
    paint_scale(painter, pane)
    words(painter, QPointF(10, 20), told.title, "#DCE4EC", 12, bold=True)
    window = f"W {view.window.width_hu:.0f}  L {view.window.level_hu:.0f}"
    if view.invert:
        window += "  inverted"
    words(painter, QPointF(10, pane.height_px - 12), window, "#AEB9C4", 11)
    for row, text in enumerate(text for text in told.loud if text):
        words(painter, QPointF(10, 56 + 18 * row), text, clinical.LETTERS, 13, bold=True)
