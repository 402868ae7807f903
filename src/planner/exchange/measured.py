"""The plan's numbers, grouped as a measurement report groups them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.prediction import PredictedZone
from planner.exchange.plan_parts import needle_name
from planner.imaging.outbound.measurements import MeasuredGroup, Quantity, Subject

if TYPE_CHECKING:
    from planner.domain.plan import Plan
    from planner.exchange.plan_parts import Exported

MM3_PER_ML = 1000.0


def measured_groups(plan: Plan, scene: Exported) -> tuple[MeasuredGroup, ...]:
    """Return one group per needle, predicted zone and cement injection."""
    groups = []
    for trajectory in plan.trajectories:
        name, _ = needle_name(plan, trajectory.id)
        groups.append(
            MeasuredGroup(
                key=f"needle {name}",
                subject=Subject.NEEDLE,
                level=trajectory.level,
                side=trajectory.side,
                values=(
                    (Quantity.NEEDLE_LENGTH_MM, trajectory.length_mm),
                    (Quantity.ANGLE_TO_MIDLINE_DEG, trajectory.towards_midline_deg),
                    (Quantity.ANGLE_UPWARD_DEG, trajectory.upward_deg),
                ),
                line=(trajectory.entry, trajectory.tip),
            )
        )
    return (*groups, *_zone_groups(plan, scene), *_cement_groups(plan, scene))


def _zone_groups(plan: Plan, scene: Exported) -> list[MeasuredGroup]:
    groups = []
    for ablation in plan.ablations:
        zone = scene.zones.get(ablation.id)
        if isinstance(zone, PredictedZone):
            name, trajectory = needle_name(plan, ablation.trajectory_id)
            groups.append(
                MeasuredGroup(
                    key=f"zone of needle {name}",
                    subject=Subject.ZONE,
                    level=trajectory.level,
                    side=trajectory.side,
                    values=(
                        (Quantity.ZONE_LENGTH_MM, 2.0 * zone.shape.half_length_mm),
                        (Quantity.ZONE_WIDTH_MM, 2.0 * zone.shape.half_width_mm),
                        (Quantity.ZONE_VOLUME_ML, zone.shape.volume_mm3 / MM3_PER_ML),
                    ),
                )
            )
    return groups


def _cement_groups(plan: Plan, scene: Exported) -> list[MeasuredGroup]:
    groups = []
    for injection in plan.cements:
        name, trajectory = needle_name(plan, injection.trajectory_id)
        values = [(Quantity.CEMENT_ASKED_ML, injection.volume_ml)]
        if fill := scene.cements.get(injection.id):
            values.append((Quantity.CEMENT_PLACED_ML, fill.placed_ml))
            values.append((Quantity.FILL_PERCENT, 100.0 * fill.fill_fraction))
        groups.append(
            MeasuredGroup(
                key=f"cement of needle {name}",
                subject=Subject.CEMENT,
                level=trajectory.level,
                side=trajectory.side,
                values=tuple(values),
            )
        )
    return groups
