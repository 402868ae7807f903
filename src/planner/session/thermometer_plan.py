"""Thermometers of a simulation with the paths to them, in words for window and paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.structures import POSTERIOR_WALL, in_words
from planner.geometry.points import PointLps
from planner.planning import planned_assemblies
from planner.planning.thermometer_path import thermometer_path
from planner.report.model import Fact
from planner.session.thermocouples import thermocouples_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.catalog import Catalog
    from planner.domain.anatomy import Anatomy
    from planner.domain.plan import Plan
    from planner.domain.simulation import Simulation
    from planner.domain.volume import CtVolume
    from planner.geometry.capsule import Capsule
    from planner.planning.thermometer_path import ThermometerPath
    from planner.session.thermocouples import ProposedThermocouple

NOT_JUDGED: Final = "A proposal: no rule looks at it."
NO_PATH: Final = (
    "no straight path from behind keeps clear of canal, vessels, gas and the planned needles"
)


ASIDE_MM: Final = 18.0
"""How far from the worst place another one of the wall is worth a thermometer: half its width."""

APART_MM: Final = 3.0
MOST_TRIED: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedThermometer:
    """A place for a thermometer, and the way to it where there is one.

    Attributes
    ----------
    at
        Where its tip lies: the worst place, or the worst one beside it that has a way.
    expected_celsius
        What it reads there in the nominal run.
    """

    number: int
    proposed: ProposedThermocouple
    at: PointLps
    expected_celsius: float
    path: ThermometerPath | None
    is_cold: bool

    @property
    def label(self) -> str:
        """What is written beside it in the pictures."""
        return f"T{self.number}, {self.expected_celsius:.0f} °C"

    @property
    def name(self) -> str:
        """Its number and where it lies."""
        return f"T{self.number}, {in_words(self.proposed.structure)}"

    @property
    def words(self) -> str:
        """What it is expected to read, when to stop, and the way to it."""
        one = self.proposed
        how = "down to" if self.is_cold else "up to"
        reads = f"reads {how} {one.expected_celsius:.0f} °C, {one.worst_celsius:.0f} °C at worst"
        when = "" if one.to_stop_s is None else f" (after {one.to_stop_s / 60.0:.1f} min)"
        stop = f"stop at {one.stop_celsius:.0f} °C{when}; it may go {one.overshoot_k:.0f} K on"
        return f"{reads}; {stop}. {self._aside()}Path: {self._way()}"

    def _aside(self) -> str:
        """Say that it does not lie where it is worst, and what it reads instead."""
        away_mm = self.at.distance_mm(PointLps(*self.proposed.at_mm))
        if away_mm < 0.5:
            return ""
        return (
            f"No way leads there: {away_mm:.0f} mm aside it reads "
            f"{self.expected_celsius:.0f} °C, so stop that much earlier. "
        )

    def _way(self) -> str:
        if self.path is None:
            return f"{NO_PATH}."
        place = self.path.skin
        skin = ", ".join(
            f"{(plus if value >= 0.0 else minus)} {abs(value):.0f}"
            for value, plus, minus in zip(place.array, "LPS", "RAI", strict=True)
        )
        parts = [f"skin at {skin} mm, {self.path.length_mm:.0f} mm deep"]
        if self.path.bone_mm > 0.0:
            parts.append(f"{self.path.bone_mm:.0f} mm through bone")
        if self.path.foramen_mm > 0.0:
            parts.append(f"{self.path.foramen_mm:.0f} mm through a foramen, beside its root")
        return f"{'; '.join(parts)}. {NOT_JUDGED}"


def planned_thermometers(
    simulations: Sequence[Simulation],
    plan: Plan,
    ct: CtVolume,
    anatomy: Anatomy,
    catalog: Catalog,
) -> tuple[PlannedThermometer, ...]:
    """Return a thermometer for every place that is worth one, each with its path."""
    needles = [part for one in planned_assemblies(plan, catalog).values() for part in one.solids]
    wanted = [(one, item) for one in simulations for item in thermocouples_of(one)]
    return tuple(
        _planned(number, item, one, ct, anatomy, needles)
        for number, (one, item) in enumerate(wanted, start=1)
    )


def _planned(
    number: int,
    item: ProposedThermocouple,
    one: Simulation,
    ct: CtVolume,
    anatomy: Anatomy,
    needles: Sequence[Capsule],
) -> PlannedThermometer:
    """Look for a way to the worst place, else to the worst of the wall that has one."""
    worst = PointLps(*item.at_mm)
    at, celsius = worst, item.expected_celsius
    path = thermometer_path(worst, ct, anatomy, needles)
    if path is None and item.structure == POSTERIOR_WALL:
        for other, reads in _beside(worst, one, anatomy):
            path = thermometer_path(other, ct, anatomy, needles)
            if path is not None:
                at, celsius = other, reads
                break
    return PlannedThermometer(
        number=number,
        proposed=item,
        at=at,
        expected_celsius=celsius,
        path=path,
        is_cold=one.is_cold,
    )


def _beside(worst: PointLps, one: Simulation, anatomy: Anatomy) -> list[tuple[PointLps, float]]:
    """Return places of the posterior wall about the worst one, the most telling first."""
    walls = (item.posterior_wall for item in anatomy.vertebrae.values())
    points = np.concatenate([wall.points_mm for wall in walls if wall is not None])
    points = points[np.linalg.norm(points - worst.array, axis=1) <= ASIDE_MM]
    field = one.lowest_celsius if one.is_cold else one.peak_celsius
    places = np.rint(one.geometry.ijk(points)).astype(int)
    inside = ((places >= 0) & (places < one.geometry.size_ijk)).all(axis=1)
    points, (i, j, k) = points[inside], places[inside].T
    reads = field[k, j, i].astype(np.float64)
    kept: list[int] = []
    for number in np.argsort(reads if one.is_cold else -reads, kind="stable").tolist():
        chosen = points[[*kept]]
        if not (np.linalg.norm(chosen - points[number], axis=1) < APART_MM).any():
            kept.append(number)
        if len(kept) == MOST_TRIED:
            break
    return [(PointLps.of(points[number]), round(float(reads[number]), 1)) for number in kept]


def thermometer_facts(thermometers: Sequence[PlannedThermometer]) -> tuple[Fact, ...]:
    """Return the lines of the paper."""
    return tuple(Fact(label=f"Thermometer {one.name}", value=one.words) for one in thermometers)
