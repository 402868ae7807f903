"""How to give the cement of one needle, in words: steps, clock, cap, heat and height."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from planner.domain.plan import CementTechnique
from planner.physics.cement.flow_numbers import flow_numbers
from planner.report.cement_clock import clock_of, minutes
from planner.report.schedule import cement_schedule
from planner.safety.measured import MissingInputError
from planner.safety.ruler import ruler_for

if TYPE_CHECKING:
    from planner.domain.plan import CementInjection, Plan
    from planner.domain.prediction import PredictedCement
    from planner.report.model import Schedule
    from planner.safety import Scene

CAP_RULE = "C4"
"""The rule that limits the cement of a level."""


def advice_lines(plan: Plan, injection: CementInjection, scene: Scene) -> tuple[str, ...]:
    """Return what somebody who gives this cement should know; it measures: not for a drag."""
    fill = scene.cements.get(injection.id)
    if fill is None:
        return ()
    catalog = scene.catalog
    cement = catalog.cements.get(injection.cement_id)
    schedule = cement_schedule(plan, injection, scene, catalog.rules, cement)
    return (
        "",
        *schedule_lines(schedule, clock_of(cement).short),
        *_cap_lines(plan, injection, scene),
        *_heat_lines(fill, scene),
        *height_lines(injection),
        "",
    )


def schedule_lines(schedule: Schedule, clock: str) -> tuple[str, ...]:
    """Return a schedule in short: the steps by size, where they end, and the clock."""
    if schedule.missing:
        return (schedule.missing,)
    if not schedule.rows:
        return ()
    groups = groupby(schedule.rows, key=lambda row: round(row.step_ml, 2))
    steps = ", then ".join(f"{len(list(rows))} × {size:g} mL" for size, rows in groups)
    lines = [f"Give {steps}; CT after each"]
    last = schedule.rows[-1]
    if last.stop:
        lines.append(f"STOP at {last.total_ml:.1f} mL: enters the {last.structure}")
    late = next((row for row in schedule.rows if row.too_late), None)
    if late is not None and late.after_mixing_s is not None:
        lines.append(
            f"TOO LATE from step {late.step} on, {minutes(late.after_mixing_s)} min after mixing"
        )
    elif last.after_mixing_s is not None:
        lines.append(f"Last step about {minutes(last.after_mixing_s)} min after mixing")
    return (*lines, clock)


def _cap_lines(plan: Plan, injection: CementInjection, scene: Scene) -> tuple[str, ...]:
    level = plan.trajectory(injection.trajectory_id).level
    rule = scene.catalog.rules.get(CAP_RULE)
    if rule is None:
        return ()
    here = [one for one in plan.cements if plan.trajectory(one.trajectory_id).level is level]
    total = sum(one.volume_ml for one in here)
    most = rule.thresholds["warn_above_ml"].value
    through = f" through {len(here)} cannulas" if len(here) > 1 else ""
    return (f"{level}: {total:g} of at most {most:g} mL{through} ({CAP_RULE})",)


def _heat_lines(fill: PredictedCement, scene: Scene) -> tuple[str, ...]:
    """Return what is published of the heat at the canal, where the cement comes near it."""
    try:
        near_mm = ruler_for(scene.anatomy).cement(fill.judged, "canal").distance_mm
    except MissingInputError:
        return ("How near the cement comes to the canal is not known.",)
    return heat_lines(near_mm)


def heat_lines(near_mm: float) -> tuple[str, ...]:
    """Return the published temperatures for cement so near to the canal."""
    heat = flow_numbers().heat
    if near_mm > heat["near_mm"].value:
        return ()
    low, high = heat["canal_low_celsius"], heat["canal_high_celsius"]
    kept, leaked = heat["wall_no_leak_celsius"], heat["wall_leak_celsius"]
    return (
        f"Sets {max(near_mm, 0.0):.0f} mm from the canal. Published, not of this patient: canal "
        f"{low.value:g} to {high.value:g} °C ({low.source.split(',')[0]}), posterior cortex "
        f"{kept.value:g} ± {heat['wall_no_leak_sd_celsius'].value:g} °C without a leak, "
        f"{leaked.value:g} ± {heat['wall_leak_sd_celsius'].value:g} °C with one (pigs, "
        f"{kept.source.split(',')[0]})",
    )


def height_lines(injection: CementInjection) -> tuple[str, ...]:
    """Return what a balloon may give back of the height, with its interval and its source."""
    if injection.technique is not CementTechnique.BALLOON_KYPHOPLASTY:
        return ()
    height = flow_numbers().height
    parts = []
    for where, name in (("front", "anterior"), ("middle", "middle"), ("back", "posterior")):
        mean, sd = height[f"{name}_mm"].value, height[f"{name}_sd_mm"].value
        parts.append(f"{where} {mean:g} mm ({mean - sd:.1f} to {mean + sd:.1f})")
    source = height["anterior_mm"].source.split(" Asian")[0]
    return (
        f"Height, an estimate from others, mean and sd: {', '.join(parts)}; lost again by six "
        f"weeks ({source})",
    )
