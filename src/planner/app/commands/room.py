"""``planner room`` and ``planner correct``: the numbers to take to the CT table."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from planner.app.commands.checking import plan_and_case
from planner.app.output import Outcome
from planner.domain.errors import UsageError
from planner.domain.plan import TrajectoryId
from planner.planning import correction
from planner.session.needle_card import needle_card

if TYPE_CHECKING:
    import argparse


def room(arguments: argparse.Namespace) -> Outcome:
    """Say what is measured of each needle of a plan and what to dial for it."""
    plan, case = plan_and_case(arguments)
    known = [needle.id for needle in plan.trajectories]
    wanted = [TrajectoryId(arguments.needle)] if arguments.needle else known
    if unknown := set(wanted) - set(known):
        raise UsageError(f"no needle '{min(unknown)}' in the plan; there are: {', '.join(known)}")
    cards = {}
    for name in wanted:
        needle = plan.trajectory(name)
        case.vertebra(needle.level)
        mark = arguments.grid_mark or plan.grid_mark
        card = needle_card(needle, plan, case.ct, case.anatomy, case.catalog, mark)
        cards[str(name)] = {
            part.title: [[label, value] for label, value in part.lines] for part in card
        }
    return Outcome({"needles": cards})


def correct(arguments: argparse.Namespace) -> Outcome:
    """Say how to turn a needle seen on a control CT so that it points at its target."""
    ends = (arguments.target, arguments.tip)
    if any(arguments.skin.distance_mm(end) < 1.0 for end in ends):
        raise UsageError("the skin point is the same place as the tip or the target")
    return Outcome(asdict(correction(arguments.target, arguments.skin, arguments.tip)))
