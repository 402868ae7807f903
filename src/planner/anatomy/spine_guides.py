"""The lines the built-in segmenter went by, for a person to drag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.disc_lines import disc_planes
from planner.domain.anatomy import SpineGuides

if TYPE_CHECKING:
    from planner.anatomy.straight_spine import StraightSpine


def guides_of(spine: StraightSpine) -> SpineGuides:
    """Return discs, canal axis and wall lines in the patient."""
    curve, walls = spine.curve, spine.discs.walls
    s = np.arange(len(curve), dtype=np.float64)
    middle = np.zeros(len(curve))
    return SpineGuides(
        discs=disc_planes(spine),
        canal_mm=curve.points_mm,
        posterior_wall_mm=curve.at(s, walls.posterior_mm, middle),
        anterior_wall_mm=curve.at(s, walls.anterior_mm, middle),
    )
