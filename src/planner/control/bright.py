"""Where in a scan something is denser than bone, and what lies straight in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cc3d
import numpy as np
from scipy.ndimage import binary_dilation, find_objects

from planner.geometry.points import unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector

BRIGHT_HU: Final = 1600.0
"""A thin shaft reads more even in thick slices. The densest bone and cement may read more too and
are told apart by their shape."""

JOINED_VOXELS: Final = 2
"""A thin shaft in thick slices is a row of dashes: those within so many voxels hang together."""

LEAST_VOXELS: Final = 6
"""Fewer bright voxels together are grain of the picture or a clip."""

SHORTEST_RUN_MM: Final = 20.0
"""What is straight over less is not looked at as a shaft."""

INLIER_MM: Final = 1.6
"""A bright voxel belongs to a line within this, or within one voxel's diagonal in the slice."""

TRIES: Final = 500
"""Pairs of voxels tried for one line; a shaft that is a fifth of its piece is hit 20 times."""

MOST_LINES: Final = 12
"""Lines looked for in one piece: more crossing shafts are not told apart."""

MOST_POINTS: Final = 4000
"""A larger piece is thinned evenly before lines are looked for in it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """Bright voxels that hang together; LPS mm, shape ``(n, 3)``."""

    points_mm: Vector
    volume_mm3: float

    @property
    def middle(self) -> Vector:
        """Mean place, LPS mm."""
        return np.asarray(self.points_mm.mean(axis=0))


def bright_pieces(ct: CtVolume) -> tuple[tuple[Piece, ...], int]:
    """Return the bright pieces of a scan, largest first, and how many grains were left out."""
    bright = np.asarray(ct.hu >= BRIGHT_HU)
    joined = binary_dilation(bright, np.ones((3, 3, 3), dtype=bool))
    joined = binary_dilation(joined, np.ones((1, 3, 3), dtype=bool), iterations=JOINED_VOXELS - 1)
    numbers, count = cc3d.connected_components(joined, connectivity=26, return_N=True)
    pieces, grains = [], 0
    for number, box in enumerate(find_objects(numbers, count), start=1):
        inside = bright[box] & (numbers[box] == number)
        index = np.argwhere(inside) + [part.start for part in box]
        if len(index) < LEAST_VOXELS:
            grains += 1
            continue
        points = ct.geometry.lps_mm(index[:, ::-1].astype(np.float64))
        pieces.append(
            Piece(points_mm=points, volume_mm3=len(index) * ct.geometry.voxel_volume_mm3)
        )
    return tuple(sorted(pieces, key=lambda piece: -piece.volume_mm3)), grains


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """A straight stretch of bright voxels between two places, LPS mm."""

    start: Vector
    end: Vector

    @property
    def length_mm(self) -> float:
        """Distance of its ends."""
        return float(np.linalg.norm(self.end - self.start))


def straight_runs(piece: Piece, step_mm: float) -> tuple[tuple[Run, ...], Vector]:
    """Return the straight stretches of a piece, longest first, and the voxels in none.

    ``step_mm`` is the widest gap that neighbouring voxels of one shaft may leave along it.
    """
    random = np.random.default_rng(0)
    left = piece.points_mm
    if len(left) > MOST_POINTS:
        left = left[:: len(left) // MOST_POINTS + 1]
    runs: list[Run] = []
    while len(left) >= LEAST_VOXELS and len(runs) < MOST_LINES:
        run = _longest(left, step_mm, random)
        if run is None or run.length_mm < SHORTEST_RUN_MM:
            break
        runs.append(run)
        left = left[_beside(left, run) > 2.0 * INLIER_MM]
    return tuple(runs), left


def _longest(points: Vector, step_mm: float, random: np.random.Generator) -> Run | None:
    """Return the line with the longest unbroken cover among lines through pairs of voxels."""
    pairs = random.integers(0, len(points), (TRIES, 2))
    apart = np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)
    pairs = pairs[apart > 0.5 * SHORTEST_RUN_MM]
    best: Run | None = None
    for one, other in pairs:
        run = _covered(points, points[one], unit(points[other] - points[one]), step_mm)
        if run is not None and (best is None or run.length_mm > best.length_mm):
            best = run
    if best is None:
        return None
    for _ in range(3):
        near = points[_beside(points, best) < INLIER_MM]
        middle = near.mean(axis=0)
        axis = np.linalg.svd(near - middle, full_matrices=False)[2][0]
        best = _covered(points, middle, axis, step_mm) or best
    return best


def _covered(points: Vector, at: Vector, axis: Vector, step_mm: float) -> Run | None:
    """Return the longest stretch of a line that has bright voxels all along."""
    along = (points - at) @ axis
    across = np.linalg.norm(points - at - along[:, None] * axis, axis=1)
    places = np.sort(along[across < INLIER_MM])
    if len(places) < LEAST_VOXELS:
        return None
    breaks = np.flatnonzero(np.diff(places) > step_mm)
    first = np.concatenate([[0], breaks + 1])
    last = np.concatenate([breaks, [len(places) - 1]])
    widest = int(np.argmax(places[last] - places[first]))
    return Run(start=at + places[first[widest]] * axis, end=at + places[last[widest]] * axis)


def _beside(points: Vector, run: Run) -> NDArray[np.float64]:
    """Return how far points lie from a stretch, mm."""
    along = run.end - run.start
    share = np.clip((points - run.start) @ along / float(along @ along), 0.0, 1.0)
    return np.asarray(np.linalg.norm(points - run.start - share[:, None] * along, axis=1))
