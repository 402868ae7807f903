"""What the correction tools draw over the slices and show in their panel, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.session.touch import Tool

if TYPE_CHECKING:
    from planner.domain.corrections import DiscPlane
    from planner.geometry.points import PointLps

FIRST_BRUSH_MM = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StrokeMark:
    """A stroke while it is drawn."""

    points: tuple[PointLps, ...]
    radius_mm: float
    erase: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolMarks:
    """What a tool draws over the slices.

    Attributes
    ----------
    hint
        What to do with the tool, in words; empty without a tool.
    void
        Why the outlines that are drawn do not count now; empty when they do.
    """

    hint: str = ""
    discs: tuple[DiscPlane, ...] = ()
    chosen: int | None = None
    stroke: StrokeMark | None = None
    void: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionState:
    """What the panel shows of the tools."""

    tool: Tool = Tool.NONE
    brush_mm: float = FIRST_BRUSH_MM
    made: int = 0
    has_lines: bool = False
    disc_chosen: bool = False
    is_redoing: bool = False
