"""The neural foramina: what is not bone between two pedicles, beside the canal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cc3d
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.spine_model import Box, SpineModel
    from planner.domain.anatomy import Pedicle
    from planner.domain.levels import Side
    from planner.geometry.points import Vector

_LEAST_HALF_WIDTH_MM = 4.5
_BEYOND_MM = 1.0
_HALF_DEPTH_MM = 5.0, 9.0
"""Half the depth of the canal, between which limits a foramen is as deep from front to back."""

_IN_FRONT_MM = 2.0
"""The back of a body curves forward beside the canal, and the foramen with it."""

_REACH_MM = 30.0
"""Nothing of a foramen lies farther from both isthmuses than this."""


def foramen(
    model: SpineModel, upper: Pedicle, lower: Pedicle, side: Side
) -> tuple[Box, NDArray[np.bool_]]:
    """Return one foramen on the work grid, as a box of it and the voxels inside that.

    It spans from the pedicle above to the pedicle below and is as wide as they are, about the
    line from isthmus to isthmus; from front to back it is as deep as the canal. In front lie body
    and disc, behind the facets.
    """
    ends = np.stack([upper.isthmus.array, lower.isthmus.array])
    s_end, _, u_end = model.curve.locate(ends)
    top = s_end[0] - 0.5 * upper.height_mm.best
    bottom = s_end[1] + 0.5 * lower.height_mm.best
    half_width = max(
        _LEAST_HALF_WIDTH_MM, 0.25 * (upper.width_mm.best + lower.width_mm.best) + _BEYOND_MM
    )
    box = _box(model, ends)
    s, v, u = (axis[box] for axis in model.located)
    share = np.clip((s - s_end[1]) / max(1.0, float(s_end[0] - s_end[1])), 0.0, 1.0)
    middle_u = u_end[1] + share * (u_end[0] - u_end[1])
    back, front = _depth_mm(model, box, float(bottom), float(top))
    region = (s < top) & (s > bottom) & (u * side.sign > 0.0)
    region &= (np.abs(u - middle_u) < half_width) & (v > back) & (v < front + _IN_FRONT_MM)
    region &= (model.vertebrae[box] == 0) & ~model.canal[box] & (model.discs[box] == 0)
    region &= model.volume.hu[box] < model.soft_hu + 150.0
    pieces, count = cc3d.connected_components(region, connectivity=6, return_N=True)
    if count <= 1:
        return box, np.asarray(region, dtype=np.bool_)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return box, np.asarray(pieces == sizes.argmax())


def _depth_mm(model: SpineModel, box: Box, bottom: float, top: float) -> tuple[float, float]:
    """Return ``v`` of the back and front of the canal between two heights."""
    s, v, _ = (axis[box] for axis in model.located)
    here = model.canal[box] & (s > bottom) & (s < top)
    if not here.any():
        return -_HALF_DEPTH_MM[1], _HALF_DEPTH_MM[1]
    back, front = np.percentile(v[here], (2, 98))
    half = float(np.clip(0.5 * (front - back), *_HALF_DEPTH_MM))
    middle = 0.5 * float(front + back)
    return middle - half, middle + half


def _box(model: SpineModel, ends_mm: Vector) -> Box:
    """Return the index box within reach of both isthmuses."""
    index = model.volume.geometry.ijk(ends_mm)[:, ::-1]
    reach = _REACH_MM / model.volume.spacing_mm
    low = np.maximum(np.floor(index.min(0) - reach), 0).astype(int)
    high = np.ceil(index.max(0) + reach).astype(int) + 1
    k, j, i = (slice(int(a), int(max(a, b))) for a, b in zip(low, high, strict=True))
    return k, j, i
