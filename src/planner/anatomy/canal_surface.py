"""The wall of the spinal canal, as a smooth optimal surface round the canal path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.interpolation import held_at
from planner.anatomy.optimal_surface import calmed_radius, smooth_surface
from planner.anatomy.spine_curve import U_MM, V_MM

if TYPE_CHECKING:
    from numpy.typing import NDArray

ANGLES = 48
"""Directions round the canal; 0 is anterior, the first (-pi) posterior, positive to the left."""

RADII_MM = np.arange(2.0, 22.0, 0.5)
"""The widest canals, at L5, are 38 mm wide (mean 30.3, SD 3.8 in 690 CT scans).

Over a slipped vertebra the smooth axis runs as near as this to the wall of the body.
"""

_BONE_HU, _BONE_RANGE_HU = 160.0, 120.0
_BEGINS_SHARE, _RANGE_SHARE = 0.47, 0.45
"""Bone in front of the canal begins, and is certain, after these shares of the way from soft
tissue to the crest of the wall's cortex: in poor bone that is less than 160 HU."""

_WALL_OVER_SOFT_HU = 80.0, 265.0
"""Walls are held to lie so far over soft tissue; at the second the shares give the usual 160."""

_WALL_WITHIN_MM = 12.0
_WALL_FACES_RAD = np.deg2rad(35.0)
_WALL_CALM_MM = 9, 3.0
_SURELY_CANAL_MM = 5.0
_OVER_SOFT_HU = 60.0
_CORTEX_STEPS = 7
"""The crest of a cortex lies within 3 mm of where HU leave those of soft tissue."""

_EDGE_HALF = 0.35
"""In front, an edge a third as steep as the laminae's is worth half as much as any: the wall of a
poor body is faint, and what is dense behind it must not outbid it."""

_USUAL_OVER_MM = 31
_USUAL_PRICE = 0.05
"""Strong enough that a foramen, where bone lies 4 mm farther out, does not pull the surface."""

SURFACE_BIAS_MM = 0.45, 0.2
"""How far inside the canal the steepest rise of HU lies, facing the body and facing the arch.

A thin shell over marrow, after blur, seems to begin before it does; a lamina is thick enough to
begin where it begins.
"""

FACING_BODY_DEG = 55.0, 80.0
"""Up to the first angle from the front the canal faces the body, from the second on the arch."""

_BONE_WITHIN_MM = 2.5
_CORNER_MM = 2.0
_CORNER_SHARE = 0.6
"""In a corner bone stands on two sides, so after blur HU there are more than half way up."""
_CORNER_RAYS = 3
_CORNERS_RAD = np.deg2rad((33.0, 72.0))
_LEAST_RISE_HU = 80.0
_SURE_HU = (120.0, 220.0)
_LEAST_SURE = 0.02
"""Bone that holds no surface still says a little of where it may run."""

_BRIDGE_SIGMA = (7.0, 0.8)


def canal_radius_mm(straight: NDArray[np.float32], *, outward: bool = True) -> NDArray[np.float64]:
    """Return the radius of the canal over (s, angle), shape ``(n, ANGLES)``.

    The cost prefers a rise of HU, charges rays that already crossed bone, and holds the radius
    near what is usual over 31 mm of spine, so that it bridges discs and foramina.

    Parameters
    ----------
    outward
        Whether this is the outline: rays that pass from a corner into a foramen are as long as
        those beside them, so that it errs outward, and a faint wall in front counts. Not to find
        the middle of the canal, which then follows other paths.
    """
    image = ndimage.gaussian_filter(np.clip(straight, -60, 350), (1.0, 0.6, 0.6))
    angle = np.linspace(-np.pi, np.pi, ANGLES, endpoint=False)
    shape = (len(straight), ANGLES, len(RADII_MM))
    place = np.arange(len(straight))[:, None, None]
    v, u = np.cos(angle)[:, None] * RADII_MM, np.sin(angle)[:, None] * RADII_MM
    rays = held_at(image, [place, v - V_MM[0], u - U_MM[0]])
    rise = np.clip(ndimage.gaussian_filter1d(rays, 1.4, axis=2, order=1), 0.0, None)
    edge = _edges(rise, angle, faint=outward)
    begins, over = _bone_limits(rays, angle, faint=outward)
    crossed = np.clip((rays - begins[..., None]) / over[..., None], 0.0, 1.0)
    crossed = np.maximum.accumulate(crossed, axis=2)
    behind = np.concatenate([np.zeros((*shape[:2], 2)), crossed[:, :, :-2]], axis=2)
    cost = 1.0 - edge + 0.7 * behind
    cost[:, :, :2] += 0.3
    usual = RADII_MM[ndimage.uniform_filter1d(cost, _USUAL_OVER_MM, axis=0).argmin(2)]
    usual = ndimage.median_filter(usual, (1, 5), mode="wrap")
    cost += _USUAL_PRICE * (RADII_MM - usual[..., None]) ** 2
    radius = RADII_MM[
        smooth_surface(cost.astype(np.float32), step_price=0.06, jump_price=0.4, circular=True)
    ]
    calm = calmed_radius(radius, median=(5, 3), sigma=(0.8, 0.5))
    corner = (np.abs(angle) > _CORNERS_RAD[0]) & (np.abs(angle) < _CORNERS_RAD[1])
    room, is_farther = _room_to_bone(calm, rays)
    calm[:, corner] += room[:, corner]
    sure = _sure(calm, rays)
    if outward:
        sure[is_farther & corner] = _LEAST_SURE
    bridged = _bridged(calm, sure)
    if outward:
        wider = ndimage.maximum_filter1d(bridged, _CORNER_RAYS, axis=1, mode="wrap") - bridged
        bridged[:, corner] += ((1.0 - sure) * wider)[:, corner]
    bias = np.interp(np.abs(angle), np.deg2rad(FACING_BODY_DEG), SURFACE_BIAS_MM)
    return np.asarray(bridged + bias)


