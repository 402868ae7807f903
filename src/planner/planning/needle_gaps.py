"""Several needles: how far apart they are under the skin and out of it, and whether they meet."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import acos, degrees
from typing import TYPE_CHECKING

from planner.geometry.gaps import least_gap
from planner.geometry.points import PointLps, unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.domain.plan import TrajectoryId
    from planner.planning.needle_assembly import NeedleAssembly


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedleGap:
    """Two needles.

    Attributes
    ----------
    surfaces_mm
        Least distance between their surfaces under the skin, negative where they collide.
    outside_mm
        The same for what stands out of the skin, hubs and all; ``None`` while the length of one
        of them is not known.
    tips_mm
        Between their tips.
    angle_deg
        Between their directions, 0 when parallel.
    at_first, at_second
        Points of the two axes where they are nearest under the skin.
    """

    first: TrajectoryId
    second: TrajectoryId
    surfaces_mm: float
    outside_mm: float | None
    tips_mm: float
    angle_deg: float
    at_first: PointLps
    at_second: PointLps

    @property
    def collide(self) -> bool:
        """Whether both cannot be there at once."""
        return self.surfaces_mm < 0.0 or (self.outside_mm is not None and self.outside_mm < 0.0)

    @property
    def words(self) -> str:
        """Such as ``4.2 mm apart``; a collision is loud."""
        if self.surfaces_mm < 0.0:
            return f"NEEDLES COLLIDE by {-self.surfaces_mm:.1f} mm"
        if self.outside_mm is not None and self.outside_mm < 0.0:
            return f"HUBS COLLIDE by {-self.outside_mm:.1f} mm"
        return f"{self.surfaces_mm:.1f} mm apart"

    def other(self, one: TrajectoryId) -> TrajectoryId | None:
        """Return the other needle of the two; ``None`` when ``one`` is neither."""
        return {self.first: self.second, self.second: self.first}.get(one)


def needle_gaps(needles: Mapping[TrajectoryId, NeedleAssembly]) -> tuple[NeedleGap, ...]:
    """Measure every two needles, nearest first."""
    found = [_gap(one, other, needles) for one, other in combinations(needles, 2)]
    return tuple(sorted(found, key=lambda gap: gap.surfaces_mm))


def _gap(
    first: TrajectoryId, second: TrajectoryId, needles: Mapping[TrajectoryId, NeedleAssembly]
) -> NeedleGap:
    one, other = needles[first], needles[second]
    inside = least_gap(one.solids, other.solids)
    outside = None
    if one.outside and other.outside:
        outside = least_gap(one.outside, other.outside).mm
    ways = [unit(item.end.array - item.start.array) for item in (one.applicator, other.applicator)]
    return NeedleGap(
        first=first,
        second=second,
        surfaces_mm=inside.mm,
        outside_mm=outside,
        tips_mm=one.applicator.end.distance_mm(other.applicator.end),
        angle_deg=degrees(acos(min(max(float(ways[0] @ ways[1]), -1.0), 1.0))),
        at_first=inside.at_one,
        at_second=inside.at_other,
    )
