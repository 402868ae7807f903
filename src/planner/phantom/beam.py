"""What a beam of several energies makes of a needle: hardening, starved rays and scatter.

A needle that lies in the slice stops nearly every photon along its length. The ray then reads what
is scattered and what the detector adds, so the shaft reads darker than it is, and a dark band
runs on beyond its tip: just where the tip has to be found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.phantom.streaks import WATER_PER_MM

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEIGHTS: Final = (0.12, 0.26, 0.30, 0.21, 0.11)
"""Share of the photons behind the tube's filter near 45, 55, 70, 90 and 110 keV, at 120 kV
(recalled shape of the spectrum)."""

WATER: Final = (1.28, 1.11, 1.0, 0.915, 0.86)
STEEL: Final = (2.9, 1.79, 1.0, 0.58, 0.40)
"""Attenuation at those energies relative to 70 keV, water and iron (NIST values, recalled)."""

PHOTONS: Final = 4.0e5
"""Photons of one ray that would reach the detector through air alone."""

SCATTER: Final = 0.004
"""Share of the light through the patient alone that stays as scatter behind metal."""

DARK: Final = 8.0
"""Spread of what the electronics add, in photons."""


@dataclass(frozen=True, slots=True)
class SeveralEnergies:
    """A beam of several energies, corrected for water as scanners do.

    ``beside_mm`` is tissue that rays meet beside the pictures.
    """

    beside_mm: float = 0.0
    coarsest_cell_mm: float = 1.0

    def error(
        self,
        dense: NDArray[np.float64],
        whole: NDArray[np.float64],
        random: np.random.Generator,
    ) -> NDArray[np.float64]:
        """Return what each ray's reading is off by, 0 where it meets no metal."""
        water = np.maximum(whole - dense, 0.0) + self.beside_mm * WATER_PER_MM
        alone, passed = np.zeros_like(water), np.zeros_like(water)
        for weight, by_water, by_steel in zip(WEIGHTS, WATER, STEEL, strict=True):
            through = weight * np.exp(-by_water * water)
            alone += through
            passed += through * np.exp(-by_steel * dense)
        passed += SCATTER * alone
        counted = PHOTONS * passed
        noise = random.standard_normal(counted.shape) * np.sqrt(counted + DARK**2)
        counted = np.maximum(counted + noise, 1.0)
        read = np.log(PHOTONS * alone / counted)
        return np.where(dense > 0.0, read - dense, 0.0)
