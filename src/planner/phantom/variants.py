"""How spines differ beyond size: the count of lumbar levels, a fused last one, and wear."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import TYPE_CHECKING

from planner.domain.errors import UsageError
from planner.domain.levels import Level
from planner.phantom.morphometry import LevelShape

if TYPE_CHECKING:
    from collections.abc import Mapping

USUAL_LUMBAR = 5
LUMBAR_COUNTS = (4, 5, 6)

FUSED_DISC_SHARE = 0.35
"""What is left of the height of the disc below a sacralised vertebra."""

FUSED_SPAN_MM = 98.0
"""Tip to tip of the broad transverse processes that join the sacrum's wings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wear:
    """Degeneration of the segment below a level: its disc, both rims, both facet joints.

    Attributes
    ----------
    disc_loss
        Share of the disc's height that is gone, 0 to 0.8.
    osteophyte_mm
        How far bony lips stand out at the rims on either side of the disc.
    vacuum
        Whether there is gas in the disc.
    facets
        Whether the facet joints are narrow and their processes overgrown.
    schmorl_mm
        Depth of the node that the disc has pressed into both endplates; a large one is an
        endplate defect.
    """

    level: Level
    disc_loss: float = 0.0
    osteophyte_mm: float = 0.0
    vacuum: bool = False
    facets: bool = False
    schmorl_mm: float = 0.0

    def __post_init__(self) -> None:
        for name, high in (("disc_loss", 0.8), ("osteophyte_mm", 10.0), ("schmorl_mm", 12.0)):
            value = getattr(self, name)
            if not (isfinite(value) and 0.0 <= value <= high):
                raise UsageError(f"{name} of wear must be 0 to {high:g}, got {value}")


def spine_levels(lumbar_count: int = USUAL_LUMBAR) -> tuple[Level, ...]:
    """Return every level of a digital spine, from the head down."""
    lumbar = [Level(f"L{n}") for n in range(1, lumbar_count + 1)]
    return (*(Level(f"T{n}") for n in range(1, 13)), *lumbar, Level.S1)


def varied(
    person: Mapping[Level, LevelShape],
    lumbar_count: int,
    *,
    sacralised: bool,
    wear: tuple[Wear, ...],
) -> dict[Level, LevelShape]:
    """Return a person's vertebrae with another count, a fused last one, and worn discs.

    The last lumbar vertebra always has the shape that L5 has in the usual spine, and the one
    above it lies between its neighbours, as a transitional spine is shaped.
    """
    shapes = dict(person)
    last = shapes[Level.L5]
    if lumbar_count == 6:
        shapes[Level.L5], shapes[Level.L6] = _between(shapes[Level.L4], last), last
    elif lumbar_count == 4:
        shapes[Level.L3] = _between(shapes[Level.L3], shapes[Level.L4])
        shapes[Level.L4] = last
    shapes = {level: shapes[level] for level in spine_levels(lumbar_count)}
    if sacralised:
        lowest = spine_levels(lumbar_count)[-2]
        shape = shapes[lowest]
        shapes[lowest] = replace(
            shape,
            disc_below_mm=FUSED_DISC_SHARE * shape.disc_below_mm,
            transverse_span_mm=FUSED_SPAN_MM,
        )
    for item in wear:
        shape = shapes[item.level]
        thin = shape.disc_below_mm * (1.0 - item.disc_loss)
        shapes[item.level] = replace(shape, disc_below_mm=thin)
    return shapes


def _between(one: LevelShape, other: LevelShape) -> LevelShape:
    names = [field.name for field in fields(LevelShape)]
    return LevelShape(**{n: 0.5 * (getattr(one, n) + getattr(other, n)) for n in names})
