"""Where cement may leave a vertebra, and how likely a model says it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.plan import CementId


class LeakPath(StrEnum):
    """A way out of a vertebra."""

    EPIDURAL = "epidural"
    FORAMINAL = "foraminal"
    DISCAL = "discal"
    PARAVERTEBRAL = "paravertebral"
    BASIVERTEBRAL = "basivertebral"
    NEEDLE_TRACK = "needle track"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakChance:
    """What an ensemble says of one way out.

    Attributes
    ----------
    leaking, runs
        How many of the runs leak there by the volume planned, of how many.
    first_ml
        Volume given at the first leak in the earliest run, the middle one and the latest one,
        counted over all runs; ``None`` for a run that does not leak by the volume planned.
    """

    leaking: int
    runs: int
    first_ml: tuple[float | None, float | None, float | None]

    def __post_init__(self) -> None:
        if not 0 <= self.leaking <= self.runs or self.runs < 1:
            raise ValueError(f"{self.leaking} of {self.runs} runs cannot leak")

    @property
    def share(self) -> float:
        """Share of the runs that leak, 0 to 1."""
        return self.leaking / self.runs


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakForecast:
    """The chances of every way out for one injection."""

    cement_injection_id: CementId
    asked_ml: float
    chances: Mapping[LeakPath, LeakChance]
