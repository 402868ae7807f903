"""Heat dose: cumulative equivalent minutes at 43 degrees Celsius (Sapareto and Dewey 1984).

A minute at 43 + d degrees counts 2**d minutes above 43 and 4**d below. Far above 50 degrees
the number only says that the tissue is dead, so the exponent is held at ``HIGHEST_OFFSET``.

Beside it the Arrhenius integral of protein damage, omega = int A exp(-E / R T) dt: a share of
exp(-omega) of the cells is left. It is told, and no rule reads it.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from planner.geometry.kernels import fused_kernel, kernel

REFERENCE_CELSIUS: Final = np.float32(43.0)
LOWEST_OFFSET: Final = np.float32(-8.0)
HIGHEST_OFFSET: Final = np.float32(17.0)
"""Degrees from 43 beyond which a minute counts no less and no more."""

COAGULATED_CEM43_MIN: Final = 240.0
"""Tissue counts as dead and no longer perfused. The convention; its status is kept with the
model assumptions."""

ARRHENIUS_LOG_PER_S: Final = float(np.log(3.27e91))
ARRHENIUS_KELVIN: Final = 5.78e5 / 8.314
"""Logarithm of A in 1/s, and E / R: of cell death in tumour cells (Mouratidis 2019)."""

ZERO_CELSIUS_K: Final = 273.15

_ZERO: Final = np.float32(0.0)
_ONE: Final = np.float32(1.0)
_SHRINK: Final = np.float32(np.log(2.0) / 64.0)
_HALF: Final = np.float32(1.0 / 2.0)
_SIXTH: Final = np.float32(1.0 / 6.0)
_TWENTYFOURTH: Final = np.float32(1.0 / 24.0)
_HUNDREDTWENTIETH: Final = np.float32(1.0 / 120.0)


@fused_kernel
def power_of_two(exponent: np.float32) -> np.float32:
    """Return 2**exponent for -64 to 64, to 1e-5 relative, in steps a compiler can vectorise.

    The fifth-order series of 2**(x/64), squared six times.
    """
    y = exponent * _SHRINK
    p = _HALF + y * (_SIXTH + y * (_TWENTYFOURTH + y * _HUNDREDTWENTIETH))
    p = _ONE + y * (_ONE + y * p)
    p = p * p
    p = p * p
    p = p * p
    p = p * p
    p = p * p
    return p * p


@fused_kernel
def dose_rate(celsius: np.float32) -> np.float32:
    """Return equivalent minutes at 43 degrees per minute at ``celsius``."""
    offset = celsius - REFERENCE_CELSIUS
    offset = min(max(offset, LOWEST_OFFSET), HIGHEST_OFFSET)
    return power_of_two(offset if offset > _ZERO else offset + offset)


@kernel
def arrhenius_gain(before: float, after: float, seconds: float) -> float:
    """Return what the Arrhenius integral gains while a temperature runs straight in Celsius.

    The logarithm of the rate is nearly straight over a few degrees, so its mean is exact there.
    """
    low = ARRHENIUS_LOG_PER_S - ARRHENIUS_KELVIN / (before + ZERO_CELSIUS_K)
    high = ARRHENIUS_LOG_PER_S - ARRHENIUS_KELVIN / (after + ZERO_CELSIUS_K)
    if abs(high - low) < 1e-3:
        return float(seconds * np.exp(0.5 * (low + high)))
    return float(seconds * (np.exp(high) - np.exp(low)) / (high - low))
