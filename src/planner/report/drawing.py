"""Lines and letters on one picture, drawn twice as large and shrunk to smooth them."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from skimage import measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector
    from planner.report.palette import Mark

OVERSAMPLING = 2
SCALE_BARS_MM = (5, 10, 20, 50, 100)
SCALE_BAR_SHARE = 0.3
"""The bar is the longest of ``SCALE_BARS_MM`` within this share of the picture's width."""

SIDE_WORDS = {"L": "patient’s LEFT", "R": "patient’s RIGHT"}

_WHITE = (255, 255, 255)
_BLACK = (0, 0, 0)


class Seen(Protocol):
    """What a picture shows: a plane through the scan, or an X-ray view of it."""

    @property
    def half_mm(self) -> float:
        """Half the width that is seen."""

    @property
    def letters(self) -> tuple[str, str, str, str]:
        """Patient letters at the left, right, top and bottom edge."""

    def pixel(self, points_mm: Vector, pixels: int) -> NDArray[np.float64]:
        """Return x and y of LPS points on a picture of some pixels."""


S = TypeVar("S", bound=Seen)


class Drawing(Generic[S]):
    """A picture being drawn; ``png`` ends it."""

    def __init__(self, plane: S, rgb: NDArray[np.uint8]) -> None:
        self.plane = plane
        self.pixels = rgb.shape[0]
        size = self.pixels * OVERSAMPLING
        self._image = Image.fromarray(rgb).resize((size, size), Image.Resampling.NEAREST)
        self._pen = ImageDraw.Draw(self._image)
        self._px_per_mm = size / (2.0 * plane.half_mm)

    def outline(self, values: NDArray[np.float32], level: float, mark: Mark) -> None:
        """Draw where ``values``, sampled on the plane at any square size, cross ``level``."""
        if not (values.min() < level < values.max()):
            return
        scale = self.pixels * OVERSAMPLING / values.shape[0]
        contours: list[Vector] = measure.find_contours(  # type: ignore[no-untyped-call]
            values.astype(np.float64), level
        )
        for contour in contours:
            self._stroke((contour[:, ::-1] + 0.5) * scale, mark)

    def line(self, points_mm: Vector, mark: Mark) -> None:
        """Draw a polyline of LPS points, shape ``(n, 3)``, projected on the plane."""
        self._stroke(self.plane.pixel(points_mm, self.pixels * OVERSAMPLING), mark, halo=True)

    def closed(self, shares: Vector, mark: Mark) -> None:
        """Draw a closed line given in shares of the picture, shape ``(n, 2)``."""
        if len(shares):
            ends = np.concatenate((shares, shares[:1])) * (self.pixels * OVERSAMPLING)
            self._stroke(ends, mark)

    def ring(self, point_mm: Vector, radius_mm: float, mark: Mark) -> None:
        """Draw a circle about an LPS point."""
        turn = np.linspace(0.0, 2.0 * np.pi, 73)
        centre = self.plane.pixel(point_mm, self.pixels * OVERSAMPLING)[0]
        circle = np.stack([np.cos(turn), np.sin(turn)], axis=1) * radius_mm * self._px_per_mm
        self._stroke(centre + circle, mark, halo=True)

    def dots(self, points_mm: Vector, mark: Mark) -> None:
        """Draw a small dot at each LPS point, shape ``(n, 3)``."""
        radius = mark.width_px * OVERSAMPLING * 0.55
        for x, y in self.plane.pixel(points_mm, self.pixels * OVERSAMPLING):
            self._pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=mark.colour)

    def name(self, text: str, path_mm: Vector) -> None:
        """Write a needle's number beside the first point of its path that is in view."""
        size = self.pixels * OVERSAMPLING
        xy = self.plane.pixel(path_mm, size)
        margin = size * 0.08
        inside = np.flatnonzero(((xy >= margin) & (xy <= size - margin)).all(axis=1))
        if inside.size:
            x, y = xy[inside[0]]
            self._write(text, (x + size * 0.018, y), "lm", 0.045)

    def furnish(self, note: str) -> None:
        """Write patient letters, both sides in words, the scale bar and a note at the left."""
        size = self.pixels * OVERSAMPLING
        left, right, top, bottom = self.plane.letters
        edge = size * 0.025
        self._write(left, (edge, size / 2), "lm", 0.05)
        self._write(right, (size - edge, size / 2), "rm", 0.05)
        self._write(top, (size / 2, edge), "mt", 0.05)
        self._write(bottom, (size / 2, size - edge), "mb", 0.05)
        for letter, x, anchor in ((left, edge, "lt"), (right, size - edge, "rt")):
            if letter[0] in SIDE_WORDS:
                self._write(SIDE_WORDS[letter[0]], (x, edge), anchor, 0.042)
        self._write(note, (edge, edge + size * 0.06), "lt", 0.042)
        self._scale_bar(size, edge)

    def png(self) -> bytes:
        """Return the finished picture."""
        buffer = BytesIO()
        # Lightly compressed: the PDF packs the pixels again in its own way.
        self._image.reduce(OVERSAMPLING).save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()

    def _scale_bar(self, size: int, edge: float) -> None:
        room_mm = 2.0 * self.plane.half_mm * SCALE_BAR_SHARE
        bar_mm = max((bar for bar in SCALE_BARS_MM if bar <= room_mm), default=SCALE_BARS_MM[0])
        length, y = bar_mm * self._px_per_mm, size - edge
        tick = size * 0.012
        for width, colour in ((OVERSAMPLING * 4, _BLACK), (OVERSAMPLING * 2, _WHITE)):
            self._pen.line((edge, y, edge + length, y), fill=colour, width=width)
            for x in (edge, edge + length):
                self._pen.line((x, y - tick, x, y), fill=colour, width=width)
        self._write(f"{bar_mm} mm", (edge, y - tick * 1.4), "lb", 0.042)

    def _write(self, text: str, at: tuple[float, float], anchor: str, share: float) -> None:
        size = self.pixels * OVERSAMPLING
        font = ImageFont.load_default(size * share)
        self._pen.text(
            at, text, _WHITE, font=font, anchor=anchor, stroke_width=3, stroke_fill=_BLACK
        )

    def _stroke(self, xy: Vector, mark: Mark, *, halo: bool = False) -> None:
        width = round(mark.width_px * OVERSAMPLING)
        if mark.dash_mm is None:
            pieces = [xy]
        else:
            on, off = (length * self._px_per_mm for length in mark.dash_mm)
            pieces = dashes(xy, on, off)
        for piece in pieces:
            path = [(float(x), float(y)) for x, y in piece]
            if halo:
                self._pen.line(path, fill=_BLACK, width=width + 2 * OVERSAMPLING, joint="curve")
            self._pen.line(path, fill=mark.colour, width=width, joint="curve")


def dashes(xy: Vector, on: float, off: float) -> list[Vector]:
    """Cut a polyline, shape ``(n, 2)``, into pieces of length ``on`` with gaps of ``off``."""
    steps = np.linalg.norm(np.diff(xy, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    pieces = []
    for start in np.arange(0.0, along[-1], on + off):
        stop = min(start + on, along[-1])
        inner = (along > start) & (along < stop)
        places = np.concatenate([[start], along[inner], [stop]])
        pieces.append(np.stack([np.interp(places, along, xy[:, axis]) for axis in (0, 1)], axis=1))
    return pieces
