"""Where a ray leaves bone: exact sections of the formulas, compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.kernels import kernel
from planner.phantom.fields import BoneRows, bone_field, outline_field

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector

    Row = NDArray[np.float64]

LONGEST_RAY_MM = 20.0
"""A section wider than twice this is not a pedicle any more."""

SECTION_REACH_MM = 3.0
"""The narrowest section is looked for this far along the axis to either side; farther back, a
section of a broad L5 pedicle runs out into its transverse process and ends at a joint."""


@kernel
def outside(start: Row, step: Row, along: float, rows: BoneRows) -> bool:
    """Tell whether a ray has left bone after ``along`` mm."""
    x, y, z = start[0] + along * step[0], start[1] + along * step[1], start[2] + along * step[2]
    return bone_field(x, y, z, rows)[0] >= 0.0


@kernel
def exit_mm(start: Row, step: Row, rows: BoneRows, longest_mm: float) -> float:
    """Return how far the surface is from ``start`` (LPS, inside bone) along unit ``step``."""
    low, high = 0.0, 0.0
    while high < longest_mm:
        high += 0.25
        if outside(start, step, high, rows):
            break
        low = high
    for _ in range(20):
        middle = 0.5 * (low + high)
        if outside(start, step, middle, rows):
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


def pedicle_section(
    middle: Vector, axis: Vector, superior: Vector, rows: BoneRows
) -> tuple[Vector, float, float]:
    """Return the centre, width and height of the narrowest section of one pedicle, mm.

    ``middle`` is an LPS point on the axis, ``axis`` its unit direction, ``superior`` the
    vertebra's own up.
    """
    across = np.cross(axis, superior)
    across /= np.linalg.norm(across)
    upright = np.cross(across, axis)

    def reach(start: Vector, direction: Vector) -> float:
        return exit_mm(start, direction, rows, LONGEST_RAY_MM)

    best: tuple[Vector, float, float] | None = None
    for along in np.arange(-SECTION_REACH_MM, SECTION_REACH_MM + 0.01, 0.5):
        start = middle + along * axis
        one, other = reach(start, across), reach(start, -across)
        centre = start + 0.5 * (one - other) * across
        width = one + other
        if best is None or width < best[1]:
            up, down = reach(centre, upright), reach(centre, -upright)
            best = (centre + 0.5 * (up - down) * upright, width, up + down)
    if best is None:
        raise ValueError("a pedicle has no section")
    return best


def wall_v(u: float, w: float, body: Row) -> float:
    """Return where the back of a body is at (u, w) of its own frame, mm."""
    low, high = 0.0, 40.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        if outline_field(u, middle, w, body) < 0.0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
