"""Ribs against a body, in a made piece of bone whose parts are known."""

import numpy as np

from planner.anatomy.instances import Stations, _rib_heads
from planner.anatomy.ribs_apart import ribs
from planner.anatomy.work_grid import WorkVolume
from planner.geometry.volume_geometry import VolumeGeometry

SHAPE = 24, 50, 124
"""``s`` 0 to 23, ``v`` -25 to 24, ``u`` -62 to 61."""

HALF_BODY_MM = 15.0


def piece() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return located, HU and the rib: a block of marrow with a denser bar fused to its side."""
    s, v, u = (axis.astype(np.float32) for axis in np.indices(SHAPE))
    v, u = v - 25.0, u - 62.0
    body = np.abs(u) <= HALF_BODY_MM
    rib = (u > HALF_BODY_MM) & (np.abs(v - 6.0) < 5.0) & (np.abs(s - 12.0) < 5.0)
    hu = np.where(rib, 500.0, np.where(body, 400.0, 0.0))
    # The neck is poorer in bone than the joint, so that a flood leaks through the joint.
    hu[rib & (u > 30.0) & (u < 34.0)] = 260.0
    return np.stack([s, v, u]), hu.astype(np.float32), rib


def told_apart(heads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    located, hu, rib = piece()
    geometry = VolumeGeometry.axis_aligned(SHAPE[::-1], (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    bone = hu > 160.0
    seeds = ((np.abs(located[2]) < 8.0) & bone).astype(np.int32)
    volume = WorkVolume(geometry=geometry, hu=hu)
    return ribs(volume, located, -hu, seeds, bone, heads, 160.0), rib


def heads_of(*bearing: bool) -> np.ndarray:
    located, _, _ = piece()
    places = Stations(
        centre_s=np.array([10.0]), height_mm=np.array([25.0]), cut_by_scan=np.array([False])
    )
    wall = np.full(SHAPE, 8.0, np.float32)
    return _rib_heads(located, wall, np.full(SHAPE[0], HALF_BODY_MM), places, bearing)


def test_that_a_head_lies_beside_the_body_and_only_where_there_are_ribs() -> None:
    _, v, u = piece()[0]
    heads = heads_of(True)
    assert heads.any()
    assert np.abs(u[heads]).min() > HALF_BODY_MM + 5.0
    assert v[heads].min() > 0.0
    assert not heads_of(False).any()
    assert not heads_of().any()


def test_that_a_rib_is_let_go_where_its_head_is_marked_and_kept_where_it_is_not() -> None:
    u = piece()[0][2]
    without, rib = told_apart(np.zeros(SHAPE, np.bool_))
    with_heads, _ = told_apart(heads_of(True))
    reach = rib & (u < 57.0)
    assert with_heads[reach & (u > HALF_BODY_MM + 8.0)].mean() > 0.95
    assert without[reach].mean() < with_heads[reach].mean() - 0.1
    assert not with_heads[np.abs(u) < 8.0].any()
