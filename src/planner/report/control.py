"""The correction card: from a needle as a control scan shows it to how it is to be turned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.planning.ct_room import correction
from planner.planning.needle_moves import depth_left_mm
from planner.report.model import Fact
from planner.report.wording import millimetres, number, plain, point_words

if TYPE_CHECKING:
    from planner.domain.control import ControlReading
    from planner.domain.plan import Plan, Trajectory
    from planner.planning.ct_room import Correction

LEAST_TURN_DEG = 0.05
"""Less is written as nothing."""


def control_facts(trajectory: Trajectory, plan: Plan) -> tuple[Fact, ...]:
    """Return how to turn a needle by its newest reading; empty where there is none."""
    reading = plan.last_control(trajectory.id)
    if reading is None:
        return ()
    turn = correction(trajectory.tip, reading.entry, reading.tip)
    beyond = depth_left_mm(trajectory, reading.tip)
    left = f"{millimetres(turn.remaining_mm)} from the tip seen"
    pushed = f"passes {millimetres(turn.miss_mm)} from the planned tip"
    if beyond < 0.0:
        pushed = f"DRAW BACK: the tip seen lies {millimetres(-beyond)} DEEPER than planned"
    count = sum(one.trajectory_id == trajectory.id for one in plan.controls)
    return (
        Fact(label="Control scan", value=_scan_words(reading)),
        Fact(label="Move the tip", value=turn_words(turn) or "points at the planned tip"),
        Fact(label="Turn about the skin", value=f"{number(turn.turn_deg)}°"),
        Fact(label="To the planned tip", value=left),
        Fact(
            label="Pushed on as it lies",
            value=pushed,
        ),
        Fact(
            label="Entry seen",
            value=f"{point_words(reading.entry)}, "
            f"{millimetres(reading.entry.distance_mm(trajectory.entry))} from the planned entry",
        ),
        Fact(label="Tip seen", value=point_words(reading.tip)),
        Fact(label="Readings kept", value=number(count, 0)),
    )


def turn_words(turn: Correction) -> str:
    """Say which way the tip has to go, empty where it points at its target."""
    parts = [
        f"{number(angle)}° towards the {way}"
        for angle, way in (
            (turn.sideways_deg, f"patient’s {turn.sideways_towards}"),
            (turn.lengthwise_deg, turn.lengthwise_towards),
        )
        if angle >= LEAST_TURN_DEG
    ]
    return " and ".join(parts)


def _scan_words(reading: ControlReading) -> str:
    words = f"{reading.scan_words}; read {reading.at_utc}; "
    if reading.offset is None:
        return plain(f"{words}same frame of reference as the plan's scan")
    x, y, z = (number(value) for value in reading.offset.array.tolist())
    return plain(f"{words}moved by {x}, {y}, {z} mm (left, back, head) as registered by hand")
