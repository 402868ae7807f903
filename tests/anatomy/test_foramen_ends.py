"""Where a foramen ends on the sacrum, in a straight spine whose truth is a formula."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from planner.anatomy.foramina import ForamenEnd, sacral_end
from planner.anatomy.spine_curve import SpineCurve
from planner.domain.levels import Side
from planner.geometry.volume_geometry import VolumeGeometry

SOFT_HU, BONE_HU = 30.0, 400.0
LONG_MM, CANAL_MM = 90, 8.0
UPPER = ForamenEnd(svu_mm=(70.0, 2.0, 20.0), edge_s_mm=62.0, width_mm=14.0)


def spine(top_of_sacrum_mm: float) -> Any:
    """Return a model whose voxels lie 1 mm apart along s, v and u, with a block for a sacrum."""
    axes = np.tile(np.eye(3)[:, None], (1, LONG_MM, 1))
    points = np.zeros((LONG_MM, 3))
    points[:, 2] = np.arange(LONG_MM)
    curve = SpineCurve(points_mm=points, superior=axes[2], left=axes[0], anterior=-axes[1])
    geometry = VolumeGeometry.axis_aligned(
        (101, 81, LONG_MM), (1.0, 1.0, 1.0), (-50.0, -40.0, 0.0)
    )
    s, y, u = np.meshgrid(
        np.arange(LONG_MM), np.arange(-40.0, 41.0), np.arange(-50.0, 51.0), indexing="ij"
    )
    canal = np.hypot(y, u) < CANAL_MM
    hu = np.where((s < top_of_sacrum_mm) & ~canal, BONE_HU, SOFT_HU).astype(np.float32)
    return SimpleNamespace(
        curve=curve, located=np.stack([s, -y, u]).astype(np.float32), canal=canal,
        centre_s=np.array([25.0]), soft_hu=SOFT_HU,
        volume=SimpleNamespace(hu=hu, geometry=geometry),
        whole=tuple(slice(0, n) for n in hu.shape),
    )  # fmt: skip


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("top_mm", [36.0, 45.0, 52.0])
def test_that_it_ends_where_the_bone_of_the_sacrum_begins(side: Side, top_mm: float) -> None:
    end = sacral_end(spine(top_mm), 1, UPPER, side)
    assert end is not None
    assert end.edge_s_mm == pytest.approx(top_mm, abs=1.0)
    # From the canal outward half of the 22.4 mm that are published.
    assert end.svu_mm[2] * side.sign == pytest.approx(CANAL_MM + 11.2, abs=1.0)


@pytest.mark.parametrize("front_mm", [2.0, 4.5])
def test_that_the_articular_process_on_the_sacrum_is_not_taken_for_its_top(
    front_mm: float,
) -> None:
    """The broader one stands on more than half of the ways down."""
    model = spine(40.0)
    s, v, _ = model.located
    process = (s < 56.0) & (v > -4.0) & (v < front_mm) & ~model.canal
    model.volume.hu[process] = BONE_HU
    end = sacral_end(model, 1, UPPER, Side.LEFT)
    assert end is not None
    assert end.edge_s_mm == pytest.approx(40.0, abs=1.0)


def test_that_without_bone_below_nothing_is_said() -> None:
    assert sacral_end(spine(0.0), 1, UPPER, Side.LEFT) is None
