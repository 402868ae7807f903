"""What a line drawn with a tool means: one correction of the outlines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain import structures
from planner.domain.corrections import (
    OWNED_PAINTS,
    USUAL_REACH_MM,
    BoneScribble,
    BrushStroke,
    Correction,
    Paint,
    WallLine,
    WallSide,
)
from planner.domain.errors import UsageError
from planner.session.touch import Tool

if TYPE_CHECKING:
    from planner.domain.anatomy import SpineGuides, Vertebra
    from planner.geometry.points import PointLps, Vector

PAINTS: Final = {
    str(Paint.LESION): "the lesion",
    str(Paint.VERTEBRA): "bone of the level",
    str(Paint.BODY): "body of the level",
    str(Paint.DISC): "disc below the level",
    structures.CANAL: "the canal",
    structures.DURAL_SAC: "the dural sac",
    structures.CORD: "the cord",
    structures.AORTA: "the aorta",
    structures.VENA_CAVA: "the vena cava",
    structures.PLEURA: "lung and pleura",
}
"""What the brush can paint, in the order it is offered, and how a reader says it."""

SCRIBBLE_MM: Final = 1.5
"""Radius of a line that says whose the bone is."""

LEAST_WALL_POINTS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Brush:
    """What brush and eraser do.

    Attributes
    ----------
    is_ball
        Whether they reach into the slices beside the one that is drawn on.
    """

    radius_mm: float = 4.0
    paint: str = Paint.LESION
    is_ball: bool = False

    @property
    def needs_level(self) -> bool:
        """Whether what is painted belongs to one vertebra."""
        return self.paint in OWNED_PAINTS

    def in_words(self, level: str) -> str:
        """Return what it paints, with the name of the level that is marked."""
        return PAINTS[self.paint].replace("the level", level or "the level")


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowLimits:
    """What the next lesion that is grown may take in; ``None`` leaves that to the program."""

    low_hu: float | None = None
    high_hu: float | None = None
    reach_mm: float = USUAL_REACH_MM

    @property
    def is_empty(self) -> bool:
        """Whether no HU lies between both limits."""
        low_hu, high_hu = self.low_hu, self.high_hu
        return low_hu is not None and high_hu is not None and low_hu >= high_hu


@dataclass(frozen=True, slots=True, kw_only=True)
class Stroke:
    """A line from press to release, and what was in force while it was drawn.

    Attributes
    ----------
    vertebra
        The one that is marked in the list.
    """

    points: tuple[PointLps, ...]
    normal: tuple[float, float, float]
    brush: Brush
    vertebra: Vertebra | None
    guides: SpineGuides | None


def correction_of(tool: Tool, stroke: Stroke) -> Correction:
    """Return what a stroke says.

    Raises
    ------
    UsageError
        When it says nothing, with what to do.
    """
    owner = None if stroke.vertebra is None else stroke.vertebra.body_centre
    if tool is Tool.WALL:
        return WallLine(side=_nearer_wall(stroke), points=stroke.points)
    if tool is Tool.NOBODY:
        return BoneScribble(points=stroke.points, radius_mm=SCRIBBLE_MM)
    if owner is None and (tool is Tool.MINE or stroke.brush.needs_level):
        raise UsageError("mark the level in the list first, so that it is clear whose this is")
    if tool is Tool.MINE:
        return BoneScribble(points=stroke.points, owner=owner, radius_mm=SCRIBBLE_MM)
    brush = stroke.brush
    return BrushStroke(
        paint=brush.paint,
        points=stroke.points,
        radius_mm=brush.radius_mm,
        erase=tool is Tool.ERASE,
        owner=owner if brush.needs_level else None,
        normal=None if brush.is_ball else stroke.normal,
    )


def _nearer_wall(stroke: Stroke) -> WallSide:
    """Tell which wall was meant: the one that runs nearer to what was drawn."""
    if len(stroke.points) < LEAST_WALL_POINTS:
        raise UsageError("draw a line along the wall; a click is not enough")
    if stroke.guides is None:
        raise UsageError("these outlines have no wall lines; use the brush")
    drawn = np.array([point.array for point in stroke.points])
    back = _away_mm(drawn, stroke.guides.posterior_wall_mm)
    front = _away_mm(drawn, stroke.guides.anterior_wall_mm)
    return WallSide.POSTERIOR if back <= front else WallSide.ANTERIOR


def _away_mm(drawn: Vector, line: Vector) -> float:
    """Return the mean distance of drawn points to the points of a line."""
    return float(np.linalg.norm(drawn[:, None] - line[None], axis=2).min(axis=1).mean())
