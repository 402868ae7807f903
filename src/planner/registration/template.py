"""The points of one vertebra by which it is found again: its bone's edge, away from others'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import edt
import numpy as np

from planner.geometry.boxes import box_of, cropped
from planner.registration.alignment import Samples
from planner.registration.patch import patch_about
from planner.registration.reading import read

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.levels import Level
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector

BAND_MM: Final = 2.5
"""Points lie this near the outlined surface, on both sides of it."""

OTHERS_MM: Final = 2.0
"""No point lies this near the outline of a neighbour, which moves by itself."""

LEAST_SLOPE_HU_PER_MM: Final = 60.0
"""Only where grey values change can a shift be seen."""

FINE_POINTS, COARSE_POINTS = 6000, 600

FEWEST_SHARE: Final = 0.25
"""With fewer than this share of the points wanted, the edge is hardly seen."""

COARSE_MM: Final = 2.5
"""Smoothing of the first look: an edge is then felt from some millimetres off."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Template:
    """One vertebra as the scan with the outlines shows it.

    Attributes
    ----------
    fine, coarse
        Points about its surface with the grey values there, lightly and strongly smoothed.
    wall_mm
        Points of the posterior wall, shape ``(n, 3)``, LPS.
    low_mm, high_mm
        Corners of the box about all points.
    """

    vertebra: Vertebra
    fine: Samples
    coarse: Samples
    wall_mm: Vector
    low_mm: Vector
    high_mm: Vector

    @property
    def frame(self) -> NDArray[np.float64]:
        """Shape ``(4, 4)``: the vertebra's own left, posterior and superior mm to LPS mm."""
        matrix = np.eye(4)
        matrix[:3, 0], matrix[:3, 2] = self.vertebra.left, self.vertebra.superior
        matrix[:3, 1] = -np.array(self.vertebra.anterior)
        matrix[:3, 3] = self.vertebra.body_centre.array
        left, _, right = np.linalg.svd(matrix[:3, :3])
        matrix[:3, :3] = left @ right
        return matrix


def template_of(ct: CtVolume, anatomy: Anatomy, level: Level, fine_mm: float) -> Template | None:
    """Return the template of one level; ``None`` where its edge is hardly seen.

    Parameters
    ----------
    fine_mm
        Smoothing of the fine points.
    """
    points = _points_about(anatomy, level)
    if points is None:
        return None
    low_mm, high_mm = points.min(axis=0), points.max(axis=0)
    fine = _samples(ct, points, fine_mm, FINE_POINTS)
    coarse = _samples(ct, points, COARSE_MM, COARSE_POINTS)
    if fine is None or coarse is None:
        return None
    vertebra = anatomy.vertebrae[level]
    return Template(
        vertebra=vertebra,
        fine=fine,
        coarse=coarse,
        wall_mm=wall_points_mm(vertebra),
        low_mm=low_mm,
        high_mm=high_mm,
    )


def wall_points_mm(vertebra: Vertebra) -> Vector:
    """Return points of the posterior wall; where none was outlined, of the back of the body."""
    if vertebra.posterior_wall is not None and len(vertebra.posterior_wall.points_mm):
        return vertebra.posterior_wall.points_mm
    wide, deep, tall = vertebra.body_size_mm
    back = vertebra.body_centre.array - 0.5 * deep * np.array(vertebra.anterior)
    left, up = np.array(vertebra.left), np.array(vertebra.superior)
    places = [
        back + u * wide * left + w * tall * up
        for u in (-0.2, 0.0, 0.2)
        for w in (-0.35, 0.0, 0.35)
    ]
    return np.array(places)


def _points_about(anatomy: Anatomy, level: Level) -> Vector | None:
    """Return a point in every voxel near the vertebra's surface and not near another's.

    Each lies somewhere in its voxel, so that no grid is favoured.
    """
    spacing = anatomy.geometry.spacing_mm
    margin = int(np.ceil(2.0 * BAND_MM / min(spacing)))
    box = box_of(anatomy.labels == level.verse_label, margin)
    if box is None:
        return None
    labels = anatomy.labels[box]
    own = labels == level.verse_label

    def away_mm(part: NDArray[np.bool_]) -> NDArray[np.float32]:
        return np.asarray(edt.edt(~part, anisotropy=spacing[::-1], black_border=False))

    near = (away_mm(own) < BAND_MM) & (away_mm(~own) < BAND_MM)
    others = (labels != 0) & ~own
    if others.any():
        near &= away_mm(others) > OTHERS_MM
    index = np.argwhere(near)[:, ::-1]
    if not len(index):
        return None
    within = np.random.default_rng(0).uniform(-0.5, 0.5, index.shape)
    return cropped(anatomy.geometry, box).lps_mm(index + within)


def _samples(ct: CtVolume, points: Vector, smooth_mm: float, most: int) -> Samples | None:
    """Return points at edges with their grey values; ``None`` where there are hardly any."""
    patch = patch_about(ct, points.min(axis=0), points.max(axis=0), smooth_mm)
    if patch is None:
        return None
    values, slopes = np.empty(len(points)), np.zeros_like(points)
    read(patch, np.eye(4), points, values, slopes)
    steep = np.linalg.norm(slopes, axis=1) * max(smooth_mm, 1.0) > LEAST_SLOPE_HU_PER_MM
    wanted = np.flatnonzero(~np.isnan(values) & steep)
    if len(wanted) < FEWEST_SHARE * most:
        return None
    chosen = np.random.default_rng(1).permutation(wanted)[:most]
    return Samples(
        points_mm=np.ascontiguousarray(points[chosen]), hu=values[chosen], slopes=slopes[chosen]
    )
