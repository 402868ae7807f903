"""Shortest distances from every planned object to wall, canal and foramina, as numbers.

Rules report what breaks a limit; a planner wants the number on the good side of it too. The
same ruler measures both, so a number here is never another than the one in a finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.prediction import PredictedZone
from planner.domain.structures import CANAL, POSTERIOR_WALL
from planner.geometry.capsule import Capsule
from planner.geometry.points import PointLps
from planner.safety.measured import Measured, MissingInputError
from planner.safety.ruler import ruler_for
from planner.session.window_states import MarginColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from planner.domain.anatomy import Anatomy
    from planner.domain.levels import Level
    from planner.domain.plan import AblationId, Plan, TrajectoryId
    from planner.domain.prediction import Exposure, KilledTissue, MissingZone, PredictedCement
    from planner.safety.ruler import Ruler


NOTHING_SIMULATED: Final[Mapping[AblationId, Exposure]] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """One distance, or why there is none.

    Attributes
    ----------
    subject
        Id of the needle, ablation or cement.
    distance_mm
        From the predicted surface itself; the band of doubt lies about it. Negative inside.
    structure
        The nearest structure of the column.
    """

    subject: str
    column: MarginColumn
    distance_mm: float | None = None
    structure: str = ""
    at: PointLps | None = None
    why_not: str = ""


def measure_margins(
    plan: Plan,
    anatomy: Anatomy,
    zones: Sequence[PredictedZone | MissingZone],
    cements: Sequence[PredictedCement],
    outer_diameters_mm: Mapping[TrajectoryId, float],
    beat: Callable[[], object] = tuple,
    exposures: Mapping[AblationId, Exposure] = NOTHING_SIMULATED,
) -> tuple[Margin, ...]:
    """Measure every needle, zone and fill of a plan; ``beat`` is called before each distance.

    A zone that was simulated is measured as the rules measure it: the nearer of the two.
    """
    ruler = ruler_for(anatomy)

    def heard(measure: Callable[[str], Measured]) -> Callable[[str], Measured]:
        def measure_and_say(name: str) -> Measured:
            beat()
            return measure(name)

        return measure_and_say

    found: list[Margin] = []
    for needle in plan.trajectories:
        body = Capsule(needle.entry, needle.tip, outer_diameters_mm[needle.id] / 2.0)
        wall = partial(ruler.needle_to_wall, body, needle.level)
        found += _row(ruler, needle.id, heard(partial(ruler.needle, body)), wall)
    drawn = {zone.ablation_id: zone for zone in zones if isinstance(zone, PredictedZone)}
    for ablation in plan.ablations:
        level = plan.trajectory(ablation.trajectory_id).level
        if (zone := drawn.get(ablation.id)) is None:
            found += _nothing(ablation.id, "No zone is drawn.")
        else:
            killed = _killed(exposures.get(ablation.id))
            to_one = [
                partial(ruler.zone, zone.shape),
                *(partial(ruler.killed, it) for it in killed),
            ]
            to_wall = [partial(_zone_to_wall, zone, anatomy, level)]
            to_wall += [partial(ruler.killed_to_wall, it, level) for it in killed]
            found += _row(ruler, ablation.id, heard(_nearest_of(to_one)), _nearest_of(to_wall))
    filled = {fill.cement_injection_id: fill for fill in cements}
    for cement in plan.cements:
        level = plan.trajectory(cement.trajectory_id).level
        if (fill := filled.get(cement.id)) is None:
            found += _nothing(cement.id, "No fill is drawn.")
        else:
            wall = partial(ruler.cement_to_wall, fill.judged, level)
            found += _row(ruler, cement.id, heard(partial(ruler.cement, fill.judged)), wall)
    return tuple(found)


def _killed(exposure: Exposure | None) -> tuple[KilledTissue, ...]:
    if exposure is None or not exposure.killed.dead.any():
        return ()
    return (exposure.killed,)


def _nearest_of(ways: Sequence[Callable[..., Measured]]) -> Callable[..., Measured]:
    return lambda *name: min((way(*name) for way in ways), key=lambda item: item.distance_mm)


def _row(
    ruler: Ruler,
    subject: str,
    to_structure: Callable[[str], Measured],
    to_wall: Callable[[], Measured],
) -> list[Margin]:
    def foramina() -> Measured:
        names = ruler.foramina_outlined()
        if not names:
            raise MissingInputError("no foramen is outlined")
        return min((to_structure(name) for name in names), key=lambda item: item.distance_mm)

    return [
        _cell(subject, MarginColumn.WALL, to_wall),
        _cell(subject, MarginColumn.CANAL, lambda: to_structure(CANAL)),
        _cell(subject, MarginColumn.FORAMINA, foramina),
    ]


def _cell(subject: str, column: MarginColumn, take: Callable[[], Measured]) -> Margin:
    try:
        found = take()
    except MissingInputError as reason:
        return Margin(subject=subject, column=column, why_not=f"Not evaluated: {reason}.")
    return Margin(
        subject=subject,
        column=column,
        distance_mm=found.distance_mm,
        structure=found.structure,
        at=found.at,
    )


def _nothing(subject: str, why: str) -> list[Margin]:
    return [Margin(subject=subject, column=column, why_not=why) for column in MarginColumn]


def _zone_to_wall(zone: PredictedZone, anatomy: Anatomy, level: Level) -> Measured:
    """Return the exact distance of a zone to the nearest point of a posterior wall."""
    vertebra = anatomy.vertebrae.get(level)
    wall = None if vertebra is None else vertebra.posterior_wall
    if wall is None or not len(wall.points_mm):
        raise MissingInputError(f"the posterior wall of {level} is not outlined")
    away = zone.shape.signed_distance_mm(wall.points_mm)
    place = int(np.argmin(away))
    return Measured(
        structure=POSTERIOR_WALL,
        distance_mm=float(away[place]),
        at=PointLps.of(wall.points_mm[place]),
    )
