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

    @property
    def words(self) -> str:
        """The way as a reader says it."""
        return _WAYS[self]


_WAYS = {
    LeakPath.EPIDURAL: "canal, through the wall",
    LeakPath.FORAMINAL: "foramen",
    LeakPath.DISCAL: "disc",
    LeakPath.PARAVERTEBRAL: "beside the body",
    LeakPath.BASIVERTEBRAL: "basivertebral vein",
    LeakPath.NEEDLE_TRACK: "way of a drawn-out needle",
}

FILL_CLASSES = (
    (90.0, "about 100 %"),
    (75.0, "75 to 90 %"),
    (50.0, "50 to 75 %"),
    (0.0, "under 50 %"),
)
"""From which share of the lesion on a class begins; Chen 2022 AJNR 43:501."""


def fill_class(percent: float) -> str:
    """Return the class of the seed paper that a share of the lesion filled belongs to."""
    return next(name for least, name in FILL_CLASSES if percent >= least)


UNSEEN = "Veins too small for CT carry a quarter of leaks and are not in this."


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

    @property
    def words(self) -> str:
        """The chance in words, such as ``6 of 20, first 1.2 mL, half by 3.0 mL``."""
        first, middle, _ = self.first_ml
        words = f"{self.leaking} of {self.runs}"
        if first is not None:
            words += f", first {first:.1f} mL"
        if middle is not None:
            words += f", half by {middle:.1f} mL"
        return words


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakForecast:
    """The chances of every way out for one injection."""

    cement_injection_id: CementId
    asked_ml: float
    chances: Mapping[LeakPath, LeakChance]

    @property
    def lines(self) -> tuple[str, ...]:
        """All chances in words; never yes or no."""
        told = [
            f"{path.words}: {chance.words}"
            for path, chance in self.chances.items()
            if chance.leaking
        ]
        runs = max(chance.runs for chance in self.chances.values())
        head = f"Leaks in {runs} runs by {self.asked_ml:g} mL (illustrative)"
        if not told:
            return (f"{head}: in none. {UNSEEN}",)
        return (f"{head}:", *told, UNSEEN)
