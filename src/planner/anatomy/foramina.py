"""The neural foramina: what is not bone between two pedicles, beside the canal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cc3d
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.spine_model import SpineModel
    from planner.domain.anatomy import Pedicle
    from planner.domain.levels import Side

_LEAST_HALF_WIDTH_MM = 4.5
_BEYOND_MM = 1.0
_HALF_DEPTH_MM = 5.0, 9.0
"""Half the depth of the canal, between which limits a foramen is as deep from front to back."""


def foramen(model: SpineModel, upper: Pedicle, lower: Pedicle, side: Side) -> NDArray[np.bool_]:
    """Return one foramen on the work grid.

    It spans from the pedicle above to the pedicle below and is as wide as they are; in front
    lie body and disc, behind the facets. Its middle runs from isthmus to isthmus.
    """
    ends = np.stack([upper.isthmus.array, lower.isthmus.array])
    s_end, v_end, u_end = model.curve.locate(ends)
    top = s_end[0] - 0.5 * upper.height_mm.best
    bottom = s_end[1] + 0.5 * lower.height_mm.best
    half_width = max(
        _LEAST_HALF_WIDTH_MM, 0.25 * (upper.width_mm.best + lower.width_mm.best) + _BEYOND_MM
    )
    s, v, u = model.located
    share = np.clip((s - s_end[1]) / max(1.0, float(s_end[0] - s_end[1])), 0.0, 1.0)
    middle_v = v_end[1] + share * (v_end[0] - v_end[1])
    middle_u = u_end[1] + share * (u_end[0] - u_end[1])
    half_depth = _half_depth_mm(model, float(bottom), float(top))
    region = (s < top) & (s > bottom) & (u * side.sign > 0.0)
    region &= (np.abs(u - middle_u) < half_width) & (np.abs(v - middle_v) < half_depth)
    region &= (model.vertebrae == 0) & ~model.canal & (model.discs == 0)
    region &= model.volume.hu < model.soft_hu + 150.0
    pieces, count = cc3d.connected_components(region, connectivity=6, return_N=True)
    if count <= 1:
        return np.asarray(region, dtype=np.bool_)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.asarray(pieces == sizes.argmax())


def _half_depth_mm(model: SpineModel, bottom: float, top: float) -> float:
    """Return half the front-back depth of the canal between two heights."""
    s, v, _ = model.located
    here = model.canal & (s > bottom) & (s < top)
    if not here.any():
        return _HALF_DEPTH_MM[1]
    back, front = np.percentile(v[here], (2, 98))
    return float(np.clip(0.5 * (front - back), *_HALF_DEPTH_MM))
