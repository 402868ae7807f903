"""How large a zone is, finer than its voxels."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.physics.heat.metal import Triple

SAMPLE_MM: Final = 0.5
"""Distance of the lines on which a zone is measured; along a line its ends are interpolated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneSize:
    """Full extents of a zone along a needle and across it, and its volume.

    Attributes
    ----------
    length_mm
        Along the needle.
    width_mm, height_mm
        Across it: in the plane of the needle and the grid's x axis, and at right angles.
    """

    length_mm: float
    width_mm: float
    height_mm: float
    volume_ml: float

    @property
    def short_diameter_mm(self) -> float:
        """Short axis of the spheroid of the same length and volume."""
        if not self.length_mm > 0.0:
            return 0.0
        return sqrt(6.0 * self.volume_ml * 1000.0 / (pi * self.length_mm))


def across_axes(axis: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return two unit vectors at right angles to ``axis``; the first lies nearest to x."""
    for start in np.eye(3):
        first = start - axis * (axis @ start)
        if np.linalg.norm(first) > 0.5:  # x itself, unless the needle runs along it
            first /= np.linalg.norm(first)
            return first, np.cross(axis, first)
    raise AssertionError("three unit vectors cannot all lie along one axis")


def measure_zone(
    level: NDArray[np.floating], threshold: float, spacing_mm: float, axis: Triple
) -> ZoneSize:
    """Measure where ``level`` reaches ``threshold``.

    Parameters
    ----------
    level
        ``[k, j, i]``; smooth where the zone ends, such as the logarithm of a dose.
    axis
        Along the needle, in grid axes (x, y, z); need not be of length one.
    """
    inside = np.argwhere(level >= threshold)
    if not len(inside):
        return ZoneSize(length_mm=0.0, width_mm=0.0, height_mm=0.0, volume_ml=0.0)
    along = np.asarray(axis, dtype=np.float64) / np.linalg.norm(axis)
    frame = np.array([along, *across_axes(along)])
    corners_mm = inside[:, ::-1] * spacing_mm
    middle_mm = (corners_mm.min(axis=0) + corners_mm.max(axis=0)) / 2.0
    reach = np.abs((corners_mm - middle_mm) @ frame.T).max(axis=0) + 2.0 * spacing_mm
    lines = [np.arange(-r, r + SAMPLE_MM, SAMPLE_MM) for r in reach]
    a, b, c = np.meshgrid(*lines, indexing="ij")
    points = middle_mm[:, None, None, None] + np.einsum(
        "nabc,nd->dabc", np.array([a, b, c]), frame
    )
    excess = ndimage.map_coordinates(
        level, points[::-1] / spacing_mm, order=1, mode="nearest"
    ) - np.float64(threshold)
    extents = [_longest_mm(np.moveaxis(excess, axis, -1)) for axis in range(3)]
    volume_mm3 = _inside_mm(excess).sum() * SAMPLE_MM**2
    return ZoneSize(
        length_mm=extents[0],
        width_mm=extents[1],
        height_mm=extents[2],
        volume_ml=float(volume_mm3) / 1000.0,
    )


def _shares(excess: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of each piece of each line, between two samples, that lies inside."""
    low = np.minimum(excess[..., 1:], excess[..., :-1])
    high = np.maximum(excess[..., 1:], excess[..., :-1])
    cut = (low < 0.0) & (high > 0.0)
    share = (low >= 0.0).astype(np.float64)
    share[cut] = high[cut] / (high - low)[cut]
    return share


def _inside_mm(excess: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the length inside on each line along the last axis."""
    return np.asarray(_shares(excess).sum(axis=-1) * SAMPLE_MM)


def _longest_mm(excess: NDArray[np.float64]) -> float:
    """Return the extent of the zone along the last axis: from its first end to its last.

    The ends are those of the lines that reach furthest, each interpolated.
    """
    share = _shares(excess)
    pieces = share.shape[-1]
    touched = share > 0.0
    first = touched.argmax(axis=-1)
    last = pieces - 1 - touched[..., ::-1].argmax(axis=-1)
    any_inside = touched.any(axis=-1)
    take = np.take_along_axis
    start = first + 1.0 - take(share, first[..., None], -1)[..., 0]
    end = last + take(share, last[..., None], -1)[..., 0]
    return float((end[any_inside].max() - start[any_inside].min()) * SAMPLE_MM)
