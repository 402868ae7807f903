"""Parts of a vertebra and what is said of a lesion in them, against digital spines."""

from dataclasses import replace

import numpy as np
import pytest

from phantoms import broken_wall_l3, easy_l3, healthy_l3
from planner.anatomy import LesionReport, VertebraPart, report_lesion, vertebra_parts
from planner.anatomy.lesion_report import UNKNOWN
from planner.domain.anatomy import Anatomy
from planner.domain.errors import UsageError
from planner.domain.levels import Level, Side

TRUTH = healthy_l3


def part_at(anatomy: Anatomy, level: Level, place: np.ndarray) -> VertebraPart:
    box, parts = vertebra_parts(anatomy, level)
    index = np.rint(anatomy.geometry.ijk(place)).astype(int)[::-1]
    index -= [axis.start for axis in box]
    return VertebraPart(parts[tuple(index)])


@pytest.mark.parametrize("level", [Level.L2, Level.L3, Level.L4])
def test_that_parts_divide_the_whole_vertebra(level: Level) -> None:
    anatomy = TRUTH().truth
    box, parts = vertebra_parts(anatomy, level)
    assert ((parts > 0) == (anatomy.labels[box] == level.verse_label)).all()
    assert ((parts == 1) == (anatomy.bodies[box] == level.verse_label)).all()
    assert set(np.unique(parts)) == {0, *VertebraPart}


@pytest.mark.parametrize("level", [Level.L2, Level.L3, Level.L4])
def test_that_landmarks_lie_in_the_parts_they_belong_to(level: Level) -> None:
    anatomy = TRUTH().truth
    vertebra = anatomy.vertebrae[level]
    for side, pedicle in vertebra.pedicles.items():
        wanted = VertebraPart.PEDICLE_LEFT if side is Side.LEFT else VertebraPart.PEDICLE_RIGHT
        behind = pedicle.isthmus.array - 2.0 * np.array(pedicle.axis)
        assert part_at(anatomy, level, behind) is wanted
    whole = np.argwhere(anatomy.labels == level.verse_label)[:, ::-1].astype(float)
    points = anatomy.geometry.lps_mm(whole) - vertebra.body_centre.array
    lateral, forward = points @ np.array(vertebra.left), points @ np.array(vertebra.anterior)
    outermost = anatomy.geometry.lps_mm(whole[lateral.argmax()])
    assert part_at(anatomy, level, outermost) is VertebraPart.TRANSVERSE_LEFT
    hindmost = anatomy.geometry.lps_mm(whole[forward.argmin()])
    assert part_at(anatomy, level, hindmost) is VertebraPart.SPINOUS


def test_that_left_parts_lie_to_the_left() -> None:
    anatomy = TRUTH().truth
    vertebra = anatomy.vertebrae[Level.L3]
    box, parts = vertebra_parts(anatomy, Level.L3)
    start = [axis.start for axis in box]
    for part in VertebraPart:
        side = part.words.rpartition(" ")[2]
        if side in {*Side}:
            places = anatomy.geometry.lps_mm(
                (np.argwhere(parts == part) + start)[:, ::-1].astype(float)
            )
            lateral = (places - vertebra.body_centre.array) @ np.array(vertebra.left)
            assert (lateral * Side(side).sign > -1.0).all(), part


def test_that_a_lesion_in_the_front_of_the_body_targets_the_body() -> None:
    phantom = easy_l3()
    report = report_lesion(phantom.ct, phantom.truth, Level.L3)
    assert set(report.parts_ml) == {VertebraPart.BODY}
    assert VertebraPart.BODY in report.target_parts
    assert VertebraPart.SPINOUS not in report.target_parts
    assert "recalled" in report.target_source
    truth = phantom.truth
    inside = truth.lesion & (truth.labels == Level.L3.verse_label)
    volume = float(inside.sum()) * truth.geometry.voxel_volume_mm3 / 1000.0
    assert report.volume_ml == pytest.approx(volume)
    assert report.share_of_body == pytest.approx(
        volume / truth.vertebrae[Level.L3].body_volume_ml, rel=0.02
    )
    assert report.kind == "lytic"


