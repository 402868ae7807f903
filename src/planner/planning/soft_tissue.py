"""What a path meets between the skin and the vertebra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from planner.planning.body_outline import AIR_HU, body_outline
from planner.planning.sampling import along_line
from planner.planning.surfaces import surroundings_of

if TYPE_CHECKING:
    from planner.domain.anatomy import Anatomy
    from planner.domain.plan import Trajectory
    from planner.domain.volume import CtVolume

STEP_MM: Final = 0.5
BONE_HU: Final = 250.0
"""Ribs and processes; muscle and contrast in small vessels stay below."""

BONE_LENGTH_MM: Final = 2.0
GAS_LENGTH_MM: Final = 2.0
SKIN_DEPTH_MM: Final = 5.0
"""Air this near to the skin is the skin's own edge."""


def way_through(trajectory: Trajectory, ct: CtVolume, anatomy: Anatomy) -> str:
    """Return what stands in the way from the skin to this vertebra, empty when nothing does."""
    surroundings = surroundings_of(anatomy, trajectory.level)
    entry, tip = trajectory.entry.array, trajectory.tip.array
    count = int(np.ceil(trajectory.length_mm / STEP_MM)) + 1
    line = entry + np.linspace(0.0, 1.0, count)[:, None] * (tip - entry)
    grid, own = ct.geometry, surroundings.geometry
    hu = along_line(ct.hu, grid.ijk(entry), grid.ijk(tip), count)
    bone = along_line(surroundings.bone, own.ijk(entry), own.ijk(tip), count)
    outside = bone < 0.5
    reached = count if outside.all() else int(np.argmin(outside))
    outline = body_outline(ct)
    inside = along_line(
        outline.inside, outline.geometry.ijk(line[0]), outline.geometry.ijk(line[-1]), count
    )
    way = np.arange(count) * STEP_MM
    before = (way < reached * STEP_MM) & (way > SKIN_DEPTH_MM)
    if (before & (inside >= 0.5) & (hu <= AIR_HU)).sum() * STEP_MM >= GAS_LENGTH_MM:
        return "gas (lung or bowel)"
    near_own = np.convolve(bone > 0.0, np.ones(9), mode="same") > 0.0
    if (before & (hu >= BONE_HU) & ~near_own).sum() * STEP_MM >= BONE_LENGTH_MM:
        return "a rib or other bone"
    return ""
