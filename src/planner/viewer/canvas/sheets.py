"""What lies over a slice, kept as pixels in layers until something in a layer changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QImage, QPainter

from planner.viewer.canvas.compose_kernels import clear, compose, spans_of

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

CLEAR = QImage.Format.Format_ARGB32_Premultiplied
OPAQUE = QImage.Format.Format_RGB32


class Sheet:
    """One clear layer of a pane; it is painted anew only when its key is another.

    The key must hold everything that the painting reads: what is left out goes stale.
    """

    def __init__(self, pixels: NDArray[np.uint32], spans: NDArray[np.int64], ratio: float) -> None:
        self._key: Hashable = None
        self._spans = spans
        self.pixels = pixels
        self.image = image_of(pixels, CLEAR, ratio)

    def paint(self, key: Hashable, paint: Callable[[QPainter], None]) -> bool:
        """Paint the layer for ``key``; return whether that was needed."""
        if self._key == key:
            return False
        self._key = None  # or a failure half way would pass for the layer of the old key
        clear(self.pixels, self._spans)
        painter = QPainter(self.image)
        try:
            paint(painter)
        finally:
            painter.end()
            self.look()
        self._key = key
        return True

    def look(self) -> None:
        """See where the layer shows anything: only that is laid and cleared."""
        spans_of(self.pixels, self._spans)


class Stack:
    """All layers of a pane of one size, and the picture they make together.

    The lowest is opaque. Where only the crosshair moves, only its arms are laid anew.
    """

    def __init__(self, shape: tuple[int, int], ratio: float, sheets: int) -> None:
        self._pixels = np.zeros((1 + sheets, *shape), np.uint32)
        self._spans = np.zeros((sheets, shape[0], 2), np.int64)
        self._out = np.zeros(shape, np.uint32)
        self._crosshair: NDArray[np.int64] | None = None
        self._all = np.array(((0, 0, shape[1], shape[0]),), np.int64)
        self.ground = self._pixels[0]
        self.sheets = [
            Sheet(pixels, spans, ratio)
            for pixels, spans in zip(self._pixels[1:], self._spans, strict=True)
        ]
        self.whole = image_of(self._out, OPAQUE, ratio)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in pixels of the device."""
        return self.ground.shape[0], self.ground.shape[1]

    def lay(self, bars: NDArray[np.int64], argb: int, *, anew: bool) -> QImage:
        """Return all layers over each other, the crosshair over the lowest two.

        ``bars``, shape ``(n, 4)``, are left, top, right and bottom of its arms in the picture,
        ``argb`` their colour, premultiplied. ``anew`` says that a layer changed.
        """
        old, self._crosshair = self._crosshair, None  # or a failure half way would pass for whole
        if anew or old is None:
            boxes = self._all
        elif np.array_equal(bars, old):
            self._crosshair = old
            return self.whole
        else:
            boxes = np.concatenate((old, bars))
        ink = np.full(self._out.shape[1], argb, np.uint32)
        compose(self._pixels, self._spans, boxes, bars, ink, self._out)
        self._crosshair = bars
        return self.whole


def image_of(pixels: NDArray[np.uint32], form: QImage.Format, ratio: float) -> QImage:
    """Return an image that borrows pixels ``[y, x]``, which must outlive it."""
    made = QImage(pixels.data, pixels.shape[1], pixels.shape[0], pixels.strides[0], form)
    made.setDevicePixelRatio(ratio)
    return made
