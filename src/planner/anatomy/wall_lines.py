"""Where the front and back of the vertebral bodies lie, along the straightened spine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.bilinear import linear
from planner.anatomy.spine_curve import U_MM, V_MM

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MIDLINE_MM = 7.0
_POSTERIOR_MM = (3.0, 18.0)
_EXPECTED_POSTERIOR_MM = (8.5, 6.0)
_DEPTH_MM = (17.0, 44.0)
_EXPECTED_DEPTH_MM = (28.0, 9.0)
_ALONG_MM = 12.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WallLines:
    """Lines of the posterior and anterior wall in the midplane.

    Attributes
    ----------
    posterior_mm, anterior_mm
        ``v`` of the wall for each ``s``, shape ``(n,)``.
    """

    posterior_mm: NDArray[np.float64]
    anterior_mm: NDArray[np.float64]

    @property
    def centre_mm(self) -> NDArray[np.float64]:
        """``v`` of the middle of the body."""
        return 0.5 * (self.posterior_mm + self.anterior_mm)

    def posterior_at(self, s: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the posterior wall's ``v`` at any ``s``, held level beyond the ends."""
        return linear(self.posterior_mm, np.asarray(s))

    def centre_at(self, s: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the body centre's ``v`` at any ``s``, held level beyond the ends."""
        return linear(self.centre_mm, np.asarray(s))


def wall_lines(straight: NDArray[np.float32]) -> WallLines:
    """Find both lines from the gradient of the midplane, smoothed along the spine."""
    clipped = np.clip(straight, -150, 500)
    midplane = clipped[:, :, np.abs(U_MM) <= _MIDLINE_MM].mean(2)
    gradient = np.gradient(ndimage.gaussian_filter(midplane, (_ALONG_MM, 1.0)), axis=1)
    posterior = _peak(gradient, np.zeros(len(straight)), _POSTERIOR_MM, _EXPECTED_POSTERIOR_MM)
    anterior = _peak(-gradient, posterior, _DEPTH_MM, _EXPECTED_DEPTH_MM)
    return WallLines(
        posterior_mm=_smoothed(posterior, 25, 4.0), anterior_mm=_smoothed(anterior, 61, 10.0)
    )


def _peak(
    gradient: NDArray[np.floating],
    start_mm: NDArray[np.float64],
    window_mm: tuple[float, float],
    expected_mm: tuple[float, float],
) -> NDArray[np.float64]:
    """Return ``v`` of the strongest gradient in a window, weighted by where it is expected."""
    out = np.empty(len(gradient))
    for s, row in enumerate(gradient):
        low, high = np.searchsorted(V_MM, start_mm[s] + np.array(window_mm))
        offset = V_MM[low:high] - start_mm[s] - expected_mm[0]
        out[s] = V_MM[
            low + np.argmax(row[low:high] * np.exp(-0.5 * (offset / expected_mm[1]) ** 2))
        ]
    return out


def _smoothed(line: NDArray[np.float64], median: int, sigma: float) -> NDArray[np.float64]:
    """Drop outliers, then smooth."""
    calm = ndimage.median_filter(line, median, mode="nearest")
    return np.asarray(ndimage.gaussian_filter1d(calm, sigma, mode="nearest"))
