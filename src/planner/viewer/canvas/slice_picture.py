"""The opaque picture of a slice: grey values, and what is drawn voxel by voxel over them."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QColor

from planner.session.drawing import WALL_SLAB_MM
from planner.session.outlines import (
    CORD_CODE,
    LESION_CODE,
    ROOT_CODE,
    SAC_CODE,
    OutlineVolume,
    layer_of,
)
from planner.session.view_state import Layer
from planner.viewer.canvas.reslice import (
    Clear,
    dash_codes,
    draw_codes,
    draw_dots,
    grey_table,
    sample_codes,
    sample_slab,
    shade,
)
from planner.viewer.canvas.simulated_painter import argb, simulated_image, tissue_image
from planner.viewer.canvas.tool_painter import faded
from planner.viewer.theme import clinical

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector
    from planner.session.drawing import Drawing
    from planner.session.incoming import IncomingScan
    from planner.session.planes import PaneMap
    from planner.session.view_state import ViewState

    Inks = tuple[NDArray[np.uint32], NDArray[np.uint32]]

ESTIMATE_ALPHA = 190
DASH_PX = 8
"""Lines and gaps of what is estimated: about three pixels level, four upright."""

WALL_DOT_MM = 0.9
"""Size of a point of the posterior wall, between 2 and 5 logical pixels."""

VOID_SHARE = 0.35
"""How strongly outlines are drawn while they do not count."""


_SAC_AND_ROOTS, _CORD = np.zeros((2, 256), np.uint8)
_SAC_AND_ROOTS[[SAC_CODE, CORD_CODE, ROOT_CODE]] = SAC_CODE, SAC_CODE, ROOT_CODE
_CORD[CORD_CODE] = CORD_CODE
"""The cord lies in the sac, so that one picture of codes cannot hold both outlines."""


def dash_in(image: Clear, estimated: OutlineVolume, pane: PaneMap, width_px: int) -> None:
    """Draw what is estimated into a picture of outlines, faint and dashed: it was not seen."""
    codes = sample_codes(estimated.codes, estimated.geometry, pane)
    ink = argb(clinical.ESTIMATE, ESTIMATE_ALPHA)
    for drawn in (_SAC_AND_ROOTS, _CORD):
        dash_codes(image, codes, drawn, ink, DASH_PX * width_px, width_px)


@lru_cache(maxsize=32)
def _outline_inks(layers: frozenset[Layer]) -> Inks:
    """Return edge and fill of every code of an outline volume."""
    edge, fill = np.zeros(256, np.uint32), np.zeros(256, np.uint32)
    for code in range(1, LESION_CODE + 1):
        layer = layer_of(code)
        if layer is not None and layer in layers:
            quiet = layer is Layer.VERTEBRAE
            edge[code] = argb(clinical.LAYER_COLOURS[layer], 150 if quiet else 235)
            fill[code] = argb(clinical.LAYER_COLOURS[layer], 0 if quiet else 34)
    return edge, fill


@lru_cache(maxsize=1)
def _cement_inks() -> Inks:
    edge, fill = np.zeros(256, np.uint32), np.zeros(256, np.uint32)
    edge[1:], fill[1:] = argb(clinical.CEMENT, 255), argb(clinical.CEMENT, 110)
    return edge, fill


def outline_image(
    outlines: OutlineVolume, pane: PaneMap, layers: frozenset[Layer], ratio: float
) -> Clear:
    """Return the outlines that the layers show."""
    codes = sample_codes(outlines.codes, outlines.geometry, pane)
    image = draw_codes(codes, *_outline_inks(layers), max(1, round(ratio)))
    if outlines.estimated is not None and Layer.ESTIMATES in layers:
        dash_in(image, outlines.estimated, pane, max(1, round(ratio)))
    return image


class SlicePicture:
    """Makes the picture of one pane, and keeps it until what it shows is another.

    Samples, outlines and the whole are kept apart: a drag of the grey window samples nothing,
    and an edit of the plan leaves grey values and outlines.
    """

    def __init__(self) -> None:
        self._ct: CtVolume | IncomingScan | None = None
        self._outlines: OutlineVolume | None = None
        self._wall_mm: Vector | None = None
        self._samples: tuple[object, NDArray[np.int16]] | None = None
        self._table: tuple[object, NDArray[np.uint32]] | None = None
        self._over: tuple[object, Clear] | None = None
        self._shown: object = None

    @property
    def is_drawn(self) -> bool:
        """Whether nothing it was told since it was last drawn makes it another."""
        return self._shown is not None

    def forget(self) -> None:
        """Draw the whole again at the next call: the pixels are others."""
        self._shown = None

    def show_scan(self, ct: CtVolume | IncomingScan | None) -> None:
        """Show another scan, or the same with more slices."""
        self._ct, self._samples, self._shown = ct, None, None

    def show_outlines(self, outlines: OutlineVolume | None) -> None:
        """Show other outlines."""
        self._outlines, self._over, self._shown = outlines, None, None

    def show_wall(self, points_mm: Vector | None) -> None:
        """Show other points of posterior walls, shape ``(n, 3)`` LPS."""
        old, self._wall_mm = self._wall_mm, points_mm
        if not (old is points_mm or _same(old, points_mm)):
            self._shown = None

    def draw(
        self,
        pixels: NDArray[np.uint32],
        view: ViewState,
        pane: PaneMap,
        drawing: Drawing,
        ratio: float,
    ) -> bool:
        """Draw the picture for ``pane``, which maps ``pixels`` ``[y, x]``, the same at every call.

        Returns whether that was needed: a picture that is there already is left as it is.
        """
        if self._ct is None:
            return False
        key = (
            pane, ratio, view.slab, view.window, view.invert, view.layers,
            drawing.tissue, drawing.simulated, drawing.cements, bool(drawing.tool.void),
        )  # fmt: skip
        if self._shown == key:
            return False
        self._shown = None  # or a failure half way would pass for the picture of the old key
        self._make(pixels, self._ct, view, pane, drawing, ratio)
        self._shown = key
        return True

    def _make(
        self,
        pixels: NDArray[np.uint32],
        ct: CtVolume | IncomingScan,
        view: ViewState,
        pane: PaneMap,
        drawing: Drawing,
        ratio: float,
    ) -> None:
        shade(self._sampled(ct, view, pane), self._greys(view), pixels)
        self._lay_codes(pixels, view, pane, drawing, ratio)
        if Layer.POSTERIOR_WALL in view.layers and self._wall_mm is not None:
            size = min(max(WALL_DOT_MM / pane.mm_per_pixel, 2.0 * ratio), 5.0 * ratio)
            rgb = int(QColor(clinical.POSTERIOR_WALL).rgb())
            draw_dots(pixels, pane, self._wall_mm, WALL_SLAB_MM, size, rgb)

    def _sampled(
        self, ct: CtVolume | IncomingScan, view: ViewState, pane: PaneMap
    ) -> NDArray[np.int16]:
        key = (pane, view.slab)
        if self._samples is None or self._samples[0] != key:
            self._samples = (key, sample_slab(ct.hu, ct.geometry, pane, view.slab))
        return self._samples[1]

    def _greys(self, view: ViewState) -> NDArray[np.uint32]:
        key = (view.window, view.invert)
        if self._table is None or self._table[0] != key:
            self._table = (key, grey_table(view.window, invert=view.invert))
        return self._table[1]

    def _lay_codes(
        self,
        pixels: NDArray[np.uint32],
        view: ViewState,
        pane: PaneMap,
        drawing: Drawing,
        ratio: float,
    ) -> None:
        line_px = max(1, round(1.5 * ratio))
        if drawing.tissue is not None:
            codes = sample_codes(drawing.tissue.codes, drawing.tissue.geometry, pane)
            tissue_image(codes).lay_over(pixels)
        if self._outlines is not None:
            key = (pane, view.layers, ratio)
            if self._over is None or self._over[0] != key:
                made = outline_image(self._outlines, pane, view.layers, ratio)
                self._over = (key, made)
            over = self._over[1]
            if drawing.tool.void:
                over = Clear(faded(over.pixels, VOID_SHARE), over.spans)
            over.lay_over(pixels)
        if Layer.ZONES in view.layers:
            for mark in drawing.simulated:
                codes = sample_codes(mark.codes, mark.geometry, pane)
                simulated_image(codes, line_px).lay_over(pixels)
        if Layer.CEMENT in view.layers:
            for cement in drawing.cements:
                codes = sample_codes(cement.codes, cement.geometry, pane)
                draw_codes(codes, *_cement_inks(), line_px).lay_over(pixels)


def _same(one: Vector | None, other: Vector | None) -> bool:
    return one is not None and other is not None and np.array_equal(one, other)
