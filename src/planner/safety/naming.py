"""What the parts of a plan are called in findings.

Never by their ids: an ablation with the id ``A1`` would read like a finding of rule A1.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING

from planner.safety.gives import gives

if TYPE_CHECKING:
    from planner.domain.plan import Ablation, CementInjection, Plan, TrajectoryId

DIGEST_LENGTH = 16
"""Hex digits that are enough to tell one state of a plan from another."""

PLAN_SUBJECT = "plan"
"""Subject of a finding about the plan as a whole."""


@gives(str)
def parts_digest(plan: Plan, subject: str = PLAN_SUBJECT) -> str:
    """Return a digest of where one part of a plan lies and how it is set, or of every part.

    An answer to a finding whose words name no number must not outlive an edit of what it is of.
    """
    uses: tuple[Ablation | CementInjection, ...] = (*plan.ablations, *plan.cements)
    own = [item for item in uses if subject in (PLAN_SUBJECT, item.id)]
    needles = {item.trajectory_id for item in own} | {subject}
    lines = [one for one in plan.trajectories if subject == PLAN_SUBJECT or one.id in needles]
    layers = plan.protection if subject == PLAN_SUBJECT else ()
    said = repr((lines, own, layers)).encode()
    return hashlib.sha256(said).hexdigest()[:DIGEST_LENGTH]


@gives(str)
def layers_digest(plan: Plan) -> str:
    """Return a digest of all planned layers, for an answer to what is said of them."""
    return hashlib.sha256(repr(plan.protection).encode()).hexdigest()[:DIGEST_LENGTH]


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
