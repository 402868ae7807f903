"""The turn of a spine about its own axis, from its symmetry."""

import numpy as np
import pytest

from planner.anatomy.axial_rotation import axial_rotation_rad
from planner.anatomy.native_grid import shapes_on
from planner.anatomy.spine_curve import U_MM, V_MM
from planner.geometry.volume_geometry import VolumeGeometry


def turned_section(turn_deg: float) -> np.ndarray:
    """Return a straightened volume of a body in front and two processes behind, turned."""
    turn = np.deg2rad(turn_deg)
    v, u = np.meshgrid(V_MM, U_MM, indexing="ij")
    # Positive turns from the left towards anterior.
    left = np.cos(turn) * u + np.sin(turn) * v
    front = np.cos(turn) * v - np.sin(turn) * u
    body = (left / 22.0) ** 2 + ((front - 22.0) / 14.0) ** 2 < 1.0
    arms = (np.abs(np.abs(left) - 24.0) < 10.0) & (np.abs(front + 8.0) < 4.0)
    section = np.where(body | arms, 300.0, 30.0).astype(np.float32)
    return np.repeat(section[None], 60, axis=0)


@pytest.mark.parametrize("turn_deg", [-25.0, -15.0, 0.0, 10.0, 30.0])
def test_that_the_turn_of_a_mirrored_shape_is_found(turn_deg: float) -> None:
    found = np.rad2deg(axial_rotation_rad(turned_section(turn_deg)))
    assert np.abs(found - turn_deg).max() < 2.0


def test_that_an_outline_half_a_voxel_off_the_grid_keeps_its_place_and_size() -> None:
    source = VolumeGeometry.axis_aligned((30, 30, 30), (1.0, 1.0, 1.0), (0.5, 0.5, 0.5))
    target = VolumeGeometry.axis_aligned((30, 30, 30), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    points = source.lps_mm(np.moveaxis(np.indices((30, 30, 30)), 0, -1)[..., ::-1].astype(float))
    ball = (np.linalg.norm(points - 15.0, axis=-1) < 8.0).astype(np.uint8)
    moved = shapes_on(ball, source, target)
    place = target.lps_mm(np.argwhere(moved).mean(0)[::-1])
    assert np.abs(place - 15.0).max() < 0.1
    assert abs(moved.sum() / ball.sum() - 1.0) < 0.05
