"""The built-in segmenter and imported outlines against the truth of digital spines."""

from functools import lru_cache

import numpy as np
import pytest

from phantoms import broken_wall_l3, feet_first_prone_l3
from planner.anatomy import segment, segment_imported
from planner.domain.anatomy import Anatomy, Origin
from planner.domain.errors import InputRefusedError
from planner.domain.levels import Level, Side, foramen_label
from planner.domain.volume import LabelVolume
from planner.geometry.volume_geometry import VolumeGeometry
from planner.phantom.make import Phantom

LEVELS = [Level.L2, Level.L3, Level.L4]


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2.0 * float((one & other).sum()) / float(one.sum() + other.sum())


@lru_cache(maxsize=1)
def automatic() -> Anatomy:
    phantom = broken_wall_l3()
    return segment(phantom.ct, seeds={Level.L3: phantom.truth.vertebrae[Level.L3].body_centre})


@lru_cache(maxsize=1)
def imported_prone() -> Anatomy:
    phantom = feet_first_prone_l3()
    labels = LabelVolume(geometry=phantom.truth.geometry, labels=phantom.truth.labels)
    return segment_imported(phantom.ct, labels)


def truth_on(anatomy: Anatomy, phantom: Phantom, array: np.ndarray) -> np.ndarray:
    start = phantom.truth.geometry.ijk(anatomy.geometry.lps_mm(np.zeros(3)))
    i, j, k = (slice(a, a + n) for a, n in zip(
        np.rint(start).astype(int), anatomy.geometry.size_ijk, strict=True))  # fmt: skip
    return array[k, j, i]


@pytest.mark.parametrize("level", LEVELS)
def test_that_automatic_bodies_agree_with_the_truth(level: Level) -> None:
    truth = truth_on(automatic(), broken_wall_l3(), broken_wall_l3().truth.bodies)
    number = level.verse_label
    assert dice(truth == number, automatic().bodies == number) >= 0.93


def test_that_one_named_vertebra_names_its_neighbours() -> None:
    assert set(LEVELS) <= set(automatic().vertebrae)
    assert automatic().vertebrae[Level.L3].level_doubt == ""
    assert "L3" in automatic().vertebrae[Level.L4].level_doubt


@pytest.mark.parametrize("made", [automatic, imported_prone])
def test_that_skin_is_what_lies_outside_the_patient(made) -> None:
    phantom = broken_wall_l3() if made is automatic else feet_first_prone_l3()
    truth = truth_on(made(), phantom, phantom.truth.masks["skin"])
    assert truth.any()
    assert dice(truth, made().masks["skin"]) >= 0.95


def test_that_a_broken_posterior_wall_is_found_where_it_is_broken() -> None:
    truth = broken_wall_l3().truth.vertebrae[Level.L3].posterior_wall
    found = automatic().vertebrae[Level.L3].posterior_wall
    assert truth is not None
    assert found is not None
    assert found.intact is False
    place = max(found.breaches, key=lambda breach: breach.area_mm2)
    assert place.at.distance_mm(truth.breaches[0].at) < 4.0


def test_that_foramina_lie_where_they_are() -> None:
    anatomy, phantom = automatic(), broken_wall_l3()
    truth = truth_on(anatomy, phantom, phantom.truth.foramina)
    for level in LEVELS[:2]:
        for side in Side:
            number = foramen_label(level, side)
            places = [np.argwhere(array == number) for array in (truth, anatomy.foramina)]
            assert all(len(place) for place in places), (level, side)
            # The voxels are 1 mm.
            assert np.linalg.norm(places[0].mean(0) - places[1].mean(0)) <= 3.0, (level, side)


def test_that_pedicle_widths_are_not_wide_on_average_nor_by_over_half_a_voxel() -> None:
    errors = []
    for level in LEVELS:
        for side in Side:
            truth = broken_wall_l3().truth.vertebrae[level].pedicles[side].width_mm.best
            found = automatic().vertebrae[level].pedicles[side].width_mm
            errors.append(found.best - truth)
            assert found.low <= truth <= found.high + 1.5, (level, side)
    assert max(errors) <= 0.5, errors
    assert np.mean(errors) <= 0.0, errors
    assert np.mean(np.abs(errors)) <= 1.0, errors


