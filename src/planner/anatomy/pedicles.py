"""Finds the isthmus of each pedicle and how wide it is there.

The width is the diameter of the largest ball that passes the isthmus inside the outline, so it
is the least width in any direction: what a needle has to fit through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import edt
import numpy as np

from planner.anatomy.spine_model import widened
from planner.anatomy.work_grid import resample, sample
from planner.domain.anatomy import Origin, Pedicle
from planner.domain.levels import Side
from planner.domain.sourced import Interval
from planner.geometry.points import PointLps, unit
from planner.geometry.volume_geometry import VolumeGeometry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.anatomy.spine_model import Box, SpineModel
    from planner.geometry.points import Vector

OUTLINE_BIAS_MM = {Origin.AUTOMATIC: 0.8}
"""The built-in outline lies about 0.4 mm outside on each side; a width must not.

An outline from elsewhere is taken at its word.
"""

_FINE_MM = 0.5
_BEHIND_CENTRE_MM = 0.0
_BEYOND_WALL_MM = 1.0
_LATERAL_REACH_MM = 24.0
_LEAST_RADIUS_MM = 0.5
_AXIS_REACH_MM = 6.0


def pedicles(model: SpineModel, number: int, box: Box, origin: Origin) -> Mapping[Side, Pedicle]:
    """Return the pedicles of vertebra ``number`` (1 is the lowest) that can be told."""
    region = _fine_region(model, number, box)
    bias_mm = OUTLINE_BIAS_MM.get(origin, 0.0)
    found = {side: _pedicle(model, region, side, bias_mm) for side in Side}
    return {side: pedicle for side, pedicle in found.items() if pedicle is not None}


class _Region:
    """One vertebra on a fine grid with its depth inside the outline."""

    __slots__ = ("depth_mm", "geometry", "located", "outline", "wall_v")

    def __init__(
        self,
        geometry: VolumeGeometry,
        outline: NDArray[np.float32],
        located: NDArray[np.float32],
        wall_v: float,
    ) -> None:
        self.geometry = geometry
        self.outline = outline
        self.located = located
        self.wall_v = wall_v
        inside = np.ascontiguousarray(outline > 0.5)
        depth = edt.edt(inside, anisotropy=geometry.spacing_mm[::-1], black_border=False)
        # The distance is to the next voxel's centre; the surface is half a voxel nearer.
        self.depth_mm = np.where(inside, depth - 0.5 * geometry.spacing_mm[0], 0.0)


def _fine_region(model: SpineModel, number: int, box: Box) -> _Region:
    """Resample the pedicle part of one vertebra to half a millimetre."""
    s, v, u = (axis[box] for axis in model.located)
    is_body = model.bodies[box] == number
    near_midline = is_body & (np.abs(u) < 5.0) & (np.abs(s - model.centre_s[number - 1]) < 5.0)
    values = v[near_midline] if near_midline.any() else v[is_body]
    wall_v = float(np.percentile(values, 2)) if values.size else 8.0
    part = (model.vertebrae[box] == number) & (v > _BEHIND_CENTRE_MM - 4) & (v < wall_v + 6)
    inner = _bounding_box(part, box) or box
    inner = widened(inner, 2, model.vertebrae.shape)
    coarse = model.volume.geometry.cropped(
        (inner[2].start, inner[1].start, inner[0].start),
        (
            inner[2].stop - inner[2].start,
            inner[1].stop - inner[1].start,
            inner[0].stop - inner[0].start,
        ),
    )
    ratio = model.volume.spacing_mm / _FINE_MM
    size = tuple(max(1, round(count * ratio)) for count in coarse.size_ijk)
    low = coarse.lps_mm(np.array([-0.5, -0.5, -0.5])) + 0.5 * _FINE_MM
    fine = VolumeGeometry.axis_aligned(
        (size[0], size[1], size[2]),
        (_FINE_MM, _FINE_MM, _FINE_MM),
        (float(low[0]), float(low[1]), float(low[2])),
    )
    indicator = (model.vertebrae[inner] == number).astype(np.float32)
    outline = resample(indicator, coarse, fine, outside=0.0)
    return _Region(fine, outline, model.curve.locate_grid(fine), wall_v)


def _bounding_box(mask: NDArray[np.bool_], box: Box) -> Box | None:
    """Return the index box of the true voxels of a mask that was cut to ``box``."""
    index = np.argwhere(mask)
    if not len(index):
        return None
    low = index.min(0) + [axis.start for axis in box]
    high = index.max(0) + 1 + [axis.start for axis in box]
    return slice(low[0], high[0]), slice(low[1], high[1]), slice(low[2], high[2])


def _pedicle(model: SpineModel, region: _Region, side: Side, bias_mm: float) -> Pedicle | None:
    """Walk the sections from the canal's middle to the posterior wall; the narrowest counts."""
    _, v, u = region.located
    lateral = u * side.sign
    beside = (lateral > 4.0) & (lateral < 6.0 + _LATERAL_REACH_MM) & (region.depth_mm > 0.0)
    beside &= (v > _BEHIND_CENTRE_MM - 2.0) & (v < region.wall_v + _AXIS_REACH_MM)
    index = np.argwhere(beside)
    if not len(index):
        return None
    depth = region.depth_mm[beside]
    section = np.rint(v[beside]).astype(int)
    centres: dict[int, Vector] = {}
    widest: dict[int, float] = {}
    for place in np.unique(section):
        here = section == place
        widest[int(place)] = float(depth[here].max())
        core = here & (depth >= widest[int(place)] - 0.25)
        centres[int(place)] = region.geometry.lps_mm(index[core].mean(0)[::-1])
    limits = range(round(_BEHIND_CENTRE_MM), round(region.wall_v + _BEYOND_WALL_MM) + 1)
    possible = [place for place in limits if place in widest]
    if not possible:
        return None
    isthmus = min(possible, key=lambda place: widest[place])
    if widest[isthmus] < _LEAST_RADIUS_MM:
        return None
    axis = _axis(model, centres, isthmus)
    doubt = max(model.ct.geometry.spacing_mm)
    height = _height_mm(model, region, centres[isthmus])
    return Pedicle(
        side=side,
        isthmus=PointLps.of(centres[isthmus]),
        axis=(float(axis[0]), float(axis[1]), float(axis[2])),
        width_mm=_interval(2.0 * widest[isthmus] - bias_mm, doubt),
        height_mm=_interval(max(height, 2.0 * widest[isthmus]) - bias_mm, doubt),
    )


