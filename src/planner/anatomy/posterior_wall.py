"""The posterior wall of a body as a surface with its cortex, apart from the mask.

The body's outline is smooth and bridges holes, which is right for a volume. The cortex map reads
the CT itself along that surface, so a hole stays a hole. Where the outline itself has a gap, as
one made elsewhere that leaves out what is lytic, the surface is bridged and judged there too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.interpolation import sample
from planner.anatomy.morphology import shrunk
from planner.anatomy.spine_model import widened
from planner.domain.anatomy import PosteriorWall, WallBreach
from planner.geometry.points import PointLps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.spine_model import Box, SpineModel
    from planner.geometry.points import Vector

CORTEX_REACH_MM = 1.5
"""The cortex is looked for this far on both sides of the surface."""

BREACH_OVER_SOFT_HU = 90.0
"""Cortex below soft tissue plus this is a hole: not even thin bone."""

BREACH_SHARE = 0.3
"""In poor bone, whose whole cortex is faint, a hole is what has less than this share of it."""

LEAST_OVER_SOFT_HU = 40.0
"""No more than the spread of soft tissue itself: below it there is no bone in any wall."""

LEAST_BREACH_MM2 = 9.0
"""Smaller holes are noise or vessels; a round hole of 4 mm has 12.6 mm2."""

THICKEST_SLICE_MM = 3.0
"""Beyond this a cortex of 1 mm cannot be judged."""

LOUDEST_NOISE_HU = 90.0
"""Beyond this noise makes and hides holes."""

DEEPEST_DISH_MM = 4.0
"""A point this far in front of the middle of its column is no wall: its ray passed behind the rim
of the endplate and met the body further in. Published walls are hollow by less (no exact figure
was found), and a wall that bulges backwards is never dropped."""

_HALF_WIDTH_MM = 12.0
_RIM_MM = 2.5


def posterior_wall(model: SpineModel, number: int, box: Box) -> PosteriorWall | None:
    """Return the wall of body ``number``, or ``None`` when no surface faces the canal."""
    body = model.bodies[box] == number
    if not body.any():
        return None
    s_values, _, u_values = (axis[box][body] for axis in model.located)
    half = min(_HALF_WIDTH_MM, 0.6 * float(np.percentile(np.abs(u_values), 98)))
    s_mm = np.arange(np.ceil(s_values.min()), s_values.max() + 0.5)
    u_mm = np.arange(-np.floor(half), np.floor(half) + 1.0)
    wall_v = _surface_v(model, number, box, s_mm, u_mm)
    found = np.isfinite(wall_v)
    if found.sum() < 9:
        return None
    bridged_v = _bridged(wall_v)
    whole = np.isfinite(bridged_v)
    grid_s, grid_u = np.meshgrid(s_mm, u_mm, indexing="ij")
    points = model.curve.at(grid_s[whole], bridged_v[whole], grid_u[whole])
    cortex = _cortex_hu(model, grid_s[whole], points)
    breaches: tuple[WallBreach, ...] = ()
    intact: bool | None = None
    if (
        max(model.ct.geometry.spacing_mm) <= THICKEST_SLICE_MM
        and model.noise_hu <= LOUDEST_NOISE_HU
    ):
        breaches, doubted = _breaches(model, found, whole, points, cortex)
        intact = False if breaches else None if doubted else True
    seen = found[whole]
    return PosteriorWall(
        points_mm=points[seen], cortex_hu=cortex[seen], intact=intact, breaches=breaches
    )


def _bridged(wall_v: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the wall with straight lines over its gaps, NaN past its ends.

    A gap is what lies between wall above and below, or else between wall left and right. There
    the outline leaves out a piece of the body, which is no reason to call the wall whole.
    """
    out = wall_v.copy()
    for lines in (out.T, out):
        for line in lines:
            there = np.flatnonzero(np.isfinite(line))
            if len(there):
                inner = np.arange(there[0], there[-1] + 1)
                line[inner] = np.interp(inner, there, line[there])
    return out


