"""Ribs have no body of their own; what stands for one must have a size everywhere."""

import numpy as np
import pytest

from planner.domain.levels import Level
from planner.phantom import fields, ribs
from planner.phantom.blades import blade
from planner.phantom.model import model_of
from planner.phantom.recipe import Recipe


@pytest.mark.parametrize("place", [(0.0, 0.0), (0.0, 3.0), (0.0, -1.0), (2.0, -1.0), (1.0, 1.0)])
def test_that_a_rib_can_be_painted_on_any_voxel(place: tuple[float, float]) -> None:
    """A voxel that met x = 0 or y = -1 exactly stopped one spine in some tens."""
    model = model_of(Recipe(seed=1, levels=(Level.T9, Level.T9)))
    end, across = np.array([9.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
    row = blade(np.zeros(3), end, across, (4.0, 4.0, 3.0, 3.0))
    rows = ribs._rows([row], model)
    for height in (-700.0, 0.0, 300.0):
        depth = fields.bone_field(*place, height, rows)[0]
        assert np.isfinite(depth)
