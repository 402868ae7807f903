"""Where needles cut the grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from physics.heat.vertebra import centre_mm, uniform
from planner.physics.heat import Cylinder
from planner.physics.heat.cuts import cuts_of_cylinders, cuts_of_surface

MEDIUM = uniform(24, 1.0)

directions = st.tuples(*[st.floats(-1.0, 1.0)] * 3).filter(lambda v: np.linalg.norm(v) > 0.2)
offsets = st.tuples(*[st.floats(-0.5, 0.5)] * 3)


def needle(direction: tuple[float, ...], offset: tuple[float, ...]) -> Cylinder:
    axis = np.array(direction) / np.linalg.norm(direction)
    middle = centre_mm(MEDIUM) + offset
    return Cylinder(
        start_mm=tuple(middle - 4.0 * axis), end_mm=tuple(middle + 4.0 * axis), radius_mm=0.9
    )


@settings(max_examples=40, deadline=None)
@given(directions, offsets)
def test_that_every_link_that_leaves_a_needle_is_cut_and_no_other(
    direction: tuple[float, ...], offset: tuple[float, ...]
) -> None:
    cylinder = needle(direction, offset)
    cuts = cuts_of_cylinders(MEDIUM, [cylinder])
    plain = cuts_of_surface(cylinder.distance_mm(MEDIUM))
    assert (cuts.metal == plain.metal).all()
    for (_, share), (_, reference) in zip(
        cuts.by_array_axis(), plain.by_array_axis(), strict=True
    ):
        assert (np.isnan(share) == np.isnan(reference)).all()
        found = share[np.isfinite(share)]
        assert (found >= 0.0).all()
        assert (found <= 4.0).all()


def test_that_links_through_the_end_keep_their_straight_length() -> None:
    cylinder = Cylinder(start_mm=(5.3, 12.0, 12.0), end_mm=(15.8, 12.0, 12.0), radius_mm=0.9)
    cuts = cuts_of_cylinders(MEDIUM, [cylinder])
    assert cuts.along_i[12, 12, 6] == pytest.approx(0.3)
    assert cuts.along_i[12, 12, 16] == pytest.approx(0.2)


def test_that_links_through_the_side_follow_the_logarithm_of_the_radius() -> None:
    cylinder = Cylinder(start_mm=(5.0, 12.0, 12.0), end_mm=(19.0, 12.0, 12.0), radius_mm=0.7)
    cuts = cuts_of_cylinders(MEDIUM, [cylinder])
    assert cuts.along_j[12, 13, 12] == pytest.approx(0.7 * np.log(1.0 / 0.7), rel=1e-6)
    assert cuts.along_j[12, 12, 12] == pytest.approx(0.7 * np.log(1.0 / 0.7), rel=1e-6)
    assert np.isnan(cuts.along_j[12, 14, 12])
