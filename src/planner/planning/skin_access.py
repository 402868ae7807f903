"""The skin over a vertebra, each point with the best path that starts there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.planning.aims import choose_aims, lesion_in
from planner.planning.body_outline import skin_on_line
from planner.planning.candidates import score
from planner.planning.corridors import STEEPEST_CRANIAL_DEG, corridors_for
from planner.planning.exact_distances import ENOUGH_MM
from planner.planning.path_search import (
    KEEP_AWAY_MM,
    OTHER_BONE_MM,
    TIP_DEPTH_MM,
    Task,
    in_window,
    path_angles_deg,
    slab_mm,
)
from planner.planning.pedicle_walls import measured_walls
from planner.planning.search_space import own_frame, search_space
from planner.planning.surfaces import surroundings_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.devices import Device
    from planner.domain.levels import Level
    from planner.domain.plan import Approach
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps, Vector
    from planner.planning.search_space import SearchSpace

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
        Distance below which a path is held; less in a pedicle, where bone guards it.
    """

    points_mm: Vector
    clearance_mm: NDArray[np.float64]
    tips_mm: Vector
    limit_mm: float = KEEP_AWAY_MM


def skin_access(  # a door: what to reach, with what, each by name
    ct: CtVolume,
    anatomy: Anatomy,
    level: Level,
    *,
    outer_diameter_mm: float,
    target: PointLps | None = None,
    device: Device | None = None,
    approach: Approach | None = None,
) -> SkinAccess:
    """Colour the skin over a vertebra by what it can reach.

    With an ``approach`` only paths through its window beside or in a pedicle count, at its
    angles, and through the pedicle the bone about the needle counts too; none where the approach
    is not used at that level. Read from the search fields, which are good to half a millimetre: a
    map to look at, not a measure. Ribs and gas on the way are not looked for; a proposal does.
    """
    surroundings = surroundings_of(anatomy, level)
    vertebra = anatomy.vertebrae[level]
    skin = _skin_points(ct, own_frame(vertebra), vertebra.body_centre)
    lesion = lesion_in(anatomy, surroundings)
    space = search_space(ct, anatomy, level)
    best = np.full(len(skin), -np.inf)
    tips = np.full((len(skin), 3), np.nan)
    limit_mm = KEEP_AWAY_MM
    corridors = () if approach is None else corridors_for(level, approach)
    for side, pedicle in vertebra.pedicles.items():
        aims = choose_aims(
            vertebra, surroundings, side, target=target, lesion=lesion, device=device
        )
        tasks = [
            Task(
                vertebra=vertebra,
                side=side,
                pedicle=pedicle,
                corridor=corridor,
                aims=aims,
                radius_mm=outer_diameter_mm / 2.0,
                space=space,
                walls=measured_walls(vertebra, side, surroundings),
            )
            for corridor in corridors
        ]
        if tasks:
            limit_mm = min(limit_mm, *(task.keep_away_mm for task in tasks))
        for task in tasks if approach is not None else (None,):
            values = _values_mm(space, skin, aims.points_mm, outer_diameter_mm / 2.0, task)
            if not values.size:
                continue
            place = values.argmax(axis=1)
            found = values[np.arange(len(skin)), place]
            better = found > best
            best[better], tips[better] = found[better], aims.points_mm[place[better]]
    none = ~np.isfinite(best)
    return SkinAccess(
        points_mm=skin,
        clearance_mm=np.where(none, np.nan, best),
        tips_mm=tips,
        limit_mm=limit_mm,
    )


def _values_mm(
    space: SearchSpace, skin: Vector, aims: Vector, radius_mm: float, task: Task | None
) -> NDArray[np.float64]:
    """Return what each path from skin to aim keeps, shape ``(skin, aims)``, or -inf."""
    if not len(skin) or not len(aims):
        return np.empty((len(skin), 0))
    tips = np.tile(aims, (len(skin), 1))
    outward = np.repeat(skin, len(aims), axis=0) - tips
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    slab = np.full((len(tips), 2), -1.0) if task is None else slab_mm(task, tips, outward)
    scores = score(space, tips, outward, slab)
    good = (scores.body >= TIP_DEPTH_MM) & (scores.other_bone <= OTHER_BONE_MM)
    kept = scores.danger - radius_mm
    if task is not None:
        axial, cranial = path_angles_deg(task, outward)
        low, high = task.corridor.axial_deg
        good &= (axial >= low) & (axial <= high) & (np.abs(cranial) <= STEEPEST_CRANIAL_DEG)
        good &= in_window(task, tips, outward)
        if task.in_pedicle:
            walls = task.walls
            walled = [] if walls is None else walls.rooms_mm(tips, outward, radius_mm).values()
            kept = np.minimum.reduce([kept, scores.pedicle - radius_mm, *walled])
            good &= scores.inner >= radius_mm
    value = np.where(good, np.minimum(kept, ENOUGH_MM), -np.inf)
    return np.asarray(value.reshape(len(skin), len(aims)))


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
