"""Turns and shifts points of one scan until their grey values fit another: least squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.spatial.transform import Rotation

from planner.registration.reading import normal_equations, read

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector
    from planner.registration.patch import Patch

UNKNOWNS: Final = 8
"""Shift (3), turn (3), gain and offset of the grey values."""

ROBUST: Final = 4.685
"""Residuals beyond this many spreads count nothing (Tukey's biweight)."""

QUIETEST_HU: Final = 15.0
"""No scan is quieter than this after smoothing; below it every point would be an outlier."""

GAINS: Final = (0.5, 2.0)
"""Another kernel or voltage changes the contrast of bone, but not by more."""

FEWEST: Final = 3 * UNKNOWNS
"""With fewer points that can be read there is nothing to fit."""

STILL_MM, STILL_RAD = 0.003, 1.0e-4
"""A step smaller than this is the last."""

GIVES_UP: Final = 1.0e3
"""With steps damped by this much and still no gain, the end is reached."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """Points of one scan with their grey values.

    Attributes
    ----------
    points_mm
        Shape ``(n, 3)``, LPS.
    hu
        float64, shape ``(n,)``.
    slopes
        HU per mm along LPS, shape ``(n, 3)``.
    """

    points_mm: Vector
    hu: NDArray[np.float64]
    slopes: Vector

    def every(self, step: int) -> Samples:
        """Return every so many-th point."""
        points, hu, slopes = (
            np.ascontiguousarray(part[::step]) for part in (self.points_mm, self.hu, self.slopes)
        )
        return Samples(points_mm=points, hu=hu, slopes=slopes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """Where an alignment ended.

    Attributes
    ----------
    motion
        Shape ``(4, 4)``, LPS mm to LPS mm.
    residual_hu, slopes
        Of every point, shape ``(n,)`` and ``(n, 3)`` in HU per mm, LPS; NaN where the scan may
        not be read. The slopes are the mean of those of both scans.
    own_slopes
        Those of the samples alone, turned and scaled into this scan.
    spread_hu
        Robust standard deviation of the residuals.
    agreement
        Correlation of grey values, at most 1.
    seen
        Share of the points that could be read.
    """

    motion: NDArray[np.float64]
    residual_hu: NDArray[np.float64]
    slopes: NDArray[np.float64]
    own_slopes: NDArray[np.float64]
    spread_hu: float
    agreement: float
    seen: float


def moved(motion: NDArray[np.float64], points_mm: Vector) -> Vector:
    """Return points, shape ``(..., 3)``, where a motion of shape ``(4, 4)`` takes them."""
    return np.asarray(points_mm @ motion[:3, :3].T + motion[:3, 3])


def aligned(samples: Samples, patch: Patch, start: NDArray[np.float64], steps: int = 40) -> Fit:
    """Return the rigid motion near ``start`` at which the grey values agree best.

    Parameters
    ----------
    start
        Shape ``(4, 4)``, LPS mm of the samples to LPS mm of the patch.
    steps
        Most steps of Levenberg and Marquardt.
    """
    at = _Place(samples, patch, start)
    at.weigh(at.spread_hu)
    damping = 1e-3
    for _ in range(steps):
        step = at.step(damping)
        there = _Place(samples, patch, _stepped(at.motion, at.middle, step))
        there.weigh(at.weighed_by_hu)
        if not there.cost < at.cost:
            damping *= 10.0
            if damping > GIVES_UP:
                break
            continue
        damping = max(0.2 * damping, 1e-6)
        at = there
        at.weigh(at.spread_hu)
        if np.abs(step[:3]).max() < STILL_MM and np.abs(step[3:6]).max() < STILL_RAD:
            break
    return at.fit()


def _stepped(
    motion: NDArray[np.float64], middle: Vector, step: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the motion turned about ``middle`` and shifted by one step."""
    turn = Rotation.from_rotvec(step[3:6]).as_matrix()
    found = np.eye(4)
    found[:3, :3] = turn @ motion[:3, :3]
    found[:3, 3] = turn @ (motion[:3, 3] - middle) + middle + step[:3]
    return found


class _Place:
    """The samples at one motion: what is read there, and the equations of the next step."""

    def __init__(self, samples: Samples, patch: Patch, motion: NDArray[np.float64]) -> None:
        self._samples = samples
        self.motion = motion
        self.middle = moved(motion, samples.points_mm.mean(axis=0))
        count = len(samples.hu)
        self._values, self._slopes = np.empty(count), np.full((count, 3), np.nan)
        read(patch, motion, samples.points_mm, self._values, self._slopes)
        self._residual, gain, self.spread_hu = grey_line(samples.hu, self._values)
        # The mean of both slopes: half the noise, and steps that go farther (Benhimane and Malis).
        self._own_slopes = gain * samples.slopes @ motion[:3, :3].T
        self._slopes = 0.5 * (self._slopes + self._own_slopes)
        self._square, self._right = np.zeros((UNKNOWNS, UNKNOWNS)), np.zeros(UNKNOWNS)
        self.cost, self.weighed_by_hu = np.inf, np.inf

    def weigh(self, spread_hu: float) -> None:
        """Add up the equations with residuals judged against a spread."""
        self.weighed_by_hu = spread_hu
        if not np.isfinite(self.spread_hu):
            return
        arms = moved(self.motion, self._samples.points_mm) - self.middle
        self.cost = normal_equations(
            self._samples.hu, self._residual, self._slopes, arms, ROBUST * spread_hu,
            self._square, self._right,
        )  # fmt: skip

    def step(self, damping: float) -> NDArray[np.float64]:
        """Return the step that lowers the cost, shape ``(8,)``."""
        scale = np.diag(self._square) + 1e-9
        return np.asarray(-np.linalg.solve(self._square + np.diag(damping * scale), self._right))

    def fit(self) -> Fit:
        """Return what was found."""
        known = ~np.isnan(self._values)
        return Fit(
            motion=self.motion,
            residual_hu=self._residual,
            slopes=self._slopes,
            own_slopes=self._own_slopes,
            spread_hu=self.spread_hu,
            agreement=_correlation(self._samples.hu[known], self._values[known]),
            seen=float(known.mean()),
        )


def grey_line(
    hu: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, float]:
    """Return residuals, gain and spread of the straight line from ``hu`` to ``values``.

    Outliers are left out of the line twice over. A value that is NaN is not known.
    """
    known = ~np.isnan(values)
    if known.sum() < FEWEST:
        return np.full(len(hu), np.nan), 1.0, np.inf
    x, y = hu[known], values[known]
    weight = np.ones(len(x))
    gain, offset, spread = 1.0, 0.0, np.inf
    for _ in range(3):
        total = weight.sum()
        x_mean, y_mean = (weight @ x) / total, (weight @ y) / total
        gain = float((weight * (x - x_mean)) @ (y - y_mean))
        gain /= float((weight * (x - x_mean)) @ (x - x_mean)) + 1e-9
        gain = min(max(gain, GAINS[0]), GAINS[1])
        offset = float(y_mean - gain * x_mean)
        residual = gain * x + offset - y
        spread = max(1.4826 * float(np.median(np.abs(residual))), QUIETEST_HU)
        weight = np.maximum(1.0 - (residual / (ROBUST * spread)) ** 2, 0.0) ** 2
    return gain * hu + offset - values, gain, spread


def _correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    if len(x) < FEWEST:
        return 0.0
    x, y = x - x.mean(), y - y.mean()
    return float((x @ y) / np.sqrt((x @ x) * (y @ y) + 1e-9))
