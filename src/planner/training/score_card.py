"""The score of an attempt, criterion by criterion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.domain.sourced import Status
    from planner.geometry.points import PointLps


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """How much of a criterion was earned, 0 to 1; why; and the point that shows it, LPS."""

    share: float
    reason: str
    at: PointLps | None = None

    def __post_init__(self) -> None:
        if not 0.0 <= self.share <= 1.0:
            raise ValueError(f"a share lies between 0 and 1, got {self.share}")


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionScore:
    """Points of one criterion, out of ``weight``; and where its marks come from."""

    id: str
    title: str
    points: float
    weight: float
    reason: str
    at: PointLps | None
    source: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Fatal:
    """A step that fails the attempt."""

    id: str
    words: str
    reason: str
    at: PointLps | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCard:
    """The whole score.

    Attributes
    ----------
    criteria
        Those that apply to the exercise, in the order of the work.
    passed
        Whether the percentage reaches the mark and no step was fatal.
    """

    attempt: str
    exercise: str
    criteria: tuple[CriterionScore, ...]
    fatal: tuple[Fatal, ...]
    pass_percent: float

    @property
    def points(self) -> float:
        """All points."""
        return sum(one.points for one in self.criteria)

    @property
    def percent(self) -> float:
        """Points of all that could be had, 0 to 100."""
        return 100.0 * self.points / sum(one.weight for one in self.criteria)

    @property
    def passed(self) -> bool:
        """Whether it passes."""
        return not self.fatal and self.percent >= self.pass_percent

    def criterion(self, name: str) -> CriterionScore:
        """Return one criterion.

        Raises
        ------
        KeyError
            When it does not apply to the exercise.
        """
        for one in self.criteria:
            if one.id == name:
                return one
        raise KeyError(name)
