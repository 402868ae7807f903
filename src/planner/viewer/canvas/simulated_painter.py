"""Simulations as pixels: zones by how sure they are, what lives hatched, and the tissue map."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QColor

from planner.session.drawing import CERTAIN, DEEP, ICE, LETHAL, MISSED, POSSIBLE, ZONE
from planner.viewer.canvas.reslice import Clear, Codes, draw_codes
from planner.viewer.theme import clinical

if TYPE_CHECKING:
    from numpy.typing import NDArray

HATCH_PX = 7
"""From line to line of a hatching, in logical pixels; cement beside it is solid."""


@lru_cache(maxsize=64)
def argb(colour: str, alpha: int) -> np.uint32:
    """Return a colour as a premultiplied pixel."""
    shade = QColor(colour)
    parts = [channel * alpha // 255 for channel in (shade.red(), shade.green(), shade.blue())]
    return np.uint32((alpha << 24) | (parts[0] << 16) | (parts[1] << 8) | parts[2])


@lru_cache(maxsize=1)
def _tables() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return edge and fill of a simulation: heat by certainty, cold by how cold it gets."""
    edge, fill = np.zeros(256, np.uint32), np.zeros(256, np.uint32)
    shown = {
        POSSIBLE: (clinical.ZONE, 130, 26),
        ZONE: (clinical.ZONE, 255, 52),
        CERTAIN: (clinical.ZONE, 130, 78),
        ICE: (clinical.ICE, 255, 30),
        LETHAL: (clinical.LETHAL_COLD, 255, 60),
        DEEP: (clinical.LETHAL_COLD, 140, 96),
        MISSED: (clinical.MISSED, 210, 0),
    }
    for code, (colour, line, area) in shown.items():
        edge[code], fill[code] = argb(colour, line), argb(colour, area)
    return edge, fill


def hatched(
    image: NDArray[np.uint32], inside: NDArray[np.bool_], ink: np.uint32, line_px: int
) -> None:
    """Draw slanting lines into the part of a picture that is ``inside`` and empty."""
    rows = np.flatnonzero(inside.any(axis=1))
    if not len(rows):
        return
    part = slice(int(rows[0]), int(rows[-1]) + 1)
    down, across = np.arange(part.start, part.stop)[:, None], np.arange(inside.shape[1])
    lines = (down + across) % (HATCH_PX * line_px) < line_px
    np.copyto(image[part], ink, where=lines & inside[part] & (image[part] == 0))


def simulated_image(codes: Codes, line_px: int) -> Clear:
    """Return the picture of a simulation that was sampled for a pane."""
    image = draw_codes(codes, *_tables(), line_px)
    missed = codes.pixels == MISSED
    hatched(image.pixels, missed, argb(clinical.MISSED, 150), max(1, line_px // 2))
    return image


TISSUE_ALPHA = 120
"""So that the CT is still read through the tissue map."""


@lru_cache(maxsize=1)
def _tissue_table() -> NDArray[np.uint32]:
    """Return the fill of every code of a tissue map: the number of its class and 1."""
    table = np.zeros(256, np.uint32)
    for number, colour in enumerate(clinical.TISSUE_COLOURS):
        table[number + 1] = argb(colour, TISSUE_ALPHA)
    return table


def tissue_image(codes: Codes) -> Clear:
    """Return the picture of a tissue map that was sampled for a pane: no rims, all filled."""
    return draw_codes(codes, _tissue_table(), _tissue_table(), 1)
