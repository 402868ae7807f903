import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from skimage.measure import points_in_poly

from planner.imaging.outbound.contours import outlines_ji


def filled(rings, shape) -> np.ndarray:
    centres = np.argwhere(np.ones(shape, bool)).astype(float)
    inside = np.zeros(len(centres), int)
    for ring in rings:
        inside += points_in_poly(centres, ring)
    return inside.reshape(shape)


@settings(max_examples=150, deadline=None)
@given(mask=npst.arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_that_a_voxel_centre_lies_inside_exactly_when_its_voxel_is_in_the_mask(mask) -> None:
    assert (filled(outlines_ji(mask), mask.shape) == mask).all()


def test_that_a_ring_becomes_one_contour_with_a_keyhole() -> None:
    j, i = np.indices((40, 40))
    distance = np.hypot(j - 20, i - 20)
    ring = (distance < 15) & (distance > 6)
    contours = outlines_ji(ring)
    assert len(contours) == 1
    assert (filled(contours, ring.shape) == ring).all()


def test_that_an_island_in_a_hole_is_kept() -> None:
    j, i = np.indices((40, 40))
    distance = np.hypot(j - 20, i - 20)
    mask = ((distance < 15) & (distance > 8)) | (distance < 4)
    assert (filled(outlines_ji(mask), mask.shape) == mask).all()


def test_that_an_empty_slice_has_no_contour() -> None:
    assert outlines_ji(np.zeros((5, 5), bool)) == []
