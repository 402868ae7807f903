"""Outlines that face the wrong way are said to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.anatomy.facing import TURNED_NOTE, with_facing_noted
from planner.domain.levels import Level
from planner.geometry.volume_geometry import VolumeGeometry
from planner.phantom import Recipe, make_phantom


def test_that_only_outlines_that_face_the_wrong_way_are_noted() -> None:
    recipe = Recipe(seed=7, levels=(Level.L1, Level.L3), spacing_mm=(2.0, 2.0, 3.0))
    truth = make_phantom(recipe).truth
    assert with_facing_noted(truth) is truth
    half_turn = np.diag([-1.0, -1.0, 1.0, 1.0])
    geometry = VolumeGeometry.from_matrix(
        truth.geometry.size_ijk, half_turn @ truth.geometry.lps_from_ijk
    )
    assert with_facing_noted(replace(truth, geometry=geometry)).notes[0] == TURNED_NOTE
