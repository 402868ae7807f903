"""What a run of the heat or cold model says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

from planner.domain.limit_times import nerve_limits
from planner.physics.heat.dose import COAGULATED_CEM43_MIN
from planner.physics.heat.record import INSTANT_DEATH_CELSIUS, LETHAL_COLD_CELSIUS
from planner.physics.heat.zone_size import ZoneSize, measure_zone

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.prediction import ModelLabel
    from planner.physics.heat.links import Field
    from planner.physics.heat.metal import Triple
    from planner.physics.heat.record import Thermometry

SMALLEST_DOSE_MIN: Final = 1e-6
"""Keeps the logarithm of a dose finite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureHeat:
    """The worst that happens in a structure.

    Attributes
    ----------
    cem43_min
        Highest dose of any of its voxels.
    arrhenius
        Highest Arrhenius integral.
    past_stop_s, past_harm_s
        Longest time of any of its places past the two limits of the run (``limit_times``).
    to_stop_s
        Until its first place is at the first of them; infinite when none ever is.
    """

    peak_celsius: float
    lowest_celsius: float
    cem43_min: float
    past_stop_s: float
    past_harm_s: float
    to_stop_s: float
    arrhenius: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeatResult:
    """Fields ``[k, j, i]`` on the grid of the medium, and the thermocouples.

    Attributes
    ----------
    temperature_celsius
        At the end, after the time with everything switched off.
    past_stop_s, past_harm_s, to_stop_s
        Seconds past the two limits of the run, above those of heat or below those of cold, and
        until the first of them; infinite where it is never passed.
    killed_at_s
        uint16: whole seconds of the tally (one in ``record.TALLY_S``) at which the tissue first
        counts as killed; ``record.NEVER_S`` where it never does.
    metal
        Voxels that a needle filled at some time.
    edge_change_k
        Largest change of temperature one voxel inside the edge of the grid, which is held at
        body temperature. Where it is not small, the grid was too small for the zone.
    """

    temperature_celsius: Field
    peak_celsius: Field
    lowest_celsius: Field
    cem43_min: Field
    past_stop_s: Field
    past_harm_s: Field
    to_stop_s: Field
    arrhenius: Field
    killed_at_s: NDArray[np.uint16]
    metal: NDArray[np.bool_]
    thermometry: Thermometry
    is_cold: bool
    spacing_mm: float
    edge_change_k: float
    model: ModelLabel

    def killed_by_heat(self) -> NDArray[np.bool_]:
        """Tell where the dose coagulates, or the peak kills at once."""
        return np.asarray(
            (self.cem43_min >= COAGULATED_CEM43_MIN) | (self.peak_celsius >= INSTANT_DEATH_CELSIUS)
        )

    def colder_than(self, celsius: float) -> NDArray[np.bool_]:
        """Tell where the tissue was at or below ``celsius`` at some time."""
        return np.asarray(self.lowest_celsius <= celsius)

    def dead(self) -> NDArray[np.bool_]:
        """Tell where tissue dies, of heat or of cold.

        Metal beside dead tissue counts with it: a cooled shaft is no tissue that survived.
        """
        tissue = self.killed_by_heat() | self.colder_than(LETHAL_COLD_CELSIUS)
        return np.asarray(tissue | (self.metal & ndimage.binary_dilation(tissue)))

    def dead_at_s(self) -> NDArray[np.uint16]:
        """Return when each voxel dies; ``record.NEVER_S`` just where ``dead`` says it does not.

        Metal counts from the moment the tissue beside it does.
        """
        beside = ndimage.minimum_filter(
            self.killed_at_s, footprint=ndimage.generate_binary_structure(3, 1)
        )
        return np.asarray(np.where(self.metal, beside, self.killed_at_s))

    def coagulation_size(self, axis: Triple) -> ZoneSize:
        """Measure the coagulated zone along and across ``axis`` (grid x, y, z)."""
        return measure_zone(self.dose_level(), 0.0, self.spacing_mm, axis)

    def dose_level(self) -> Field:
        """Return the heat dose as a smooth field that is zero where tissue coagulates."""
        level = np.log10(np.maximum(self.cem43_min, SMALLEST_DOSE_MIN) / COAGULATED_CEM43_MIN)
        return np.asarray(level, dtype=np.float32)

    def cold_level(self) -> Field:
        """Return the cold as a smooth field, in degrees, that is zero where it is lethal."""
        return np.asarray(LETHAL_COLD_CELSIUS - self.lowest_celsius, dtype=np.float32)

    def frozen_size(self, celsius: float, axis: Triple) -> ZoneSize:
        """Measure the zone that was at or below ``celsius``."""
        return measure_zone(-self.lowest_celsius, -celsius, self.spacing_mm, axis)

    def within(self, structure: NDArray[np.bool_]) -> StructureHeat | None:
        """Return the worst values in a structure; ``None`` when it has no voxel here."""
        return self.at(np.argwhere(structure).T.astype(np.float64))

    def at(self, places: NDArray[np.float64]) -> StructureHeat | None:
        """Return the worst values at indices (k, j, i), shape ``(3, n)``; ``None`` without any.

        Straight between voxels. Times are those of places whose own extreme is past the limit: a
        place beside one that is would else have a time at a temperature it never has.
        """
        if not places.size:
            return None
        peak, lowest = between(self.peak_celsius, places), between(self.lowest_celsius, places)
        limits = nerve_limits(is_cold=self.is_cold)
        if self.is_cold:
            at_stop, at_harm = lowest < limits.stop_celsius, lowest < limits.harm_celsius
        else:
            at_stop, at_harm = peak > limits.stop_celsius, peak > limits.harm_celsius
        stopped, harmed = places[:, at_stop], places[:, at_harm]
        return StructureHeat(
            peak_celsius=float(peak.max()),
            lowest_celsius=float(lowest.min()),
            cem43_min=float(between(self.cem43_min, places).max()),
            past_stop_s=float(between(self.past_stop_s, stopped).max(initial=0.0)),
            past_harm_s=float(between(self.past_harm_s, harmed).max(initial=0.0)),
            to_stop_s=float(self._to_stop_s(stopped).min(initial=np.inf)),
            arrhenius=float(between(self.arrhenius, places).max()),
        )

    def _to_stop_s(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return when places come to the limit, from those of their voxels that do."""
        known = np.isfinite(self.to_stop_s)
        share = between(known.astype(np.float32), places)
        return between(np.where(known, self.to_stop_s, np.float32(0.0)), places) / share


def between(field: Field, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a field at indices (k, j, i), shape ``(3, n)``, straight between voxels."""
    found = ndimage.map_coordinates(field, places, order=1, mode="nearest", output=np.float64)
    return np.asarray(found)
