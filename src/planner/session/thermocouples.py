"""Where thermometers would see the worst, and what they would read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from planner.domain.limit_times import nerve_limits
from planner.domain.structures import CANAL, POSTERIOR_WALL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.simulation import Simulation, StructureCourse

OVERSHOOT_K = 3.0
"""How far a reading may still go after energy was stopped (rule A8: CVIR 2009;32:70)."""

WORTH_CELSIUS = 2.0
"""Change of temperature below which a thermometer at a foramen tells nothing."""

FORAMEN = "foramen:"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedThermocouple:
    """One place for a thermometer.

    Attributes
    ----------
    at_mm
        LPS: the worst point of the structure in any run.
    expected_celsius, worst_celsius
        Extreme reading in the nominal run and in the worst one.
    to_stop_s
        When ``stop_celsius`` is reached in the nominal run; ``None`` when never.
    stop_celsius
        Stop at this reading; it may go ``overshoot_k`` further.
    readings
        Seconds and Celsius in the nominal run; empty in a preview.
    """

    structure: str
    at_mm: tuple[float, float, float]
    expected_celsius: float
    worst_celsius: float
    to_stop_s: float | None
    stop_celsius: float
    overshoot_k: float
    readings: tuple[tuple[float, float], ...] = ()


def watched(courses: Mapping[str, StructureCourse], *, is_cold: bool) -> tuple[str, ...]:
    """Return where a thermometer is worth its needle: wall, epidural side, the worst foramen."""

    def change_k(name: str) -> float:
        course = courses[name]
        return abs((course.coldest_celsius if is_cold else course.hottest_celsius) - 37.0)

    worst = max((name for name in courses if name.startswith(FORAMEN)), key=change_k, default="")
    wanted = [name for name in (POSTERIOR_WALL, CANAL) if name in courses]
    if worst and change_k(worst) >= WORTH_CELSIUS:
        wanted.append(worst)
    return tuple(name for name in wanted if courses[name].at_mm is not None)


def thermocouples_of(one: Simulation) -> tuple[ProposedThermocouple, ...]:
    """Propose the posterior wall, the epidural side of the canal, and the worst foramen."""
    wanted = watched(one.courses, is_cold=one.is_cold)
    return tuple(
        ProposedThermocouple(
            structure=name,
            at_mm=course.at_mm,
            expected_celsius=round(_nominal(course, one), 1),
            worst_celsius=round(_worst(course, one), 1),
            to_stop_s=course.to_stop_s,
            stop_celsius=nerve_limits(is_cold=one.is_cold).stop_celsius,
            overshoot_k=OVERSHOOT_K,
            readings=course.readings,
        )
        for name in wanted
        if (course := one.courses.get(name)) is not None and course.at_mm is not None
    )


def _nominal(course: StructureCourse, one: Simulation) -> float:
    return course.lowest_celsius if one.is_cold else course.peak_celsius


def _worst(course: StructureCourse, one: Simulation) -> float:
    return course.coldest_celsius if one.is_cold else course.hottest_celsius
