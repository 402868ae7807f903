"""One-click lesions against the truth of a digital spine."""

import numpy as np
import pytest

from phantoms import broken_wall_l3
from planner.anatomy import grow_lesion
from planner.domain.corrections import LesionGrown
from planner.domain.errors import UsageError
from planner.domain.levels import Level
from planner.geometry.points import PointLps


def lesion_centre() -> PointLps:
    truth = broken_wall_l3().truth
    assert truth.lesion is not None
    inside = np.argwhere(truth.lesion & (truth.bodies == Level.L3.verse_label))
    return PointLps.of(truth.geometry.lps_mm(inside.mean(0)[::-1]))


def test_that_one_click_finds_most_of_a_lytic_lesion_and_little_else() -> None:
    phantom = broken_wall_l3()
    assert phantom.truth.lesion is not None
    grown = grow_lesion(phantom.ct, phantom.truth, lesion_centre())
    truth = phantom.truth.lesion & (phantom.truth.labels == Level.L3.verse_label)
    assert 2.0 * (grown & truth).sum() / (grown.sum() + truth.sum()) > 0.75


def test_that_a_lesion_stays_inside_its_vertebra() -> None:
    phantom = broken_wall_l3()
    grown = grow_lesion(phantom.ct, phantom.truth, lesion_centre())
    assert grown.any()
    assert (phantom.truth.labels[grown] == Level.L3.verse_label).all()


def test_that_a_click_in_soft_tissue_is_refused() -> None:
    phantom = broken_wall_l3()
    canal = phantom.truth.geometry.lps_mm(np.argwhere(phantom.truth.canal).mean(0)[::-1])
    with pytest.raises(UsageError, match="not inside an outlined vertebra"):
        grow_lesion(phantom.ct, phantom.truth, PointLps.of(canal))


def test_that_a_click_in_healthy_marrow_is_refused() -> None:
    phantom = broken_wall_l3()
    with pytest.raises(UsageError, match="healthy marrow"):
        grow_lesion(phantom.ct, phantom.truth, phantom.truth.vertebrae[Level.L2].body_centre)


def grown_within(**limits: float) -> np.ndarray:
    phantom = broken_wall_l3()
    words = LesionGrown(at=lesion_centre(), **limits)
    return grow_lesion(phantom.ct, phantom.truth, words.at, words)


def test_that_a_lower_limit_leaves_the_upper_one_to_the_program() -> None:
    phantom = broken_wall_l3()
    free = grow_lesion(phantom.ct, phantom.truth, lesion_centre())
    assert np.array_equal(grown_within(low_hu=-200.0), free)


def test_that_a_lower_upper_limit_takes_less_and_a_short_reach_stays_near() -> None:
    free = grown_within()
    strict = grown_within(high_hu=50.0)
    assert 0 < strict.sum() < free.sum()
    geometry = broken_wall_l3().truth.geometry
    near = geometry.lps_mm(np.argwhere(grown_within(reach_mm=5.0))[:, ::-1].astype(float))
    assert np.linalg.norm(near - lesion_centre().array, axis=1).max() < 5.0


def test_that_a_click_outside_the_limits_is_refused_and_says_which() -> None:
    with pytest.raises(UsageError, match="below the lower limit of 300 HU"):
        grown_within(low_hu=300.0)
    with pytest.raises(UsageError, match="above the upper limit of -100 HU"):
        grown_within(high_hu=-100.0)


def test_that_a_limit_outlines_what_looks_like_marrow() -> None:
    phantom = broken_wall_l3()
    at = phantom.truth.vertebrae[Level.L2].body_centre
    grown = grow_lesion(phantom.ct, phantom.truth, at, LesionGrown(at=at, high_hu=900.0))
    assert grown.any()
