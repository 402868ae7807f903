"""When a structure comes to a temperature at which energy is stopped, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple


class NerveLimits(NamedTuple):
    """Temperatures, Celsius, past which times at a structure are counted.

    ``stop_celsius`` is where energy is stopped (rule A8), ``harm_celsius`` where a nerve is lost
    (rules A6 and A13). A test holds them to the sourced numbers of those rules.
    """

    stop_celsius: float
    harm_celsius: float


HEAT_LIMITS: Final = NerveLimits(42.0, 45.0)
COLD_LIMITS: Final = NerveLimits(10.0, 0.0)


def nerve_limits(*, is_cold: bool) -> NerveLimits:
    """Return those of cold or of heat."""
    return COLD_LIMITS if is_cold else HEAT_LIMITS


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitTimes:
    """Times at one structure in the nominal run: above limits of heat, below limits of cold.

    Attributes
    ----------
    stop_celsius
        Where energy is stopped, of the run's own kind.
    to_stop_s
        When it is first reached anywhere in the structure; ``None`` when it never is.
    past_stop_s, past_harm_s
        Longest time past the two limits at one place.
    """

    stop_celsius: float
    to_stop_s: float | None
    past_stop_s: float
    past_harm_s: float

    @property
    def words(self) -> str:
        """When energy is stopped, in words; empty where it need not be."""
        if self.to_stop_s is None:
            return ""
        return f"{self.stop_celsius:.0f} °C after {self.to_stop_s / 60.0:.1f} min"
