"""Distances, angles and HU of regions measured on the slices; they are no part of the plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import pi
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.geometry.points import unit

if TYPE_CHECKING:
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps, Vector

SHORTEST_MM: Final = 0.2
"""Ends nearer than this are a click, not a measure."""

LARGEST_RADIUS_MM: Final = 60.0
"""A region larger than this is no region of a vertebra."""


class MeasureKind(StrEnum):
    """What is measured."""

    DISTANCE = "distance"
    ANGLE = "angle"
    REGION = "HU region"


POINTS: Final = {MeasureKind.DISTANCE: 2, MeasureKind.ANGLE: 3, MeasureKind.REGION: 2}
"""How many points each needs; a region has its middle and a point of its rim."""

HINTS: Final = {
    MeasureKind.DISTANCE: "Draw from end to end",
    MeasureKind.ANGLE: "Draw to the corner, then on",
    MeasureKind.REGION: "Draw from middle to rim",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One measure, or one that is being drawn.

    Attributes
    ----------
    normal
        Unit normal of the slice it was drawn on, LPS.
    words
        What came out; empty while there are too few points.
    """

    kind: MeasureKind
    points: tuple[PointLps, ...]
    normal: tuple[float, float, float]
    words: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether all its points are there, apart from each other."""
        ends = zip(self.points[:-1], self.points[1:], strict=True)
        apart = all(a.distance_mm(b) >= SHORTEST_MM for a, b in ends)
        return len(self.points) == POINTS[self.kind] and apart


def measured(measure: Measure, ct: CtVolume) -> str:
    """Return the result in words; empty while it is not whole."""
    if not measure.is_whole:
        return ""
    if measure.kind is MeasureKind.DISTANCE:
        return f"{measure.points[0].distance_mm(measure.points[1]):.1f} mm"
    if measure.kind is MeasureKind.ANGLE:
        return f"{angle_deg(*measure.points):.1f}°"
    middle, rim = measure.points
    return region_words(ct, middle, np.array(measure.normal), middle.distance_mm(rim))


def angle_deg(end: PointLps, corner: PointLps, other: PointLps) -> float:
    """Return the angle at ``corner``, 0 to 180 degrees."""
    a, b = unit(end.array - corner.array), unit(other.array - corner.array)
    # By the tangent: the cosine alone is blunt near 0 and 180 degrees.
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)))


def region_words(ct: CtVolume, middle: PointLps, normal: Vector, radius_mm: float) -> str:
    """Say what the voxels of a disc on a slice hold."""
    values = region_hu(ct, middle, normal, radius_mm)
    area = f"{pi * radius_mm**2 / 100:.2f} cm²"
    if not values.size:
        return f"no voxel, {area}"
    words = (
        f"{values.mean():.0f} ± {values.std():.0f} HU, {values.min():.0f} to "
        f"{values.max():.0f}, {area}, {values.size} voxels of one slice"
    )
    return words.replace("-", "−")


def region_hu(ct: CtVolume, middle: PointLps, normal: Vector, radius_mm: float) -> Vector:
    """Return the HU of the voxels whose centres lie in a disc one voxel thick, shape ``(n,)``.

    Voxels as they are, not interpolated, so that their spread is that of the scan.
    """
    radius_mm = min(radius_mm, LARGEST_RADIUS_MM)
    geometry = ct.geometry
    cosines = np.abs(geometry.direction.T @ normal)
    half_mm = geometry.spacing_mm[int(cosines.argmax())] / 2
    reach = np.abs(geometry.ijk_from_lps[:3, :3]) @ np.full(3, radius_mm + half_mm)
    at = geometry.ijk(middle.array)
    low = np.maximum(np.floor(at - reach), 0).astype(int)
    high = np.minimum(np.ceil(at + reach), np.array(geometry.size_ijk) - 1).astype(int)
    if (low > high).any():
        return np.zeros(0)
    axes = [np.arange(a, b + 1) for a, b in zip(low, high, strict=True)]
    ijk = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    offset = geometry.lps_mm(ijk.astype(np.float64)) - middle.array
    depth = offset @ normal
    away = np.linalg.norm(offset - depth[:, None] * normal, axis=1)
    # Half a slice to one side counts, to the other not, so that no voxel counts for two slices.
    inside = ijk[(away <= radius_mm) & (depth >= -half_mm) & (depth < half_mm)]
    return np.asarray(ct.hu[inside[:, 2], inside[:, 1], inside[:, 0]], dtype=np.float64)
