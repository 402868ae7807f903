"""The measuring stick itself."""

from dataclasses import replace

import numpy as np

from phantoms import broken_wall_l3
from planner.anatomy.truth_scores import score_against
from planner.domain.levels import Level


def test_that_the_truth_scores_perfectly_against_itself() -> None:
    truth = broken_wall_l3().truth
    score = score_against(truth, truth)
    assert score.canal == 1.0
    assert score.count_exact
    assert set(score.foramina_mm) == {0.0}
    for level in score.levels:
        assert (level.body, level.whole, level.wall_mm, level.intrusion_mm) == (1.0, 1.0, 0.0, 0.0)
        assert set(level.pedicle_mm) == {0.0}
    assert [level.holes for level in score.levels] == [0, 1, 0]
    assert [level.holes_found for level in score.levels] == [0, 1, 0]


def test_that_a_canal_that_is_too_narrow_counts_as_intrusion_by_its_depth() -> None:
    truth = broken_wall_l3().truth
    inner = truth.canal & np.roll(truth.canal, 3, axis=2)
    score = score_against(truth, replace(truth, canal=inner))
    assert all(2.0 <= level.intrusion_mm <= 3.5 for level in score.levels)


def test_that_a_missing_vertebra_breaks_the_count_and_has_no_agreement() -> None:
    truth = broken_wall_l3().truth
    bodies = np.where(truth.bodies == Level.L3.verse_label, 0, truth.bodies).astype(np.uint8)
    score = score_against(truth, replace(truth, bodies=bodies))
    lost = next(level for level in score.levels if level.level is Level.L3)
    assert (lost.found, lost.body, lost.flags) == (None, 0.0, ("not found",))
    assert not score.count_exact
