"""The compiled loops that draw lines, rings and squares smoothly into a layer; no toolkit.

Places and widths are pixels of the layer. A pixel is covered as far as the edge of the shape
lies beyond its middle, from half a pixel outside to half a pixel inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint32]


@kernel
def share_within(distance: float) -> float:
    """Return the share of a pixel on the inner side of an edge that is ``distance`` outside."""
    return min(max(0.5 - distance, 0.0), 1.0)


@kernel
def tinted(below: int, rgb: int, share: float) -> int:
    """Return a premultiplied pixel with a share of a colour over it."""
    keep = 1.0 - share
    new = int((below >> 24) * keep + 255.0 * share + 0.5)
    for shift in (16, 8, 0):
        part = ((below >> shift) & 0xFF) * keep + ((rgb >> shift) & 0xFF) * share
        new = (new << 8) | int(part + 0.5)
    return new


@kernel
def stroke(  # noqa: PLR0913 - a kernel takes plain numbers
    x0: float,
    y0: float,
    x1: float,
    y1: float,
    half: float,
    flat: bool,
    dash: float,
    rgb: int,
    alpha: float,
    out: Pixels,
) -> None:
    """Draw a straight line ``2 * half`` wide, its ends round or ``flat``.

    ``dash`` is the length of dashes and of the gaps between them; 0 for none.
    """
    height, width = out.shape
    way_x, way_y = x1 - x0, y1 - y0
    length = np.sqrt(way_x * way_x + way_y * way_y)
    if length > 0.0:
        way_x, way_y = way_x / length, way_y / length
    else:
        way_x, way_y = 1.0, 0.0
    reach = half + 1.0
    top, bottom = max(0, int(min(y0, y1) - reach)), min(height, int(max(y0, y1) + reach) + 1)
    least, most = min(x0, x1) - reach, max(x0, x1) + reach
    for row in range(top, bottom):
        y = row + 0.5 - y0
        left, right = least, most
        if abs(way_y) > 1e-6:
            # Only where the row crosses the line: across is y * way_x - x * way_y.
            middle, away = x0 + y * way_x / way_y, reach / abs(way_y)
            left, right = max(left, middle - away), min(right, middle + away)
        if not left < right:
            continue
        for column in range(max(0, int(left)), min(width, int(right) + 1)):
            x = column + 0.5 - x0
            along, across = x * way_x + y * way_y, abs(y * way_x - x * way_y)
            beyond = max(-along, along - length)
            if flat:
                share = share_within(across - half) * share_within(beyond)
            else:
                past = max(beyond, 0.0)
                share = share_within(np.sqrt(across * across + past * past) - half)
            if dash > 0.0 and share > 0.0:
                share *= share_within(abs(along % (2.0 * dash) - dash / 2.0) - dash / 2.0)
            if share > 0.0:
                out[row, column] = tinted(int(out[row, column]), rgb, share * alpha)


@kernel
def rim(  # noqa: PLR0913 - a kernel takes plain numbers
    x0: float,
    y0: float,
    size: float,
    half: float,
    square: bool,
    rgb: int,
    alpha: float,
    out: Pixels,
) -> None:
    """Draw a ring of radius ``size``, or a square that reaches as far, ``2 * half`` wide.

    With ``half`` below 0 all of it is filled.
    """
    height, width = out.shape
    reach = size + max(half, 0.0) + 1.0
    for row in range(max(0, int(y0 - reach)), min(height, int(y0 + reach) + 1)):
        for column in range(max(0, int(x0 - reach)), min(width, int(x0 + reach) + 1)):
            x, y = abs(column + 0.5 - x0), abs(row + 0.5 - y0)
            if square:
                u, v = max(x - size, 0.0), max(y - size, 0.0)
                away = np.sqrt(u * u + v * v) + min(max(x, y) - size, 0.0)
            else:
                away = np.sqrt(x * x + y * y) - size
            share = share_within(away if half < 0.0 else abs(away) - half)
            if share > 0.0:
                out[row, column] = tinted(int(out[row, column]), rgb, share * alpha)
