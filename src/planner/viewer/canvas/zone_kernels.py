"""The compiled loop that draws a predicted zone where a slice cuts it; no toolkit.

An ellipse is five numbers ``(cx, cy, a, b, c)`` in pixels: it is where
``a x x + 2 b x y + c y y = 1`` with x and y from its centre.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.kernels import kernel
from planner.viewer.canvas.stroke_kernels import share_within, tinted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector

ARCS = 256
"""Parts that the length of a rim is added up from: a dash is off by far less than a pixel."""


@kernel
def rim_distance(ellipse: Vector, x: float, y: float) -> float:
    """Return how far a point lies outside an ellipse, px; negative inside.

    The level of the ellipse over its slope: exact on the rim, and right to first order near it.
    """
    u, v = x - ellipse[0], y - ellipse[1]
    across, down = ellipse[2] * u + ellipse[3] * v, ellipse[3] * u + ellipse[4] * v
    level = np.sqrt(max(u * across + v * down, 0.0))
    slope = np.sqrt(across * across + down * down)
    if slope == 0.0:
        return -1e9
    return float((level - 1.0) * level / slope)


@kernel
def arc_lengths(ellipse: Vector) -> Vector:
    """Return the length of the rim, px, up to each of ``ARCS`` equal steps of its angle."""
    p = np.sqrt(ellipse[2])
    q = ellipse[3] / p
    r = np.sqrt(ellipse[4] - q * q)
    found = np.zeros(ARCS + 1)
    for step in range(ARCS):
        angle = (step + 0.5) * 2.0 * np.pi / ARCS
        v = np.cos(angle) / r
        u = (-np.sin(angle) - q * v) / p
        found[step + 1] = found[step] + np.sqrt(u * u + v * v) * 2.0 * np.pi / ARCS
    return found


@kernel
def along_rim(ellipse: Vector, lengths: Vector, x: float, y: float) -> float:
    """Return how far along the rim a point beside it lies, px."""
    p = np.sqrt(ellipse[2])
    q = ellipse[3] / p
    r = np.sqrt(ellipse[4] - q * q)
    u, v = x - ellipse[0], y - ellipse[1]
    angle = np.arctan2(r * v, p * u + q * v)
    if angle < 0.0:
        angle += 2.0 * np.pi
    place = angle / (2.0 * np.pi) * ARCS
    step = min(int(place), ARCS - 1)
    return float(lengths[step] + (lengths[step + 1] - lengths[step]) * (place - step))


@kernel
def draw_zone(
    rims: Vector, ratio: float, rgb: int, alphas: Vector, out: NDArray[np.uint32]
) -> None:
    """Draw a zone into a clear layer: its band tinted, its far rim dashed, its rim solid.

    ``rims``, shape ``(3, 5)``: the far rim, the rim and the near rim; one that is not there has
    zeros. ``alphas`` are the shares, 0 to 1, of band, far rim, the dark edge and the rim.
    """
    far, rim, near = rims[0], rims[1], rims[2]
    has_rim, has_near = rim[2] > 0.0, near[2] > 0.0
    height, width = out.shape
    lengths = arc_lengths(far)
    reach = 2.0 * ratio + 1.0
    det = far[2] * far[4] - far[3] * far[3]
    wide, high = np.sqrt(far[4] / det) + reach, np.sqrt(far[2] / det) + reach
    left, right = max(0, int(far[0] - wide)), min(width, int(far[0] + wide) + 1)
    top, bottom = max(0, int(far[1] - high)), min(height, int(far[1] + high) + 1)
    for row in range(top, bottom):
        for column in range(left, right):
            x, y = column + 0.5, row + 0.5
            beyond = rim_distance(far, x, y)
            if beyond > reach:
                continue
            short = rim_distance(near, x, y) if has_near else 1e9
            if short < -reach:
                continue
            pixel = int(out[row, column])
            pixel = tinted(
                pixel, rgb, alphas[0] * share_within(beyond) * (1.0 - share_within(short))
            )
            line = share_within(abs(beyond) - 0.5 * ratio)
            if line > 0.0:
                dash = along_rim(far, lengths, x, y) % (8.0 * ratio)
                line *= share_within(abs(dash - 2.0 * ratio) - 2.0 * ratio)
                pixel = tinted(pixel, rgb, alphas[1] * line)
            if has_rim:
                away = abs(rim_distance(rim, x, y))
                pixel = tinted(pixel, 0, alphas[2] * share_within(away - 1.7 * ratio))
                pixel = tinted(pixel, rgb, alphas[3] * share_within(away - 0.9 * ratio))
            out[row, column] = pixel
