"""Points and directions in the patient frame: DICOM LPS axes, millimetres."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable

Vector: TypeAlias = NDArray[np.float64]
"""Shape ``(3,)`` or ``(n, 3)``, float64, LPS axes."""

SHORTEST_DIRECTION_MM = 1e-9
"""Below this length a difference of two points carries no direction."""


@dataclass(frozen=True, slots=True)
class PointLps:
    """A position in DICOM LPS: +x is the patient's left, +y posterior, +z superior."""

    x_mm: float
    y_mm: float
    z_mm: float

    def __post_init__(self) -> None:
        if not (isfinite(self.x_mm) and isfinite(self.y_mm) and isfinite(self.z_mm)):
            raise ValueError(f"a point must be finite, got {self!r}")

    @classmethod
    def of(cls, values: Iterable[float]) -> PointLps:
        """Make a point from three numbers in LPS mm."""
        x_mm, y_mm, z_mm = (float(value) for value in values)
        return cls(x_mm, y_mm, z_mm)

    @property
    def array(self) -> Vector:
        """Shape ``(3,)`` float64, LPS mm."""
        return np.array((self.x_mm, self.y_mm, self.z_mm), dtype=np.float64)

    def distance_mm(self, other: PointLps) -> float:
        """Return the Euclidean distance in mm."""
        return float(np.linalg.norm(self.array - other.array))

    def moved(self, offset_mm: Vector) -> PointLps:
        """Return this point moved by ``offset_mm``, shape ``(3,)``, LPS."""
        return PointLps.of(self.array + offset_mm)


def unit(vector: Vector) -> Vector:
    """Return ``vector``, shape ``(3,)``, scaled to length one.

    Raises
    ------
    ValueError
        When the vector is shorter than ``SHORTEST_DIRECTION_MM`` and so has no direction.
    """
    length = float(np.linalg.norm(vector))
    if not length > SHORTEST_DIRECTION_MM:
        raise ValueError(f"a vector of length {length} has no direction")
    return np.asarray(vector, dtype=np.float64) / length
