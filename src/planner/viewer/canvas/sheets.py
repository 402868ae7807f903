"""What lies over a slice, kept as pixels in layers until something in a layer changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from PySide6.QtCore import QSize


class Sheet:
    """One clear layer of a pane; it is painted anew only when its key is another.

    The key must hold everything that the painting reads: what is left out goes stale.
    """

    def __init__(self) -> None:
        self._key: Hashable = None
        self._image: QImage | None = None

    def image(self, key: Hashable, device: QImage, paint: Callable[[QPainter], None]) -> QImage:
        """Return the layer for ``key``, as large and as fine as ``device``."""
        size, ratio = device.size(), device.devicePixelRatioF()
        asked = (key, size.width(), size.height(), ratio)
        if self._image is None or asked != self._key:
            self._key = None  # or a failure half way would pass for the layer of the old key
            self._image = self._painted(size, ratio, paint)
            self._key = asked
        return self._image

    def _painted(self, size: QSize, ratio: float, paint: Callable[[QPainter], None]) -> QImage:
        image = self._image
        if image is None or image.size() != size:
            image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(ratio)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        try:
            paint(painter)
        finally:
            painter.end()
        return image
