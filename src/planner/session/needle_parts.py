"""The parts of each planned needle, and where two of them come near each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from planner.planning import needle_gaps, planned_assemblies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from planner.catalog import Catalog
    from planner.domain.plan import Plan, TrajectoryId
    from planner.planning import NeedleAssembly, NeedleGap

NEAR_MM: Final = 15.0
"""Needles farther apart than this do not hinder each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedleParts:
    """The parts of every needle, and every two that come near each other, nearest first."""

    assemblies: Mapping[TrajectoryId, NeedleAssembly] = field(default_factory=dict)
    gaps: tuple[NeedleGap, ...] = ()


def needle_parts(plan: Plan, catalog: Catalog) -> NeedleParts:
    """Return what is really there of every needle, and the gaps between them."""
    made = planned_assemblies(plan, catalog)
    gaps = needle_gaps(made)
    near = (gap for gap in gaps if gap.collide or gap.surfaces_mm <= NEAR_MM)
    return NeedleParts(assemblies=made, gaps=tuple(near))
