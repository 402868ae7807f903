"""Following the canal again must not lose what the first search found."""

import numpy as np
import pytest

from planner.anatomy.canal_path import CanalPath
from planner.anatomy.canal_tracking import tracked
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
