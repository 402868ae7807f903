"""When each step of an injection is due, and whether the cement still takes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.domain.devices import Cement
    from planner.domain.sourced import Sourced
    from planner.report.model import ScheduleRow

UNKNOWN = (
    "How long this cement can be given is not in the catalogue: take it from its package and run "
    "a clock from mixing."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CementClock:
    """The times of a cement after mixing, s; ``None`` where the catalogue has none.

    ``until`` is the last time a study gave it, or that of setting where only that is known.
    """

    begin: Sourced | None
    until: Sourced | None
    step: Sourced | None
    sets: bool = False

    def timed(self, rows: Sequence[ScheduleRow]) -> tuple[ScheduleRow, ...]:
        """Return the steps with the time each is due."""
        if self.begin is None or self.step is None:
            return tuple(rows)
        timed = []
        for number, row in enumerate(rows):
            at_s = self.begin.value + number * self.step.value
            late = self.until is not None and at_s > self.until.value
            timed.append(replace(row, after_mixing_s=at_s, too_late=late))
        return tuple(timed)

    @property
    def words(self) -> str:
        """What the times rest on."""
        if self.begin is None or self.step is None:
            return UNKNOWN
        pace = (
            f"Times after mixing, if the first step is given at {minutes(self.begin.value)} min "
            f"and each takes {minutes(self.step.value)} min with its CT ({self.step.status})"
        )
        if self.until is None:
            return f"{pace}. {UNKNOWN}"
        end = "sets at" if self.sets else "was given in a study until"
        return (
            f"{pace}. This kind of cement {end} {minutes(self.until.value)} min "
            f"({self.until.status}; {self.until.source.split(':')[0]}). The package decides."
        )

    @property
    def short(self) -> str:
        """Until when this kind of cement is known to go in, and who decides."""
        if self.until is None:
            return "Its package says how long it can be given"
        end = "sets at" if self.sets else "was given in a study until"
        who = self.until.source.split(":")[0]
        return f"Such cement {end} {minutes(self.until.value)} min ({who}); its package decides"


def minutes(seconds: float) -> str:
    """Return a time in minutes with no more digits than it needs."""
    return f"{seconds / 60.0:.1f}".removesuffix(".0")


def clock_of(cement: Cement | None) -> CementClock:
    """Return the times of a cement of the catalogue."""
    numbers = {} if cement is None else cement.numbers
    until = numbers.get("given_until_s")
    return CementClock(
        begin=numbers.get("given_from_s"),
        until=until or numbers.get("setting_time_37_celsius_s"),
        step=numbers.get("step_with_ct_s"),
        sets=until is None,
    )
