"""Moves of a needle as pure functions: snap, advance, exact length."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.points import unit
from planner.planning.body_outline import skin_on_line

if TYPE_CHECKING:
    from planner.domain.anatomy import Vertebra
    from planner.domain.plan import Trajectory
    from planner.domain.volume import CtVolume


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


def snapped_to_pedicle(
    trajectory: Trajectory, vertebra: Vertebra, ct: CtVolume
) -> Trajectory | None:
    """Lay the needle on the axis of its side's pedicle, as deep as it was; ``None`` without one.

    The entry is the skin on that axis, or as far out as before where the skin is not seen.
    """
    pedicle = vertebra.pedicles.get(trajectory.side)
    if pedicle is None:
        return None
    axis = np.array(pedicle.axis)
    depth = float((trajectory.tip.array - pedicle.isthmus.array) @ axis)
    tip = pedicle.isthmus.moved(depth * axis)
    entry = skin_on_line(ct, tip, -axis) or tip.moved(-trajectory.length_mm * axis)
    return replace(trajectory, entry=entry, tip=tip)
