"""The parts of each planned needle: its cannula, drawn back, and what works beyond it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.planning import assembled, bare_needle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.catalog import Catalog
    from planner.domain.plan import Plan, Trajectory, TrajectoryId
    from planner.geometry.capsule import Capsule
    from planner.planning import NeedleAssembly


def needle_assembly(needle: Trajectory, plan: Plan, catalog: Catalog) -> NeedleAssembly:
    """Return the parts of a needle with the device planned on it, or of a bare bone needle."""
    burn = next((item for item in plan.ablations if item.trajectory_id == needle.id), None)
    device = None if burn is None else catalog.devices.get(burn.device_id)
    width_mm = catalog.access_diameter([device] if device else []).value
    return bare_needle(needle, width_mm) if device is None else assembled(needle, device, width_mm)


def needle_solids(plan: Plan, catalog: Catalog) -> Mapping[TrajectoryId, tuple[Capsule, ...]]:
    """Return what is really there of every needle, the widest first."""
    return {item.id: needle_assembly(item, plan, catalog).solids for item in plan.trajectories}
