"""The canal's axis and surface in straightened coordinates, where the truth is a formula."""

import numpy as np
import pytest
from scipy import ndimage

from planner.anatomy.canal_clearance import clear_of_bone
from planner.anatomy.canal_surface import ANGLES, canal_radius_mm
from planner.anatomy.spine_curve import U_MM, V_MM, SpineCurve

SOFT_HU, BONE_HU = 30.0, 600.0
LONG_MM = 90


def straight_axis() -> SpineCurve:
    axes = np.tile(np.eye(3)[:, None], (1, LONG_MM, 1))
    points = np.zeros((LONG_MM, 3))
    points[:, 2] = np.arange(LONG_MM)
    return SpineCurve(points_mm=points, superior=axes[2], left=axes[0], anterior=-axes[1])


def bone_but(inside: np.ndarray) -> np.ndarray:
    """Return bone with an empty canal, smoothed over a voxel as a scanner does."""
    fine = np.where(inside, SOFT_HU, BONE_HU)
    return np.ascontiguousarray(fine, np.float32)


def canal_about(shift_v: np.ndarray, radius_mm: float) -> np.ndarray:
    away = np.hypot(V_MM[None, :, None] - shift_v[:, None, None], U_MM[None, None])
    return bone_but(away < radius_mm)


def test_that_an_axis_in_the_middle_of_a_canal_is_left_alone() -> None:
    curve, moved = clear_of_bone(
        straight_axis(), canal_about(np.zeros(LONG_MM), 8.0), bone_hu=190.0
    )
    assert not moved.any()
    assert (curve.points_mm == straight_axis().points_mm).all()


@pytest.mark.parametrize("step_mm", [-5.0, 5.0])
def test_that_an_axis_through_the_corner_of_a_slipped_vertebra_is_moved_into_the_canal(
    step_mm: float,
) -> None:
    """A canal of 5 mm radius steps aside over 16 mm in the middle of the stretch."""
    s = np.arange(LONG_MM)
    shift = step_mm * np.exp(-0.5 * ((s - 45.0) / 8.0) ** 2)
    curve, moved = clear_of_bone(straight_axis(), canal_about(shift, 5.0), bone_hu=190.0)
    place = (curve.points_mm - straight_axis().points_mm) @ np.array([0.0, -1.0, 0.0])
    assert moved.max() > 3.0
    assert np.abs(place - shift).max() < 2.5
    assert np.abs(place - shift)[40:51].max() < 1.5


def radii(half_width_mm: float, front_mm: float, back_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """Return found and true radius of a canal with square corners in front."""
    v, u = np.meshgrid(V_MM, U_MM, indexing="ij")
    inside = (v < front_mm) & (v > -back_mm) & (np.abs(u) < half_width_mm)
    straight = bone_but(np.broadcast_to(inside, (LONG_MM, *inside.shape)))
    angle = np.linspace(-np.pi, np.pi, ANGLES, endpoint=False)
    ahead, aside = np.cos(angle), np.abs(np.sin(angle))
    with np.errstate(divide="ignore"):
        lengthways = np.where(ahead > 0, front_mm / ahead, -back_mm / ahead)
        true = np.minimum(lengthways, half_width_mm / aside)
    return canal_radius_mm(straight)[LONG_MM // 2], true


@pytest.mark.parametrize("half_width_mm", [9.5, 13.5, 18.5])
def test_that_no_part_of_a_square_canal_lies_over_a_millimetre_outside_the_surface(
    half_width_mm: float,
) -> None:
    """The widest lumbar canals are 38 mm wide; corners hold the nerve roots' recesses."""
    found, true = radii(half_width_mm, 8.5, 8.5)
    in_front = slice(ANGLES // 4, 3 * ANGLES // 4)
    # Towards a corner a millimetre of depth is up to 1.4 mm of radius.
    assert (true - found)[in_front].max() < 1.4, (true - found).round(1)


def test_that_the_outline_errs_outward_where_a_corner_opens_into_a_foramen() -> None:
    """Over 16 mm the left wall is open from the corner of the body backward."""
    s, v, u = np.meshgrid(np.arange(LONG_MM), V_MM, U_MM, indexing="ij")
    free = (np.abs(v + 0.75) < 7.75) & (np.abs(u) < 12.0)
    free |= (np.abs(s - 45) < 8) & (u > 0.0) & (v < 7.0) & (v > -5.0)
    middle, outline = (canal_radius_mm(bone_but(free), outward=way) for way in (False, True))
    angle = np.rad2deg(np.linspace(-np.pi, np.pi, ANGLES, endpoint=False))
    opening = (angle > 62.0) & (angle < 70.0)
    assert (outline - middle)[40:51, opening].min() > 0.25
    closed = np.r_[0:20, 70:LONG_MM]
    assert np.abs(outline - middle)[closed].max() < 0.5


def test_that_a_recess_too_deep_for_a_corner_is_not_cut_before_it_is_a_foramen() -> None:
    """From 2 mm on a recess is no corner any more, yet bone still lies near: neither rule held."""
    v, u = np.meshgrid(V_MM, U_MM, indexing="ij")
    away, angle = np.hypot(u, v), np.rad2deg(np.arctan2(u, v))
    radius, deeper = 11.0, np.clip((np.arange(LONG_MM) - 30) * 0.25, 0.0, 9.0)
    recess = (angle > 45.0) & (angle < 80.0)
    free = (away < radius) | (recess & (away < radius + deeper[:, None, None]))
    found = canal_radius_mm(ndimage.gaussian_filter(bone_but(free), 0.7))
    angles = np.rad2deg(np.linspace(-np.pi, np.pi, ANGLES, endpoint=False))
    short = radius + deeper - found[:, np.abs(angles - 60.0).argmin()]
    # As towards a corner, a millimetre of depth is up to 1.4 mm of radius.
    assert short[25:60].max() < 1.4, short[25:60].round(1)


@pytest.mark.parametrize("dense_behind_mm", [4.0, 6.0])
def test_that_the_faint_wall_of_a_poor_body_ends_the_canal(dense_behind_mm: float) -> None:
    """Marrow as soft as the canal behind a cortex of 150 HU, and cement or sclerosis behind it."""
    v, u = np.meshgrid(V_MM, U_MM, indexing="ij")
    body = (v > 5.0) & (v < 35.0) & (np.abs(u) < 22.0)
    free = (v <= 5.0) & (v > -9.0) & (np.abs(u) < 9.0)
    hu = np.where(free | body, 40.0, BONE_HU)
    hu[body & (v < 7.0)] = 150.0
    hu[body & (v > 5.0 + dense_behind_mm)] = 500.0
    straight = np.ascontiguousarray(np.broadcast_to(hu, (LONG_MM, *hu.shape)), np.float32)
    found = canal_radius_mm(straight)[LONG_MM // 2]
    angle = np.linspace(-np.pi, np.pi, ANGLES, endpoint=False)
    front = np.abs(angle) < np.deg2rad(35.0)
    assert np.abs(found * np.cos(angle) - 5.0)[front].max() < 1.0
