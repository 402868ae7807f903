"""Moves of a needle as pure functions: snap, advance, exact length and angles."""

from __future__ import annotations

from dataclasses import replace
from math import cos, radians, sin
from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.points import unit
from planner.planning.body_outline import skin_on_line

if TYPE_CHECKING:
    from planner.domain.anatomy import Vertebra
    from planner.domain.plan import Trajectory
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps
    from planner.planning.pedicle_course import PedicleCourse


def advanced(trajectory: Trajectory, by_mm: float) -> Trajectory:
    """Push the tip along the needle, positive deeper; the skin point stays."""
    return with_depth(trajectory, trajectory.length_mm + by_mm)


def with_depth(trajectory: Trajectory, depth_mm: float) -> Trajectory:
    """Put the tip ``depth_mm`` from the entry along the needle.

    Raises
    ------
    ValueError
        When that leaves no needle.
    """
    direction = unit(trajectory.tip.array - trajectory.entry.array)
    return replace(trajectory, tip=trajectory.entry.moved(depth_mm * direction))


def with_angles(
    trajectory: Trajectory, *, towards_midline_deg: float, upward_deg: float, keep_tip: bool = True
) -> Trajectory:
    """Turn the needle to angles typed in; tip or entry stays, and so does the length.

    The angles are those of ``Trajectory``: in the axial plane from straight anterior, positive
    towards the midline from the needle's own side, and out of that plane towards the head.

    Raises
    ------
    ValueError
        When a needle straight along the body, 90 degrees or more upward, is asked for.
    """
    if not abs(upward_deg) < 90.0:
        raise ValueError(f"a needle leans less than 90 degrees upward, got {upward_deg}")
    axial, upward = radians(towards_midline_deg), radians(upward_deg)
    direction = np.array(
        (
            -trajectory.side.sign * sin(axial) * cos(upward),
            -cos(axial) * cos(upward),
            sin(upward),
        )
    )
    if keep_tip:
        entry = trajectory.tip.moved(-trajectory.length_mm * direction)
        return replace(trajectory, entry=entry)
    return replace(trajectory, tip=trajectory.entry.moved(trajectory.length_mm * direction))


def depth_left_mm(trajectory: Trajectory, tip_now: PointLps) -> float:
    """Return how far along the needle a tip on its way has still to go; negative when beyond."""
    direction = unit(trajectory.tip.array - trajectory.entry.array)
    return float((trajectory.tip.array - tip_now.array) @ direction)


def snapped_to_pedicle(
    trajectory: Trajectory, vertebra: Vertebra, ct: CtVolume, course: PedicleCourse | None = None
) -> Trajectory | None:
    """Lay the needle along its side's pedicle, as deep as it was; ``None`` without one.

    It runs through the middle of the isthmus, as the pedicle does by its ``course``; without one
    along the axis its size was read across.

    The entry is the skin on that axis, or as far out as before where the skin is not seen.
    """
    pedicle = vertebra.pedicles.get(trajectory.side)
    if pedicle is None:
        return None
    axis = np.array(pedicle.axis if course is None else course.direction)
    depth = float((trajectory.tip.array - pedicle.isthmus.array) @ axis)
    tip = pedicle.isthmus.moved(depth * axis)
    entry = skin_on_line(ct, tip, -axis) or tip.moved(-trajectory.length_mm * axis)
    return replace(trajectory, entry=entry, tip=tip)