def _surface_v(
    model: SpineModel,
    number: int,
    box: Box,
    s_mm: NDArray[np.float64],
    u_mm: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return ``v`` of the body's back over (s, u), NaN where the body is missing."""
    grown = widened(box, 3, model.bodies.shape)
    solid = ndimage.gaussian_filter((model.bodies[grown] == number).astype(np.float32), 0.7)
    geometry = model.volume.geometry.cropped(
        (grown[2].start, grown[1].start, grown[0].start),
        (solid.shape[2], solid.shape[1], solid.shape[0]),
    )
    v_mm = np.arange(0.0, 30.0, 0.5)
    s, v, u = np.meshgrid(s_mm, v_mm, u_mm, indexing="ij")
    inside = sample(solid, geometry, model.curve.at(s, v, u), outside=0.0)
    entered = inside >= 0.5
    first = entered.argmax(axis=1)
    after = np.take_along_axis(inside, first[:, None], axis=1)[:, 0]
    before = np.take_along_axis(inside, np.maximum(first - 1, 0)[:, None], axis=1)[:, 0]
    part = (0.5 - before) / np.maximum(after - before, 1e-6)
    surface = v_mm[np.maximum(first - 1, 0)] + 0.5 * np.clip(part, 0.0, 1.0)
    wall = np.where(entered.any(axis=1) & (first > 0), surface, np.nan)
    seen = np.isfinite(wall).any(axis=0)
    middle = np.full(wall.shape[1], np.inf)
    middle[seen] = np.nanmedian(wall[:, seen], axis=0)
    # A pit that takes most of its column is itself the middle: judge it by its two rims as well.
    filled = np.where(np.isfinite(wall), wall, np.inf)
    below = np.minimum.accumulate(filled, axis=0)
    above = np.minimum.accumulate(filled[::-1], axis=0)[::-1]
    rims = np.minimum(middle, np.maximum(below, above))
    return np.where(wall <= rims + DEEPEST_DISH_MM, wall, np.nan)


def _cortex_hu(model: SpineModel, s: NDArray[np.float64], points: Vector) -> NDArray[np.float64]:
    """Return the highest HU within reach of each point along the front-back normal."""
    frame = np.clip(np.rint(s), 0, len(model.curve) - 1).astype(int)
    offsets = np.arange(-CORTEX_REACH_MM, CORTEX_REACH_MM + 0.01, 0.25)
    lines = points[:, None] + offsets[None, :, None] * model.curve.anterior[frame][:, None]
    return np.asarray(sample(model.ct.hu, model.ct.geometry, lines).max(axis=1), dtype=np.float64)


def _breaches(
    model: SpineModel,
    found: NDArray[np.bool_],
    whole: NDArray[np.bool_],
    points: Vector,
    cortex: NDArray[np.float64],
) -> tuple[tuple[WallBreach, ...], bool]:
    """Return holes away from the endplates, and whether a gap leaves the wall in doubt.

    Where ``whole`` bridges what was not ``found``, the CT alone tells a hole; bone on the bridge
    is no proof of a wall, because the outline says that there is none.
    """
    hole = np.zeros(found.shape, np.bool_)
    usual = BREACH_SHARE * (float(np.median(cortex[found[whole]])) - model.soft_hu)
    hole[whole] = cortex < model.soft_hu + np.clip(usual, LEAST_OVER_SOFT_HU, BREACH_OVER_SOFT_HU)
    inner = shrunk(whole, round(_RIM_MM))
    number_at = np.full(found.shape, -1)
    number_at[whole] = np.arange(len(points))
    out = []
    for members in _pieces(number_at, hole & inner):
        centre = PointLps.of(points[members].mean(0))
        out.append(WallBreach(at=centre, area_mm2=float(len(members))))
    return tuple(out), bool(_pieces(number_at, ~found & inner))


def _pieces(number_at: NDArray[np.int_], mask: NDArray[np.bool_]) -> list[NDArray[np.int_]]:
    """Return the point numbers of every connected piece that is large enough to be a hole."""
    pieces, count = ndimage.label(mask)
    every = [number_at[pieces == piece] for piece in range(1, count + 1)]
    # The surface is sampled once per square millimetre.
    return [members for members in every if len(members) >= LEAST_BREACH_MM2]
