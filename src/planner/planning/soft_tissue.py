"""What a path meets between the skin and the vertebra."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.while_open import kept_while_open
from planner.planning.body_outline import AIR_HU, body_outline
from planner.planning.sampling import along_line
from planner.planning.segment_distance import in_blocks, nearest_in_blocks
from planner.planning.surfaces import surface_points, surroundings_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

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


def gas_distance_mm(trajectory: Trajectory, ct: CtVolume, radius_mm: float) -> float:
    """Return the distance of the needle's surface to lung or bowel gas, deeper than the skin.

    Good to about the step of the coarse outline; infinite when no gas is near. Gas is not an
    outlined structure: a scan without gas near does not show that no pleura is.
    """
    outline = body_outline(ct)
    points, balls = _gas_points(ct)
    if not len(points):
        return float("inf")
    tip, way = trajectory.tip.array, trajectory.entry.array - trajectory.tip.array
    outer = max(trajectory.length_mm - SKIN_DEPTH_MM, 1.0) / trajectory.length_mm
    distance, _, _ = nearest_in_blocks(points, balls, tip + outer * way, tip)
    if distance > trajectory.length_mm:
        return float("inf")
    return float(distance) - radius_mm - max(outline.geometry.spacing_mm) / 2.0


@kept_while_open(2)
def _gas_points(ct: CtVolume) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the surface of the gas on the coarse grid, LPS, and the balls about its blocks."""
    outline = body_outline(ct)
    return in_blocks(surface_points(outline.gas, outline.geometry))


def way_through(trajectory: Trajectory, ct: CtVolume, anatomy: Anatomy) -> str:
    """Return what stands in the way from the skin to this vertebra, empty when nothing does."""
    surroundings = surroundings_of(anatomy, trajectory.level)
    entry, tip = trajectory.entry.array, trajectory.tip.array
    count = int(np.ceil(trajectory.length_mm / STEP_MM)) + 1
    grid, own = ct.geometry, surroundings.geometry
    hu = along_line(ct.hu, grid.ijk(entry), grid.ijk(tip), count)
    bone = along_line(surroundings.bone, own.ijk(entry), own.ijk(tip), count)
    outside = bone < 0.5
    reached = count if outside.all() else int(np.argmin(outside))
    way = np.arange(count) * STEP_MM
    before = (way < reached * STEP_MM) & (way > SKIN_DEPTH_MM)
    if (before & (hu <= AIR_HU)).sum() * STEP_MM >= GAS_LENGTH_MM:
        return "gas (lung or bowel)"
    near_own = np.convolve(bone > 0.0, np.ones(9), mode="same") > 0.0
    if (before & (hu >= BONE_HU) & ~near_own).sum() * STEP_MM >= BONE_LENGTH_MM:
        return "a rib or other bone"
    return ""
