"""The nearest pair by two queries is what every distance, one by one, says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import cKDTree

from planner.safety.nearest_pair import nearest_pair


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    points=st.integers(1, 70),
    others=st.integers(1, 40),
    on_a_grid=st.booleans(),
)
def test_that_it_is_the_least_of_all_distances(seed, points, others, on_a_grid):
    """On a grid many pairs are equally near; the first of them counts, as with one query."""
    dice = np.random.default_rng(seed)
    some, tree = dice.uniform(-50, 50, (points, 3)), dice.uniform(-50, 50, (others, 3))
    if on_a_grid:
        some, tree = np.round(some / 20.0), np.round(tree / 20.0)
    every = np.linalg.norm(some[:, None] - tree[None], axis=2)
    place, away, to = nearest_pair(cKDTree(tree), some)
    assert away == pytest.approx(every.min(), abs=1e-12)
    assert every[place, to] == pytest.approx(away, abs=1e-12)
    near, _ = cKDTree(tree).query(some)
    assert place == near.argmin()


def test_that_no_point_and_a_point_nowhere_are_refused():
    tree = cKDTree(np.zeros((1, 3)))
    for wrong in (np.empty((0, 3)), np.full((1, 3), np.nan)):
        with pytest.raises(ValueError, match=r"\w"):
            nearest_pair(tree, wrong)
