"""How a path lies in a pedicle, for the rules: in closed form, on the sizes measured of it.

``planning.pedicle_margins`` answers the same question another way: it follows rays through the
voxels of the outline, over 8 mm of the pedicle and in every direction, and feeds the search and
the numbers beside a needle. The two share no code and no data but the place of the isthmus, and
both are kept: a mask that is fat makes its margins wide and leaves the breach here as it is, a
size measured wrong does the opposite. The rules take this one, at the least of each size. No rule
compares the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.points import unit
from planner.safety.measured import MissingInputError

if TYPE_CHECKING:
    from planner.domain.anatomy import Pedicle, Vertebra
    from planner.domain.plan import Trajectory

LEAST_COSINE = 0.5
"""A path over 60 degrees off the pedicle does not run through it; its breach means nothing."""


def width_across_path_mm(vertebra: Vertebra, needle: Trajectory) -> float:
    """Return the least width of the pedicle as the path sees it."""
    pedicle = _pedicle(vertebra, needle)
    return pedicle.width_mm.low * _cosine(pedicle, needle)


def breaches(vertebra: Vertebra, needle: Trajectory, radius_mm: float) -> dict[str, float]:
    """Return how far the needle leaves the pedicle at the isthmus, mm; negative is inside.

    The pedicle is taken at its least width and height, the needle as thick as it cuts the
    plane of the isthmus.
    """
    pedicle = _pedicle(vertebra, needle)
    axis = unit(np.array(pedicle.axis))
    path = unit(needle.tip.array - needle.entry.array)
    share = float((pedicle.isthmus.array - needle.entry.array) @ axis) / float(path @ axis)
    offset = needle.entry.array + share * path - pedicle.isthmus.array
    left = np.array(vertebra.left)
    lateral = unit(left - float(left @ axis) * axis) * needle.side.sign
    upward = np.cross(lateral, axis)
    if float(upward @ np.array(vertebra.superior)) < 0.0:
        upward = -upward
    thick = radius_mm / _cosine(pedicle, needle)
    out, up = float(offset @ lateral), float(offset @ upward)
    half_width, half_height = pedicle.width_mm.low / 2.0, pedicle.height_mm.low / 2.0
    found = {
        "medial": -out + thick - half_width,
        "lateral": out + thick - half_width,
        "superior": up + thick - half_height,
        "inferior": -up + thick - half_height,
    }
    if not np.isfinite(list(found.values())).all():
        raise MissingInputError(f"the {needle.side} pedicle of {needle.level} has no size")
    return found


def _pedicle(vertebra: Vertebra, needle: Trajectory) -> Pedicle:
    found = vertebra.pedicles.get(needle.side)
    if found is None:
        raise MissingInputError(f"the {needle.side} pedicle of {needle.level} is not outlined")
    return found


def _cosine(pedicle: Pedicle, needle: Trajectory) -> float:
    path = unit(needle.tip.array - needle.entry.array)
    cosine = abs(float(path @ unit(np.array(pedicle.axis))))
    if not cosine >= LEAST_COSINE:
        raise MissingInputError(
            f"the {needle.level} {needle.side} needle does not run along the pedicle"
        )
    return cosine
