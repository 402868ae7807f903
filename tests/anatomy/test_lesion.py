"""One-click lesions against the truth of a digital spine."""

import numpy as np
import pytest

from phantoms import broken_wall_l3
from planner.anatomy import grow_lesion
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
