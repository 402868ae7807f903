"""The compiled loops that lay a pane's layers over each other, one thread, no toolkit.

Pixels are uint32: opaque 0xffRRGGBB below, premultiplied 0xAARRGGBB over it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint32]
    Boxes = NDArray[np.int64]


@kernel
def laid(over: Pixels, out: Pixels) -> None:
    """Lay one row of a clear layer over an opaque one, rounded as Qt's painter rounds.

    Channels are taken one by one in 32 bits: so the loop is vectorised.
    """
    for x in range(len(out)):
        above, below = np.int32(over[x]), np.int32(out[x])
        share = np.int32(255) - ((above >> np.int32(24)) & np.int32(255))
        blue = np.int32((below & np.int32(255)) * share)
        green = np.int32(((below >> np.int32(8)) & np.int32(255)) * share)
        red = np.int32(((below >> np.int32(16)) & np.int32(255)) * share)
        blue = np.int32(blue + (blue >> np.int32(8)) + np.int32(128)) >> np.int32(8)
        green = np.int32(green + (green >> np.int32(8)) + np.int32(128)) >> np.int32(8)
        red = np.int32(red + (red >> np.int32(8)) + np.int32(128)) >> np.int32(8)
        out[x] = np.uint32(
            np.int32(above + blue + (green << np.int32(8)) + (red << np.int32(16)))
        ) | np.uint32(0xFF000000)


@kernel
def spans_of(pixels: Pixels, spans: Boxes) -> None:
    """Write from where to beyond where each row of a layer shows anything, shape ``(y, 2)``."""
    for y in range(len(pixels)):
        row, most = pixels[y], np.uint32(0)
        for x in range(len(row)):
            most = max(most, row[x])
        start, stop = 0, 0
        if most > 0:
            stop = len(row)
            while row[start] == 0:
                start += 1
            while row[stop - 1] == 0:
                stop -= 1
        spans[y, 0], spans[y, 1] = start, stop


@kernel
def clear(pixels: Pixels, spans: Boxes) -> None:
    """Make a layer clear where it shows anything."""
    for y in range(len(pixels)):
        pixels[y, spans[y, 0] : spans[y, 1]] = 0


@kernel
def lay_over(over: Pixels, spans: Boxes, out: Pixels) -> None:
    """Lay a clear picture over an opaque one within ``spans``, where its rows show anything."""
    for y in range(len(out)):
        start, stop = spans[y, 0], spans[y, 1]
        if start < stop:
            laid(over[y, start:stop], out[y, start:stop])


@kernel
def compose(
    layers: Pixels, spans: Boxes, boxes: Boxes, bars: Boxes, ink: Pixels, out: Pixels
) -> None:
    """Lay a pane's layers and its crosshair over each other, within boxes of pixels.

    ``layers``, shape ``(n, y, x)``: the opaque one first. ``spans``, shape ``(n - 1, y, 2)``, are
    where each row of the others shows anything. ``boxes`` and ``bars``, shape ``(m, 4)``, are
    left, top, right and bottom in the picture, the last two beyond the last pixel. ``bars`` are
    the arms of the crosshair, over the second layer; ``ink`` is one row of their colour.
    """
    for box in range(boxes.shape[0]):
        left, right = boxes[box, 0], boxes[box, 2]
        for y in range(boxes[box, 1], boxes[box, 3]):
            out[y, left:right] = layers[0, y, left:right]
            for layer in range(1, layers.shape[0]):
                start, stop = max(left, spans[layer - 1, y, 0]), min(right, spans[layer - 1, y, 1])
                if start < stop:
                    laid(layers[layer, y, start:stop], out[y, start:stop])
                if layer > 1:
                    continue
                for bar in range(bars.shape[0]):
                    start, stop = max(left, bars[bar, 0]), min(right, bars[bar, 2])
                    if bars[bar, 1] <= y < bars[bar, 3] and start < stop:
                        laid(ink[start:stop], out[y, start:stop])