def _edges(
    rise: NDArray[np.float32], angle: NDArray[np.float64], *, faint: bool
) -> NDArray[np.float64]:
    """Return how much of an edge each place is, 0 to 1.2, shape ``(n, angles, radii)``.

    Parameters
    ----------
    faint
        Whether faint edges count for more in front.
    """
    steep = float(np.percentile(rise, 93))
    edge = np.clip(rise / steep, 0.0, 1.2)
    if faint:
        front = np.abs(angle) < _CORNERS_RAD[1]
        edge[:, front] = (
            (1.0 + _EDGE_HALF) * rise[:, front] / (rise[:, front] + _EDGE_HALF * steep)
        )
    return np.asarray(edge, dtype=np.float64)


def _bone_limits(
    rays: NDArray[np.float32], angle: NDArray[np.float64], *, faint: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return from what HU on there is bone, and over how many more it becomes certain.

    Both have shape ``(n, angles)``. The wall of a poor body is no denser than 130 HU and would
    not count as bone; so its density is read where it is. Laminae are dense in any spine.

    Parameters
    ----------
    faint
        Whether to read it; else bone is as dense in front as elsewhere.
    """
    begins = np.full(rays.shape[:2], _BONE_HU)
    over = np.full(rays.shape[:2], _BONE_RANGE_HU)
    if not faint:
        return begins, over
    soft = float(np.median(rays[:, :, RADII_MM < _SURELY_CANAL_MM]))
    near = rays[:, np.abs(angle) < _WALL_FACES_RAD][:, :, RADII_MM < _WALL_WITHIN_MM]
    left = near > soft + _OVER_SOFT_HU
    first = np.where(left.any(axis=2), left.argmax(axis=2), near.shape[2] - 1)
    cortex = np.minimum(first[..., None] + np.arange(_CORTEX_STEPS), near.shape[2] - 1)
    crest = np.median(np.take_along_axis(near, cortex, axis=2).max(axis=2), axis=1)
    median, sigma = _WALL_CALM_MM
    wall = ndimage.gaussian_filter1d(ndimage.median_filter(crest, median), sigma) - soft
    wall = np.clip(wall, *_WALL_OVER_SOFT_HU)[:, None]
    front = np.abs(angle) < _CORNERS_RAD[1]
    begins[:, front], over[:, front] = soft + _BEGINS_SHARE * wall, _RANGE_SHARE * wall
    return begins, over


def _room_to_bone(
    radius: NDArray[np.float64], rays: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return how far outside the surface a corner of bone begins, 0 where none is near.

    A smooth surface cuts the corners between body and pedicles, where a wide canal has its
    recesses; that would hide how near the nerves are. Also returned is where bone begins beyond
    any corner: such bone is across a foramen and does not hold the surface.
    """
    step = RADII_MM[1] - RADII_MM[0]
    fine = np.arange(0.0, _CORNER_MM + _BONE_WITHIN_MM + 0.01, 0.25)
    place = (radius[..., None] - RADII_MM[0] + fine) / step
    rows, angles = (np.arange(n) for n in radius.shape)
    index = [rows[:, None, None], angles[None, :, None], place]
    line = held_at(rays, index)
    peak = line.max(axis=2)
    within = (radius[..., None] - RADII_MM[0] - np.array([1.5, 2.0, 2.5, 3.0])) / step
    index = [rows[:, None, None], angles[None, :, None], within]
    inside = np.median(held_at(rays, index), axis=2)
    above = line > (inside + _CORNER_SHARE * (peak - inside))[..., None]
    reach = fine[above.argmax(axis=2)]
    rises = (peak > _SURE_HU[0]) & (peak - inside > _LEAST_RISE_HU)
    room = np.where(rises & (reach <= _CORNER_MM), reach, 0.0)
    room = ndimage.median_filter(room, (3, 1), mode="nearest")
    return np.asarray(room), np.asarray(rises & (reach > _CORNER_MM) & (room == 0.0))


def _sure(radius: NDArray[np.float64], rays: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how sure it is, 0 to 1, that bone lies just behind the surface."""
    step = RADII_MM[1] - RADII_MM[0]
    start = np.rint((radius - RADII_MM[0]) / step).astype(np.int64)
    beyond = start[..., None] + np.arange(0, round(_BONE_WITHIN_MM / step) + 1)
    densest = np.take_along_axis(rays, np.minimum(beyond, len(RADII_MM) - 1), axis=2).max(2)
    share = (densest - _SURE_HU[0]) / (_SURE_HU[1] - _SURE_HU[0])
    return np.asarray(np.clip(share, _LEAST_SURE, 1.0))


def _bridged(radius: NDArray[np.float64], sure: NDArray[np.float64]) -> NDArray[np.float64]:
    """Carry the radius over gaps in the bony ring from the bone above and below.

    At discs, foramina and between laminae there is no bone to hold the surface, and fat or
    ligament would pull it out of the canal.
    """
    sigma, mode = _BRIDGE_SIGMA, ("nearest", "wrap")
    carried = ndimage.gaussian_filter(sure * radius, sigma, mode=mode)
    carried /= ndimage.gaussian_filter(sure, sigma, mode=mode)
    # The filter also pulls at what is sure; only where nothing is sure does it replace.
    calm = ndimage.gaussian_filter(sure, (1.0, 0.7), mode=mode)
    return np.asarray(calm * radius + (1.0 - calm) * carried)
