"""What a scanner does to a picture: blur by its kernel, and noise that is correlated.

Noise follows the rays: a ray through much tissue is starved, so noise is strongest in the middle
of the trunk and through shoulders and hips, and drawn out along the way the trunk is thickest.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
from scipy.fft import irfft2, rfft2
from scipy.ndimage import gaussian_filter1d

from planner.phantom.recipe import Kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLUR_MM = {Kernel.SOFT: 0.75, Kernel.STANDARD: 0.55, Kernel.BONE: 0.36}
"""Standard deviation of the in-plane blur; the standard body kernel reaches about 0.8 lp/mm at
10 %, a bone kernel about 1.2."""

LOWEST_HU, HIGHEST_HU = -1024, 3071
"""A scanner stores 12 bits with an offset of 1024."""

WATER_PER_MM = 0.0195
"""Attenuation of water at the mean energy of a 120 kV beam (about 65 keV)."""

STARVED = 0.32
"""Noise grows as exp(this x attenuation) along a ray. Counting alone would give 0.5; the bow-tie
filter and the current that follows the patient take about half of it back."""

EVERYWHERE = 0.35
"""Share of the noise power that comes from rays of all directions alike."""

PROFILE_SMOOTHING_MM = 12.0
"""No single row of voxels is starved alone: rays fan out."""

WORKERS = 2


def blur(
    hu: NDArray[np.float32],
    spacing_mm: tuple[float, float, float],
    thick_mm: float,
    kernel: Kernel = Kernel.STANDARD,
) -> None:
    """Blur in place by the kernel in the slice and by the slice's thickness across."""
    for axis, step in ((2, spacing_mm[0]), (1, spacing_mm[1])):
        gaussian_filter1d(hu, BLUR_MM[kernel] / step, axis=axis, output=hu, truncate=3.0)
    beyond = thick_mm**2 - spacing_mm[2] ** 2
    across = np.sqrt(max(beyond, 0.0) / 12.0 + (0.25 * spacing_mm[2]) ** 2) / spacing_mm[2]
    gaussian_filter1d(hu, across, axis=0, output=hu, truncate=3.0)


def add_noise(
    hu: NDArray[np.float32],
    spacing_mm: tuple[float, float, float],
    sd_hu: float,
    kernel: Kernel,
    seed: tuple[int, ...],
) -> None:
    """Add noise in place, slice by slice; ``sd_hu`` is its spread in the middle of the trunk.

    White noise is shaped by the ramp of filtered back-projection and the kernel's blur, once for
    rays that run along the rows and once for those along the columns, and each is weighted by
    what those rays went through.
    """
    if sd_hu == 0.0:
        return
    shape = (hu.shape[1], hu.shape[2])
    along_rows, along_columns = _filters(shape, spacing_mm, kernel)
    rows, columns = _starvation(hu, spacing_mm)

    def one(k: int) -> None:
        white = np.random.default_rng([*seed, 3, k]).standard_normal((2, *shape), dtype=np.float32)
        waves = rfft2(white)
        noise = irfft2(waves[0] * along_rows, s=shape) * rows[k][:, None]
        noise += irfft2(waves[1] * along_columns, s=shape) * columns[k][None, :]
        hu[k] += np.float32(sd_hu) * noise

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(one, range(hu.shape[0])))


def _filters(
    shape: tuple[int, int], spacing_mm: tuple[float, float, float], kernel: Kernel
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what shapes white noise for rays along rows and along columns.

    Both together have unit spread.
    """
    fy = np.fft.fftfreq(shape[0], spacing_mm[1])[:, None]
    fx = np.fft.rfftfreq(shape[1], spacing_mm[0])[None, :]
    radius = np.sqrt(fx * fx + fy * fy)
    radius[0, 0] = 1.0
    ramp = np.sqrt(radius) * np.exp(-2.0 * (np.pi * BLUR_MM[kernel] * radius) ** 2)
    ramp[0, 0] = 0.0
    rows, columns = ramp * np.abs(fy) / radius, ramp * np.abs(fx) / radius
    weight = np.full(radius.shape, 2.0)
    weight[:, 0] = 1.0
    power = float((weight * (rows**2 + columns**2)).sum()) / (shape[0] * shape[1])
    spread = np.sqrt(power)
    return (rows / spread).astype(np.float32), (columns / spread).astype(np.float32)


def _starvation(
    hu: NDArray[np.float32], spacing_mm: tuple[float, float, float]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return relative noise of each row and column of each slice; 1 in the middle of the trunk."""
    found = []
    for axis, step, other in (
        (2, spacing_mm[0], spacing_mm[1]),
        (1, spacing_mm[1], spacing_mm[0]),
    ):
        water = np.empty((hu.shape[0], hu.shape[3 - axis]), dtype=np.float32)
        for k in range(hu.shape[0]):
            water[k] = np.maximum(hu[k] * 0.001 + 1.0, 0.0).sum(axis=axis - 1)
        path = water * (WATER_PER_MM * step)
        path = gaussian_filter1d(path, PROFILE_SMOOTHING_MM / other, axis=1, mode="nearest")
        found.append(np.exp(2.0 * STARVED * path))
    middle = 0.5 * sum(float(np.median(power.max(axis=1))) for power in found)
    rows, columns = (
        np.sqrt(EVERYWHERE + (1.0 - EVERYWHERE) * power / middle).astype(np.float32)
        for power in found
    )
    return rows, columns


def stored(hu: NDArray[np.float32], highest_hu: int = HIGHEST_HU) -> NDArray[np.int16]:
    """Round to the whole numbers a scanner stores, clipped to its range."""
    np.rint(hu, out=hu)
    np.clip(hu, LOWEST_HU, highest_hu, out=hu)
    return hu.astype(np.int16)
