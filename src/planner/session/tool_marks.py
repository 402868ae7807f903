"""What the correction tools draw over the slices and show in their panel, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planner.domain.corrections import LevelCount
from planner.session.hand_drawn import Brush, GrowLimits
from planner.session.touch import Tool

if TYPE_CHECKING:
    from planner.domain.corrections import DiscPlane
    from planner.domain.levels import Level
    from planner.geometry.points import PointLps, Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class StrokeMark:
    """A stroke while it is drawn."""

    points: tuple[PointLps, ...]
    radius_mm: float
    erase: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ToolMarks:
    """What a tool draws over the slices.

    Attributes
    ----------
    hint
        What to do with the tool, in words; empty without a tool.
    walls_mm
        Lines along the front and the back of the bodies, LPS, shape ``(n, 3)`` each.
    holds_hand
        Whether every press is the tool's, also one on a needle.
    void
        Why the outlines that are drawn do not count now; empty when they do.
    """

    hint: str = ""
    discs: tuple[DiscPlane, ...] = ()
    chosen: int | None = None
    walls_mm: tuple[Vector, ...] = ()
    stroke: StrokeMark | None = None
    holds_hand: bool = False
    void: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionState:
    """What the panel shows of the tools.

    Attributes
    ----------
    level
        The vertebra that is marked in the list.
    threshold_hu
        Where the user said that its bone begins; ``None`` while the program finds that.
    count
        How many vertebrae the user said there are.
    """

    tool: Tool = Tool.NONE
    brush: Brush = field(default_factory=Brush)
    growing: GrowLimits = field(default_factory=GrowLimits)
    level: Level | None = None
    threshold_hu: float | None = None
    count: LevelCount = field(default_factory=LevelCount)
    made: int = 0
    has_lines: bool = False
    disc_chosen: bool = False
    is_redoing: bool = False
