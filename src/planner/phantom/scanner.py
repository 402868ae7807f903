"""What a scanner does to a picture: blur by its kernel, and noise that is correlated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import gaussian_filter1d

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLUR_MM = 0.55
"""Standard deviation of the in-plane blur of a standard body kernel (about 0.8 lp/mm at 10 %)."""

NOISE_GRAIN_MM = 0.75
"""Standard deviation of the smoothing that makes noise blobs as wide as a body kernel's."""

NOISE_LOW_CUT = 0.85
"""Share of very slow noise that filtered back-projection removes with its ramp."""

LOWEST_HU, HIGHEST_HU = -1024, 3071
"""A scanner stores 12 bits with an offset of 1024."""


def blur(hu: NDArray[np.float32], spacing_mm: tuple[float, float, float], thick_mm: float) -> None:
    """Blur in place by the kernel in the slice and by the slice's thickness across."""
    for axis, step in ((2, spacing_mm[0]), (1, spacing_mm[1])):
        gaussian_filter1d(hu, BLUR_MM / step, axis=axis, output=hu, truncate=3.0)
    beyond = thick_mm**2 - spacing_mm[2] ** 2
    across = np.sqrt(max(beyond, 0.0) / 12.0 + (0.25 * spacing_mm[2]) ** 2) / spacing_mm[2]
    gaussian_filter1d(hu, across, axis=0, output=hu, truncate=3.0)


def add_noise(
    hu: NDArray[np.float32], spacing_mm: tuple[float, float, float], sd_hu: float, seed: int
) -> None:
    """Add noise in place, slice by slice, with the given standard deviation.

    White noise is smoothed to the kernel's grain, and its slow part is taken out, because the
    ramp of filtered back-projection leaves a noise power that falls to zero at zero frequency.
    """
    if sd_hu == 0.0:
        return
    random = np.random.default_rng([seed, 3])
    grain = tuple(NOISE_GRAIN_MM / step for step in (spacing_mm[1], spacing_mm[0]))
    for k in range(hu.shape[0]):
        white = random.standard_normal(hu.shape[1:], dtype=np.float32)
        fast, slow = white, white
        for axis in (0, 1):
            fast = gaussian_filter1d(fast, grain[axis], axis=axis, truncate=3.0, mode="wrap")
            slow = gaussian_filter1d(slow, 2.5 * grain[axis], axis=axis, truncate=3.0, mode="wrap")
        noise = fast - NOISE_LOW_CUT * slow
        hu[k] += noise * (sd_hu / float(noise.std()))


def stored(hu: NDArray[np.float32]) -> NDArray[np.int16]:
    """Round to the whole numbers a scanner stores, clipped to its range."""
    np.rint(hu, out=hu)
    np.clip(hu, LOWEST_HU, HIGHEST_HU, out=hu)
    return hu.astype(np.int16)
