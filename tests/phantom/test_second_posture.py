"""The same spine in another posture: each bone is the same bone, elsewhere."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from phantoms import healthy_l3, second_scan_l3, small
from planner.domain.errors import UsageError
from planner.domain.levels import Level
from planner.phantom import truth_document
from planner.phantom.fields import bone_field
from planner.phantom.model import model_of
from planner.phantom.recipe import Recipe


def moved(matrix, points):
    return points @ matrix[:3, :3].T + matrix[:3, 3]


@pytest.mark.parametrize("level", [Level.T9, Level.L3, Level.L5])
def test_that_every_bone_keeps_its_shape(level) -> None:
    recipe = Recipe(seed=3, levels=(level, level))
    first, second = model_of(recipe), model_of(replace(recipe, posture_seed=2))
    around = np.random.default_rng(1).uniform(-1.0, 1.0, (4000, 3)) * (45.0, 60.0, 30.0)
    points = first.posture.placed[level].centre + around + (0.0, 20.0, 0.0)
    now = moved(second.moved[level], points)
    was = np.array([bone_field(*point, first.rows[level])[0] for point in points])
    is_now = np.array([bone_field(*point, second.rows[level])[0] for point in now])
    near = np.abs(was) < 2.0
    assert near.sum() > 100
    assert np.abs(was - is_now)[near].max() < 0.05


def test_that_every_vertebra_of_the_scan_moves_by_centimetres_and_by_itself() -> None:
    for seed in range(6):
        recipe = Recipe(seed=seed, levels=(Level.L1, Level.L4), posture_seed=1)
        model = model_of(recipe)
        before = model_of(replace(recipe, posture_seed=None)).posture.placed
        motions = [model.moved[level] for level in (Level.L1, Level.L2, Level.L3, Level.L4)]
        for level, motion in zip((Level.L1, Level.L2, Level.L3, Level.L4), motions, strict=True):
            turned = np.degrees(Rotation.from_matrix(motion[:3, :3]).magnitude())
            shifted = np.linalg.norm(moved(motion, before[level].centre) - before[level].centre)
            assert 3.0 <= turned <= 8.0
            assert 5.0 <= shifted <= 20.0
        between = [
            np.degrees(Rotation.from_matrix(one[:3, :3].T @ other[:3, :3]).magnitude())
            for one, other in itertools.pairwise(motions)
        ]
        assert max(between) > 0.3


def test_that_the_truth_of_a_second_scan_says_where_every_vertebra_went() -> None:
    first, second = healthy_l3(), second_scan_l3()
    document = truth_document(second)["lps_from_first_scan"]
    for level, vertebra in first.truth.vertebrae.items():
        wall = moved(np.array(document[str(level)]), vertebra.posterior_wall.points_mm)
        there = second.truth.vertebrae[level].posterior_wall.points_mm
        assert np.allclose(wall, there, atol=1e-6)
    assert "lps_from_first_scan" not in truth_document(first)


def test_that_the_voxels_of_a_second_scan_lie_where_its_truth_says() -> None:
    first, second = healthy_l3(), second_scan_l3()
    one, other = first.truth, second.truth
    for level in one.vertebrae:
        k, j, i = np.nonzero(one.labels == level.verse_label)
        points = one.geometry.lps_mm(np.stack([i, j, k], axis=1).astype(float))
        index = np.rint(other.geometry.ijk(moved(second.moved[level], points))).astype(int)
        there = other.labels[index[:, 2], index[:, 1], index[:, 0]] == level.verse_label
        assert there.mean() > 0.95


def test_that_a_second_scan_has_noise_of_its_own() -> None:
    first, second = healthy_l3(), second_scan_l3()
    assert first.recipe.noise_seed != second.recipe.noise_seed
    assert first.recipe.noise_seed == (3,)


def test_that_a_seed_of_a_posture_below_nought_is_refused() -> None:
    with pytest.raises(UsageError, match="must not be negative"):
        small(posture_seed=-1)
