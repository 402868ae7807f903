"""What a mouse gesture over a slice means in each scheme; data, so that it can be listed."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class MouseScheme(StrEnum):
    """Two habits that hospitals have."""

    PACS = "PACS"
    SLICER = "Slicer"


class MouseButton(StrEnum):
    """Buttons as the toolkit-free core knows them."""

    LEFT = "left"
    MIDDLE = "middle"
    RIGHT = "right"


class Act(StrEnum):
    """What a drag does."""

    CROSSHAIR = "crosshair"
    WINDOW = "window"
    PAN = "pan"
    ZOOM = "zoom"


_ACTS: Final = {
    (MouseScheme.PACS, MouseButton.LEFT, False): Act.CROSSHAIR,
    (MouseScheme.PACS, MouseButton.LEFT, True): Act.PAN,
    (MouseScheme.PACS, MouseButton.MIDDLE, False): Act.PAN,
    (MouseScheme.PACS, MouseButton.MIDDLE, True): Act.PAN,
    (MouseScheme.PACS, MouseButton.RIGHT, False): Act.WINDOW,
    (MouseScheme.PACS, MouseButton.RIGHT, True): Act.ZOOM,
    (MouseScheme.SLICER, MouseButton.LEFT, False): Act.WINDOW,
    (MouseScheme.SLICER, MouseButton.LEFT, True): Act.PAN,
    (MouseScheme.SLICER, MouseButton.MIDDLE, False): Act.PAN,
    (MouseScheme.SLICER, MouseButton.MIDDLE, True): Act.PAN,
    (MouseScheme.SLICER, MouseButton.RIGHT, False): Act.ZOOM,
    (MouseScheme.SLICER, MouseButton.RIGHT, True): Act.ZOOM,
}

WINDOW_HU_PER_PIXEL: Final = 4.0
"""A bone window changes by its own width over about half a pane."""

ZOOM_PER_PIXEL: Final = 1.008
ZOOM_PER_NOTCH: Final = 1.15


def act_of(scheme: MouseScheme, button: MouseButton, *, shift: bool) -> Act:
    """Return what dragging with ``button`` does."""
    return _ACTS[(scheme, button, shift)]


def hover_moves_crosshair(scheme: MouseScheme, *, shift: bool) -> bool:
    """Tell whether the crosshair follows the mouse with no button down."""
    return scheme is MouseScheme.SLICER and shift
