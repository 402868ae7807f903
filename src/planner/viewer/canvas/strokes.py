"""Draws lines, rings and squares into the pixels of a layer.

Qt's painter takes a millisecond for one smooth ring and three for a thick line across a pane; a
pane that follows the hand has two for everything.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor

from planner.viewer.canvas.stroke_kernels import rim, stroke

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Place = tuple[float, float]

FILLED = -1.0
DASH_WIDTHS = 4.0
"""Dashes and gaps are so many times as long as the line is wide."""


@lru_cache(maxsize=64)
def _rgb(colour: str) -> int:
    return int(QColor(colour).rgb()) & 0xFFFFFF


class Strokes:
    """Draws into one layer ``[y, x]``, premultiplied; places and widths are logical pixels."""

    def __init__(self, pixels: NDArray[np.uint32], ratio: float) -> None:
        self._pixels = pixels
        self._ratio = ratio

    def line(
        self,
        start: Place,
        end: Place,
        width: float,
        colour: str,
        alpha: int = 255,
        *,
        flat: bool = True,
        dashed: bool = False,
    ) -> None:
        """Draw a straight line."""
        times = self._ratio
        stroke(
            start[0] * times, start[1] * times, end[0] * times, end[1] * times,
            width * times / 2.0, flat, DASH_WIDTHS * width * times if dashed else 0.0,
            _rgb(colour), alpha / 255.0, self._pixels,
        )  # fmt: skip

    def ring(self, at: Place, radius: float, width: float, colour: str, alpha: int = 255) -> None:
        """Draw a ring, or a disc where ``width`` is ``FILLED``."""
        self._rim(at, radius, width, colour, alpha, square=False)

    def square(self, at: Place, half: float, width: float, colour: str, alpha: int = 255) -> None:
        """Draw the rim of a square that reaches ``half`` to each side, or all of it."""
        self._rim(at, half, width, colour, alpha, square=True)

    def _rim(
        self, at: Place, size: float, width: float, colour: str, alpha: int, *, square: bool
    ) -> None:
        times = self._ratio
        half = FILLED if width < 0.0 else width * times / 2.0
        rim(
            at[0] * times, at[1] * times, size * times, half, square, _rgb(colour),
            alpha / 255.0, self._pixels,
        )  # fmt: skip
