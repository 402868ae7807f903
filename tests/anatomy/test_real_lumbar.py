"""The built-in segmenter on a real lumbar CT with human masks."""

import numpy as np
import pytest

from planner.anatomy import segment
from planner.anatomy.benchmark import scores
from planner.domain.anatomy import Anatomy
from planner.domain.errors import UsageError
from planner.domain.levels import Level, Side, foramen_label
from planner.domain.volume import CtVolume, LabelVolume
from planner.geometry.points import PointLps

pytestmark = pytest.mark.realdata

LUMBAR = [Level.L1, Level.L2, Level.L3, Level.L4, Level.L5]


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return 2.0 * float((a & b).sum()) / float(a.sum() + b.sum())


def cropped(reference: LabelVolume, anatomy: Anatomy) -> np.ndarray:
    start = np.rint(reference.geometry.ijk(anatomy.geometry.lps_mm(np.zeros(3)))).astype(int)
    i, j, k = anatomy.geometry.size_ijk
    return reference.labels[
        start[2] : start[2] + k, start[1] : start[1] + j, start[0] : start[0] + i
    ]


def test_that_whole_lumbar_vertebrae_agree_with_the_human_masks(
    lumbar: Anatomy, lumbar_reference: LabelVolume
) -> None:
    truth = cropped(lumbar_reference, lumbar)
    by_level = {
        level: dice(truth == level.verse_label, lumbar.labels == level.verse_label)
        for level in LUMBAR
    }
    upper = [by_level[level] for level in LUMBAR[:4]]
    assert np.mean(upper) >= 0.88, by_level
    assert min(upper) >= 0.85, by_level
    assert by_level[Level.L5] >= 0.75, by_level


def test_that_the_benchmark_meets_the_bars_on_the_human_masks(
    lumbar_ct: CtVolume, lumbar: Anatomy, lumbar_reference: LabelVolume
) -> None:
    rows = {row.level: row for row in scores(lumbar_ct, lumbar, lumbar_reference)}
    upper = [rows[level] for level in LUMBAR[:4]]
    assert np.mean([row.anterior for row in upper]) >= 0.93
    assert min(row.anterior for row in upper) >= 0.90
    assert rows[Level.L5].anterior >= 0.85
    assert np.mean([row.posterior for row in upper]) >= 0.79
    assert all(row.wall_mm <= 0.8 for row in upper)


def test_that_every_vertebra_below_80_percent_carries_a_flag(
    lumbar: Anatomy, lumbar_reference: LabelVolume
) -> None:
    truth = cropped(lumbar_reference, lumbar)
    for level in LUMBAR:
        score = dice(truth == level.verse_label, lumbar.labels == level.verse_label)
        if score < 0.80:
            assert lumbar.vertebrae[level].quality.flags, (level, score)


def test_that_names_without_the_users_word_carry_a_doubt(lumbar: Anatomy) -> None:
    assert all(vertebra.level_doubt for vertebra in lumbar.vertebrae.values())


def test_that_the_canal_never_lies_in_a_vertebra(lumbar: Anatomy) -> None:
    assert lumbar.canal.any()
    assert not (lumbar.canal & (lumbar.labels > 0)).any()


def test_that_bodies_lie_inside_their_vertebrae(lumbar: Anatomy) -> None:
    inside = lumbar.bodies > 0
    assert (lumbar.labels[inside] == lumbar.bodies[inside]).all()


def test_that_left_pedicles_lie_to_the_left_and_axes_point_forward(lumbar: Anatomy) -> None:
    for level in LUMBAR[:4]:
        pedicles = lumbar.vertebrae[level].pedicles
        assert set(pedicles) == set(Side)
        assert pedicles[Side.LEFT].isthmus.x_mm > pedicles[Side.RIGHT].isthmus.x_mm + 15.0
        assert all(pedicle.axis[1] < -0.5 for pedicle in pedicles.values())


def test_that_every_inner_foramen_is_outlined(lumbar: Anatomy) -> None:
    found = set(np.unique(lumbar.foramina).tolist())
    for level in LUMBAR[:4]:
        for side in Side:
            assert foramen_label(level, side) in found


def test_that_the_users_word_names_every_level(lumbar_ct: CtVolume, lumbar: Anatomy) -> None:
    word = lumbar.vertebrae[Level.L3].body_centre
    renamed = segment(lumbar_ct, seeds={Level.L2: word})
    assert renamed.vertebrae[Level.L2].level_doubt == ""
    assert renamed.vertebrae[Level.L2].body_centre.distance_mm(word) < 0.5
    assert "L2" in renamed.vertebrae[Level.L1].level_doubt


def test_that_a_seed_off_the_spine_is_refused(lumbar_ct: CtVolume) -> None:
    with pytest.raises(UsageError, match="off the spine"):
        segment(lumbar_ct, seeds={Level.L3: PointLps(300.0, 0.0, 500.0)})


def test_that_an_unknown_segmenter_is_named(lumbar_ct: CtVolume) -> None:
    with pytest.raises(UsageError, match="magic"):
        segment(lumbar_ct, backend="magic")
