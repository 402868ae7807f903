"""The tissue map of a plan as it is drawn: the very grid and classes the full tier works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.domain.simulation import Tier
from planner.physics.heat.region import region_around
from planner.physics.heat.tissue_classes import tissue_classes
from planner.session.drawing import TissueMark
from planner.session.protection import painted_in
from planner.session.simulation import burn_grid, planned_burns
from planner.session.tissue_region import tissue_region

if TYPE_CHECKING:
    from planner.domain.plan import Plan
    from planner.geometry.points import Vector
    from planner.session.tissue_region import Patient

REACH_MM = 10.0
"""Tissue shown round a vertebra on which nothing burns yet."""


def tissue_mark(plan: Plan, patient: Patient) -> TissueMark | None:
    """Return what the heat model takes each place for; ``None`` where no level is outlined.

    On the grid of the simulation where something burns, else about the levels of the needles.
    """
    planned, _ = planned_burns(plan, patient)
    outlined = patient.anatomy.vertebrae
    levels = {needle.level for needle in plan.trajectories if needle.level in outlined}
    if planned:
        grid = burn_grid(planned, Tier.FULL)
    elif levels:
        numbers = [level.verse_label for level in levels]
        grid = region_around(_corners_mm(patient, numbers), margin_mm=REACH_MM)
    else:
        return None
    classes = tissue_classes(patient.catalog.tissues)
    painted = painted_in(grid, plan.protection)
    region = tissue_region(patient, grid, levels, classes, painted, plan.tissue_choices)
    codes = region.medium.tissue + np.uint8(1)
    counts = np.bincount(codes.ravel(), minlength=len(classes.names) + 1)
    order = sorted(np.flatnonzero(counts), key=lambda code: -int(counts[code]))
    names = tuple((int(code), classes.names[code - 1]) for code in order)
    codes.flags.writeable = False
    by_hand = region.medium.tissue != region.unchosen
    return TissueMark(geometry=grid, codes=codes, names=names, by_hand=by_hand)


def _corners_mm(patient: Patient, numbers: list[int]) -> Vector:
    """Return the ends of the box about some vertebrae, LPS mm."""
    found = np.argwhere(np.isin(patient.anatomy.labels, numbers))
    low, high = found.min(axis=0), found.max(axis=0)
    ends = np.array([[(low, high)[n >> axis & 1][axis] for axis in range(3)] for n in range(8)])
    return patient.anatomy.geometry.lps_mm(ends[:, ::-1].astype(np.float64))
