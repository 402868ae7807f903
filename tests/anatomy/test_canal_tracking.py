"""Following the canal again must not lose what the first search found."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from planner.anatomy import builtin
from planner.anatomy.builtin import SpineReading
from planner.anatomy.canal_path import CanalPath
from planner.anatomy.canal_tracking import cut_where_it_leans, tracked
from planner.domain.progress import unreported
from planner.domain.volume import CtVolume, GateVerdict, ScanRecord
from planner.geometry.volume_geometry import VolumeGeometry

HIGH_MM = 120


def column(narrow_mm: float) -> CtVolume:
    """Return bone round a canal of 9 mm radius that is narrow above its lowest third."""
    k, j, i = np.meshgrid(
        np.arange(HIGH_MM), np.arange(-60, 40), np.arange(-40, 41), indexing="ij"
    )
    radius = np.hypot(j, i)
    inner = np.where(k < HIGH_MM // 3, 9.0, narrow_mm)
    bone = ((radius >= inner) & (radius < 15.0)) | (np.hypot(j + 28, i) < 16.0)
    hu = np.where(bone & (radius >= inner), 600, 30).astype(np.int16)
    geometry = VolumeGeometry.axis_aligned(hu.shape[::-1], (1.0, 1.0, 1.0), (-40.0, -60.0, 0.0))
    record = ScanRecord(sha256="0" * 64, verdict=GateVerdict.LOAD, findings=(), locator="")
    return CtVolume(geometry=geometry, hu=hu, record=record)


def found_on(grid_mm: float) -> CanalPath:
    heights = np.arange(3.0, HIGH_MM - 3.0, 3.0)
    points = np.stack([0.0 * heights, 0.0 * heights, heights], 1)
    return CanalPath(
        points_mm=points,
        scores=np.full(len(points), 0.9),
        grid_mm=grid_mm,
        bone_hu=190.0,
        noise_hu=5.0,
    )


@pytest.mark.parametrize("grid_mm", [1.5, 2.0])
@pytest.mark.parametrize("narrow_mm", [9.0, 5.0, 4.0])
def test_that_a_canal_that_narrows_is_followed_as_far_as_it_was_found(
    narrow_mm: float, grid_mm: float
) -> None:
    first = found_on(grid_mm)
    again = tracked(column(narrow_mm), first).points_mm
    assert again[0, 2] < 30.0
    assert again[-1, 2] > HIGH_MM - 30.0
    assert np.hypot(again[:, 0], again[:, 1]).max() < 4.0


def leaning(aside_per_mm: float, lowest_mm: float = 36.0) -> CanalPath:
    """A path that runs straight up, and below some height aside."""
    path = found_on(2.0)
    points = path.points_mm.copy()
    points[:, 1] += aside_per_mm * np.maximum(0.0, lowest_mm - points[:, 2])
    return replace(path, points_mm=points)


def test_that_a_path_that_stands_upright_keeps_its_end() -> None:
    for path in (found_on(2.0), leaning(0.4)):
        assert cut_where_it_leans(path) is path


@pytest.mark.parametrize("way", [-1.0, 1.0])
def test_that_a_path_is_cut_where_it_begins_to_lean(way: float) -> None:
    cut = cut_where_it_leans(leaning(way))
    assert 12.0 <= cut.points_mm[0, 2] <= 36.0
    assert cut.points_mm[-1, 2] == found_on(2.0).points_mm[-1, 2]
    assert len(cut.scores) == len(cut.points_mm)


def test_that_a_path_that_leans_all_along_loses_no_more_than_can_be_found_again() -> None:
    path = leaning(1.0, 200.0)
    assert cut_where_it_leans(path).points_mm[0, 2] - path.points_mm[0, 2] < 40.0


def reading(stepped_mm: float, irregularity: float) -> SpineReading:
    discs = SimpleNamespace(irregularity=irregularity, coverage=0.9, s_mm=np.arange(6.0))
    moved = np.array([0.0, stepped_mm])
    return SpineReading(path=None, curve=None, straight=None, discs=discs, moved_mm=moved)


@pytest.mark.parametrize(
    ("other", "taken"),
    [
        (reading(1.0, 0.05), True),
        (reading(1.0, 0.09), False),  # clear of bone, but its discs are less regular
        (reading(3.5, 0.05), False),  # still through bone
    ],
)
def test_that_a_leaning_end_is_read_again_and_kept_where_both_axis_and_discs_say_so(
    monkeypatch: pytest.MonkeyPatch, other: SpineReading, taken: bool
) -> None:
    first, through_bone = leaning(1.0), reading(4.0, 0.08)
    ct = column(9.0)
    monkeypatch.setattr(builtin, "hypotheses", lambda *_: [first])
    monkeypatch.setattr(
        builtin, "_read_along", lambda _, path, _report: through_bone if path is first else other
    )
    found = builtin.read_spine(ct, unreported)
    assert found is (other if taken else through_bone)


def test_that_a_path_clear_of_bone_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[CanalPath] = []

    def read(_: CtVolume, path: CanalPath, _report: object) -> SpineReading:
        asked.append(path)
        return reading(2.0, 0.08)

    monkeypatch.setattr(builtin, "hypotheses", lambda *_: [leaning(1.0)])
    monkeypatch.setattr(builtin, "_read_along", read)
    builtin.read_spine(column(9.0), unreported)
    assert len(asked) == 1
