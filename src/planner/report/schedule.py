"""The cement given step by step, as a table to tick at the CT."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from planner.domain.structures import in_words
from planner.report.cement_clock import clock_of
from planner.report.model import Schedule, ScheduleRow
from planner.report.rows import needle_number
from planner.report.wording import plain
from planner.safety.measured import MissingInputError
from planner.safety.ruler import foramina_of, ruler_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.anatomy import Anatomy
    from planner.domain.devices import Cement, RuleText
    from planner.domain.levels import Level
    from planner.domain.plan import CementInjection, Plan
    from planner.domain.prediction import PredictedCement
    from planner.report.pictured import Pictured

FAR_RULE: Final = "C1"
NEAR_RULE: Final = "C2"
FIRST_DROP_ML: Final = 0.05
"""Stands for the tip before anything is given: the fill is measured, and must hold a voxel."""

LEAST_STEP_ML: Final = 1e-6
"""Less than this left to give is rounding."""

MOST_STEPS: Final = 40
"""8 mL in steps of 0.2 mL; a longer table is a mistake."""


def cement_schedule(
    plan: Plan,
    injection: CementInjection,
    scene: Pictured,
    rules: Mapping[str, RuleText] | None,
    cement: Cement | None = None,
) -> Schedule:
    """Return the steps: large while the front is far, small once it is near (rules C1, C2).

    The distance after each step is the model's, and illustrative: the CT decides. Without a
    prediction, outlines or rules there are no steps, and the schedule says why.
    """
    needle = needle_number(plan, injection.trajectory_id)
    fill, anatomy = scene.cements.get(injection.id), scene.anatomy
    if fill is None or anatomy is None:
        return Schedule(needle=needle, missing="No fill was predicted, so no steps are proposed.")
    if rules is None or FAR_RULE not in rules or NEAR_RULE not in rules:
        return Schedule(needle=needle, missing="The rules for the size of a step are missing.")
    far, near = rules[FAR_RULE], rules[NEAR_RULE]
    level = plan.trajectory(injection.trajectory_id).level
    try:
        rows = _steps(fill, anatomy, level, far, near)
    except MissingInputError as error:
        return Schedule(needle=needle, missing=plain(f"No steps are proposed: {error}."))
    clock = clock_of(cement)
    return Schedule(
        needle=needle,
        rows=clock.timed(rows),
        source=plain(f"{far.id}, {near.id}: {far.source}"),
        clock=plain(clock.words),
    )


def _steps(
    fill: PredictedCement, anatomy: Anatomy, level: Level, far: RuleText, near: RuleText
) -> tuple[ScheduleRow, ...]:
    near_mm = near.thresholds["near_below_mm"].value
    rows: list[ScheduleRow] = []
    given_ml = 0.0
    front = _front(fill, min(FIRST_DROP_ML, fill.placed_ml), anatomy, level)
    while fill.placed_ml - given_ml > LEAST_STEP_ML and len(rows) < MOST_STEPS:
        rule = far if front.nearest_mm >= near_mm else near
        step_ml = min(rule.thresholds["bolus_max_ml"].value, fill.placed_ml - given_ml)
        before_ml, given_ml = given_ml, given_ml + step_ml
        front = _front(fill, given_ml, anatomy, level)
        rows.append(
            ScheduleRow(
                step=len(rows) + 1,
                step_ml=step_ml,
                total_ml=given_ml,
                distance_mm=front.nearest_mm,
                structure=in_words(front.structure),
                edge_mm=front.edge_mm,
                foramen_mm=front.foramen_mm,
                leaves=tuple(
                    str(path)
                    for path, ml in sorted(fill.leaks_ml.items(), key=lambda item: item[1])
                    if before_ml < ml <= given_ml
                ),
                stop=front.nearest_mm <= 0.0,
            )
        )
        if front.nearest_mm <= 0.0:
            break
    return tuple(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Front:
    """How near a fill comes: to the posterior edge or the canal, and to a foramen."""

    edge_mm: float
    foramen_mm: float
    structure: str

    @property
    def nearest_mm(self) -> float:
        return min(self.edge_mm, self.foramen_mm)


def _front(fill: PredictedCement, volume_ml: float, anatomy: Anatomy, level: Level) -> _Front:
    """Return how near the fill comes after ``volume_ml``, and to what."""
    ruler = ruler_for(anatomy)
    so_far = replace(fill.judged, placed_ml=volume_ml)
    edges = [ruler.cement_to_wall(so_far, level), ruler.cement(so_far, "canal")]
    foramina = [ruler.cement(so_far, name) for name in foramina_of(level, anatomy)]
    least = min((*edges, *foramina), key=lambda one: one.distance_mm)
    return _Front(
        edge_mm=min(one.distance_mm for one in edges),
        foramen_mm=min(one.distance_mm for one in foramina),
        structure=least.structure,
    )
