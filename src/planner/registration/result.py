"""What became of registering one vertebra: where it lies now, or why that is not known."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.levels import Level
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import Matrix4


class RefusalCode(StrEnum):
    """Why a vertebra was not registered."""

    OTHER_PATIENT = "REG-OTHER-PATIENT"
    """The headers of the two scans name different people."""
    NO_EDGE = "REG-NO-EDGE"
    """The scan it is outlined on hardly shows its edge."""
    NOT_IN_SCAN = "REG-NOT-IN-SCAN"
    """Nothing like it is in the other scan, or too little of it."""
    NO_MATCH = "REG-NO-MATCH"
    """The best place is not the same bone."""
    NEIGHBOUR = "REG-NEIGHBOUR"
    """Another level, or another place, fits nearly as well."""
    UNSURE = "REG-UNSURE"
    """It is found, but not well enough to carry a plan over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRefused:
    """A vertebra that was not registered.

    Attributes
    ----------
    reason
        A sentence: what was seen and what to do.
    """

    level: Level
    code: RefusalCode
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """Where one vertebra lies in another scan.

    Attributes
    ----------
    motion
        Rows of a rigid 4x4 matrix: LPS mm of the scan with the outlines to LPS mm of the other.
    wall_error_mm
        Expected error at the posterior wall, root mean square over its points.
    misfit_mm
        How far pieces of the bone's edge still lie apart, robust standard deviation.
    rival_misfit_mm
        The same of the best of what else it might be: a neighbour at this place, or this level
        at another place. Infinite where there was nothing to compare with.
    compared_with
        Neighbours that were tried at this place.
    agreement
        Correlation of grey values along the edge.
    seen
        Share of the vertebra's edge that the other scan holds.
    """

    level: Level
    motion: Matrix4
    wall_error_mm: float
    misfit_mm: float
    rival_misfit_mm: float
    compared_with: tuple[Level, ...]
    agreement: float
    seen: float

    @property
    def matrix(self) -> NDArray[np.float64]:
        """Shape ``(4, 4)``: LPS mm of the scan with the outlines to LPS mm of the other."""
        return np.array(self.motion, dtype=np.float64)

    def moved(self, points_mm: Vector) -> Vector:
        """Return points of the vertebra, LPS mm ``(..., 3)``, where they lie in the other scan."""
        matrix = self.matrix
        return np.asarray(points_mm @ matrix[:3, :3].T + matrix[:3, 3])
