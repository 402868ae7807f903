"""The front by Darcy's law against closed forms."""

import math

import numpy as np
import pytest

from physics.cement.blocks import ALONG, OPEN_SHARE, at, cube, open_bone
from planner.physics.cement.build import centres_mm
from planner.physics.cement.darcy import flood
from planner.physics.cement.fill import STEP, darcy, marched
from planner.physics.cement.medium import FlowCase, openness
from planner.physics.cement.outlet import Outlet

FINE_STEP = (0.02, 2.0)


def dice(one, other):
    return 2.0 * (one & other).sum() / (one.sum() + other.sum())


def flooded(permeability, room, seeds, ml, step=STEP, along=1.0):
    return flood(
        permeability.astype(np.float32),
        room.astype(np.float32),
        np.array(seeds, np.int64),
        np.array([0, len(seeds)], np.int64),
        np.array([ml * 1000.0]),
        step,
        along,
    )


def closed_border(shape):
    permeability = np.zeros(shape)
    permeability[1:-1, 1:-1, 1:-1] = 1.0
    return permeability


@pytest.mark.parametrize("ml", [1.0, 4.0, 8.0])
def test_that_even_bone_fills_as_a_ball(ml):
    geometry = cube(36.0)
    centre = at(0.5, 0.5, 0.5)
    seed = np.ravel_multi_index(
        tuple(np.rint(geometry.ijk(centre.array)[::-1]).astype(int)), geometry.shape_kji
    )
    room = np.ones(geometry.shape_kji)
    arrival, _, placed, _ = flooded(closed_border(room.shape), room, [seed], ml)
    radius = (ml * 1000.0 * 3.0 / (4.0 * math.pi)) ** (1.0 / 3.0)
    away = np.linalg.norm(centres_mm(geometry) - centre.array, axis=-1)
    filled = arrival <= placed
    assert dice(filled, away <= radius) >= (0.98 if ml >= 4.0 else 0.97)
    front = filled & (np.abs(away - radius) < 3.0)
    surface = front & ~np.roll(filled, 1, 0) | front & ~np.roll(filled, -1, 2)
    assert (away[surface] + 0.5 - radius).std() < 0.5


def test_that_bone_that_passes_more_along_the_spine_fills_as_an_ellipsoid():
    medium = open_bone(cube(40.0))
    outlet = [Outlet(tip=at(0.1, -0.2, 0.3), until_ml=6.0)]
    flow = darcy(medium, openness(medium, FlowCase()), outlet)
    filled = flow.arrival_ml <= flow.placed_ml
    place = centres_mm(medium.geometry)[filled]
    spread = place.std(axis=0)
    assert spread[2] / spread[:2].mean() == pytest.approx(math.sqrt(ALONG), rel=0.04)
    assert filled.sum() * OPEN_SHARE / 1000.0 == pytest.approx(6.0, rel=0.01)


def test_that_all_that_is_given_is_found_again():
    rng = np.random.default_rng(3)
    room = rng.uniform(0.2, 1.0, (40, 38, 36)).astype(np.float32)
    permeability = closed_border(room.shape) * rng.lognormal(0.0, 1.0, room.shape)
    permeability[rng.random(room.shape) < 0.15] = 0.0
    permeability[20, 19, 18] = 1.0
    seed = np.ravel_multi_index((20, 19, 18), room.shape)
    for ml in (0.5, 3.0, 7.0):
        _, full, placed, _ = flooded(permeability, room, [seed], ml)
        assert placed == pytest.approx(ml * 1000.0, rel=1e-9)
        assert float((full * room).sum()) == pytest.approx(placed, rel=1e-6)
        assert full.min() >= 0.0
        assert not full[permeability == 0.0].any()


def test_that_a_full_cavity_takes_no_more():
    permeability = np.zeros((12, 12, 12))
    permeability[3:9, 3:9, 3:9] = 1.0
    seed = np.ravel_multi_index((5, 5, 5), permeability.shape)
    _, full, placed, _ = flooded(permeability, np.ones_like(permeability), [seed], 1.0)
    assert placed == pytest.approx(216.0, rel=1e-9)
    assert float(full.sum()) == pytest.approx(216.0, rel=1e-9)


@pytest.mark.parametrize("ratio", [2.0, 4.0])
def test_that_two_tubes_fill_as_far_as_the_root_of_their_permeabilities(ratio):
    """Length grows as the root of K t: from a common source the lengths go as sqrt(K)."""
    permeability = np.zeros((9, 13, 90))
    permeability[3:6, 2:5, 4:88] = 1.0
    permeability[3:6, 8:11, 4:88] = ratio
    permeability[3:6, 2:11, 2:4] = 1e4
    shape = permeability.shape
    seeds = [np.ravel_multi_index((4, 6, 2), shape)]
    _, full, _, _ = flooded(permeability, np.ones(shape), seeds, 0.6)
    lengths = [full[4, row, 4:].sum() for row in (3, 9)]
    assert lengths[1] / lengths[0] == pytest.approx(math.sqrt(ratio), rel=0.01)


def test_that_shorter_steps_give_the_same_fill():
    rng = np.random.default_rng(7)
    shape = (44, 44, 44)
    room = rng.uniform(0.7, 1.0, shape)
    permeability = closed_border(shape) * rng.lognormal(0.0, 0.6, shape)
    seed = np.ravel_multi_index((21, 22, 22), shape)
    usual, _, placed, many = flooded(permeability, room, [seed], 6.0)
    fine, _, _, more = flooded(permeability, room, [seed], 6.0, FINE_STEP)
    assert more > 5 * many
    for ml in (1.0, 3.0, 6.0):
        assert dice(usual <= ml * 1000.0, fine <= ml * 1000.0) >= 0.99
    assert placed == pytest.approx(6000.0)


def test_that_what_is_given_after_drawing_back_lies_behind_the_rest():
    medium = open_bone(cube(44.0))
    opened = openness(medium, FlowCase())
    stages = [Outlet(tip=at(0.0, -6.0), until_ml=1.5), Outlet(tip=at(0.0, 6.0), until_ml=3.0)]
    both = darcy(medium, opened, stages)
    first = darcy(medium, opened, stages[:1])
    place = centres_mm(medium.geometry)
    early, late = both.arrival_ml <= 1.5, (both.arrival_ml > 1.5) & (both.arrival_ml <= 3.0)
    assert np.array_equal(early, first.arrival_ml <= 1.5)
    assert place[late][:, 1].mean() > place[early][:, 1].mean() + 8.0
    assert both.placed_ml == pytest.approx(3.0, rel=1e-6)


@pytest.mark.parametrize("ml", [1.0, 6.0])
def test_that_the_marching_front_agrees_with_darcy_in_even_bone(ml):
    medium = open_bone(cube(40.0))
    opened = openness(medium, FlowCase())
    outlet = [Outlet(tip=at(0.2, 0.1, 0.0), until_ml=ml)]
    slow, quick = darcy(medium, opened, outlet), marched(medium, opened, outlet)
    assert dice(slow.arrival_ml <= ml, quick.arrival_ml <= ml) >= 0.90
    radius = (ml * 1000.0 / OPEN_SHARE * 3.0 / (4.0 * math.pi)) ** (1.0 / 3.0)
    ball = np.linalg.norm(centres_mm(medium.geometry) - outlet[0].tip.array, axis=-1) <= radius
    assert dice(quick.arrival_ml <= ml, ball) >= 0.96