def test_that_a_lesion_that_takes_in_a_pedicle_targets_its_side() -> None:
    truth = TRUTH().truth
    pedicle = truth.vertebrae[Level.L3].pedicles[Side.LEFT]
    index = np.argwhere(truth.labels == Level.L3.verse_label)
    places = truth.geometry.lps_mm(index[:, ::-1].astype(float))
    near = np.linalg.norm(places - pedicle.isthmus.array, axis=1) < 5.0
    lesion = np.zeros(truth.labels.shape, np.bool_)
    lesion[tuple(index[near].T)] = True
    report = report_lesion(TRUTH().ct, replace(truth, lesion=lesion), Level.L3)
    target = {part.words for part in report.target_parts}
    assert {"pedicle left", "transverse left", "lamina left"} <= target
    assert not {"pedicle right", "transverse right", "lamina right"} & target
    behind = next(part for part in report.sins if part.name == "posterolateral")
    assert behind.points == 1


def test_that_a_broken_wall_is_no_grade_by_itself() -> None:
    phantom = broken_wall_l3()
    report = report_lesion(phantom.ct, phantom.truth, Level.L3)
    assert report.escc_at_least in ("0", "1a")
    assert "MR" in report.epidural


def test_that_sins_leaves_pain_and_alignment_to_the_user() -> None:
    phantom = easy_l3()
    report = report_lesion(phantom.ct, phantom.truth, Level.L3)
    by_name = {part.name: part for part in report.sins}
    assert by_name["pain"].points is None
    assert by_name["alignment"].points is None
    assert "user" in by_name["pain"].why
    # Location mobile 2, lytic 2, no collapse, nothing behind.
    assert report.sins_range == (4, 4 + 3 + 4)


def test_that_a_level_without_lesion_or_pedicle_is_refused_in_words() -> None:
    phantom = easy_l3()
    with pytest.raises(UsageError, match="no lesion"):
        report_lesion(phantom.ct, phantom.truth, Level.L2)
    vertebra = replace(phantom.truth.vertebrae[Level.L3], pedicles={})
    bare = replace(phantom.truth, vertebrae={**phantom.truth.vertebrae, Level.L3: vertebra})
    with pytest.raises(UsageError, match="pedicle"):
        vertebra_parts(bare, Level.L3)


def filled_body(marrow_hu: float | None, *, alone: bool = False) -> LesionReport:
    """Report a lesion that fills the body of L3, all of one HU or left as it is."""
    phantom = TRUTH()
    truth = phantom.truth
    lesion = truth.bodies == Level.L3.verse_label
    hu = phantom.ct.hu.copy()
    if marrow_hu is not None:
        start = np.rint(phantom.ct.geometry.ijk(truth.geometry.lps_mm(np.zeros(3)))).astype(int)
        noise = np.random.default_rng(5).normal(marrow_hu, 5.0, int(lesion.sum()))
        hu[tuple((np.argwhere(lesion) + start[::-1]).T)] = noise.astype(np.int16)
    seen = {Level.L3: truth.vertebrae[Level.L3]} if alone else truth.vertebrae
    anatomy = replace(truth, lesion=lesion, vertebrae=seen)
    return report_lesion(replace(phantom.ct, hu=hu), anatomy, Level.L3)


def points(report: LesionReport, name: str) -> int | None:
    return next(part.points for part in report.sins if part.name == name)


@pytest.mark.parametrize(
    ("marrow_hu", "kind", "bone"), [(40.0, "lytic", 2), (600.0, "blastic", 0)]
)
def test_that_an_even_lesion_of_the_whole_body_is_told_by_the_neighbours(
    marrow_hu: float, kind: str, bone: int
) -> None:
    report = filled_body(marrow_hu)
    assert report.kind == kind
    assert points(report, "bone") == bone


def test_that_a_lesion_like_marrow_is_of_unknown_kind_and_may_count_the_most() -> None:
    report = filled_body(None)
    assert report.kind == UNKNOWN
    assert points(report, "bone") is None
    # Location mobile 2, half of the body 1; open are pain 3, bone 2 and alignment 4.
    assert report.sins_range == (3, 3 + 3 + 2 + 4)


def test_that_without_neighbours_kind_and_collapse_stay_open() -> None:
    report = filled_body(40.0, alone=True)
    assert report.kind == UNKNOWN
    assert points(report, "bone") is None
    assert points(report, "collapse") is None
    # Location mobile 2; open are pain 3, bone 2, alignment 4 and collapse 3.
    assert report.sins_range == (2, 2 + 3 + 2 + 4 + 3)
