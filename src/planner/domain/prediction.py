"""What a model says will happen: never a measurement."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.domain.cement import LeakPath
    from planner.domain.coverage import Coverage
    from planner.domain.limit_times import LimitTimes
    from planner.domain.plan import AblationId, CementId
    from planner.domain.sourced import Status
    from planner.geometry.ellipsoid import Spheroid
    from planner.geometry.volume_geometry import VolumeGeometry


LEAST_DOSE_MIN = 0.1
LETHAL_DOSE_MIN = 240.0
"""Doses are told apart between these: below nothing happens, above everything is dead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLabel:
    """Which model made a prediction, and from what.

    ``tier`` is ``table``, ``preview`` or ``full``; ``inputs`` are readable ``name = value``.
    """

    tier: str
    name: str
    version: str
    inputs: tuple[str, ...]
    source: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedZone:
    """An estimated ablation zone.

    Attributes
    ----------
    tissue_of_origin
        What the numbers were measured in, such as ``not stated`` or ``porcine liver``.
    band_mm
        Half width of the uncertainty band about the surface.
    """

    ablation_id: AblationId
    shape: Spheroid
    tissue_of_origin: str
    band_mm: float
    model: ModelLabel


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingZone:
    """No zone is drawn for this ablation, and why (rule A10)."""

    ablation_id: AblationId
    reason: str


@dataclass(frozen=True, slots=True, weakref_slot=True, kw_only=True, eq=False)
class PredictedCement:
    """An estimated cement fill.

    Attributes
    ----------
    geometry
        Grid of ``arrival_ml``.
    arrival_ml
        float32 ``[k, j, i]``: injected volume in mL when the cement reaches a voxel,
        infinity where it never does.
    placed_ml
        Volume that found room; less than asked for when the body is full.
    fill_fraction
        Filled share of the vertebral body, 0 to 1, as if nothing left it.
    in_bone_ml
        What of it lies in the bone; ``None`` for a model that knows no leaks.
    leaks_ml
        Volume given when the nominal run first leaves the bone, by way out.
    worst
        The same injection as rules judge it: nearer to everything by the doubt about the front,
        and never farther than a fill that does not leave the bone; ``None`` where there is none.
    cavity
        What a balloon or a stent hollows out before, as if nothing held it back; ``None`` where
        the technique has none.
    """

    cement_injection_id: CementId
    geometry: VolumeGeometry
    arrival_ml: NDArray[np.float32]
    asked_ml: float
    placed_ml: float
    fill_fraction: float
    band_mm: float
    model: ModelLabel
    in_bone_ml: float | None = None
    leaks_ml: Mapping[LeakPath, float] = field(default_factory=dict)
    worst: PredictedCement | None = None
    cavity: Spheroid | None = None

    @property
    def judged(self) -> PredictedCement:
        """The fill that distances are taken from."""
        return self if self.worst is None else self.worst

    def filled(self, volume_ml: float | None = None) -> NDArray[np.bool_]:
        """Tell which voxels hold cement after ``volume_ml`` (all of it by default)."""
        limit = self.placed_ml if volume_ml is None else volume_ml
        return np.asarray(self.arrival_ml <= np.float32(limit))


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureExposure:
    """What one ablation does to one structure, from a simulation.

    Attributes
    ----------
    peak_celsius, lowest_celsius
        Extremes anywhere in the structure, from the start to two minutes after switching off.
    cem43_min
        Highest heat dose anywhere in the structure, equivalent minutes at 43 degrees Celsius.
    band_celsius
        Half width of the doubt about both temperatures.
    beyond
        True where the structure lies beyond the simulated volume. All values are then those at
        the edge of that volume, which the structure does not exceed.
    times
        Past the limits of heat, or of cold, nominal run; ``None`` where they are not known. Told
        on paper; no rule reads them.
    """

    peak_celsius: float
    lowest_celsius: float
    cem43_min: float
    band_celsius: float
    beyond: bool = False
    times: LimitTimes | None = None

    def __post_init__(self) -> None:
        values = (self.peak_celsius, self.lowest_celsius, self.cem43_min, self.band_celsius)
        if not all(isfinite(value) for value in values):
            raise ValueError(f"an exposure must be finite, got {self!r}")

    @property
    def dose_words(self) -> str:
        """The heat dose in words, with no more digits than a dose earns."""
        if self.cem43_min < LEAST_DOSE_MIN:
            return f"under {LEAST_DOSE_MIN:g} CEM43 minutes"
        if self.cem43_min > LETHAL_DOSE_MIN:
            return f"over {LETHAL_DOSE_MIN:g} CEM43 minutes"
        return f"{float(f'{self.cem43_min:.2g}'):g} CEM43 minutes"


@dataclass(frozen=True, slots=True, weakref_slot=True, kw_only=True, eq=False)
class KilledTissue:
    """Tissue that a simulation says one ablation kills.

    Attributes
    ----------
    geometry
        Grid of the masks, bool ``[k, j, i]``.
    dead
        What dies in the nominal run, nearest to this ablation's own metal.
    certain
        What dies in every run, of all ablations that were simulated together.
    """

    geometry: VolumeGeometry
    dead: NDArray[np.bool_]
    certain: NDArray[np.bool_]

    def filled(self) -> NDArray[np.bool_]:
        """Tell which voxels die in the nominal run."""
        return self.dead


@dataclass(frozen=True, slots=True, weakref_slot=True, kw_only=True, eq=False)
class Exposure:
    """What a simulation says of one ablation: the tissue it kills, and each structure by name.

    ``coverage`` is that of all ablations together, of the lesion and its target volume; it is
    told on paper, and no rule reads it.
    """

    ablation_id: AblationId
    at_structures: Mapping[str, StructureExposure]
    killed: KilledTissue
    model: ModelLabel
    coverage: tuple[Coverage, ...] = ()
