"""Blades: segments with an elliptic section, of which everything but bodies is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.points import unit
from planner.phantom import fields

if TYPE_CHECKING:
    from numpy.typing import NDArray


def blade(
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    across: NDArray[np.float64],
    radii: tuple[float, float, float, float],
    bow: tuple[float, float] = (0.0, 0.0),
) -> NDArray[np.float64]:
    """Return one blade; ``radii`` are across at start and end, then upright at start and end."""
    row = np.zeros(fields.BLADE_COLUMNS)
    axis = unit(end - start)
    across = unit(across - axis * float(across @ axis))
    row[fields.START : fields.START + 3] = start
    row[fields.AXIS : fields.AXIS + 3] = axis
    row[fields.LENGTH] = np.linalg.norm(end - start)
    row[fields.ACROSS : fields.ACROSS + 3] = across
    row[fields.UPRIGHT : fields.UPRIGHT + 3] = np.cross(axis, across)
    row[fields.WIDTH_0 : fields.TALL_1 + 1] = radii
    row[fields.WIDTH_BOW], row[fields.TALL_BOW] = bow
    row[fields.REACH] = max(radii)
    return row


def cut_blade(
    row: NDArray[np.float64], normal: NDArray[np.float64], at: float
) -> NDArray[np.float64]:
    """Return the blade kept only where ``normal . p <= at``."""
    row = row.copy()
    row[fields.CUT_NORMAL : fields.CUT_NORMAL + 3] = normal
    row[fields.CUT_AT], row[fields.HAS_CUT] = at, 1.0
    return row


def ends_mm(row: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return both ends of a blade's axis, shape ``(2, 3)``, in its own frame."""
    start = row[fields.START : fields.START + 3]
    axis = row[fields.AXIS : fields.AXIS + 3]
    return np.stack([start, start + axis * row[fields.LENGTH]])