def test_that_an_imported_outline_comes_back_as_it_was_from_a_prone_scan() -> None:
    anatomy, phantom = imported_prone(), feet_first_prone_l3()
    truth = truth_on(anatomy, phantom, phantom.truth.labels)
    for level in LEVELS:
        assert ((anatomy.labels == level.verse_label) == (truth == level.verse_label)).all()
        assert anatomy.vertebrae[level].origin is Origin.IMPORTED
        assert anatomy.vertebrae[level].level_doubt


@pytest.mark.parametrize("level", LEVELS)
def test_that_parts_are_derived_from_an_imported_outline(level: Level) -> None:
    anatomy, phantom = imported_prone(), feet_first_prone_l3()
    truth = truth_on(anatomy, phantom, phantom.truth.bodies)
    number = level.verse_label
    assert dice(truth == number, anatomy.bodies == number) >= 0.96
    vertebra = anatomy.vertebrae[level]
    expected = phantom.truth.vertebrae[level]
    assert np.dot(vertebra.anterior, expected.anterior) > 0.98
    assert np.dot(vertebra.superior, expected.superior) > 0.98
    assert set(vertebra.pedicles) == set(Side)
    for side in Side:
        assert vertebra.pedicles[side].isthmus.distance_mm(expected.pedicles[side].isthmus) < 4.0


def test_that_outlines_of_another_patient_are_refused() -> None:
    phantom = feet_first_prone_l3()
    far = VolumeGeometry.axis_aligned((8, 8, 8), (1.0, 1.0, 1.0), (5000.0, 0.0, 0.0))
    labels = np.full((8, 8, 8), 22, np.uint8)
    with pytest.raises(InputRefusedError) as refusal:
        segment_imported(phantom.ct, LabelVolume(geometry=far, labels=labels))
    assert refusal.value.code == "ANA-NO-LABELS"


def test_that_an_empty_outline_is_refused() -> None:
    phantom = feet_first_prone_l3()
    empty = LabelVolume(
        geometry=phantom.ct.geometry, labels=np.zeros(phantom.ct.geometry.shape_kji, np.uint8)
    )
    with pytest.raises(InputRefusedError) as refusal:
        segment_imported(phantom.ct, empty)
    assert refusal.value.code == "ANA-NO-LABELS"


TOTALSEGMENTATOR = {Level.L4: 28, Level.L3: 29, Level.L2: 30}
"""Its own numbers, where VerSe has 28 for T13 and organs have those of the neck."""


@pytest.mark.parametrize(
    ("renumber", "why"),
    [
        (lambda level: 46 - level.verse_label, "lies below that of"),
        (lambda level: TOTALSEGMENTATOR.get(level, 0), "numbers that VerSe has not"),
        (lambda level: 8 if level is LEVELS[0] else level.verse_label, "mm from each other"),
    ],
    ids=["counted the other way", "of TotalSegmentator", "a level far off"],
)
def test_that_numbers_of_another_program_are_refused(renumber, why) -> None:
    phantom = feet_first_prone_l3()
    truth = phantom.truth.labels
    numbers = np.zeros_like(truth)
    for level in phantom.truth.vertebrae:
        numbers[truth == level.verse_label] = renumber(level)
    labels = LabelVolume(geometry=phantom.truth.geometry, labels=numbers)
    with pytest.raises(InputRefusedError, match=why) as refusal:
        segment_imported(phantom.ct, labels)
    assert refusal.value.code == "ANA-OTHER-NUMBERS"


def test_that_a_ball_without_arches_is_refused_as_an_outline() -> None:
    phantom = feet_first_prone_l3()
    grid = phantom.ct.geometry
    points = grid.lps_mm(np.moveaxis(np.indices(grid.shape_kji), 0, -1)[..., ::-1].astype(float))
    centre = phantom.truth.vertebrae[Level.L3].body_centre.array
    ball = np.where(np.linalg.norm(points - centre, axis=-1) < 15.0, 22, 0).astype(np.uint8)
    with pytest.raises(InputRefusedError) as refusal:
        segment_imported(phantom.ct, LabelVolume(geometry=grid, labels=ball))
    assert refusal.value.code == "ANA-NO-CANAL"
