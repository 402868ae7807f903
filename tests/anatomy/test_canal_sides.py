"""Where no ring of bone holds the canal: over a sacrum, and beside foramina."""

import numpy as np
import pytest

from anatomy.test_canal_outline import LONG_MM, straight_axis
from planner.anatomy.canal_beside_foramina import held_beside_foramina
from planner.anatomy.canal_midline import to_midline_below
from planner.anatomy.canal_surface import ANGLES
from planner.anatomy.spine_curve import U_MM, V_MM

FAT_HU, SAC_HU, BONE_HU = -95.0, 20.0, 500.0
DISC_S_MM = 60.0
WIDTH_MM, DRAWN_OUT_MM = 11.0, 17.0
ANGLE_DEG = np.rad2deg(np.linspace(-np.pi, np.pi, ANGLES, endpoint=False))
SIDES = (np.abs(ANGLE_DEG) > 40.0) & (np.abs(ANGLE_DEG) < 145.0)
BEFORE_AND_BEHIND = (np.abs(ANGLE_DEG) < 30.0) | (np.abs(ANGLE_DEG) > 155.0)


def wings_about(middle_u_mm: float) -> np.ndarray:
    """Return a body in front and a wing far out on each side, with fat between them."""
    v, u = np.meshgrid(V_MM, U_MM - middle_u_mm, indexing="ij")
    bone = (np.hypot(v - 25.0, u) < 18.0) | (np.hypot(v - 5.0, np.abs(u) - 28.0) < 9.0)
    section = np.where(bone, BONE_HU, np.where(np.hypot(v, u) < WIDTH_MM, SAC_HU, FAT_HU))
    return np.repeat(section[None].astype(np.float32), LONG_MM, axis=0)


@pytest.mark.parametrize("aside_mm", [-6.0, 0.0, 4.0])
def test_that_the_axis_over_a_sacrum_is_moved_to_the_midline_and_not_above_it(
    aside_mm: float,
) -> None:
    before = straight_axis()
    after, rows = to_midline_below(before, wings_about(aside_mm), DISC_S_MM)
    moved = ((after.points_mm - before.points_mm) * before.left).sum(axis=1)
    assert moved[:40] == pytest.approx(aside_mm, abs=0.3)
    assert (moved[50:] == 0.0).all()
    assert rows.stop == 50
    assert (after.points_mm[:, 2] == before.points_mm[:, 2]).all()


def test_that_an_axis_that_ends_at_its_last_disc_stays() -> None:
    after, rows = to_midline_below(straight_axis(), wings_about(5.0), 8.0)
    assert (after.points_mm == straight_axis().points_mm).all()
    assert rows == slice(0, 0)


def drawn_out(beyond_hu: float) -> tuple[np.ndarray, np.ndarray]:
    """Return a canal drawn out but between the pedicles, with what lies beyond its width."""
    away = np.hypot(V_MM[:, None], U_MM[None])
    section = np.where(away < WIDTH_MM, SAC_HU, beyond_hu)
    radius = np.full((LONG_MM, ANGLES), DRAWN_OUT_MM)
    radius[44:56] = WIDTH_MM
    return radius, np.repeat(section[None].astype(np.float32), LONG_MM, axis=0)


def test_that_fat_beyond_the_width_between_the_pedicles_is_not_canal() -> None:
    radius, straight = drawn_out(FAT_HU)
    found = held_beside_foramina(radius, straight, np.array([DISC_S_MM]))
    assert found[:44][:, SIDES] == pytest.approx(WIDTH_MM)
    assert (found[:, BEFORE_AND_BEHIND] == radius[:, BEFORE_AND_BEHIND]).all()


def test_that_above_the_highest_pedicles_nothing_is_drawn_in() -> None:
    radius, straight = drawn_out(FAT_HU)
    found = held_beside_foramina(radius, straight, np.array([DISC_S_MM]))
    assert (found[56:] == radius[56:]).all()


@pytest.mark.parametrize("beyond_hu", [10.0, 60.0, BONE_HU])
def test_that_what_is_not_fat_stays_in_the_canal(beyond_hu: float) -> None:
    """A cyst of a root or a tumour widens the canal, and its outline must not hide that."""
    radius, straight = drawn_out(beyond_hu)
    found = held_beside_foramina(radius, straight, np.array([DISC_S_MM]))
    assert (found == radius).all()


def test_that_without_pedicles_below_a_disc_nothing_is_known_of_the_width() -> None:
    radius, straight = drawn_out(FAT_HU)
    assert held_beside_foramina(radius, straight, np.array([6.0])) is radius
