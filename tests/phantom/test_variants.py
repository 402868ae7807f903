"""Spines with another count of lumbar levels, and worn segments."""

from __future__ import annotations

import numpy as np
import pytest

from phantoms import small
from planner.domain.errors import UsageError
from planner.domain.levels import Level
from planner.phantom import make_phantom
from planner.phantom.model import model_of
from planner.phantom.recipe import Lesion, Matter, Recipe
from planner.phantom.recipe_table import recipe_from_table
from planner.phantom.section import exit_mm
from planner.phantom.variants import Wear


@pytest.mark.parametrize("count", [4, 5, 6])
def test_that_a_spine_has_as_many_lumbar_levels_as_asked(count: int) -> None:
    placed = model_of(Recipe(lumbar_count=count)).posture.placed
    assert sum(level.region == "lumbar" for level in placed) == count
    assert list(placed)[-1] is Level.S1
    heights = [item.centre[2] for item in placed.values()]
    assert heights == sorted(heights, reverse=True)


def test_that_six_lumbar_levels_are_labelled_and_the_sixth_sits_on_the_sacrum() -> None:
    recipe = small(levels=(Level.L5, Level.S1), lumbar_count=6, spacing_mm=(1.5, 1.5, 1.5))
    truth = make_phantom(recipe).truth
    assert list(truth.vertebrae) == [Level.L5, Level.L6, Level.S1]
    assert (truth.discs == Level.L6.verse_label).sum() > 500


def test_that_a_sacralised_vertebra_touches_the_sacrum_and_a_free_one_does_not() -> None:
    def touching(*, sacralised: bool) -> int:
        recipe = small(levels=(Level.L5, Level.S1), sacralised=sacralised)
        labels = make_phantom(recipe).truth.labels
        last, sacrum = labels == Level.L5.verse_label, labels == Level.S1.verse_label
        return int((last[1:] & sacrum[:-1]).sum())

    assert touching(sacralised=True) > 10 * max(touching(sacralised=False), 20)


def test_that_disease_at_a_level_that_is_not_there_is_refused() -> None:
    lesion = Lesion(level=Level.L5, kind=Matter.LYTIC, r_mm=6.0)
    with pytest.raises(UsageError, match="L5"):
        Recipe(lumbar_count=4, lesions=(lesion,))
    with pytest.raises(UsageError, match="lumbar"):
        Recipe(lumbar_count=7)


def test_that_wear_thins_the_disc_and_fills_it_with_gas() -> None:
    wear = Wear(level=Level.L3, disc_loss=0.5, osteophyte_mm=5.0, vacuum=True, facets=True)
    sound, worn = (
        make_phantom(small(levels=(Level.L3, Level.L4), wear=items)) for items in ((), (wear,))
    )
    heights = [
        item.landmarks[Level.L3].placed.centre[2] - item.landmarks[Level.L4].placed.centre[2]
        for item in (sound, worn)
    ]
    assert 3.0 < heights[0] - heights[1] < 7.0
    gas = worn.ct.hu[worn.truth.discs == Level.L3.verse_label] < -200
    assert gas.sum() > 100
    assert not (sound.ct.hu[sound.truth.discs == Level.L3.verse_label] < -200).any()


def test_that_lips_and_nodes_are_as_large_as_asked() -> None:
    wear = (Wear(level=Level.L3, osteophyte_mm=5.0), Wear(level=Level.L2, schmorl_mm=6.0))
    sound, worn = (model_of(Recipe(seed=2, wear=items)) for items in ((), wear))

    def reach(model: object, local: list[float], step: int, sign: float) -> float:
        placed, rows = model.posture.placed[Level.L3], model.rows[Level.L3]  # type: ignore[attr-defined]
        return exit_mm(placed.lps(np.array(local)), sign * placed.axes[:, step], rows, 40.0)

    half = sound.posture.placed[Level.L3].shape.height_mm / 2.0
    low = [0.0, 0.0, -0.86 * half]
    grown = reach(worn, low, 0, 1.0) - reach(sound, low, 0, 1.0)
    assert 1.0 < grown < 5.5
    node = worn.rows[Level.L3].body[19:21]
    spot = [float(node[0]), float(node[1]), 0.0]
    assert 4.0 < reach(sound, spot, 2, 1.0) - reach(worn, spot, 2, 1.0) < 6.5


def test_that_wear_is_read_from_a_table() -> None:
    recipe = recipe_from_table(
        {"wear": ["L4:0.5:osteophytes=4,vacuum,facets,schmorl=5"], "lumbar_count": 6}
    )
    assert recipe.wear == (
        Wear(
            level=Level.L4,
            disc_loss=0.5,
            osteophyte_mm=4.0,
            vacuum=True,
            facets=True,
            schmorl_mm=5.0,
        ),
    )
    with pytest.raises(UsageError, match="rust"):
        recipe_from_table({"wear": ["L4:0.5:rust"]})
