"""A simulated zone as it is at a moment of the treatment; for looking at, and no rule reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.limit_times import nerve_limits
from planner.domain.order import Order
from planner.domain.structures import in_words
from planner.geometry.points import unit
from planner.physics.heat.record import TALLY_S
from planner.physics.heat.zone_size import across_axes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.plan import AblationId, Plan, Trajectory
    from planner.domain.simulation import Simulation

STEP_S: Final = TALLY_S
"""The run looks at its fields this often, so a finer time would be made up."""

LEAST_ML: Final = 0.5
"""A smaller volume would be shown as none."""

JUDGED: Final = "Rules judge the whole treatment, with the time after it."
IN_TURN: Final = "No time line: the run is of all needles at one time, and the plan says in turn."
TOGETHER: Final = "As if all needles worked at one time."
COLD_EDGES: Final = "The ice edge and -40 °C are drawn at the end only."


def has_time_line(one: Simulation, plan: Plan) -> bool:
    """Tell whether the run shown follows the clock of the plan: not where needles go in turn."""
    return plan.ablation_order is not Order.IN_TURN or not _several(one, plan)


def _several(one: Simulation, plan: Plan) -> bool:
    return len({a.trajectory_id for a in plan.ablations if a.id in one.extents}) > 1


def time_lines(one: Simulation, plan: Plan, ablation: AblationId, at_s: float) -> tuple[str, ...]:
    """Return what is dead after ``at_s`` of a treatment, in words no finer than the band."""
    if not has_time_line(one, plan):
        return (IN_TURN,)
    lines = [TOGETHER] if _several(one, plan) else []
    if at_s >= one.total_s:
        lines.insert(0, f"Shown: the whole treatment, {one.total_s:.0f} s with the time after it")
        return tuple(lines)
    needle = plan.trajectory(next(a.trajectory_id for a in plan.ablations if a.id == ablation))
    lines.insert(0, f"Shown: after {at_s:.0f} s of {one.total_s:.0f} s")
    lines.insert(1, _size_then(one, ablation, needle, at_s))
    lines += [COLD_EDGES] if one.is_cold else []
    lines += _reached_by_then(one, at_s)
    label = f"{one.model.name}, {one.model.tier}, {one.model.status}"
    return (*lines, JUDGED, f"{label}; counted every {STEP_S:.0f} s")


def _size_then(one: Simulation, ablation: AblationId, needle: Trajectory, at_s: float) -> str:
    """Return how large the needle's own part of the zone is by then."""
    own = one.owner == list(one.extents).index(ablation)
    dead = own & (one.killed_at_s <= at_s)
    if not dead.any():
        return "No tissue has died by then."
    whole = int((own & one.zone).sum())
    volume_ml = one.extents[ablation].volume_ml * int(dead.sum()) / max(whole, 1)
    long, wide, high = _extents_mm(dead, one, needle)
    size = f"{long:.0f} x {wide:.0f} x {high:.0f} mm ± {one.band_mm:.0f} mm"
    return f"{size}, {volume_ml:.0f} mL" if volume_ml >= LEAST_ML else size


def _extents_mm(
    dead: NDArray[np.bool_], one: Simulation, needle: Trajectory
) -> tuple[float, float, float]:
    """Return the extents of a mask along a needle and across it, voxels included."""
    axis = unit(needle.tip.array - needle.entry.array)
    places = one.geometry.lps_mm(np.argwhere(dead)[:, ::-1].astype(np.float64))
    along, first, second = (
        float(np.ptp(places @ way)) + one.geometry.spacing_mm[0]
        for way in (axis, *across_axes(axis))
    )
    return along, first, second


def _reached_by_then(one: Simulation, at_s: float) -> list[str]:
    """Return the structures where energy has to be stopped by then, the first one first."""
    stop = nerve_limits(is_cold=one.is_cold).stop_celsius
    reached = sorted(
        (course.to_stop_s, name)
        for name, course in one.courses.items()
        if course.to_stop_s is not None and course.to_stop_s <= at_s
    )
    return [f"{in_words(name)}: {stop:.0f} °C after {at:.0f} s" for at, name in reached]
