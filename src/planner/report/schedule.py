"""The cement given step by step, as a table to tick at the CT."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from planner.report.model import ScheduleRow
from planner.report.rows import needle_number, structure_words
from planner.safety.ruler import foramina_of, ruler_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.anatomy import Anatomy
    from planner.domain.devices import RuleText
    from planner.domain.levels import Level
    from planner.domain.plan import CementInjection, Plan
    from planner.domain.prediction import PredictedCement
    from planner.report.pictures import Pictured

FAR_RULE: Final = "C1"
NEAR_RULE: Final = "C2"
FIRST_DROP_ML: Final = 0.05
"""Stands for the tip before anything is given: the fill is measured, and must hold a voxel."""

MOST_STEPS: Final = 40
"""8 mL in steps of 0.2 mL; a longer table is a mistake."""


def cement_schedule(
    plan: Plan, injection: CementInjection, scene: Pictured, rules: Mapping[str, RuleText]
) -> tuple[ScheduleRow, ...]:
    """Return the steps: 1 mL while the front is far, less once it is near (rules C1, C2).

    The distance after each step is the model's, and illustrative: the CT decides. Empty when
    there is no prediction, no outlines or no rule to take the steps from.
    """
    fill, anatomy = scene.cements.get(injection.id), scene.anatomy
    far, near = rules.get(FAR_RULE), rules.get(NEAR_RULE)
    if fill is None or anatomy is None or far is None or near is None:
        return ()
    level = plan.trajectory(injection.trajectory_id).level
    near_mm = near.thresholds["near_below_mm"].value
    number = needle_number(plan, injection.trajectory_id)
    rows: list[ScheduleRow] = []
    given_ml = 0.0
    distance_mm, _ = _front(fill, FIRST_DROP_ML, anatomy, level)
    while given_ml < fill.placed_ml and len(rows) < MOST_STEPS:
        rule = far if distance_mm >= near_mm else near
        step_ml = min(rule.thresholds["bolus_max_ml"].value, fill.placed_ml - given_ml)
        given_ml += step_ml
        distance_mm, structure = _front(fill, given_ml, anatomy, level)
        rows.append(
            ScheduleRow(
                needle=number,
                step=len(rows) + 1,
                step_ml=step_ml,
                total_ml=given_ml,
                distance_mm=distance_mm,
                structure=structure_words(structure),
                stop=distance_mm <= 0.0,
            )
        )
        if distance_mm <= 0.0:
            break
    return tuple(rows)


def _front(
    fill: PredictedCement, volume_ml: float, anatomy: Anatomy, level: Level
) -> tuple[float, str]:
    """Return how near the fill comes after ``volume_ml``, and to what."""
    ruler = ruler_for(anatomy)
    so_far = replace(fill, placed_ml=volume_ml)
    nearest = [ruler.cement_to_wall(so_far, level)]
    nearest += [ruler.cement(so_far, name) for name in ("canal", *foramina_of(level, anatomy))]
    least = min(nearest, key=lambda one: one.distance_mm)
    return least.distance_mm, least.structure
