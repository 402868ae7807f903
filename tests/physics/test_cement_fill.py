"""The simple cement fill against closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.physics import cortex_barrier, fill_cement
from planner.physics.cement_fill import CORTEX_HU, porosity

MARROW = 40
"""HU whose porosity is 0.96 by the stated assumption."""

OPEN_SHARE = 0.96


def grid(
    spacing: tuple[float, float, float],
    extent_mm: float,
    matrix: NDArray[np.float64] | None = None,
) -> VolumeGeometry:
    """A grid about the origin whose axes are the columns of ``matrix``."""
    axes = np.eye(3) if matrix is None else matrix
    counts = [math.ceil(extent_mm / step) for step in spacing]
    lps = np.eye(4)
    lps[:3, :3] = axes * np.array(spacing)
    lps[:3, 3] = -lps[:3, :3] @ ((np.array(counts) - 1) / 2.0)
    return VolumeGeometry.from_matrix((counts[0], counts[1], counts[2]), lps)


def centres(geometry: VolumeGeometry) -> NDArray[np.float64]:
    """LPS mm of every voxel centre, shape ``[k, j, i, 3]``."""
    k, j, i = np.indices(geometry.shape_kji)
    return geometry.lps_mm(np.stack((i, j, k), axis=-1).astype(np.float64))


def rotation(axis: tuple[float, float, float], degrees: float) -> NDArray[np.float64]:
    x, y, z = np.array(axis) / np.linalg.norm(axis)
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    angle = math.radians(degrees)
    return np.eye(3) + math.sin(angle) * cross + (1.0 - math.cos(angle)) * cross @ cross


SHEAR = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, math.sin(0.3)], [0.0, 0.0, math.cos(0.3)]])
GRIDS = {
    "isotropic": grid((1.0, 1.0, 1.0), 36.0),
    "thick slices": grid((0.6, 0.6, 2.0), 36.0),
    "oblique": grid((0.8, 0.8, 1.25), 40.0, rotation((1.0, 2.0, -1.0), 33.0)),
    "mirrored": grid((0.9, 0.9, 1.0), 36.0, np.diag([-1.0, 1.0, -1.0])),
    "gantry tilt": grid((0.8, 0.8, 1.0), 44.0, SHEAR),
}


@pytest.mark.parametrize("name", GRIDS)
@pytest.mark.parametrize("volume_ml", [1.0, 4.0, 8.0])
def test_that_an_open_body_fills_as_a_sphere_about_the_tip(name: str, volume_ml: float) -> None:
    geometry = GRIDS[name]
    everything = np.ones(geometry.shape_kji, dtype=np.bool_)
    hu = np.full(geometry.shape_kji, MARROW, dtype=np.int16)
    tip = PointLps(0.31, -0.17, 0.4)
    cement = fill_cement(hu, everything, ~everything, geometry, tip, volume_ml)
    radius = (volume_ml * 1000.0 / OPEN_SHARE * 3.0 / (4.0 * math.pi)) ** (1.0 / 3.0)
    sphere = np.linalg.norm(centres(cement.geometry) - tip.array, axis=-1) <= radius
    filled = cement.filled()
    dice = 2.0 * (filled & sphere).sum() / (filled.sum() + sphere.sum())
    assert dice > 0.96
    assert cement.placed_ml == pytest.approx(volume_ml, rel=1e-6)
    voxel_ml = geometry.voxel_volume_mm3 / 1000.0 * OPEN_SHARE
    assert filled.sum() * voxel_ml == pytest.approx(volume_ml, abs=1.01 * voxel_ml)


def test_that_mass_is_kept_at_every_volume_on_the_way() -> None:
    geometry = GRIDS["thick slices"]
    rng = np.random.default_rng(5)
    hu = rng.integers(0, 600, geometry.shape_kji).astype(np.int16)
    everything = np.ones(hu.shape, dtype=np.bool_)
    cement = fill_cement(hu, everything, ~everything, geometry, PointLps(0.0, 0.0, 0.0), 5.0)
    room_ml = porosity(hu) * geometry.voxel_volume_mm3 / 1000.0
    for volume_ml in (0.5, 2.0, 4.5):
        inside = room_ml[cement.filled(volume_ml)].sum()
        assert inside == pytest.approx(volume_ml, abs=float(room_ml.max()))


def test_that_cement_stays_in_the_body_and_says_when_it_is_full() -> None:
    geometry = GRIDS["isotropic"]
    ball = np.linalg.norm(centres(geometry), axis=-1) <= 9.0
    hu = np.full(ball.shape, MARROW, dtype=np.int16)
    cement = fill_cement(hu, ball, np.zeros_like(ball), geometry, PointLps(3.0, 0.0, 0.0), 10.0)
    room_ml = ball.sum() * OPEN_SHARE / 1000.0
    assert cement.asked_ml == 10.0
    assert cement.placed_ml == pytest.approx(room_ml)
    assert cement.fill_fraction == pytest.approx(OPEN_SHARE)
    distance = np.linalg.norm(centres(cement.geometry), axis=-1)
    assert cement.filled().sum() == ball.sum()
    assert (distance[cement.filled()] <= 9.0).all()


def test_that_a_wall_holds_cement_back_and_a_hole_in_it_lets_it_through() -> None:
    geometry = GRIDS["isotropic"]
    place = centres(geometry)
    body = np.ones(geometry.shape_kji, dtype=np.bool_)
    hu = np.full(body.shape, MARROW, dtype=np.int16)
    wall = np.abs(place[..., 1] - 5.5) < 0.6
    tip = PointLps(0.0, 0.0, 0.0)
    closed = fill_cement(hu, body, wall, geometry, tip, 25.0)
    behind = place[..., 1] > 6.1
    assert np.isinf(closed.arrival_ml[behind]).all()
    assert np.isinf(closed.arrival_ml[wall]).all()
    hole = wall & (np.hypot(place[..., 0], place[..., 2]) < 2.5)
    pierced = fill_cement(hu, body, wall & ~hole, geometry, tip, 25.0)
    assert np.isfinite(pierced.arrival_ml[behind]).any()
    sphere_ml = 4.0 / 3.0 * math.pi * 5.5**3 / 1000.0 * OPEN_SHARE
    assert float(pierced.arrival_ml[behind].min()) > sphere_ml


def test_that_cement_goes_round_a_wall_rather_than_through_it() -> None:
    geometry = GRIDS["isotropic"]
    place = centres(geometry)
    body = np.ones(geometry.shape_kji, dtype=np.bool_)
    hu = np.full(body.shape, MARROW, dtype=np.int16)
    half_wall = (np.abs(place[..., 1] - 2.5) < 0.6) & (place[..., 0] > -4.0)
    cement = fill_cement(hu, body, half_wall, geometry, PointLps(2.0, 0.0, 0.0), 20.0)

    def arrival(x: float, y: float) -> float:
        i, j, k = np.rint(cement.geometry.ijk(np.array([x, y, 0.0]))).astype(int)
        return float(cement.arrival_ml[k, j, i])

    assert arrival(2.0, 5.0) > 2.0 * arrival(2.0, -5.0)


def test_that_cement_prefers_marrow_to_dense_bone() -> None:
    geometry = GRIDS["isotropic"]
    place = centres(geometry)
    body = np.ones(geometry.shape_kji, dtype=np.bool_)
    hu = np.where(place[..., 0] > 0.0, 500, MARROW).astype(np.int16)
    cement = fill_cement(hu, body, ~body, geometry, PointLps(0.0, 0.0, 0.0), 4.0)
    right, left = (cement.filled() & (side > 0.0) for side in (-place[..., 0], place[..., 0]))
    assert right.sum() > 1.2 * left.sum()


@settings(max_examples=10, deadline=None)
@given(angle=st.floats(-90.0, 90.0), volume_ml=st.floats(1.0, 6.0))
def test_that_turning_grid_and_tip_together_changes_nothing(
    angle: float, volume_ml: float
) -> None:
    turn = rotation((1.0, -1.0, 0.5), angle)
    place = centres(GRIDS["thick slices"])
    body = np.linalg.norm(place, axis=-1) < 14.0
    hu = np.full(body.shape, MARROW, dtype=np.int16)
    tip = np.array([2.0, -1.0, 3.0])
    straight = fill_cement(
        hu, body, ~body, grid((0.6, 0.6, 2.0), 36.0), PointLps.of(tip), volume_ml
    )
    turned = fill_cement(
        hu, body, ~body, grid((0.6, 0.6, 2.0), 36.0, turn), PointLps.of(turn @ tip), volume_ml
    )
    changed = (straight.filled() ^ turned.filled()).sum()
    assert changed <= 0.002 * straight.filled().sum() + 2


def test_that_a_tip_outside_every_open_voxel_places_nothing() -> None:
    geometry = GRIDS["isotropic"]
    ball = np.linalg.norm(centres(geometry), axis=-1) <= 6.0
    hu = np.full(ball.shape, MARROW, dtype=np.int16)
    far = fill_cement(hu, ball, ~ball, geometry, PointLps(14.0, 0.0, 0.0), 2.0)
    assert (far.placed_ml, far.fill_fraction) == (0.0, 0.0)
    assert not far.filled().any()
    shut = fill_cement(hu, ball, ball, geometry, PointLps(0.0, 0.0, 0.0), 2.0)
    assert shut.placed_ml == 0.0
    just_outside = fill_cement(hu, ball, ~ball, geometry, PointLps(8.0, 0.0, 0.0), 0.5)
    assert just_outside.placed_ml == pytest.approx(0.5)


def test_that_only_the_dense_shell_of_a_body_is_a_barrier() -> None:
    geometry = GRIDS["isotropic"]
    distance = np.linalg.norm(centres(geometry), axis=-1)
    body = distance <= 10.0
    hu = np.where(distance > 9.0, 600, MARROW).astype(np.int16)
    hu[distance < 3.0] = 900
    barrier = cortex_barrier(hu, body)
    assert barrier.any()
    assert (distance[barrier] > 8.0).all()
    assert (hu[barrier] > CORTEX_HU).all()
    assert not cortex_barrier(np.full(body.shape, MARROW, dtype=np.int16), body).any()


def test_that_a_label_of_the_model_says_what_it_does_not_know() -> None:
    geometry = GRIDS["isotropic"]
    body = np.ones(geometry.shape_kji, dtype=np.bool_)
    hu = np.full(body.shape, MARROW, dtype=np.int16)
    cement = fill_cement(hu, body, ~body, geometry, PointLps(0.0, 0.0, 0.0), 1.0)
    assert "leaks = not modelled" in cement.model.inputs
    assert cement.band_mm == 3.0
    with pytest.raises(ValueError, match="shape of the grid"):
        fill_cement(hu[1:], body, ~body, geometry, PointLps(0.0, 0.0, 0.0), 1.0)
    with pytest.raises(ValueError, match="no vertebral body"):
        fill_cement(hu, ~body, ~body, geometry, PointLps(0.0, 0.0, 0.0), 1.0)
