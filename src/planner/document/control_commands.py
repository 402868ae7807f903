"""Edits of what control scans showed of the needles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from planner.document.plan_document import Command
from planner.domain.errors import UsageError

if TYPE_CHECKING:
    from planner.domain.control import ControlReading
    from planner.domain.plan import Plan, TrajectoryId


def keep_control(reading: ControlReading) -> Command:
    """Keep a reading after those there are; a locked needle is read too, it is not moved."""

    def apply(plan: Plan) -> Plan:
        if all(item.id != reading.trajectory_id for item in plan.trajectories):
            raise UsageError(f"the plan has no needle {reading.trajectory_id}")
        return replace(plan, controls=(*plan.controls, reading))

    return Command("Control reading", apply)


def drop_control(trajectory_id: TrajectoryId) -> Command:
    """Take the last reading of a needle away."""

    def apply(plan: Plan) -> Plan:
        last = plan.last_control(trajectory_id)
        if last is None:
            raise UsageError(f"needle {trajectory_id} has no control reading")
        place = len(plan.controls) - 1 - plan.controls[::-1].index(last)
        return replace(plan, controls=(*plan.controls[:place], *plan.controls[place + 1 :]))

    return Command("Remove control reading", apply)
