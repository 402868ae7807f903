"""What a run of the heat or cold model says of a plan, with the digest of what went in."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from planner.domain.order import Order

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from planner.domain.coverage import Coverage
    from planner.domain.limit_times import LimitTimes
    from planner.domain.plan import AblationId
    from planner.domain.prediction import Exposure, ModelLabel
    from planner.geometry.volume_geometry import VolumeGeometry


__all__ = [
    "Order",
    "Simulation",
    "StructureCourse",
    "Tier",
    "ZoneExtent",
]


class Tier(StrEnum):
    """How a zone is predicted."""

    TABLE = "table"
    """The maker's ellipsoid, never between rows."""
    PREVIEW = "preview"
    """A coupled run on a small or coarse grid, with the two ends of the parameters only."""
    FULL = "full"
    """A coupled run on a grid that is fine enough, with every parameter moved in turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneExtent:
    """Full extents of a predicted zone along and across its needle.

    Attributes
    ----------
    length_mm, width_mm, height_mm
        Along the needle; across it, nearest to left-right; and at right angles to both.
    """

    length_mm: float
    width_mm: float
    height_mm: float
    volume_ml: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureCourse:
    """What happens at a structure: the worst of its voxels.

    Attributes
    ----------
    peak_celsius, lowest_celsius
        Nominal run, no flow of spinal fluid.
    hottest_celsius, coldest_celsius
        The worst of every run: the value to judge by.
    flowing_celsius
        Peak (heat) or lowest (cold) if spinal fluid and epidural blood flow; ``None`` where that
        was not run.
    cem43_min
        Highest heat dose of any run.
    times
        Past the limits of heat, or of cold, nominal run; ``None`` beyond the simulated volume.
    arrhenius
        Highest Arrhenius integral, nominal run: a share of exp(-it) of the cells is left.
    at_mm
        Where it is worst in any run, LPS: where a thermocouple would have to lie to see it.
    in_grid
        False where the structure lies beyond the simulated volume: the values are then those at
        its edge.
    readings
        Seconds and Celsius of a thermometer at ``at_mm``, nominal run of tier full; empty where
        none is proposed.
    """

    peak_celsius: float
    lowest_celsius: float
    hottest_celsius: float
    coldest_celsius: float
    flowing_celsius: float | None
    cem43_min: float
    times: LimitTimes | None
    at_mm: tuple[float, float, float] | None = None
    arrhenius: float = 0.0
    in_grid: bool = True
    readings: tuple[tuple[float, float], ...] = ()

    @property
    def to_stop_s(self) -> float | None:
        """When energy is stopped, nominal run; ``None`` where it need not be, or is not known."""
        return None if self.times is None else self.times.to_stop_s


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Simulation:
    """Ablations of a plan that were simulated together, as all heat or all cold.

    Attributes
    ----------
    input_sha256
        Digest of all that went in. The result counts only while the plan still gives it.
    geometry
        Grid of the arrays.
    certain, zone, possible
        bool ``[k, j, i]``: tissue that dies in every run, in the nominal one, and in any.
    killed_at_s, certain_at_s, possible_at_s
        uint16 ``[k, j, i]``: seconds from the start at which tissue dies in the nominal run, has
        died in every run, and dies in the first; past every moment outside ``zone``, ``certain``
        and ``possible``. Counted every 5 s. For looking at: rules judge the whole treatment.
    total_s
        Length of the nominal run, with what is simulated after everything is off.
    owner
        uint8 ``[k, j, i]``: whose metal is nearest, by the place in ``extents``.
    peak_celsius, lowest_celsius
        float32 ``[k, j, i]``, nominal run.
    extents
        Of each ablation's own part of the zone: the part nearest to its metal.
    left_out
        Ablations that could not be simulated, and why.
    runs
        Volume of the zone in each run, mL, by what was moved in it.
    arrhenius_ml
        Volume where by the Arrhenius integral at most one cell of a hundred is left, nominal run.
    coverage, target_coverage
        Of the lesion and of its clinical target volume; ``None`` where there is none.
    missed
        bool ``[k, j, i]``: what lives of the target volume, else of the lesion.
    """

    input_sha256: str
    order: Order
    is_cold: bool
    model: ModelLabel
    geometry: VolumeGeometry
    certain: NDArray[np.bool_]
    zone: NDArray[np.bool_]
    possible: NDArray[np.bool_]
    killed_at_s: NDArray[np.uint16]
    certain_at_s: NDArray[np.uint16]
    possible_at_s: NDArray[np.uint16]
    total_s: float
    owner: NDArray[np.uint8]
    peak_celsius: NDArray[np.float32]
    lowest_celsius: NDArray[np.float32]
    band_mm: float
    extents: Mapping[AblationId, ZoneExtent]
    courses: Mapping[str, StructureCourse]
    exposures: Mapping[AblationId, Exposure]
    runs: Mapping[str, float]
    missed: NDArray[np.bool_]
    arrhenius_ml: float = 0.0
    coverage: Coverage | None = None
    target_coverage: Coverage | None = None
    left_out: Mapping[AblationId, str] = field(default_factory=dict)
