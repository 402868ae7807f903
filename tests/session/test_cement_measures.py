"""A fill in numbers, against a ball in a body of known shape."""

from dataclasses import replace

import numpy as np
import pytest

from planner.domain.levels import Level
from planner.session.cement_measures import measure_lines, measured
from report.cases import make_case


@pytest.fixture(scope="module")
def case():
    return make_case()


def of(case, **changes):
    (fill,) = case.cements.values()
    tip = case.plan.trajectories[1].tip
    anatomy = replace(case.anatomy, **changes)
    return measured(fill, anatomy, Level.L3, tip), fill, tip


def ball(case, centre, radius_mm):
    k, j, i = np.indices(case.anatomy.geometry.shape_kji)
    places = case.anatomy.geometry.lps_mm(np.stack([i, j, k], axis=-1).astype(float))
    return np.linalg.norm(places - centre, axis=-1) <= radius_mm


def test_that_a_lesion_round_the_tip_is_filled_as_far_as_the_ball_reaches(case) -> None:
    _, fill, tip = of(case)
    inside = case.anatomy.bodies > 0
    radius = (fill.placed_ml * 1000.0 * 3.0 / (4.0 * np.pi)) ** (1.0 / 3.0)
    small, large = (ball(case, tip.array, share * radius) & inside for share in (0.7, 1.3))
    found, _, _ = of(case, lesion=small)
    assert found.lesion_percent == 100.0
    assert found.lesion_class == "about 100 %"
    assert found.needed_ml[90.0] < fill.placed_ml
    found, _, _ = of(case, lesion=large)
    expected = 100.0 * (ball(case, tip.array, radius) & inside).sum() / large.sum()
    assert found.lesion_percent == pytest.approx(expected, abs=0.5)
    assert found.needed_ml[90.0] is None


def test_that_needed_volumes_rise_with_what_is_wanted(case) -> None:
    _, _, tip = of(case)
    found, _, _ = of(case, lesion=ball(case, tip.array, 8.0) & (case.anatomy.bodies > 0))
    needed = list(found.needed_ml.values())
    assert needed == sorted(needed)
    assert 0.0 < needed[0] < needed[-1]


def test_that_cement_right_of_the_midline_is_told_as_such(case) -> None:
    found, _, tip = of(case)
    assert tip.x_mm < 0.0
    assert found.left_percent < 50.0


def test_that_without_a_lesion_nothing_is_said_of_one(case) -> None:
    found, _, _ = of(case, lesion=None)
    assert found.lesion_percent is None
    assert found.lesion_class == ""
    assert not any("lesion" in line.lower() for line in measure_lines(found))


def test_that_the_words_say_whether_the_tip_is_in_the_anterior_third(case) -> None:
    found, _, _ = of(case)
    words = " ".join(measure_lines(replace(found, tip_percent=80.0)))
    assert "Tip in the anterior third" in words
    words = " ".join(measure_lines(replace(found, tip_percent=60.0)))
    assert "NOT in the anterior third" in words
