"""The posterior wall of a body as a surface with its cortex, apart from the mask.

The body's outline is smooth and bridges holes, which is right for a volume. The cortex map reads
the CT itself along that surface, so a hole stays a hole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.spine_model import widened
from planner.anatomy.work_grid import sample
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
    grid_s, grid_u = np.meshgrid(s_mm, u_mm, indexing="ij")
    points = model.curve.at(grid_s[found], wall_v[found], grid_u[found])
    cortex = _cortex_hu(model, grid_s[found], points)
    breaches: tuple[WallBreach, ...] = ()
    intact: bool | None = None
    if (
        max(model.ct.geometry.spacing_mm) <= THICKEST_SLICE_MM
        and model.noise_hu <= LOUDEST_NOISE_HU
    ):
        breaches = _breaches(model, found, points, cortex)
        intact = not breaches
    return PosteriorWall(points_mm=points, cortex_hu=cortex, intact=intact, breaches=breaches)


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
    return np.where(wall <= middle + DEEPEST_DISH_MM, wall, np.nan)


def _cortex_hu(model: SpineModel, s: NDArray[np.float64], points: Vector) -> NDArray[np.float64]:
    """Return the highest HU within reach of each point along the front-back normal."""
    frame = np.clip(np.rint(s), 0, len(model.curve) - 1).astype(int)
    offsets = np.arange(-CORTEX_REACH_MM, CORTEX_REACH_MM + 0.01, 0.25)
    lines = points[:, None] + offsets[None, :, None] * model.curve.anterior[frame][:, None]
    return np.asarray(sample(model.ct.hu, model.ct.geometry, lines).max(axis=1), dtype=np.float64)


def _breaches(
    model: SpineModel,
    found: NDArray[np.bool_],
    points: Vector,
    cortex: NDArray[np.float64],
) -> tuple[WallBreach, ...]:
    """Return holes in the cortex map away from the endplates."""
    hole = np.zeros(found.shape, np.bool_)
    usual = BREACH_SHARE * (float(np.median(cortex)) - model.soft_hu)
    hole[found] = cortex < model.soft_hu + np.clip(usual, LEAST_OVER_SOFT_HU, BREACH_OVER_SOFT_HU)
    rim = round(_RIM_MM)
    hole &= ndimage.binary_erosion(found, iterations=rim)
    pieces, count = ndimage.label(hole)
    number_at = np.full(found.shape, -1)
    number_at[found] = np.arange(len(points))
    out = []
    for piece in range(1, count + 1):
        members = number_at[pieces == piece]
        # The surface is sampled once per square millimetre.
        if len(members) >= LEAST_BREACH_MM2:
            centre = PointLps.of(points[members].mean(0))
            out.append(WallBreach(at=centre, area_mm2=float(len(members))))
    return tuple(out)
