"""Brush strokes as voxels: what lies within reach of a line."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.geometry.points import PointLps, Vector
    from planner.geometry.volume_geometry import VolumeGeometry

Box = tuple[slice, slice, slice]

NOWHERE: Box = (slice(0, 0), slice(0, 0), slice(0, 0))


def along_line(
    geometry: VolumeGeometry,
    points: Sequence[PointLps],
    radius_mm: float,
    normal: tuple[float, float, float] | None = None,
) -> tuple[Box, NDArray[np.bool_]]:
    """Return the index box of a stroke on a grid and the voxels in it that it covers.

    Parameters
    ----------
    normal
        Of the picture it was drawn in; the stroke is then one voxel thick along it. The voxels
        nearest to the line itself are always covered, however fine the brush.
    """
    line = np.array([point.array for point in points])
    index = geometry.ijk(line)
    reach = radius_mm * np.linalg.norm(geometry.ijk_from_lps[:3, :3], axis=1) + 1.0
    size = np.array(geometry.size_ijk)
    low = np.clip(np.floor((index - reach).min(axis=0)), 0, size).astype(int)
    high = np.clip(np.ceil((index + reach).max(axis=0)) + 1, 0, size).astype(int)
    if (low >= high).any():
        return NOWHERE, np.zeros((0, 0, 0), np.bool_)
    box = (
        slice(int(low[2]), int(high[2])),
        slice(int(low[1]), int(high[1])),
        slice(int(low[0]), int(high[0])),
    )
    places = np.moveaxis(np.indices([axis.stop - axis.start for axis in box]), 0, -1)[..., ::-1]
    voxels = geometry.lps_mm(places + low)
    mask = _distance_mm(voxels, line) <= radius_mm
    if normal is not None:
        thickness_mm = 1.0 / float(
            np.linalg.norm(geometry.ijk_from_lps[:3, :3] @ np.array(normal))
        )
        mask &= np.abs((voxels - line[0]) @ np.array(normal)) <= 0.5 * thickness_mm
    nearest = np.rint(index).astype(int)
    for i, j, k in nearest[((nearest >= low) & (nearest < high)).all(axis=1)] - low:
        mask[k, j, i] = True
    return box, mask


def _distance_mm(voxels: Vector, line: Vector) -> NDArray[np.float64]:
    """Return the distance of voxels, shape ``(k, j, i, 3)``, to a line through points."""
    best = np.linalg.norm(voxels - line[0], axis=-1)
    for start, end in itertools.pairwise(line):
        along = end - start
        length2 = float(along @ along)
        if length2 == 0.0:
            continue
        part = np.clip(((voxels - start) @ along) / length2, 0.0, 1.0)
        best = np.minimum(best, np.linalg.norm(voxels - start - part[..., None] * along, axis=-1))
    return np.asarray(best, dtype=np.float64)
