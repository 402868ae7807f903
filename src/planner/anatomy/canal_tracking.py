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
from planner.anatomy.spine_curve import U_MM, V_MM, spine_curve, straightened

if TYPE_CHECKING:
    from planner.anatomy.canal_path import CanalPath
    from planner.domain.volume import CtVolume

ROUNDS = 2
"""The second round follows what the first one added at the ends."""

GRID_MM = 2
"""Sections are looked at on this grid, as in the first search."""

_STRAYS_MM = 14.0
"""The true canal lies no farther than this from the path that was found."""


def tracked(ct: CtVolume, path: CanalPath) -> CanalPath:
    """Return the path found again in sections across itself; as it was where that shows less."""
    for _ in range(ROUNDS):
        found = _once(ct, path)
        if found is None:
            return path
        path = found
    return path


def _once(ct: CtVolume, path: CanalPath) -> CanalPath | None:
    curve = spine_curve(path)
    straight = straightened(ct.hu, ct.geometry, curve)
    # Rows run to posterior in the search, as in an axial slice.
    v, u = V_MM[::-GRID_MM], U_MM[::GRID_MM]
    score = canal_score(straight[::GRID_MM, ::-GRID_MM, ::GRID_MM], float(GRID_MM), path.bone_hu)
    away = np.hypot(v[:, None], u[None])
    score *= np.clip(1.5 - away / _STRAYS_MM, 0.0, 1.0).astype(np.float32)
    walk = best_walk(score, float(GRID_MM))
    if walk is None or len(walk) < 4:
        return None
    row = walk[:, 0] * GRID_MM
    points = curve.at(row, v[walk[:, 1].astype(int)], u[walk[:, 2].astype(int)])
    rising = np.r_[True, np.diff(np.maximum.accumulate(points[:, 2])) > 0.0]
    if rising.sum() < 4:
        return None
    return replace(path, points_mm=points[rising], scores=walk[rising, 3])
