"""The labels against the formulas they were painted from."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.measure import marching_cubes

from planner.domain.levels import Level
from planner.geometry.volume_geometry import VolumeGeometry
from planner.phantom.canvas import Canvas
from planner.phantom.draw import marrow_row
from planner.phantom.fields import bone_field
from planner.phantom.model import model_of
from planner.phantom.paint_bone import BoneMaps, BoneTissue, paint_bone
from planner.phantom.recipe import Recipe
from planner.phantom.vertebra_shape import corners

AGREEMENT_MM = 0.3
STEP_MM = 0.5


def painted_alone(level: Level, seed: int) -> tuple[Canvas, object]:
    model = model_of(Recipe(seed=seed))
    rows = model.rows[level]
    box = model.posture.placed[level].lps(corners(rows))
    low, high = box.min(axis=0) - 3.0, box.max(axis=0) + 3.0
    size = tuple(int(count) for count in np.ceil((high - low) / STEP_MM))
    origin = (float(low[0]), float(low[1]), float(low[2]))
    canvas = Canvas.blank(VolumeGeometry.axis_aligned(size, (STEP_MM,) * 3, origin))
    whole = np.array([0, size[0], 0, size[1], 0, size[2]])
    tissue = BoneTissue(
        marrow_row(Recipe()), model.lesions[level], np.zeros((8, 8, 8), dtype=np.float32)
    )
    maps = BoneMaps(canvas.hu, canvas.labels, canvas.bodies, canvas.lesion)
    paint_bone(
        maps, canvas.grid, whole, level.verse_label, rows, tissue, np.ones(3, dtype=np.int64)
    )
    return canvas, rows


@pytest.mark.parametrize(("level", "seed"), [(Level.L3, 0), (Level.T5, 1), (Level.S1, 2)])
def test_that_the_labels_surface_lies_on_the_formulas_surface(level: Level, seed: int) -> None:
    canvas, rows = painted_alone(level, seed)
    vertices, _, _, _ = marching_cubes((canvas.labels > 0).astype(np.float32), 0.5)
    points = canvas.geometry.lps_mm(vertices[::7, ::-1])
    nudge = 0.05
    off = []
    for point in points:
        here = bone_field(*point, rows)[0]
        slope = [
            (bone_field(*(point + step), rows)[0] - bone_field(*(point - step), rows)[0])
            / (2.0 * nudge)
            for step in np.eye(3) * nudge
        ]
        off.append(abs(here) / max(float(np.linalg.norm(slope)), 0.5))
    assert len(off) > 3000
    assert np.mean(off) < 0.15
    assert np.quantile(off, 0.999) < AGREEMENT_MM


@pytest.mark.parametrize("level", [Level.L3, Level.T5])
def test_that_leaving_out_far_blades_does_not_change_a_voxel(level: Level) -> None:
    canvas, rows = painted_alone(level, 3)
    random = np.random.default_rng(0)
    sizes = np.array(canvas.labels.shape)
    picks = random.integers(0, sizes, size=(20000, 3))
    points = canvas.geometry.lps_mm(picks[:, ::-1].astype(float))
    inside = np.array([bone_field(*point, rows)[0] < 0.0 for point in points])
    assert np.array_equal(canvas.labels[tuple(picks.T)] > 0, inside)
