"""Whether the spine's back lies where the header puts it, seen from the picture alone."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest

from planner.domain.levels import Level
from planner.domain.volume import CtVolume, GateVerdict
from planner.geometry.volume_geometry import VolumeGeometry
from planner.imaging import facing_of_outlines, inspect, load_ct, write_ct_series, write_volume
from planner.imaging.posterior import Cues, Facing, facing_of
from planner.phantom import Recipe, make_phantom
from planner.phantom.recipe import FieldOfView, Position

if TYPE_CHECKING:
    from pathlib import Path

    from planner.phantom import Phantom

HALF_TURN = np.diag([-1.0, -1.0, 1.0, 1.0])
FRONT_TO_BACK = np.diag([1.0, -1.0, 1.0, 1.0])
SIDE_TO_SIDE = np.diag([-1.0, 1.0, 1.0, 1.0])
REAL_CT = ("lumbar_ct_verse014/ct.nii.gz", "thoracic_ct_dicom", "trunk_ct_3mm/ct.nii.gz")


@cache
def spine(position: Position = Position.HFS, field: FieldOfView = FieldOfView.TRUNK) -> Phantom:
    """Make three lumbar vertebrae, coarse, so that eight positions take seconds."""
    return make_phantom(
        Recipe(
            seed=7,
            levels=(Level.L1, Level.L3),
            position=position,
            field_of_view=field,
            spacing_mm=(2.0, 2.0, 3.0),
        )
    )


def seen_from(geometry: VolumeGeometry, lie: np.ndarray) -> VolumeGeometry:
    """Return the grid of a header that is wrong by ``lie``."""
    return VolumeGeometry.from_matrix(geometry.size_ijk, lie @ geometry.lps_from_ijk)


@pytest.mark.parametrize("position", Position)
def test_that_a_sound_header_agrees_in_every_position(position: Position) -> None:
    ct = spine(position).ct
    assert facing_of(ct.hu, ct.geometry) is Facing.AGREES


@pytest.mark.parametrize("position", [Position.HFS, Position.HFP, Position.FFDR])
@pytest.mark.parametrize("lie", [HALF_TURN, FRONT_TO_BACK], ids=["half turn", "front to back"])
def test_that_a_patient_who_lay_the_other_way_is_found(
    position: Position, lie: np.ndarray
) -> None:
    ct = spine(position).ct
    assert facing_of(ct.hu, seen_from(ct.geometry, lie)) is Facing.CONTRADICTS


def test_that_a_close_field_of_view_is_enough() -> None:
    ct = spine(Position.HFS, FieldOfView.SPINE).ct
    assert facing_of(ct.hu, ct.geometry) is Facing.AGREES
    assert facing_of(ct.hu, seen_from(ct.geometry, HALF_TURN)) is Facing.CONTRADICTS


def test_that_bone_alone_cannot_show_a_picture_mirrored_from_side_to_side() -> None:
    ct = spine().ct
    assert facing_of(ct.hu, seen_from(ct.geometry, SIDE_TO_SIDE)) is Facing.AGREES


@pytest.mark.parametrize(
    "hu",
    [
        np.full((20, 60, 60), -1000, np.int16),
        np.full((20, 60, 60), 40, np.int16),
        np.full((20, 60, 60), 900, np.int16),
        np.random.default_rng(1).normal(40, 300, (20, 60, 60)).astype(np.int16),
        np.zeros((3, 1, 1), np.int16),
    ],
    ids=["air", "water", "metal", "noise", "tiny"],
)
def test_that_a_picture_without_a_spine_cannot_tell(hu: np.ndarray) -> None:
    k, j, i = hu.shape
    geometry = VolumeGeometry.axis_aligned((i, j, k), (3.0, 3.0, 3.0))
    assert facing_of(hu, geometry) is Facing.UNKNOWN


def test_that_a_bright_ball_in_front_of_the_spine_raises_no_alarm() -> None:
    """A heart full of contrast medium outshines the column."""
    ct = spine().ct
    hu = ct.hu.copy()
    k, j, i = np.indices(hu.shape)
    points = ct.geometry.lps_mm(np.stack([i, j, k], axis=-1).astype(float))
    bone = points[spine().truth.labels > 0] if spine().truth.labels.shape == hu.shape else points
    middle = bone.mean(axis=0) - np.array([0.0, 75.0, 0.0])
    hu[((points - middle) ** 2).sum(axis=-1) < 35.0**2] = 400
    assert facing_of(hu, ct.geometry) is not Facing.CONTRADICTS


def test_that_a_grid_turned_away_from_the_patients_axes_is_not_judged() -> None:
    ct = spine().ct
    turn = np.eye(4)
    turn[:2, :2] = [[np.sqrt(0.5), -np.sqrt(0.5)], [np.sqrt(0.5), np.sqrt(0.5)]]
    assert facing_of(ct.hu, seen_from(ct.geometry, turn)) is Facing.UNKNOWN


def test_that_outlines_tell_the_same() -> None:
    truth = spine().truth
    assert facing_of_outlines(truth.labels, truth.geometry) is Facing.AGREES
    lie = seen_from(truth.geometry, HALF_TURN)
    assert facing_of_outlines(truth.labels, lie) is Facing.CONTRADICTS


@pytest.mark.parametrize(
    ("cues", "facing"),
    [
        ((-1, 0, 0), Facing.UNKNOWN), ((-1, -1, 0), Facing.CONTRADICTS),
        ((0, -2, 0), Facing.CONTRADICTS), ((1, -2, -1), Facing.UNKNOWN),
        ((1, 0, 0), Facing.AGREES), ((1, 0, -1), Facing.UNKNOWN), ((0, 0, 0), Facing.UNKNOWN),
    ],
)  # fmt: skip
def test_that_one_cue_alone_never_contradicts(cues: tuple[int, int, int], facing: Facing) -> None:
    skin, process, shape = cues
    assert Cues(skin=skin, process=process, shape=shape).facing is facing


def _lying(ct: CtVolume) -> CtVolume:
    """Return the scan as a console would write it after a wrong entry."""
    return CtVolume(geometry=seen_from(ct.geometry, HALF_TURN), hu=ct.hu, record=ct.record)


def test_that_the_record_and_the_inspection_of_a_series_carry_it(tmp_path: Path) -> None:
    write_ct_series(tmp_path / "a", spine().ct)
    write_ct_series(tmp_path / "b", _lying(spine().ct))
    assert load_ct(tmp_path / "a").record.posterior_side == "agrees"
    assert inspect(tmp_path / "a").series[0].as_json()["posterior_side"] == "agrees"
    lying = load_ct(tmp_path / "b").record
    assert lying.posterior_side == "contradicts"
    assert lying.verdict is GateVerdict.WARN
    assert "DCM-POSTERIOR-SIDE" in {found.code for found in lying.findings}
    shown = inspect(tmp_path / "b").series[0]
    assert "DCM-POSTERIOR-SIDE" in {found.code for found in shown.findings}
    assert inspect(tmp_path / "b", pixels=False).series[0].posterior_side == "cannot tell"


def test_that_a_volume_file_carries_it_too(tmp_path: Path) -> None:
    lying = _lying(spine().ct)
    write_volume(tmp_path / "a.nrrd", lying.geometry, lying.hu)
    record = load_ct(tmp_path / "a.nrrd").record
    assert record.posterior_side == "contradicts"
    assert "DCM-POSTERIOR-SIDE" in {found.code for found in record.findings}
    codes = {found.code for found in inspect(tmp_path / "a.nrrd").series[0].findings}
    assert "DCM-POSTERIOR-SIDE" in codes


@pytest.mark.parametrize("name", REAL_CT)
def test_that_real_patients_agree_and_are_found_when_turned(real_ct: Path, name: str) -> None:
    ct = load_ct(real_ct / name)
    assert ct.record.posterior_side == "agrees"
    assert facing_of(ct.hu, seen_from(ct.geometry, HALF_TURN)) is Facing.CONTRADICTS
