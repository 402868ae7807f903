"""What the parts of a plan are called in findings.

Never by their ids: an ablation with the id ``A1`` would read like a finding of rule A1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.safety.gives import gives

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.domain.plan import Ablation, CementInjection, Plan, TrajectoryId

PLAN_SUBJECT = "plan"
"""Subject of a finding about the plan as a whole."""


def called(plan: Plan, part_id: str) -> str:
    """Return what a needle, ablation or cement is called, such as ``L3 left needle``.

    Where two would be called the same, the number each has in the plan is added, which is the
    number it has on paper. The plan as a whole is the ``plan``.

    Raises
    ------
    KeyError
        When the plan has no such part.
    """
    if part_id == PLAN_SUBJECT:
        return PLAN_SUBJECT
    needles = [(item.id, item.id) for item in plan.trajectories]
    for kind, parts in (
        ("needle", needles),
        ("zone", _on_needles(plan.ablations)),
        ("cement", _on_needles(plan.cements)),
    ):
        names = [_place(plan, on) for _, on in parts]
        for number, ((own, _), place) in enumerate(zip(parts, names, strict=True), start=1):
            if own == part_id:
                return f"{place} {kind}" + (f" {number}" if names.count(place) > 1 else "")
    raise KeyError(part_id)


def _on_needles(
    parts: Sequence[Ablation] | Sequence[CementInjection],
) -> list[tuple[str, TrajectoryId]]:
    return [(item.id, item.trajectory_id) for item in parts]


@gives(str)
def _place(plan: Plan, needle_id: TrajectoryId) -> str:
    needle = plan.trajectory(needle_id)
    return f"{needle.level} {needle.side}"
