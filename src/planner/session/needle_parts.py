"""The parts of each planned needle: its cannula, drawn back, and what works beyond it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Final

from planner.domain.plan import SHORTEST_TRAJECTORY_MM
from planner.planning import assembled, bare_needle
from planner.planning.needle_assembly import nearest_gap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.catalog import Catalog
    from planner.domain.plan import Plan, Trajectory, TrajectoryId
    from planner.planning import NeedleAssembly
    from planner.planning.needle_assembly import Gap

NEAR_MM: Final = 15.0
"""Needles farther apart than this do not hinder each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedleGap:
    """Two needles that come near each other."""

    first: TrajectoryId
    second: TrajectoryId
    gap: Gap

    @property
    def collide(self) -> bool:
        """Whether both cannot be there at once."""
        return self.gap.mm < 0.0

    @property
    def words(self) -> str:
        """Such as ``4.2 mm apart``."""
        if self.collide:
            return f"NEEDLES COLLIDE by {-self.gap.mm:.1f} mm"
        return f"{self.gap.mm:.1f} mm apart"


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedleParts:
    """The parts of every needle, and where two of them come near each other, nearest first."""

    assemblies: Mapping[TrajectoryId, NeedleAssembly] = field(default_factory=dict)
    gaps: tuple[NeedleGap, ...] = ()


def needle_assembly(needle: Trajectory, plan: Plan, catalog: Catalog) -> NeedleAssembly:
    """Return the parts of a needle with the device planned on it, or of a bare bone needle."""
    burn = next((item for item in plan.ablations if item.trajectory_id == needle.id), None)
    device = None if burn is None else catalog.devices.get(burn.device_id)
    width_mm = catalog.access_diameter([device] if device else []).value
    if burn is None or device is None:
        return bare_needle(needle, width_mm)
    back_mm = min(burn.active_offset_mm, needle.length_mm - SHORTEST_TRAJECTORY_MM)
    return assembled(needle, device, width_mm, tip_back_mm=back_mm)


def needle_parts(plan: Plan, catalog: Catalog) -> NeedleParts:
    """Return what is really there of every needle, and the gaps between them."""
    made = {item.id: needle_assembly(item, plan, catalog) for item in plan.trajectories}
    gaps = [
        NeedleGap(first=one, second=other, gap=nearest_gap(made[one], made[other]))
        for one, other in combinations(made, 2)
    ]
    near = sorted((gap for gap in gaps if gap.gap.mm <= NEAR_MM), key=lambda gap: gap.gap.mm)
    return NeedleParts(assemblies=made, gaps=tuple(near))
