"""What a plan would really do, measured on the truth of a digital spine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.finding import Severity
    from planner.domain.levels import Level, Side
    from planner.domain.plan import Approach, TrajectoryId
    from planner.geometry.points import PointLps
    from planner.planning.measures import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """The distance from a needle's surface to a structure, negative inside; where it is least."""

    structure: str
    distance_mm: float
    at: PointLps


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueNeedle:
    """One needle as it would really lie.

    Attributes
    ----------
    named_level, named_side
        What the plan calls it.
    level
        The vertebra the tip is in, or beside.
    side
        The side of that vertebra on which it goes in.
    way
        How it really goes: through the pedicle, or not; ``None`` beside every pedicle.
    breach_mm, breach_way, breach_at
        Out of the pedicle; 0 and ``None`` for a needle that does not go through one.
    canal, root, organ
        The nearest of each kind; ``None`` where none is near.
    in_body
        Whether the tip is in the vertebral body.
    to_lesion_mm
        From the tip to the lesion, 0 inside it.
    """

    id: TrajectoryId
    named_level: Level
    named_side: Side
    level: Level
    side: Side
    way: Approach | None
    tip: PointLps
    breach_mm: float
    breach_way: Direction | None
    breach_at: PointLps | None
    canal: Near | None
    root: Near | None
    organ: Near | None
    in_body: bool
    to_lesion_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """The worst temperature at any nerve structure in any run of the model."""

    celsius: float
    is_cold: bool
    structure: str
    at: PointLps | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """The largest chance that cement reaches canal or foramen; ``at`` the tip it comes from."""

    share: float
    words: str
    at: PointLps


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueFinding:
    """What a rule says of the plan on the truth."""

    rule: str
    also: tuple[str, ...]
    severity: Severity
    message: str
    at: PointLps | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Everything that is scored of a plan.

    Attributes
    ----------
    covered_percent, missed_at
        Of the lesion in the zone, and the middle of the largest part that is left.
    unpredicted
        Why coverage, heat or cement are ``None``, by criterion.
    findings
        Of severity WARN and heavier.
    """

    needles: tuple[TrueNeedle, ...] = ()
    covered_percent: float | None = None
    missed_at: PointLps | None = None
    heat: Heat | None = None
    leak: Leak | None = None
    findings: tuple[TrueFinding, ...] = ()
    unpredicted: Mapping[str, str] = field(default_factory=dict)
