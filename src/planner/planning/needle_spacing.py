"""Several needles: how far apart they are, and whether they would touch."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import acos, degrees
from typing import TYPE_CHECKING

from planner.geometry.points import PointLps, unit
from planner.planning.segment_distance import closest_approach

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from planner.domain.plan import Trajectory, TrajectoryId


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedleSpacing:
    """Two needles.

    Attributes
    ----------
    surfaces_mm
        Least distance between their surfaces, negative where they would run into each other.
    tips_mm
        Between their tips.
    angle_deg
        Between their directions, 0 when parallel.
    at_first, at_second
        Points of the two axes where they are nearest.
    """

    first: TrajectoryId
    second: TrajectoryId
    surfaces_mm: float
    tips_mm: float
    angle_deg: float
    at_first: PointLps
    at_second: PointLps

    @property
    def collide(self) -> bool:
        """Whether both cannot be there at once."""
        return self.surfaces_mm < 0.0


def needle_spacings(
    trajectories: Sequence[Trajectory], outer_diameters_mm: Mapping[TrajectoryId, float]
) -> tuple[NeedleSpacing, ...]:
    """Measure every pair of needles, nearest first."""
    found = [
        _spacing(a, b, (outer_diameters_mm[a.id] + outer_diameters_mm[b.id]) / 2.0)
        for a, b in combinations(trajectories, 2)
    ]
    return tuple(sorted(found, key=lambda pair: pair.surfaces_mm))


def _spacing(a: Trajectory, b: Trajectory, radii_mm: float) -> NeedleSpacing:
    way_a, way_b = a.tip.array - a.entry.array, b.tip.array - b.entry.array
    distance, along_a, along_b = closest_approach(
        a.entry.array, a.tip.array, b.entry.array, b.tip.array
    )
    return NeedleSpacing(
        first=a.id,
        second=b.id,
        surfaces_mm=distance - radii_mm,
        tips_mm=a.tip.distance_mm(b.tip),
        angle_deg=degrees(acos(min(max(float(unit(way_a) @ unit(way_b)), -1.0), 1.0))),
        at_first=PointLps.of(a.entry.array + along_a * way_a),
        at_second=PointLps.of(b.entry.array + along_b * way_b),
    )
