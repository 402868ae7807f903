"""The panes laid along one needle: two planes that hold it, and its eye across it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.geometry.points import unit
from planner.session.planes import Plane, PlaneFrame

if TYPE_CHECKING:
    from planner.geometry.points import PointLps, Vector

STEP_MM: Final = 1.0
"""One notch of the wheel pushes the needle's eye on by this much."""

NEARLY_UPRIGHT: Final = 0.95
"""A needle whose direction has this share along the body takes its planes from the front."""

TITLES: Final = {
    Plane.AXIAL: "Along needle, near axial",
    Plane.SAGITTAL: "Along needle, near sagittal",
    Plane.CORONAL: "Needle's eye",
}


@dataclass(frozen=True, slots=True)
class NeedleAxis:
    """The line of one needle, and how panes are laid along it."""

    entry: PointLps
    tip: PointLps

    @property
    def length_mm(self) -> float:
        """From entry to tip."""
        return self.entry.distance_mm(self.tip)

    @property
    def direction(self) -> Vector:
        """Unit vector from entry to tip, shape ``(3,)``, LPS, read-only."""
        return _direction(self.entry, self.tip)

    def depth_mm(self, point: PointLps) -> float:
        """Return how deep beyond the entry a point lies along the needle."""
        return float((point.array - self.entry.array) @ self.direction)

    def at_depth(self, depth_mm: float) -> PointLps:
        """Return the point of the line that lies so deep."""
        return self.entry.moved(depth_mm * self.direction)

    def frame(self, plane: Plane) -> PlaneFrame:
        """Return the axes of a pane.

        Near axial, the needle points up as it does in an axial slice of a patient seen from the
        feet; near sagittal, it points to the screen's left. The eye looks down the needle, head
        up, as its operator does. No frame mirrors: its normal is right x down.
        """
        return _frames(self.entry, self.tip)[plane]

    def words(self, point: PointLps) -> str:
        """Say how deep a point of the needle lies, and how far it is from the tip."""
        depth = self.depth_mm(point)
        left = self.length_mm - depth
        if abs(left) < STEP_MM / 2:
            rest = "at the tip"
        else:
            rest = f"{abs(left):.0f} mm {'before' if left > 0 else 'BEYOND'} the tip"
        return f"{depth:.0f} mm from the entry, {rest}"


@lru_cache(maxsize=16)
def _direction(entry: PointLps, tip: PointLps) -> Vector:
    way = unit(tip.array - entry.array)
    way.flags.writeable = False
    return way


@lru_cache(maxsize=16)
def _frames(entry: PointLps, tip: PointLps) -> dict[Plane, PlaneFrame]:
    """Return the axes of every pane; they stay while the needle does, and panes ask often."""
    along = _direction(entry, tip)
    head = np.array((0.0, 0.0, 1.0))
    if abs(float(along @ head)) > NEARLY_UPRIGHT:
        head = np.array((0.0, -1.0, 0.0))
    headward = unit(head - (head @ along) * along)
    sideways = np.cross(headward, along)
    return {
        Plane.AXIAL: _frame(sideways, -along),
        Plane.SAGITTAL: _frame(-along, -headward),
        Plane.CORONAL: _frame(-sideways, -headward),
    }


def _frame(right: Vector, down: Vector) -> PlaneFrame:
    a, b = (tuple(float(value) for value in vector) for vector in (right, down))
    return PlaneFrame((a[0], a[1], a[2]), (b[0], b[1], b[2]))
