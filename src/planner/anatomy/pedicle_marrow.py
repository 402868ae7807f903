"""Follows the marrow of a pedicle from where it is certain to its outer cortex.

A rib's head may lie on a wide pedicle and share its cortex. A flood of dense bone first then takes
the cortex for the rib's and goes on into the marrow behind it; the marrow itself ends there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.bilinear import linear
from planner.anatomy.morphology import opened

if TYPE_CHECKING:
    from numpy.typing import NDArray

OVER_SOFT_HU = 60.0
"""Marrow of a pedicle is this much denser than soft tissue; the gap to a rib is not."""

_REACH_MM = 12.0
"""No thoracic pedicle is wider: the widest published means, at T12, are 8 to 9 mm."""

_NEAREST_MM = 7.0
_BEHIND_MM, _BEFORE_WALL_MM = -6.0, 3.0

_ABOVE_SHARE = 0.35
"""Pedicles stand on the upper third of the body, in level heights above its middle."""

_PERCENTILES = 25.0, 95.0
"""Of HU where it is certain: marrow and cortex."""

_MARROW_SHARE = 0.6
"""Marrow this near to cortex cannot be told from it, as in narrow pedicles that are all cortex."""

_CORTEX_SHARE = 0.4
_FEWEST_VOXELS = 50


def beside_canal(
    located: NDArray[np.float32], wall: NDArray[np.float32], canal_half_mm: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Tell where, from front to back and aside, a pedicle may be.

    Parameters
    ----------
    wall
        ``v`` of the posterior wall at every voxel.
    canal_half_mm
        Half the width of the canal over ``s``.
    """
    s, v, u = located
    side = np.abs(u)
    near = (v > _BEHIND_MM) & (v < wall + _BEFORE_WALL_MM) & (side > _NEAREST_MM)
    return np.asarray(near & (side < linear(canal_half_mm, s).astype(np.float32) + _REACH_MM))


def follow_marrow(
    seeds: NDArray[np.int32],
    hu: NDArray[np.float32],
    near: NDArray[np.bool_],
    s: NDArray[np.float32],
    places: tuple[NDArray[np.float64], NDArray[np.float64]],
    bearing: tuple[bool, ...],
) -> None:
    """Write the marrow of pedicles that ribs may touch into ``seeds``, in place.

    Parameters
    ----------
    near
        Bone beside the canal.
    s
        Of every voxel.
    places
        ``s`` of each body's middle and its level's height, from inferior to superior.
    bearing
        Which of them bear ribs; none where empty.
    """
    index = np.stack(np.nonzero(near))
    along = s[tuple(index)]
    for n, (centre, height) in enumerate(zip(*places, strict=True)):
        # The lowest ribs reach down to the vertebra below theirs, and a scan may end there.
        if not any(bearing[n : n + 2]):
            continue
        low, high = centre, centre + _ABOVE_SHARE * height
        here = index[:, (along > low) & (along < high)]
        if not here.size:
            continue
        k, j, i = (slice(int(axis.min()), int(axis.max()) + 1) for axis in here)
        box = k, j, i
        zone = near[box] & (s[box] > low) & (s[box] < high)
        certain = zone & (seeds[box] == n + 1)
        if certain.sum() < _FEWEST_VOXELS:
            continue
        marrow_hu, cortex_hu = np.percentile(hu[box][certain], _PERCENTILES)
        if marrow_hu > _MARROW_SHARE * cortex_hu:
            continue
        marrow = hu[box] < marrow_hu + _CORTEX_SHARE * (cortex_hu - marrow_hu)
        # The gap to a rib is as dense as marrow where blur fills it, but thin.
        wide = opened(zone & marrow)
        reached = ndimage.binary_propagation(certain & wide, mask=wide)
        seeds[box][reached & (seeds[box] == 0)] = n + 1
