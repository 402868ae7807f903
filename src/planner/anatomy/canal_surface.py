"""The wall of the spinal canal, as a smooth optimal surface round the canal path."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.optimal_surface import calmed_radius, smooth_surface
from planner.anatomy.spine_curve import U_MM, V_MM

if TYPE_CHECKING:
    from numpy.typing import NDArray

ANGLES = 48
"""Directions round the canal; 0 is anterior, the first (-pi) posterior, positive to the left."""

RADII_MM = np.arange(3.0, 17.0, 0.5)

_BONE_HU, _BONE_RANGE_HU = 160.0, 120.0
_USUAL_OVER_MM = 31


def canal_radius_mm(straight: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the radius of the canal over (s, angle), shape ``(n, ANGLES)``.

    The cost prefers a rise of HU, charges rays that already crossed bone, and holds the radius
    near what is usual over 31 mm of spine, so that it bridges discs and foramina.
    """
    image = ndimage.gaussian_filter(np.clip(straight, -60, 350), (1.0, 0.6, 0.6))
    angle = np.linspace(-np.pi, np.pi, ANGLES, endpoint=False)
    shape = (len(straight), ANGLES, len(RADII_MM))
    place = np.broadcast_to(np.arange(len(straight))[:, None, None], shape)
    v = np.broadcast_to(np.cos(angle)[None, :, None] * RADII_MM, shape)
    u = np.broadcast_to(np.sin(angle)[None, :, None] * RADII_MM, shape)
    rays = ndimage.map_coordinates(
        image, [place, v - V_MM[0], u - U_MM[0]], order=1, mode="nearest"
    )
    rise = np.clip(ndimage.gaussian_filter1d(rays, 1.4, axis=2, order=1), 0.0, None)
    edge = np.clip(rise / np.percentile(rise, 93), 0.0, 1.2)
    crossed = np.maximum.accumulate(np.clip((rays - _BONE_HU) / _BONE_RANGE_HU, 0.0, 1.0), axis=2)
    behind = np.concatenate([np.zeros((*shape[:2], 2)), crossed[:, :, :-2]], axis=2)
    cost = 1.0 - edge + 0.7 * behind
    cost[:, :, :2] += 0.3
    usual = RADII_MM[ndimage.uniform_filter1d(cost, _USUAL_OVER_MM, axis=0).argmin(2)]
    usual = ndimage.median_filter(usual, (1, 5), mode="wrap")
    cost += 0.015 * (RADII_MM - usual[..., None]) ** 2
    radius = RADII_MM[
        smooth_surface(cost.astype(np.float32), step_price=0.06, jump_price=0.4, circular=True)
    ]
    return calmed_radius(radius, median=(5, 3), sigma=(1.0, 0.7))
