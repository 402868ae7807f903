"""A needle as the parts that go in: a cannula, drawn back, and what works beyond it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.geometry.capsule import Capsule
from planner.geometry.points import PointLps, unit
from planner.planning.segment_distance import closest_approach

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.domain.devices import Device
    from planner.domain.plan import Trajectory


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedleAssembly:
    """The solids of one needle, from skin to tip.

    Attributes
    ----------
    cannula
        The bone needle, its end drawn back from the tip; ``None`` for a device that needs none
        or that does not say how far it stands out.
    applicator
        The device itself, or a bare needle.
    active
        The end of the applicator that stands beyond the cannula; ``None`` without a cannula.
    missing
        What the catalogue does not say, in words; empty when it says all.
    """

    cannula: Capsule | None
    applicator: Capsule
    active: Capsule | None
    missing: tuple[str, ...] = ()

    @property
    def solids(self) -> tuple[Capsule, ...]:
        """What is really there, the widest first."""
        return (self.applicator,) if self.cannula is None else (self.cannula, self.applicator)


def bare_needle(trajectory: Trajectory, outer_diameter_mm: float) -> NeedleAssembly:
    """Return a needle with nothing in it, such as one for cement."""
    solid = Capsule(trajectory.entry, trajectory.tip, outer_diameter_mm / 2.0)
    return NeedleAssembly(cannula=None, applicator=solid, active=None)


def assembled(
    trajectory: Trajectory,
    device: Device,
    access_diameter_mm: float,
    *,
    tip_back_mm: float = 0.0,
) -> NeedleAssembly:
    """Lay a device and its cannula along a trajectory.

    Parameters
    ----------
    access_diameter_mm
        Of the bone needle, as ``Catalog.access_diameter`` says.
    tip_back_mm
        How far the device's tip is drawn back from that of the trajectory.

    Raises
    ------
    ValueError
        When the tip is drawn back out of the skin.
    """
    back = unit(trajectory.entry.array - trajectory.tip.array)
    if tip_back_mm >= trajectory.length_mm:
        raise ValueError("the tip of a device cannot be drawn back out of the skin")
    tip = trajectory.tip.moved(tip_back_mm * back)
    numbers, missing = device.numbers, []
    if "outer_diameter_mm" in numbers:
        own = numbers["outer_diameter_mm"].value
    else:
        own = access_diameter_mm
        missing.append(f"The diameter of {device.name}; it is drawn as wide as its bone needle.")
    applicator = Capsule(trajectory.entry, tip, own / 2.0)
    if own >= access_diameter_mm and "cannula_gauge" not in numbers:
        return NeedleAssembly(
            cannula=None, applicator=applicator, active=None, missing=tuple(missing)
        )
    if "tip_beyond_cannula_mm" not in numbers:
        missing.append(f"How far {device.name} stands beyond its bone needle.")
        whole = Capsule(trajectory.entry, tip, access_diameter_mm / 2.0)
        return NeedleAssembly(
            cannula=whole, applicator=applicator, active=None, missing=tuple(missing)
        )
    beyond = min(numbers["tip_beyond_cannula_mm"].value, applicator.start.distance_mm(tip))
    end = tip.moved(beyond * back)
    return NeedleAssembly(
        cannula=Capsule(trajectory.entry, end, access_diameter_mm / 2.0),
        applicator=applicator,
        active=Capsule(end, tip, own / 2.0),
        missing=tuple(missing),
    )


def shaft_spare_mm(trajectory: Trajectory, device: Device) -> float | None:
    """Return what of a device's shaft stands out of the skin; negative when it is too short.

    ``None`` when the catalogue does not know the shaft.
    """
    if "shaft_length_mm" not in device.numbers:
        return None
    return device.numbers["shaft_length_mm"].value - trajectory.length_mm


@dataclass(frozen=True, slots=True)
class Gap:
    """Least distance between the solids of two needles, negative where they meet.

    ``at_one`` and ``at_other`` are the points of their axes where it is.
    """

    mm: float
    at_one: PointLps
    at_other: PointLps


def nearest_gap(one: NeedleAssembly, other: NeedleAssembly) -> Gap:
    """Return where two needles come nearest."""
    return min((_gap(a, b) for a in one.solids for b in other.solids), key=lambda gap: gap.mm)


def least_gap_mm(one: NeedleAssembly, other: NeedleAssembly) -> float:
    """Return the least distance between the solids of two needles, negative where they meet."""
    return nearest_gap(one, other).mm


def _gap(a: Capsule, b: Capsule) -> Gap:
    starts, ends = (a.start.array, b.start.array), (a.end.array, b.end.array)
    distance, along_a, along_b = closest_approach(starts[0], ends[0], starts[1], ends[1])
    places = [
        PointLps.of(start + along * (end - start))
        for start, end, along in zip(starts, ends, (along_a, along_b), strict=True)
    ]
    return Gap(float(distance) - a.radius_mm - b.radius_mm, *places)


def collisions(needles: Sequence[NeedleAssembly]) -> tuple[tuple[int, int], ...]:
    """Return the places in ``needles`` of every two that cannot be there at once."""
    return tuple(
        (first, second)
        for first in range(len(needles))
        for second in range(first + 1, len(needles))
        if least_gap_mm(needles[first], needles[second]) < 0.0
    )
