"""The sample cases as they are committed."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from phantoms import easy_l3
from planner.domain.errors import UsageError
from planner.domain.levels import Level, Side
from planner.phantom.model import model_of
from planner.phantom.preview import preview
from planner.phantom.recipe import Contrast, FractureKind, Leak
from planner.phantom.recipe_table import recipe_from_table
from planner.phantom.samples import load_samples, sample
from planner.phantom.spine_truth import levels_inside

LARGEST_PREVIEW_BYTES = 60_000


def test_that_there_are_eight_cases_from_easy_to_one_that_must_not_be_treated() -> None:
    cases = load_samples()
    assert [case.order for case in cases] == list(range(1, 9))
    assert cases[0].difficulty == "easy"
    assert [case.id for case in cases if not case.treat] == ["t10-do-not-treat"]
    assert {case.level for case in cases} >= {Level.L3, Level.T5}


@pytest.mark.parametrize("case", load_samples(), ids=lambda case: case.id)
def test_that_a_case_has_its_lesion_at_its_level_and_a_small_preview(case) -> None:
    assert case.level in {lesion.level for lesion in case.recipe.lesions}
    assert case.level in levels_inside(case.recipe)
    model = model_of(case.recipe)
    assert len(model.lesions[case.level]) == 1
    assert 1000 < case.preview.stat().st_size < LARGEST_PREVIEW_BYTES
    with Image.open(case.preview) as picture:
        assert picture.size == (388, 192)
    for text in (case.title, case.story, case.hard_because, case.lesson, case.lesion):
        assert len(text) > 15


def test_that_an_unknown_case_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="easy-l3"):
        sample("nobody")


def test_that_a_table_holds_all_a_recipe_can_say() -> None:
    recipe = recipe_from_table(
        {
            "seed": 5,
            "levels": "T10-L2",
            "fractures": ["T12:burst:0.35"],
            "cement": ["L1:4.0:disc,vein"],
            "screws": ["T10"],
            "needle": "L2:left",
            "contrast": "portal",
            "matrix": [64, 64],
        }
    )
    assert recipe.fractures[0].kind is FractureKind.BURST
    assert recipe.cement[0].leaks == (Leak.DISC, Leak.VEIN)
    assert recipe.needle is not None
    assert recipe.needle.side is Side.LEFT
    assert (recipe.contrast, recipe.matrix) == (Contrast.PORTAL, (64, 64))


@pytest.mark.parametrize(
    "table", [{"colour": "red"}, {"fractures": ["T12:wedge"]}, {"lesions": "L3"}, {"seed": -1}]
)
def test_that_a_table_that_makes_no_sense_is_refused(table: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        recipe_from_table(table)


def test_that_a_preview_shows_bone_bright_and_air_dark() -> None:
    picture = preview(easy_l3(), Level.L3)
    assert picture.shape == (192, 388)
    assert np.quantile(picture, 0.99) > 200
    assert (picture == 0).any()
