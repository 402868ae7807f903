"""A gap in the outline itself is never read as a whole posterior wall."""

from functools import lru_cache

import numpy as np
import pytest

from phantoms import broken_wall_l3, healthy_l3
from planner.anatomy import segment_imported
from planner.domain.anatomy import PosteriorWall
from planner.domain.levels import Level
from planner.domain.volume import LabelVolume

REACH_MM = 10.0
"""Deeper than a gap must be before the wall behind it counts as missing."""


@lru_cache(maxsize=4)
def wall_with_gap(make, size_mm: float) -> PosteriorWall:
    """Import outlines of which a pit of a square face is left out of the back of L3."""
    phantom = make()
    truth = phantom.truth
    vertebra = truth.vertebrae[Level.L3]
    assert vertebra.posterior_wall is not None
    wall = vertebra.posterior_wall
    middle = wall.breaches[0].at.array if wall.breaches else wall.points_mm.mean(0)
    index = np.argwhere(truth.bodies == Level.L3.verse_label)
    offset = truth.geometry.lps_mm(index[:, ::-1].astype(float)) - middle
    across = np.stack([offset @ np.array(vertebra.left), offset @ np.array(vertebra.superior)])
    pit = (np.abs(across) <= size_mm / 2).all(axis=0)
    pit &= offset @ np.array(vertebra.anterior) < REACH_MM
    labels = truth.labels.copy()
    labels[tuple(index[pit].T)] = 0
    given = LabelVolume(geometry=truth.geometry, labels=labels)
    found = segment_imported(phantom.ct, given).vertebrae[Level.L3].posterior_wall
    assert found is not None
    return found


@pytest.mark.parametrize("size_mm", [10.0, 14.0])
def test_that_a_destroyed_wall_left_out_of_the_outline_is_a_breach_in_its_place(
    size_mm: float,
) -> None:
    truth = broken_wall_l3().truth.vertebrae[Level.L3].posterior_wall
    assert truth is not None
    found = wall_with_gap(broken_wall_l3, size_mm)
    assert found.intact is False
    assert len(found.breaches) == 1
    assert found.breaches[0].at.distance_mm(truth.breaches[0].at) < 4.0
    assert found.breaches[0].area_mm2 == pytest.approx(truth.breaches[0].area_mm2, rel=0.25)


@pytest.mark.parametrize("size_mm", [6.0, 20.0], ids=["small", "most of the height"])
def test_that_a_gap_over_bone_leaves_the_wall_in_doubt(size_mm: float) -> None:
    found = wall_with_gap(healthy_l3, size_mm)
    assert found.intact is None
    assert not found.breaches
