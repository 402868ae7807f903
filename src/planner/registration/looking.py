"""Looks for one template in one scan: a first look everywhere, then fine alignments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.spatial.transform import Rotation

from planner.registration.alignment import Fit, Samples, aligned, moved
from planner.registration.patch import Patch, corners_mm, patch_about
from planner.registration.quality import Quality, quality_of
from planner.registration.search import starts
from planner.registration.template import COARSE_MM, Template

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps, Vector

MOVED_MM: Final = (40.0, 40.0, 60.0)
"""In one frame of reference a vertebra is looked for this far from where it was: farther along
the spine than one level, so that its neighbours are seen as rivals."""

CLICKED_MM: Final = (16.0, 16.0, 20.0)
"""About a point that a person gives for the middle of the body."""

SEARCH_STEP_MM: Final = 4.0

MOST_STARTS: Final = 5
"""Of the first look, that are refined."""

ELSEWHERE_MM: Final = 12.0
"""Ends farther apart than this are two places; bodies are 20 mm high or more."""

LEAST_SEEN: Final = 0.6
"""Less of a vertebra's edge than this in the other scan is too little."""

OFF_START_MM, OFF_START_DEG = 1.5, 2.0
"""The fine alignment is begun again this far beside its end, to see whether it comes back."""

BESIDE_MM: Final = 3.0
"""The fine alignment may end this far from where it began."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ended:
    """A fine alignment with its quality."""

    fit: Fit
    quality: Quality


class Search:
    """Looks for one template in one scan."""

    def __init__(
        self, template: Template, fixed: CtVolume, moving: CtVolume, fine_mm: float
    ) -> None:
        self.template = template
        self._moving = moving
        self._fine_mm = fine_mm
        frames = [ct.record.frame_of_reference_uid for ct in (fixed, moving)]
        self._in_one_frame = bool(frames[0]) and frames[0] == frames[1]

    def ends(self, near: PointLps | None) -> list[Ended]:
        """Return the fine ends at different places, best first; empty where nothing is seen."""
        coarse = self.template.coarse
        middles = self._middles(near)
        half = 0.5 * (self.template.high_mm - self.template.low_mm) + SEARCH_STEP_MM
        low, high = middles.min(axis=0) - half, middles.max(axis=0) + half
        patch = patch_about(self._moving, low, high, COARSE_MM)
        if patch is None:
            return []
        found = [
            aligned(coarse, patch, start, steps=20)
            for start in starts(coarse, patch, middles, least_seen=LEAST_SEEN, most=MOST_STARTS)
        ]
        places = _apart([fit for fit in found if fit.seen >= LEAST_SEEN], coarse)
        fine = [self.refined(fit.motion) for fit in places[:2]]
        ends = [end for end in fine if end is not None]
        return sorted(ends, key=lambda end: end.quality.misfit_mm)

    def refined(self, start: NDArray[np.float64]) -> Ended | None:
        """Return the fine alignment from a start; ``None`` where too little is seen."""
        patch = self._fine_patch(start)
        if patch is None:
            return None
        fit = aligned(self.template.fine, patch, start)
        if fit.seen < LEAST_SEEN:
            return None
        return Ended(fit=fit, quality=quality_of(self.template.fine, fit, self.template.wall_mm))

    def returns_mm(self, fit: Fit) -> float:
        """Return how far apart at the wall the alignment ends when begun beside its end."""
        patch = self._fine_patch(fit.motion)
        if patch is None:
            return np.inf
        wall = moved(fit.motion, self.template.wall_mm)
        return max(
            float(np.linalg.norm(moved(again.motion, self.template.wall_mm) - wall, axis=1).max())
            for again in (
                aligned(self.template.fine.every(3), patch, _beside(fit.motion, wall, sign))
                for sign in (-1.0, 1.0)
            )
        )

    def off_mm(self, fit: Fit, near: PointLps) -> float:
        """Return how far the middle of the body lies from a point given for it."""
        body = moved(fit.motion, self.template.vertebra.body_centre.array)
        return float(np.linalg.norm(body - near.array))

    def wall_seen(self, fit: Fit) -> float:
        """Return the share of the posterior wall that lies in the scan and not in its padding."""
        wall = moved(fit.motion, self.template.wall_mm)
        seen = self._moving.geometry.contains(wall)
        if self._moving.outside_scan is not None:
            index = np.rint(self._moving.geometry.ijk(wall)).astype(np.int64)
            i, j, k = np.clip(index, 0, np.array(self._moving.geometry.size_ijk) - 1).T
            seen = seen & ~self._moving.outside_scan[k, j, i]
        return float(seen.mean())

    def _fine_patch(self, motion: NDArray[np.float64]) -> Patch | None:
        box = moved(motion, corners_mm(self.template.low_mm, self.template.high_mm))
        margin = 2.0 * BESIDE_MM
        return patch_about(
            self._moving, box.min(axis=0) - margin, box.max(axis=0) + margin, self._fine_mm
        )

    def _middles(self, near: PointLps | None) -> Vector:
        """Return where the middle of the coarse points may lie, LPS mm, shape ``(n, 3)``."""
        middle = self.template.coarse.points_mm.mean(axis=0)
        if near is not None:
            body = self.template.vertebra.body_centre.array
            return _lattice(near.array + middle - body, np.array(CLICKED_MM))
        if self._in_one_frame:
            return _lattice(middle, np.array(MOVED_MM))
        size = np.array(self._moving.geometry.size_ijk) - 1.0
        whole = self._moving.geometry.lps_mm(corners_mm(np.zeros(3), size))
        low, high = whole.min(axis=0), whole.max(axis=0)
        return _lattice(0.5 * (low + high), 0.5 * (high - low))


def _lattice(middle: Vector, half_mm: Vector) -> Vector:
    axes = [
        np.arange(-np.floor(half / SEARCH_STEP_MM), np.floor(half / SEARCH_STEP_MM) + 1)
        for half in half_mm
    ]
    steps = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    return np.asarray(middle + SEARCH_STEP_MM * steps)


def _apart(fits: list[Fit], samples: Samples) -> list[Fit]:
    """Return the best fit of every place, best first."""
    middle, kept = samples.points_mm.mean(axis=0), list[Fit]()
    for fit in sorted(fits, key=lambda one: -one.agreement):
        here = moved(fit.motion, middle)
        if all(
            np.linalg.norm(moved(other.motion, middle) - here) > ELSEWHERE_MM for other in kept
        ):
            kept.append(fit)
    return kept


def _beside(motion: NDArray[np.float64], about: Vector, sign: float) -> NDArray[np.float64]:
    """Return a motion a little turned and shifted, one way or the other."""
    middle, askew = about.mean(axis=0), sign * np.ones(3) / np.sqrt(3.0)
    turn = Rotation.from_rotvec(OFF_START_DEG * askew, degrees=True).as_matrix()
    found = motion.copy()
    found[:3, :3] = turn @ motion[:3, :3]
    found[:3, 3] = turn @ (motion[:3, 3] - middle) + middle + OFF_START_MM * askew
    return found
