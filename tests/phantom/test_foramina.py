"""The foramina of drawn people against published ones, measured on the surfaces.

Harianja 2023 (Int J Spine Surg, CT of 600 adults of 18 to 35 years, L1 to S1, its abstract): mean
sagittal width 9.08 mm and height 17.46 mm over all levels. Gkasdaris 2018 (Maedica 13:294, CT of
73 adults) reads widths of 6.0 to 8.1 mm. Neither abstract gives a spread; 15 to 23 mm of height
is a textbook range (recalled).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest

from planner.domain.levels import Level, Side
from planner.phantom.fields import bone_field
from planner.phantom.model import SpineModel, model_of
from planner.phantom.recipe import Recipe
from planner.phantom.section import wall_v

PEOPLE = range(1000, 1040)
LUMBAR = (Level.L1, Level.L2, Level.L3, Level.L4, Level.L5)
MEDIAL_SHARE = 0.3
"""The sagittal plane in which a foramen is measured cuts its pedicles this far out."""

NARROWEST_MEAN_MM, PUBLISHED_WIDTH_MM, PUBLISHED_HEIGHT_MM = 6.0, 9.08, 17.46
LOWEST_MM, HIGHEST_MM = 15.0, 23.0


def free_mm(
    model: SpineModel, levels: tuple[Level, Level], start: np.ndarray, step: np.ndarray
) -> float:
    """Return how far it is from a point in the foramen to bone."""
    for along in np.arange(1.0, 30.0, 0.25):
        point = start + along * step
        if any(bone_field(*point, model.rows[level])[0] < 0.0 for level in levels):
            return float(along)
    return float("nan")


def foramen_mm(model: SpineModel, upper: Level, lower: Level, side: Side) -> tuple[float, float]:
    """Measure height and width as one does on a sagittal picture through the pedicles."""
    pair = upper, lower
    rims = []
    for level, end in ((upper, -1.0), (lower, 1.0)):
        placed = model.posture.placed[level]
        shape = placed.shape
        aside = shape.canal_width_mm / 2.0 + MEDIAL_SHARE * shape.pedicle_width_mm
        high = end * (shape.height_mm / 2.0 - 2.0)
        wall = wall_v(side.sign * aside, high, model.rows[level].body)
        rims.append(placed.lps(np.array([side.sign * aside, wall, high])))
    axes = model.posture.placed[upper].axes + model.posture.placed[lower].axes
    axes /= np.linalg.norm(axes, axis=0)
    disc, back, up = np.mean(rims, axis=0), axes[:, 1], axes[:, 2]
    heights = [
        free_mm(model, pair, disc + along * back, up)
        + free_mm(model, pair, disc + along * back, -up)
        for along in (2.0, 3.0, 4.0, 5.0, 6.0)
    ]
    known = [height for height in heights if np.isfinite(height)]
    height = float(np.median(known)) if known else float("nan")
    return height, free_mm(model, pair, disc, back)


@lru_cache(maxsize=1)
def table() -> dict[Level, tuple[float, float]]:
    """Return the mean height and width of every lumbar foramen."""
    models = [model_of(Recipe(seed=seed)) for seed in PEOPLE]
    order = list(models[0].posture.placed)
    found = {}
    for upper, lower in pairwise(order):
        if upper in LUMBAR:
            sizes = [foramen_mm(m, upper, lower, side) for m in models for side in Side]
            found[upper] = tuple(float(mean) for mean in np.nanmean(sizes, axis=0))
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("level", LUMBAR)
def test_that_a_lumbar_foramen_is_as_high_and_as_wide_as_published(level: Level) -> None:
    height, width = table()[level]
    assert LOWEST_MM < height < HIGHEST_MM
    assert NARROWEST_MEAN_MM < width < PUBLISHED_WIDTH_MM + 3.0


def test_that_the_lumbar_foramina_together_have_the_published_means() -> None:
    height, width = np.mean([table()[level] for level in LUMBAR], axis=0)
    assert abs(height - PUBLISHED_HEIGHT_MM) < 2.5
    assert abs(width - PUBLISHED_WIDTH_MM) < 1.0
