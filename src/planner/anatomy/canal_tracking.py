"""Follows the canal again in sections across it, and farther at both ends.

The first path is found in axial slices. Where the spine leans, as at the lumbosacral junction or
in scoliosis, an axial slice cuts the canal at a slant and shows no closed ring; a section across
the canal does.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.canal_path import best_walk, canal_score
from planner.anatomy.disc_search import SPACING_MM
from planner.anatomy.interpolation import held_at
from planner.anatomy.spine_curve import U_MM, V_MM, spine_curve, straightened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.canal_path import CanalPath
    from planner.domain.volume import CtVolume

ROUNDS = 2
"""The second round follows what the first one added at the ends."""

GRID_MM = 2.0
"""Sections are looked at on this grid first: it holds the canal best where bone is thin or noisy.

Dense bone closes a narrow canal on it; then the path is followed on the grid it was found with.
"""

LOST_MM = float(SPACING_MM[1])
"""An end that moves in by more than the tallest level is not trimmed but lost."""

LEANING = 0.6
"""Millimetres aside for one down, from which an axial slice no longer shows a closed ring."""

_LEANS_OVER_MM = 24.0
"""Less than a level: shorter stretches lean by the grid of the first path alone."""

_MOST_CUT_MM = 40.0
"""What two rounds find again, each following on for as far as a curve is drawn beyond its end."""

_FEWEST_POINTS = 8

_STRAYS_MM = 14.0
"""The true canal lies no farther than this from the path that was found."""


def tracked(ct: CtVolume, path: CanalPath) -> CanalPath:
    """Return the path found again in sections across itself; as it was where that loses it."""
    for grid_mm in sorted({GRID_MM, path.grid_mm}, reverse=True):
        found = _followed(ct, path, grid_mm)
        if _still_reaches(found, path):
            return found
    return path


def cut_where_it_leans(path: CanalPath) -> CanalPath:
    """Return a path without its lower end from where it begins to lean; as it was where none does.

    From there axial slices may have misled it: over a steep sacrum they take the disc above it
    for the canal. What is left is followed on in sections across.
    """
    z = path.points_mm[:, 2]
    start = 0
    for n in np.flatnonzero(z - z[0] < _MOST_CUT_MM):
        stretch = path.points_mm[(z >= z[n]) & (z <= z[n] + _LEANS_OVER_MM)]
        away = stretch - stretch.mean(axis=0)
        if np.linalg.norm(away[:, 2] @ away[:, :2]) > LEANING * (away[:, 2] @ away[:, 2]):
            start = int(n)
    if start == 0 or len(z) - start < _FEWEST_POINTS:
        return path
    return replace(path, points_mm=path.points_mm[start:], scores=path.scores[start:])


def _followed(ct: CtVolume, path: CanalPath, grid_mm: float) -> CanalPath:
    for _ in range(ROUNDS):
        found = _once(ct, path, grid_mm)
        if found is None:
            return path
        path = found
    return path


def _still_reaches(found: CanalPath, first: CanalPath) -> bool:
    """Tell whether a path found again covers what the first one did, but for trimmed ends."""
    new, old = found.points_mm[[0, -1], 2], first.points_mm[[0, -1], 2]
    return bool(new[0] - old[0] <= LOST_MM and old[1] - new[1] <= LOST_MM)


def _once(ct: CtVolume, path: CanalPath, grid_mm: float) -> CanalPath | None:
    curve = spine_curve(path)
    s = np.arange(0.0, len(curve), grid_mm)
    # Rows run to posterior in the search, as in an axial slice.
    v, u = (
        np.arange(V_MM[-1], V_MM[0] - 0.5, -grid_mm),
        np.arange(U_MM[0], U_MM[-1] + 0.5, grid_mm),
    )
    sections = _sections(straightened(ct.hu, ct.geometry, curve), s, v, u)
    score = canal_score(sections, grid_mm, path.bone_hu)
    away = np.hypot(v[:, None], u[None])
    score *= np.clip(1.5 - away / _STRAYS_MM, 0.0, 1.0).astype(np.float32)
    walk = best_walk(score, grid_mm)
    if walk is None or len(walk) < 4:
        return None
    points = curve.at(*(at[walk[:, n].astype(int)] for n, at in enumerate((s, v, u))))
    rising = np.r_[True, np.diff(np.maximum.accumulate(points[:, 2])) > 0.0]
    if rising.sum() < 4:
        return None
    return replace(path, points_mm=points[rising], scores=walk[rising, 3])


def _sections(
    straight: NDArray[np.float32],
    s: NDArray[np.float64],
    v: NDArray[np.float64],
    u: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Sample a straightened volume at every combination of ``s``, ``v`` and ``u``."""
    places = np.meshgrid(s, v - V_MM[0], u - U_MM[0], indexing="ij")
    return held_at(straight, places)
