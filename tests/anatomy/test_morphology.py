"""Held against the slower library that knows any structure."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage

from planner.anatomy.morphology import closed, grown, opened, shrunk

MASKS = arrays(np.bool_, array_shapes(min_dims=2, max_dims=3, max_side=7))


@given(MASKS, st.integers(1, 3))
def test_that_masks_grow_and_shrink_as_in_the_library_up_to_the_edge(mask, times) -> None:
    assert np.array_equal(grown(mask, times), ndimage.binary_dilation(mask, iterations=times))
    assert np.array_equal(shrunk(mask, times), ndimage.binary_erosion(mask, iterations=times))
    assert np.array_equal(closed(mask, times), ndimage.binary_closing(mask, iterations=times))
    assert np.array_equal(opened(mask), ndimage.binary_opening(mask))


@pytest.mark.parametrize("work", [grown, shrunk, closed, opened])
def test_that_the_mask_itself_is_left_as_it_was(work) -> None:
    mask = np.random.default_rng(3).random((6, 7, 8)) < 0.7
    before = mask.copy()
    work(mask)
    assert np.array_equal(mask, before)
