"""What the parts of a plan are called in findings.

Never by their ids: an ablation with the id ``A1`` would read like a finding of rule A1.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from planner.safety.gives import gives

if TYPE_CHECKING:
    from planner.domain.plan import Plan, TrajectoryId

PLAN_SUBJECT = "plan"
"""Subject of a finding about the plan as a whole."""


@gives(dict)
def names(plan: Plan) -> dict[str, str]:
    """Return what every needle, ablation and cement is called, such as ``L3 left needle``.

    Where two would be called the same, the number each has in the plan is added, which is the
    number it has on paper. The plan as a whole is the ``plan``.
    """
    place = {item.id: f"{item.level} {item.side}" for item in plan.trajectories}
    owners: tuple[tuple[str, dict[str, TrajectoryId]], ...] = (
        ("needle", {item.id: item.id for item in plan.trajectories}),
        ("zone", {item.id: item.trajectory_id for item in plan.ablations}),
        ("cement", {item.id: item.trajectory_id for item in plan.cements}),
    )
    found = {PLAN_SUBJECT: PLAN_SUBJECT}
    for kind, parts in owners:
        alike = Counter(place[owner] for owner in parts.values())
        for number, (own, owner) in enumerate(parts.items(), start=1):
            again = f" {number}" if alike[place[owner]] > 1 else ""
            found[own] = f"{place[owner]} {kind}{again}"
    return found
