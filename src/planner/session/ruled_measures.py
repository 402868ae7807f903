"""The measures of a needle with distances as the rules take them, so that one number is said.

``planning`` measures to the surface midway between voxels in and out of an outline, quick enough
for a search; the rules measure to the corners of its voxels, which lie farther out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from planner.domain.sourced import Interval
from planner.domain.structures import POSTERIOR_WALL
from planner.geometry.capsule import Capsule
from planner.planning import measure
from planner.safety.measured import MissingInputError
from planner.safety.ruler import Ruler

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy
    from planner.domain.plan import Trajectory
    from planner.domain.volume import CtVolume
    from planner.planning import Clearance, TrajectoryMeasures

TO_VOXEL_CORNERS: Final = (
    "from the needle's side to the nearest corner of the outline's voxels, as the rules measure"
)


def ruled_measures(
    needle: Trajectory,
    ct: CtVolume,
    anatomy: Anatomy,
    *,
    outer_diameter_mm: float,
    placement_error_mm: float,
) -> TrajectoryMeasures:
    """Measure one needle; no clearance is larger than the one a rule takes."""
    found = measure(
        needle,
        ct,
        anatomy,
        outer_diameter_mm=outer_diameter_mm,
        placement_error_mm=placement_error_mm,
    )
    body = Capsule(needle.entry, needle.tip, outer_diameter_mm / 2.0)
    ruler = Ruler(anatomy)
    ruled = [_ruled(item, body, needle, ruler) for item in found.clearances]
    ordered = sorted(ruled, key=lambda item: item.distance_mm.best)
    return replace(found, clearances=tuple(ordered), clearances_go=TO_VOXEL_CORNERS)


def _ruled(item: Clearance, body: Capsule, needle: Trajectory, ruler: Ruler) -> Clearance:
    """Take the rules' distance where it is the lesser; one they refuse is theirs to say."""
    try:
        if item.structure == POSTERIOR_WALL:
            seen = ruler.needle_to_wall(body, needle.level)
        else:
            seen = ruler.needle(body, item.structure)
    except MissingInputError:
        return item
    was = item.distance_mm
    if seen.distance_mm >= was.best:
        return item
    nearer = was.best - seen.distance_mm
    return replace(
        item,
        at=seen.at,
        distance_mm=Interval(was.low - nearer, seen.distance_mm, was.high - nearer),
    )
