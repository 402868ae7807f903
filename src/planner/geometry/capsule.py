"""A thick line with round ends: the solid of a needle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import PointLps, Vector


@dataclass(frozen=True, slots=True)
class Capsule:
    """A needle: every point within ``radius_mm`` of the line from ``start`` to ``end``."""

    start: PointLps
    end: PointLps
    radius_mm: float

    def axis_points_mm(self, step_mm: float) -> Vector:
        """Return points on the axis at most ``step_mm`` apart, shape ``(n, 3)``, with its ends."""
        count = max(2, int(np.ceil(self.start.distance_mm(self.end) / step_mm)) + 1)
        share = np.linspace(0.0, 1.0, count)[:, None]
        return self.start.array * (1.0 - share) + self.end.array * share

    def bounds_mm(self, points_mm: Vector) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what the signed distance of points, shape ``(n, 3)``, is at least and at most."""
        exact = self.signed_distance_mm(points_mm)
        return exact, exact

    def signed_distance_mm(self, points_mm: Vector) -> NDArray[np.float64]:
        """Return the exact distance of points, shape ``(n, 3)``; negative inside."""
        along = self.end.array - self.start.array
        length2 = float(along @ along)
        offset = points_mm - self.start.array
        share = np.clip((offset @ along) / length2, 0.0, 1.0) if length2 > 0.0 else 0.0
        nearest = offset - np.multiply.outer(share, along)
        away = np.sqrt(np.einsum("...i,...i->...", nearest, nearest))
        return np.asarray(away - self.radius_mm)
