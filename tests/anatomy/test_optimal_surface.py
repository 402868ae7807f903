"""Smooth surfaces of least cost."""

import numpy as np

from planner.anatomy.optimal_surface import calmed_radius, smooth_surface


def test_that_a_clear_surface_is_found_exactly() -> None:
    wanted = np.add.outer(np.arange(20) // 4, np.arange(30) // 6)
    cost = (np.arange(16)[None, None] != wanted[:, :, None]).astype(np.float32)
    assert (smooth_surface(cost, step_price=0.05, jump_price=0.5) == wanted).all()


def test_that_a_lone_outlier_is_bridged() -> None:
    cost = np.ones((15, 15, 20), np.float32)
    cost[:, :, 5] = 0.0
    cost[7, 7, 5] = 0.6
    cost[7, 7, 18] = 0.0
    assert smooth_surface(cost, step_price=0.06, jump_price=0.5)[7, 7] == 5


def test_that_circular_columns_join_across_the_seam() -> None:
    cost = np.ones((9, 24, 12), np.float32)
    cost[:, :, 4] = 0.5
    cost[:, [0], :] = 0.5
    found = smooth_surface(cost, step_price=0.06, jump_price=0.5, circular=True)
    assert (found[:, 0] == 4).all()


def test_that_calming_a_radius_keeps_a_circle() -> None:
    circle = np.full((12, 24), 9.0)
    circle[6, 3] = 14.0
    assert np.allclose(calmed_radius(circle, median=(3, 3), sigma=(0.7, 0.7)), 9.0)
