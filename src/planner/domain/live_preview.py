"""What follows the hand: a quick estimate of a burn or freeze while a needle is dragged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from planner.domain.coverage import Coverage
    from planner.domain.plan import AblationId
    from planner.domain.prediction import ModelLabel
    from planner.domain.simulation import ZoneExtent
    from planner.geometry.volume_geometry import VolumeGeometry


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewAt:
    """What a preview says of a structure.

    Attributes
    ----------
    distance_mm
        From the edge of the zone; negative inside it, ``None`` beyond the grid.
    celsius, worst_celsius
        Peak (or lowest) in the nominal run, and in the worse end with the doubt of a preview.
    """

    distance_mm: float | None
    celsius: float
    worst_celsius: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LivePreview:
    """All heat, or all cold, of a plan as a preview sees it. No rule judges it.

    Attributes
    ----------
    certain, zone, possible
        bool ``[k, j, i]``: what dies at the weak end, nominally, and at the strong end.
    missed
        What lives of the target volume, else of the lesion.
    band_mm
        Half width of the band to draw: wider than that of tier full.
    layers
        What protecting layers have to make up for, in words.
    """

    is_cold: bool
    model: ModelLabel
    geometry: VolumeGeometry
    certain: NDArray[np.bool_]
    zone: NDArray[np.bool_]
    possible: NDArray[np.bool_]
    missed: NDArray[np.bool_]
    band_mm: float
    extents: Mapping[AblationId, ZoneExtent]
    structures: Mapping[str, PreviewAt]
    coverage: Coverage | None
    target_coverage: Coverage | None
    layers: tuple[str, ...] = ()
