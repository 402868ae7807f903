"""Streaks about metal and cement: a slice is projected, distorted as a scanner would, and back.

A polychromatic beam reads dense paths too short. The shortfall of each ray is filtered and
back-projected alone and added to the picture, together with the noise of the starved rays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.fft import irfft, rfft, rfftfreq

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

VIEWS = 240
"""Directions of projection over half a turn."""

COARSEST_CELL_MM = 1.5
"""Streaks are worked out on cells of about this size and interpolated."""

DENSE_HU = 1900.0
"""Only what is denser than any bone makes streaks here."""

WATER_PER_MM = 0.0195
"""Attenuation of water at the mean energy of a 120 kV beam (about 65 keV)."""

HARDENING = 0.028
"""Share of a path lost per unit of dense attenuation: chosen so that a pair of titanium screws
leaves a dark band of 150 to 300 HU between them, as in clinical pictures."""

STARVATION = 0.004
"""Noise of one ray with no attenuation beyond water, relative to its logarithm."""


@kernel
def project(
    cells: NDArray[np.float32], angles: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Add each cell to the ray it lies on; ``out`` is (views, rays), in cell widths."""
    rows, columns = cells.shape
    middle = 0.5 * (out.shape[1] - 1)
    for view in range(angles.shape[0]):
        c, s = np.cos(angles[view]), np.sin(angles[view])
        for j in range(rows):
            for i in range(columns):
                value = cells[j, i]
                if value == 0.0:
                    continue
                t = (i - 0.5 * (columns - 1)) * c + (j - 0.5 * (rows - 1)) * s + middle
                low = int(t)
                out[view, low] += value * (low + 1 - t)
                out[view, low + 1] += value * (t - low)


@kernel
def back_project(
    rays: NDArray[np.float64], angles: NDArray[np.float64], out: NDArray[np.float32]
) -> None:
    """Add each ray to every cell it passes."""
    rows, columns = out.shape
    middle = 0.5 * (rays.shape[1] - 1)
    for view in range(angles.shape[0]):
        c, s = np.cos(angles[view]), np.sin(angles[view])
        for j in range(rows):
            base = (j - 0.5 * (rows - 1)) * s - 0.5 * (columns - 1) * c + middle
            for i in range(columns):
                t = base + i * c
                low = int(t)
                share = t - low
                out[j, i] += rays[view, low] * (1.0 - share) + rays[view, low + 1] * share


class Beam(Protocol):
    """What a scanner makes of rays through dense matter."""

    @property
    def coarsest_cell_mm(self) -> float:
        """Streaks are worked out on cells of about this size and interpolated."""

    def error(
        self,
        dense: NDArray[np.float64],
        whole: NDArray[np.float64],
        random: np.random.Generator,
    ) -> NDArray[np.float64]:
        """Return what each ray's reading is off by.

        Both arguments are attenuations, (views, rays): of what is denser than bone beyond water,
        and of all there is.
        """


@dataclass(frozen=True, slots=True)
class OneShortfall:
    """Hardening as a share of the path, and noise of the starved rays."""

    coarsest_cell_mm: float = COARSEST_CELL_MM

    def error(
        self,
        dense: NDArray[np.float64],
        whole: NDArray[np.float64],
        random: np.random.Generator,
    ) -> NDArray[np.float64]:
        """Return the shortfall and the noise of each ray."""
        short = -HARDENING * dense * (dense + 0.5 * whole)
        starved = STARVATION * np.exp(0.5 * np.minimum(whole, 9.0)) * (dense > 0.0)
        return short + random.standard_normal(short.shape) * starved


def add_streaks(
    hu: NDArray[np.float32],
    spacing_mm: tuple[float, float, float],
    seed: tuple[int, ...],
    beam: Beam = OneShortfall(),
) -> None:
    """Add streaks in place to every slice that holds something denser than bone."""
    angles = np.arange(VIEWS) * np.pi / VIEWS
    factor = max(int(beam.coarsest_cell_mm / min(spacing_mm[:2])), 1)
    for k in range(hu.shape[0]):
        if hu[k].max() > DENSE_HU:
            random = np.random.default_rng([*seed, 8, k])
            hu[k] += _streaks(hu[k], spacing_mm[0], factor, angles, random, beam)


def _streaks(
    slice_hu: NDArray[np.float32],
    spacing_mm: float,
    factor: int,
    angles: NDArray[np.float64],
    random: np.random.Generator,
    beam: Beam,
) -> NDArray[np.float32]:
    """Return what to add to one slice, HU."""
    rows, columns = (-(-count // factor) for count in slice_hu.shape)
    padded = np.pad(
        slice_hu,
        ((0, rows * factor - slice_hu.shape[0]), (0, columns * factor - slice_hu.shape[1])),
        mode="edge",
    )
    cells = padded.reshape(rows, factor, columns, factor).mean(axis=(1, 3))
    dense = np.where(cells > DENSE_HU / 2, cells / 1000.0, 0.0).astype(np.float32)
    step = spacing_mm * factor * WATER_PER_MM
    count = int(np.ceil(np.hypot(rows, columns))) + 4
    path, whole = np.zeros((VIEWS, count)), np.zeros((VIEWS, count))
    project(dense, angles, path)
    project(np.maximum(cells / 1000.0 + 1.0, 0.0).astype(np.float32), angles, whole)
    short = beam.error(path * step, whole * step, random)
    size = 2 * count
    ramp = 2.0 * np.abs(rfftfreq(size))
    ramp *= 0.5 * (1.0 + np.cos(2.0 * np.pi * rfftfreq(size)))
    rays = irfft(rfft(short, n=size, axis=1) * ramp, n=size, axis=1)[:, :count]
    error = np.zeros((rows, columns), dtype=np.float32)
    back_project(np.ascontiguousarray(rays), angles, error)
    error *= np.float32(np.pi / (2.0 * VIEWS) / step * 1000.0)
    fine = np.repeat(np.repeat(error, factor, axis=0), factor, axis=1)
    return fine[: slice_hu.shape[0], : slice_hu.shape[1]]
