"""What lies over a slice, kept as pixels in layers until something in a layer changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QPainter

from planner.viewer.canvas.compose_kernels import compose

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from numpy.typing import NDArray

CLEAR = QImage.Format.Format_ARGB32_Premultiplied
OPAQUE = QImage.Format.Format_RGB32


class Sheet:
    """One clear layer of a pane; it is painted anew only when its key is another.

    The key must hold everything that the painting reads: what is left out goes stale.
    """

    def __init__(self, pixels: NDArray[np.uint32], ratio: float) -> None:
        self._key: Hashable = None
        self.pixels = pixels
        self.image = image_of(pixels, CLEAR, ratio)

    def paint(self, key: Hashable, paint: Callable[[QPainter], None]) -> bool:
        """Paint the layer for ``key``; return whether that was needed."""
        if self._key == key:
            return False
        self._key = None  # or a failure half way would pass for the layer of the old key
        self.image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(self.image)
        try:
            paint(painter)
        finally:
            painter.end()
        self._key = key
        return True


class Stack:
    """All layers of a pane of one size, and the picture they make together.

    The lowest is opaque. Where only the crosshair moves, only its arms are laid anew.
    """

    def __init__(self, shape: tuple[int, int], ratio: float, sheets: int) -> None:
        self._pixels = np.zeros((1 + sheets, *shape), np.uint32)
        self._out = np.zeros(shape, np.uint32)
        self._crosshair = np.empty((0, 4), np.int64)
        self.ground = self._pixels[0]
        self.picture = image_of(self.ground, OPAQUE, ratio)
        self.sheets = [Sheet(pixels, ratio) for pixels in self._pixels[1:]]
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
        ink = np.full(self._out.shape[1], argb, np.uint32)
        if anew:
            self._lay_all()
            boxes = bars
        else:
            boxes = np.concatenate((self._crosshair, bars))
        if anew or not np.array_equal(bars, self._crosshair):
            self._crosshair = np.zeros((0, 4), np.int64)
            compose(self._pixels, boxes, bars, ink, self._out)
            self._crosshair = bars
        return self.whole

    def _lay_all(self) -> None:
        """Lay all layers over each other: for a whole pane Qt's painter is the faster one."""
        painter = QPainter(self.whole)
        try:
            for image in (self.picture, *(sheet.image for sheet in self.sheets)):
                painter.drawImage(QPointF(0.0, 0.0), image)
        finally:
            painter.end()


def image_of(pixels: NDArray[np.uint32], form: QImage.Format, ratio: float) -> QImage:
    """Return an image that borrows pixels ``[y, x]``, which must outlive it."""
    made = QImage(pixels.data, pixels.shape[1], pixels.shape[0], pixels.strides[0], form)
    made.setDevicePixelRatio(ratio)
    return made
