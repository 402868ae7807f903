"""Numbers that carry where they came from, and numbers that carry their doubt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite


class Status(StrEnum):
    """How far a number can be trusted."""

    VERIFIED = "verified"
    """Read in the source's own text, abstract or table."""
    VERIFIED_SECONDARY = "verified-secondary"
    """Read in a later compilation that names the primary source."""
    COMPUTED = "computed"
    """Calculated from verified inputs."""
    DERIVED = "derived"
    """A project default reasoned from verified data; NOT a published limit."""
    RECALLED = "recalled"
    """From memory of the literature; can never make a check pass."""
    USER_ENTERED = "user-entered"
    """Typed in by a user from a document in hand."""

    @property
    def rank(self) -> int:
        """0 is the firmest; a result made of several numbers has the status of the weakest."""
        return _FIRMEST_FIRST.index(self)

    @property
    def may_pass_a_check(self) -> bool:
        """A recalled value may raise a warning but never clear one."""
        return self is not Status.RECALLED


_FIRMEST_FIRST = (
    Status.VERIFIED,
    Status.COMPUTED,
    Status.VERIFIED_SECONDARY,
    Status.USER_ENTERED,
    Status.DERIVED,
    Status.RECALLED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """One number with its source. The unit is in the name of the field that holds it."""

    value: float
    status: Status
    source: str

    def __post_init__(self) -> None:
        if not isfinite(self.value):
            raise ValueError(f"a sourced number must be finite, got {self.value}")
        if not self.source.strip():
            raise ValueError("a sourced number needs a source")


@dataclass(frozen=True, slots=True)
class Interval:
    """A measured quantity with its lower bound, best estimate and upper bound."""

    low: float
    best: float
    high: float

    def __post_init__(self) -> None:
        if not (isfinite(self.low) and isfinite(self.high)):
            raise ValueError(f"an interval must be finite, got {self!r}")
        if not self.low <= self.best <= self.high:
            raise ValueError(f"an interval must be ordered, got {self!r}")

    def as_list(self) -> list[float]:
        """Return ``[low, best, high]``."""
        return [self.low, self.best, self.high]
