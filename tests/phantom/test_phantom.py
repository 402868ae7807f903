"""The digital spine against its own truth."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.ndimage import label

from phantoms import broken_wall_l3, easy_l3, feet_first_prone_l3, healthy_l3, small
from planner.domain import structures
from planner.domain.errors import CancelledByUserError
from planner.domain.levels import Level, Side, foramen_label
from planner.phantom import make_phantom, truth_document

LEVELS = (Level.L2, Level.L3, Level.L4)


def test_that_equal_recipes_give_equal_voxels_and_other_seeds_do_not() -> None:
    recipe = small(levels=(Level.L3, Level.L3))
    one, again = make_phantom(recipe), make_phantom(recipe)
    other = make_phantom(small(levels=(Level.L3, Level.L3), seed=4))
    assert one.ct.record.sha256 == again.ct.record.sha256
    assert np.array_equal(one.truth.labels, again.truth.labels)
    assert one.ct.record.sha256 != other.ct.record.sha256


def test_that_every_vertebra_is_one_piece() -> None:
    truth = healthy_l3().truth
    for level in LEVELS:
        _, count = label(truth.labels == level.verse_label)
        assert count == 1, level


def test_that_no_voxel_belongs_to_two_structures() -> None:
    truth = healthy_l3().truth
    parts = [truth.labels > 0, truth.discs > 0, truth.canal, truth.foramina > 0]
    assert np.sum(parts, axis=0).max() == 1
    assert not ((truth.bodies > 0) & (truth.labels != truth.bodies)).any()


def test_that_the_left_pedicle_is_on_the_patients_left() -> None:
    for phantom in (healthy_l3(), feet_first_prone_l3()):
        for vertebra in phantom.truth.vertebrae.values():
            pedicles = vertebra.pedicles
            assert pedicles[Side.LEFT].isthmus.x_mm > pedicles[Side.RIGHT].isthmus.x_mm


def test_that_the_isthmus_lies_in_its_own_bone_and_the_canal_between_the_two() -> None:
    for phantom in (healthy_l3(), feet_first_prone_l3()):
        truth = phantom.truth
        for level, vertebra in truth.vertebrae.items():
            points = [vertebra.pedicles[side].isthmus.array for side in Side]
            for point in points:
                i, j, k = np.rint(truth.geometry.ijk(point)).astype(int)
                assert truth.labels[k, j, i] == level.verse_label
            i, j, k = np.rint(truth.geometry.ijk(np.mean(points, axis=0))).astype(int)
            assert truth.canal[k, j, i]


@pytest.mark.parametrize("side", Side)
def test_that_every_foramen_between_whole_levels_is_there(side: Side) -> None:
    truth = healthy_l3().truth
    for level in (Level.L2, Level.L3):
        voxels = np.argwhere(truth.foramina == foramen_label(level, side))
        millilitres = len(voxels) * truth.geometry.voxel_volume_mm3 / 1000.0
        assert 0.5 < millilitres < 6.0
        centre = truth.geometry.lps_mm(voxels.mean(axis=0)[::-1])
        middle = truth.vertebrae[level].body_centre.array
        assert np.sign(centre[0] - middle[0]) == side.sign


def test_that_a_lesion_looks_like_soft_tissue_and_its_wall_stays_whole() -> None:
    phantom = easy_l3()
    truth = phantom.truth
    assert truth.lesion is not None
    deep = np.argwhere(truth.lesion)
    centre = np.rint(deep.mean(axis=0)).astype(int)
    near = tuple(slice(c - 2, c + 3) for c in centre)
    assert 20.0 <= phantom.ct.hu[near].mean() <= 80.0
    wall = truth.vertebrae[Level.L3].posterior_wall
    assert wall is not None
    assert wall.intact
    assert not wall.breaches


def test_that_a_broken_wall_is_told_where_it_is_broken() -> None:
    phantom = broken_wall_l3()
    wall = phantom.truth.vertebrae[Level.L3].posterior_wall
    assert wall is not None
    assert not wall.intact
    marks = phantom.landmarks[Level.L3]
    radius_mm = np.sqrt(wall.breaches[0].area_mm2 / np.pi)
    assert 4.0 < radius_mm < 9.0
    broken, whole = marks.wall_broken, ~marks.wall_broken
    assert np.median(marks.wall_cortex_hu[broken]) < 150.0
    assert np.median(marks.wall_cortex_hu[whole]) > 250.0


def test_that_the_truth_document_is_json_and_names_the_scan() -> None:
    phantom = broken_wall_l3()
    document = json.loads(json.dumps(truth_document(phantom)))
    assert document["ct_sha256"] == phantom.ct.record.sha256 == phantom.truth.ct_sha256
    assert set(document["levels"]) == {"L2", "L3", "L4"}
    assert document["levels"]["L3"]["posterior_wall"]["breach_area_mm2"] > 0


def test_that_a_position_moves_the_picture_and_not_the_patient() -> None:
    supine, prone = easy_l3(), feet_first_prone_l3()
    for level in LEVELS:
        one, other = supine.truth.vertebrae[level], prone.truth.vertebrae[level]
        assert one.centroid.distance_mm(other.centroid) < 0.5
    direction = prone.ct.geometry.direction
    assert np.allclose(direction, np.diag([1.0, -1.0, -1.0]))
    assert prone.ct.record.patient_position == "FFP"


def test_that_making_a_phantom_can_be_stopped() -> None:
    def stop(fraction: float, message: str) -> None:
        raise CancelledByUserError(message)

    with pytest.raises(CancelledByUserError):
        make_phantom(small(), stop)


@pytest.mark.parametrize(
    "changes",
    [
        {"tilt_deg": 18.0},
        {"position": "HFDR"},
        {"position": "FFDL", "tilt_deg": -12.0},
        {"position": "FFS", "spacing_mm": (0.9, 0.9, 3.0)},
    ],
    ids=str,
)
def test_that_tilt_and_position_and_thick_slices_leave_the_patient_where_he_is(
    changes: dict[str, object],
) -> None:
    phantom = make_phantom(small(levels=(Level.L3, Level.L3), **changes))
    upright = healthy_l3().truth.vertebrae[Level.L3]
    truth = phantom.truth
    vertebra = truth.vertebrae[Level.L3]
    assert vertebra.body_centre.distance_mm(upright.body_centre) < 0.6
    assert vertebra.body_volume_ml == pytest.approx(upright.body_volume_ml, rel=0.04)
    assert truth.geometry.is_orthogonal == ("tilt_deg" not in changes)
    assert np.linalg.det(truth.geometry.direction) > 0.0
    for side in Side:
        isthmus = vertebra.pedicles[side].isthmus
        assert isthmus.distance_mm(upright.pedicles[side].isthmus) < 1e-6
        i, j, k = np.rint(truth.geometry.ijk(isthmus.array)).astype(int)
        assert truth.labels[k, j, i] == Level.L3.verse_label


def test_that_a_wide_scan_of_many_levels_names_each_and_has_their_roots() -> None:
    levels = (Level.T10, Level.S1)
    phantom = make_phantom(small(levels=levels, spacing_mm=(2.5, 2.5, 2.5), scoliosis_deg=20.0))
    truth = phantom.truth
    assert len(truth.vertebrae) == 9
    for level, vertebra in truth.vertebrae.items():
        assert vertebra.level is level
        assert vertebra.volume_ml > 10.0
        if level is not Level.S1:
            for side in Side:
                assert truth.masks[structures.root(level, side)].any()
    heights = [vertebra.body_centre.z_mm for vertebra in truth.vertebrae.values()]
    assert heights == sorted(heights, reverse=True)


def test_that_the_cord_ends_about_l1_and_the_sac_goes_on() -> None:
    phantom = make_phantom(
        small(levels=(Level.T11, Level.L4), spacing_mm=(1.5, 1.5, 2.0), noise_hu=0.0)
    )
    truth = phantom.truth
    cord, sac = (truth.masks[name].any(axis=(1, 2)) for name in ("cord", "dural_sac"))
    depth = truth.geometry.lps_mm(np.array([[0.0, 0.0, float(np.argmax(cord))]]))[0, 2]
    bodies = {level: item.body_centre.z_mm for level, item in truth.vertebrae.items()}
    assert bodies[Level.L3] < depth < bodies[Level.T12]
    assert sac.all()
