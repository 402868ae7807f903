"""A rule: its id, what it looks at one by one, and the pure function that judges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from planner.domain.plan import Ablation, CementInjection, Trajectory
    from planner.safety.case import Case, Outcome


@dataclass(frozen=True, slots=True)
class PlanRule:
    """Judges the plan as a whole."""

    id: str
    judge: Callable[[Case], Outcome]


@dataclass(frozen=True, slots=True)
class NeedleRule:
    """Judges each needle; the engine goes through them, so none can be left out."""

    id: str
    judge: Callable[[Case, Trajectory], Outcome]


@dataclass(frozen=True, slots=True)
class AblationRule:
    """Judges each ablation."""

    id: str
    judge: Callable[[Case, Ablation], Outcome]


@dataclass(frozen=True, slots=True)
class CementRule:
    """Judges each cement volume."""

    id: str
    judge: Callable[[Case, CementInjection], Outcome]


Rule = PlanRule | NeedleRule | AblationRule | CementRule
