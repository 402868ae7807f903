"""A press of a correction tool on a slice, and the tools."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.geometry.points import PointLps


class Tool(StrEnum):
    """What a left press on a slice does; ``NONE`` moves the crosshair."""

    NONE = ""
    BODY = "body"
    DISC = "disc"
    ADD_DISC = "add disc"
    CANAL = "canal"
    WALL = "wall line"
    MINE = "bone of the level"
    NOBODY = "bone of none"
    GROW = "grow lesion"
    PAINT = "paint"
    ERASE = "erase"


HINTS = {
    Tool.BODY: "Click inside a vertebral body",
    Tool.DISC: "Drag a disc line; turn it by its ends",
    Tool.ADD_DISC: "Click where a disc is missing",
    Tool.CANAL: "Click the middle of the canal",
    Tool.WALL: "Draw along the front or back of a body, over half its height",
    Tool.MINE: "Draw over bone that belongs to {level}",
    Tool.NOBODY: "Draw over bone of no vertebra, as of a rib",
    Tool.GROW: "Click inside the lesion",
    Tool.PAINT: "Paint {paint} {where}",
    Tool.ERASE: "Wipe {paint} {where}",
}
"""What stands on the pictures while a tool is in the hand."""

NEEDS_LINES = frozenset(
    {Tool.BODY, Tool.DISC, Tool.ADD_DISC, Tool.CANAL, Tool.WALL, Tool.MINE, Tool.NOBODY}
)
"""Tools that move what only the built-in segmenter goes by."""

BRUSHES = frozenset({Tool.PAINT, Tool.ERASE})

DRAWN = frozenset({Tool.WALL, Tool.MINE, Tool.NOBODY, *BRUSHES})
"""Tools that make one correction of a line drawn from press to release."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """Where the mouse is, in the patient.

    Attributes
    ----------
    normal
        Unit normal of the picture, LPS.
    reach_mm
        How near counts as on it, at this zoom.
    """

    at: PointLps
    normal: tuple[float, float, float]
    reach_mm: float
