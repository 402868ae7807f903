"""``planner room``, ``planner control`` and ``planner correct``: numbers for the CT table."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from planner.app.commands.checking import plan_and_case
from planner.app.output import Outcome, progress
from planner.document.control_commands import keep_control
from planner.document.plan_file import load_plan, save_plan
from planner.domain.errors import UsageError
from planner.domain.plan import TrajectoryId
from planner.imaging import inspect
from planner.planning import correction
from planner.report.control import control_facts
from planner.session.cases import now_utc
from planner.session.control_reading import control_reading, control_series
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


def control(arguments: argparse.Namespace) -> Outcome:
    """Keep where a control CT shows a needle, and say how to turn it."""
    plan = load_plan(arguments.plan)
    name = TrajectoryId(arguments.needle)
    known = [needle.id for needle in plan.trajectories]
    if name not in known:
        raise UsageError(f"no needle '{name}' in the plan; there are: {', '.join(known)}")
    if plan.lock is not None:
        raise UsageError(f"{plan.lock.by} locked the plan. Unlock it first.")
    reading = control_reading(
        plan,
        name,
        control_series(inspect(arguments.scan, progress, pixels=False)),
        entry=arguments.skin,
        tip=arguments.tip,
        offset=arguments.offset,
        at_utc=now_utc(),
    )
    saved = save_plan(arguments.out, keep_control(reading).apply(plan))
    facts = control_facts(saved.trajectory(name), saved)
    return Outcome(
        {
            "plan": str(arguments.out),
            "revision": saved.revision,
            "correction": [[fact.label, fact.value] for fact in facts],
        }
    )


def correct(arguments: argparse.Namespace) -> Outcome:
    """Say how to turn a needle seen on a control CT so that it points at its target."""
    ends = (arguments.target, arguments.tip)
    if any(arguments.skin.distance_mm(end) < 1.0 for end in ends):
        raise UsageError("the skin point is the same place as the tip or the target")
    return Outcome(asdict(correction(arguments.target, arguments.skin, arguments.tip)))