def _interval(best_mm: float, doubt_mm: float) -> Interval:
    """Return a width that is never biased wide, with a voxel of doubt."""
    best = max(0.0, best_mm)
    return Interval(max(0.0, best - doubt_mm), best, best + doubt_mm)


def _axis(model: SpineModel, centres: Mapping[int, Vector], isthmus: int) -> Vector:
    """Return the direction of the section centres near the isthmus, from back to front."""
    near = [place for place in sorted(centres) if abs(place - isthmus) <= _AXIS_REACH_MM]
    s, _, _ = model.curve.locate(centres[isthmus][None])
    forward = model.curve.anterior[int(np.clip(round(float(s[0])), 0, len(model.curve) - 1))]
    if len(near) < 4:
        return unit(forward)
    points = np.array([centres[place] for place in near])
    _, _, directions = np.linalg.svd(points - points.mean(0))
    axis = directions[0] * np.sign(directions[0] @ forward)
    # A cloud of centres that is wider than long has no axis of its own.
    return unit(axis) if axis @ forward > 0.5 else unit(forward)


def _height_mm(model: SpineModel, region: _Region, centre: Vector) -> float:
    """Return the length of the outline through the isthmus along the spine."""
    s, _, _ = model.curve.locate(centre[None])
    upward = model.curve.superior[int(np.clip(round(float(s[0])), 0, len(model.curve) - 1))]
    steps = np.arange(0.0, 20.0, 0.25)
    length = 0.0
    for direction in (1.0, -1.0):
        line = centre + direction * steps[:, None] * upward
        values = sample(region.outline, region.geometry, line, outside=0.0)
        outside = np.flatnonzero(values < 0.5)
        length += float(steps[outside[0]]) if len(outside) else float(steps[-1])
    return length
