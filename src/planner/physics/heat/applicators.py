"""Applicators in the tissue, what drives them, and when."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Final, TypeAlias

from planner.physics.heat.metal import Cooling, Cylinder

if TYPE_CHECKING:
    from collections.abc import Iterator

HIGHEST_POWER_W: Final = 20.0
"""What a radiofrequency generator gives at most under temperature control. An assumption."""

SHAFT_FILM_W_PER_M2_K: Final = 1000.0
"""Film coefficient of a water-cooled microwave shaft. An assumption; a knob of calibration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Electrode:
    """A radiofrequency electrode at a voltage in proportion to the others of its applicator."""

    metal: Cylinder
    volts: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioFrequency:
    """Electrodes of one generator: bipolar when their voltages cancel, monopolar when not.

    Monopolar current leaves through the edge of the grid, which stands for the pad.
    """

    electrodes: tuple[Electrode, ...]
    cooling: Cooling = field(default_factory=Cooling)

    def __post_init__(self) -> None:
        if not any(item.volts for item in self.electrodes):
            raise ValueError("a radiofrequency applicator needs an electrode with a voltage")

    @property
    def is_bipolar(self) -> bool:
        """Whether the current returns through the electrodes themselves."""
        return len(self.electrodes) > 1 and sum(item.volts for item in self.electrodes) == 0.0

    @property
    def metal(self) -> tuple[Cylinder, ...]:
        """Every piece of metal in the tissue."""
        return tuple(item.metal for item in self.electrodes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Microwave:
    """A microwave antenna with a cooled shaft.

    Attributes
    ----------
    shaft
        From the tip backward along the needle.
    antenna_length_mm, centre_from_tip_mm
        Length scale of the source along the shaft, and where it is strongest.
    decay_mm
        Length over which the waves fade across the shaft.
    efficiency
        Share of the generator's power that heats tissue.
    """

    shaft: Cylinder
    antenna_length_mm: float
    centre_from_tip_mm: float
    decay_mm: float
    efficiency: float
    cooling: Cooling = field(
        default_factory=lambda: Cooling(film_w_per_m2_k=SHAFT_FILM_W_PER_M2_K)
    )

    def __post_init__(self) -> None:
        if not (self.antenna_length_mm > 0.0 and self.decay_mm > 0.0):
            raise ValueError("a microwave source needs a length and a decay above zero")
        if not 0.0 < self.efficiency <= 1.0:
            raise ValueError(f"the efficiency is a share of one, got {self.efficiency}")

    @property
    def metal(self) -> tuple[Cylinder, ...]:
        """Every piece of metal in the tissue."""
        return (self.shaft,)


@dataclass(frozen=True, slots=True, kw_only=True)
class CryoProbe:
    """The freezing part of a cryoprobe, at one temperature once it has come down.

    Switched off it counts as tissue.
    """

    metal_part: Cylinder
    celsius: float
    ramp_s: float = 30.0

    @property
    def metal(self) -> tuple[Cylinder, ...]:
        """Every piece of metal in the tissue."""
        return (self.metal_part,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setpoint:
    """Hold the hottest electrode at a temperature."""

    celsius: float
    highest_power_w: float = HIGHEST_POWER_W


@dataclass(frozen=True, slots=True, kw_only=True)
class Watts:
    """Give a constant power."""

    power_w: float

    def __post_init__(self) -> None:
        if not (isfinite(self.power_w) and self.power_w >= 0.0):
            raise ValueError(f"a power cannot be {self.power_w} W")


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """Let the gas flow."""


Applicator: TypeAlias = RadioFrequency | Microwave | CryoProbe
Drive: TypeAlias = Setpoint | Watts | Freeze

_DRIVES: Final[dict[type, tuple[type, ...]]] = {
    RadioFrequency: (Setpoint, Watts),
    Microwave: (Watts,),
    CryoProbe: (Freeze,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Driven:
    """An applicator that is in the tissue, and its drive; ``None`` is switched off."""

    applicator: Applicator
    drive: Drive | None

    def __post_init__(self) -> None:
        fitting = _DRIVES[type(self.applicator)]
        if self.drive is not None and type(self.drive) not in fitting:
            raise ValueError(f"{type(self.applicator).__name__} cannot be driven by {self.drive}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A stretch of time in which the same applicators lie in the tissue, all at once.

    Stages follow one another in the same tissue: burns in sequence, cycles with pauses, and
    pull-back along a cannula are stages.
    """

    duration_s: float
    driven: tuple[Driven, ...] = ()

    def __post_init__(self) -> None:
        if not (isfinite(self.duration_s) and self.duration_s > 0.0):
            raise ValueError(f"a stage needs a time above zero, got {self.duration_s}")

    @property
    def metal(self) -> tuple[Cylinder, ...]:
        """Every piece of metal in the tissue."""
        return tuple(piece for item in self.driven for piece in item.applicator.metal)

    def switched_off(self, duration_s: float) -> Stage:
        """Return a pause with the same applicators in place."""
        return Stage(
            duration_s=duration_s,
            driven=tuple(Driven(applicator=i.applicator, drive=None) for i in self.driven),
        )


def cycles(on: Stage, pause_s: float, count: int) -> Iterator[Stage]:
    """Yield ``count`` stages ``on``, with a pause between them."""
    for number in range(count):
        if number:
            yield on.switched_off(pause_s)
        yield on
