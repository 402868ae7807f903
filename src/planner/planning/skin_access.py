"""The skin over a vertebra, each point with the best path that starts there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.planning.aims import choose_aims, lesion_in
from planner.planning.body_outline import skin_on_line
from planner.planning.candidates import score
from planner.planning.exact_distances import ENOUGH_MM
from planner.planning.path_search import KEEP_AWAY_MM, OTHER_BONE_MM, TIP_DEPTH_MM
from planner.planning.search_space import own_frame, search_space
from planner.planning.surfaces import surroundings_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.devices import Device
    from planner.domain.levels import Level
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps, Vector

AXIAL_DEG: Final = np.arange(-70.0, 71.0, 3.0)
CRANIAL_DEG: Final = np.arange(-30.0, 31.0, 4.0)
"""Directions from the body's centre in which the skin is looked up."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SkinAccess:
    """Skin points and what can be reached from each.

    Attributes
    ----------
    points_mm
        Shape ``(n, 3)``, LPS, on the skin.
    clearance_mm
        Shape ``(n,)``: distance the best path from there keeps from canal, foramina and every
        other structure to keep away from, at most ``ENOUGH_MM``; NaN where no path from there
        reaches an aim through soft tissue and this vertebra alone.
    tips_mm
        Shape ``(n, 3)``: tip of that path; NaN where there is none.
    limit_mm
        Distance below which the rules hold a path.
    """

    points_mm: Vector
    clearance_mm: NDArray[np.float64]
    tips_mm: Vector
    limit_mm: float = KEEP_AWAY_MM


def skin_access(
    ct: CtVolume,
    anatomy: Anatomy,
    level: Level,
    *,
    outer_diameter_mm: float,
    target: PointLps | None = None,
    device: Device | None = None,
) -> SkinAccess:
    """Colour the skin over a vertebra by what it can reach.

    Read from the search fields, which are good to half a millimetre: a map to look at, not a
    measure. Ribs and gas on the way are not looked for here; a proposal does.
    """
    surroundings = surroundings_of(anatomy, level)
    vertebra = anatomy.vertebrae[level]
    skin = _skin_points(ct, own_frame(vertebra), vertebra.body_centre)
    lesion = lesion_in(anatomy, surroundings)
    aims = np.concatenate(
        [
            choose_aims(
                vertebra, surroundings, side, target=target, lesion=lesion, device=device
            ).points_mm
            for side in vertebra.pedicles
        ]
        or [np.empty((0, 3))]
    )
    if not len(skin) or not len(aims):
        return SkinAccess(
            points_mm=skin,
            clearance_mm=np.full(len(skin), np.nan),
            tips_mm=np.full((len(skin), 3), np.nan),
        )
    tips = np.tile(aims, (len(skin), 1))
    outward = np.repeat(skin, len(aims), axis=0) - tips
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    scores = score(search_space(ct, anatomy, level), tips, outward, np.full((len(tips), 2), -1.0))
    good = (scores.body >= TIP_DEPTH_MM) & (scores.other_bone <= OTHER_BONE_MM)
    value = np.where(good, np.minimum(scores.danger - outer_diameter_mm / 2.0, ENOUGH_MM), -np.inf)
    value = value.reshape(len(skin), len(aims))
    best = value.argmax(axis=1)
    reached = value[np.arange(len(skin)), best]
    none = ~np.isfinite(reached)
    chosen = aims[best].copy()
    chosen[none] = np.nan
    return SkinAccess(points_mm=skin, clearance_mm=np.where(none, np.nan, reached), tips_mm=chosen)


def _skin_points(ct: CtVolume, frame: Vector, centre: PointLps) -> Vector:
    """Return skin points behind and beside the vertebra, seen from its body's centre."""
    axial, cranial = (
        np.radians(grid.ravel()) for grid in np.meshgrid(AXIAL_DEG, CRANIAL_DEG, indexing="ij")
    )
    ways = np.stack(
        (np.sin(axial) * np.cos(cranial), np.cos(axial) * np.cos(cranial), np.sin(cranial)),
        axis=1,
    )
    found = [skin_on_line(ct, centre, way) for way in ways @ frame.T]
    return np.array([point.array for point in found if point is not None]).reshape(-1, 3)
