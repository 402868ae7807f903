"""Points of a surface put together in small cells, so that the nearest is found among a few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector

CELL_MM = 6.0
"""Side of a cell: a vertebra's canal has some two hundred, a lung some four thousand."""

ROUNDING_MM = 1e-6
"""By how much a bound may be off; it only makes a few more points be looked at."""


class Solid(Protocol):
    """A needle or a zone."""

    def bounds_mm(self, points_mm: Vector) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what the signed distance of points is at least and at most."""

    def signed_distance_mm(self, points_mm: Vector) -> NDArray[np.float64]:
        """Return the exact distance of points; negative inside."""


@dataclass(frozen=True, slots=True, eq=False)
class PointCells:
    """Points sorted by cell.

    Attributes
    ----------
    points_mm
        Shape ``(n, 3)``, LPS mm; those of a cell stand together.
    starts
        Shape ``(cells + 1,)``: where the points of each cell begin, and their number.
    centres_mm, radii_mm
        Shapes ``(cells, 3)`` and ``(cells,)``: balls that hold the points of each cell.
    """

    points_mm: Vector
    starts: NDArray[np.intp]
    centres_mm: Vector
    radii_mm: NDArray[np.float64]

    @classmethod
    def of(cls, points_mm: Vector) -> PointCells:
        """Sort points, shape ``(n, 3)`` and not empty, into cells."""
        low = points_mm.min(axis=0)
        place = np.floor((points_mm - low) / CELL_MM).astype(np.intp)
        cell = np.ravel_multi_index(tuple(place.T), tuple(place.max(axis=0) + 1))
        order = np.argsort(cell, kind="stable")
        points, cell = points_mm[order], cell[order]
        first = np.concatenate([[0], np.flatnonzero(np.diff(cell)) + 1])
        least = np.minimum.reduceat(points, first)
        most = np.maximum.reduceat(points, first)
        radii = 0.5 * np.linalg.norm(most - least, axis=1) + ROUNDING_MM
        return cls(points, np.append(first, len(points)), 0.5 * (least + most), radii)

    def nearest(self, solid: Solid) -> tuple[int, float]:
        """Return the place of the point nearest to a solid, and its signed distance.

        From one place to another a distance changes by no more than the way between them. So the
        centre and the radius of a cell tell whether the nearest point may lie in it, and the
        exact distance is taken of the few points that may be it.
        """
        least, most = solid.bounds_mm(self.centres_mm)
        may = np.flatnonzero(least - self.radii_mm <= (most + self.radii_mm).min())
        asked = np.concatenate([np.arange(self.starts[one], self.starts[one + 1]) for one in may])
        least, most = solid.bounds_mm(self.points_mm[asked])
        asked = asked[least <= most.min() + ROUNDING_MM]
        exact = solid.signed_distance_mm(self.points_mm[asked])
        best = int(exact.argmin())
        return int(asked[best]), float(exact[best])
