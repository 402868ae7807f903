"""Needles and cement laid anywhere, and the beam that reads them."""

from __future__ import annotations

import numpy as np
import pytest

from planner.domain.errors import UsageError
from planner.geometry.points import PointLps
from planner.phantom import additions
from planner.phantom.beam import SeveralEnergies
from planner.phantom.paint_shapes import paint_finely
from planner.phantom.recipe import LaidCement, LaidNeedle

STEP_MM = 0.25


def painted(added):
    """Return the summed share of voxels along y, per slice of 0.25 mm, of a shape along y."""
    grid = np.array([[STEP_MM, 0, 0, -5.0], [0, STEP_MM, 0, -5.0], [0, 0, STEP_MM, -5.0]])
    hu, marks = np.zeros((40, 80, 40), np.float32), np.zeros((40, 80, 40), np.uint8)
    box = np.array([0, 40, 0, 80, 0, 40])
    fine = np.array([2, 2, 2])
    paint_finely(hu, marks, grid, box, added.row, (1.0, added.number), fine)
    return hu.sum(axis=(0, 2)) * STEP_MM**2


def needle(bevel_deg):
    return LaidNeedle(
        back=PointLps(0.0, -50.0, 0.0), tip=PointLps(0.0, 10.0, 0.0), outer_diameter_mm=3.0,
        bevel_deg=bevel_deg, roll_deg=40.0,
    )  # fmt: skip


@pytest.mark.parametrize("bevel_deg", [90.0, 45.0, 30.0])
def test_that_the_section_of_a_laid_needle_ends_where_its_bevel_says(bevel_deg: float) -> None:
    (shaft,) = additions.laid(needle(bevel_deg))
    area = painted(shaft)
    whole = np.pi * 1.5**2
    y_mm = -5.0 + STEP_MM * np.arange(len(area))
    reach = 1.5 / np.tan(np.radians(bevel_deg))
    assert area[y_mm < 10.0 - 2.0 * reach - 0.5] == pytest.approx(whole, rel=0.03)
    assert np.interp(10.0 - reach, y_mm, area) == pytest.approx(whole / 2.0, rel=0.1)
    assert area[y_mm > 10.3].max() < 0.02 * whole


def test_that_a_cord_of_cement_has_its_volume() -> None:
    cord = LaidCement(start=PointLps(0, -2, 0), end=PointLps(0, 6, 0), radius_mm=2.0)
    ml = painted(additions.cement_cord(cord)).sum() * STEP_MM
    assert ml == pytest.approx(np.pi * 4.0 * 8.0 + 4.0 / 3.0 * np.pi * 8.0, rel=0.02)


def test_that_rays_beside_metal_are_right_and_rays_along_it_never_read_past_the_scatter() -> None:
    random = np.random.default_rng(1)
    dense = np.array([[0.0, 0.5, 2.0, 8.0, 30.0]])
    whole = dense + 4.0
    error = SeveralEnergies().error(dense, whole, random)[0]
    assert error[0] == 0.0
    read = dense[0] + error
    assert (np.diff(read) > 0.0)[:3].all()
    assert (error[2:] < 0.0).all()
    assert read[-1] < 7.0


def test_that_a_bevel_no_grinder_makes_is_refused() -> None:
    with pytest.raises(UsageError, match="bevel"):
        needle(5.0)
