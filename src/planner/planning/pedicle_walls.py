"""Side walls of a pedicle where its outline and its measured width contradict each other.

A rib or a transverse process lies against the outer wall of a pedicle, and an outline may run on
into it; the width is measured in the scan itself and never biased wide. At the outer wall the
nearer of both counts. Where the outline lies farther out than both may be off, it is not believed,
and that is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.while_open import kept_while_open
from planner.geometry.points import unit
from planner.planning.measures import Direction
from planner.planning.sampling import way_out

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Pedicle, Vertebra
    from planner.domain.levels import Side
    from planner.geometry.points import Vector
    from planner.planning.surfaces import Surroundings

HEIGHTS_MM: Final = (-1.5, -0.75, 0.0, 0.75, 1.5)
"""Heights at which the outline's walls are looked for; the median counts, as for the width."""

HALF_LENGTH_MM: Final = 4.0
"""Margins are taken this far each way of the isthmus along the pedicle: farther back its outer
wall runs into lamina and joint, farther forward into the body. The isthmus is the narrowest place
by definition, so its walls are safe to use over that length."""

FARTHEST_MM: Final = 15.0
RAY_STEP_MM: Final = 0.25
CACHED_PEDICLES: Final = 12
SIDES: Final = (Direction.LATERAL, Direction.MEDIAL)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredWalls:
    """The side walls a pedicle has by its measured width.

    Attributes
    ----------
    isthmus_mm, axis, lateral
        Shape ``(3,)``, LPS: middle, and unit vectors to the front and away from the midline.
    half_width_mm, doubt_mm
        From the middle to either wall, and how much nearer the wall may lie.
    beyond_mm
        How far the outline goes beyond each wall, for those where it is not believed.
    fat_mm
        How far it goes beyond a wall where it is believed.
    """

    isthmus_mm: Vector
    axis: Vector
    lateral: Vector
    half_width_mm: float
    doubt_mm: float
    beyond_mm: dict[Direction, float]
    fat_mm: float

    def rooms_mm(
        self, tips_mm: Vector, outward: Vector, radius_mm: float
    ) -> dict[Direction, NDArray[np.float64]]:
        """Return the room of needles to each wall that counts, shape ``(n,)``.

        That is the outer one, unless the outline is exact and agrees, and the inner one where
        its outline is not believed. ``outward`` (n, 3) are unit vectors from tip to skin. A
        needle is straight and so are the walls: it comes nearest at one end of the length looked
        at. Infinite for needles that end before the pedicle or run across it.
        """
        offset = tips_mm - self.isthmus_mm
        depth = offset @ self.axis
        rate = outward @ self.axis
        passes = (rate < 0.0) & (depth > -HALF_LENGTH_MM)
        slant = np.where(passes, (outward @ self.lateral) / np.where(passes, rate, -1.0), 0.0)
        thick = radius_mm * np.hypot(1.0, slant)
        ends = (-HALF_LENGTH_MM, np.minimum(depth, HALF_LENGTH_MM))
        places = [offset @ self.lateral + (along - depth) * slant for along in ends]
        rooms = {
            Direction.LATERAL: self.half_width_mm - thick - np.maximum(*places),
            Direction.MEDIAL: self.half_width_mm - thick + np.minimum(*places),
        }
        counted = set(self.beyond_mm) | ({Direction.LATERAL} if self.doubt_mm > 0.0 else set())
        return {side: np.where(passes, rooms[side], np.inf) for side in sorted(counted)}


@kept_while_open(CACHED_PEDICLES)
def measured_walls(vertebra: Vertebra, side: Side, surroundings: Surroundings) -> MeasuredWalls:
    """Return the measured walls of a pedicle, and where its outline is not believed beside them.

    An outline may be off by half a voxel, the measured wall by half the doubt of the width.
    """
    pedicle = vertebra.pedicles[side]
    axis, lateral = _across(vertebra, pedicle)
    half, doubt = pedicle.width_mm.best / 2.0, (pedicle.width_mm.best - pedicle.width_mm.low) / 2.0
    voxel = float(np.abs(lateral @ surroundings.geometry.lps_from_ijk[:3, :3]).sum())
    found = {
        name: _outline_mm(surroundings, pedicle.isthmus.array, way, axis) - half
        for name, way in zip(SIDES, (lateral, -lateral), strict=True)
    }
    beyond = {name: far for name, far in found.items() if far > voxel / 2.0 + doubt}
    return MeasuredWalls(
        isthmus_mm=pedicle.isthmus.array,
        axis=axis,
        lateral=lateral,
        half_width_mm=half,
        doubt_mm=doubt,
        beyond_mm=beyond,
        fat_mm=max(
            (far for name, far in found.items() if name not in beyond and far > 0.0), default=0.0
        ),
    )


def _across(vertebra: Vertebra, pedicle: Pedicle) -> tuple[Vector, Vector]:
    """Return the pedicle's axis and the way across it, away from the midline."""
    axis = unit(np.array(pedicle.axis))
    lateral = pedicle.side.sign * np.array(vertebra.left)
    return axis, unit(lateral - (lateral @ axis) * axis)


def _outline_mm(surroundings: Surroundings, middle: Vector, way: Vector, axis: Vector) -> float:
    """Return how far the outline reaches one way from the middle of a pedicle."""
    grid = surroundings.geometry
    upward = np.cross(way, axis)
    i, j, k = (float(value) for value in grid.ijk_from_lps[:3, :3] @ way)
    walls = []
    for height in HEIGHTS_MM:
        x, y, z = (float(value) for value in grid.ijk(middle + height * upward))
        walls.append(way_out(surroundings.bone, (x, y, z), (i, j, k), RAY_STEP_MM, FARTHEST_MM))
    return float(np.median(walls))
