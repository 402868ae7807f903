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

_BEYOND_PEDICLE_MM = 3.0
_BEHIND_MM = 9.0


def foramen(
    model: SpineModel, upper: Pedicle, lower: Pedicle, side: Side, wall_v: float
) -> NDArray[np.bool_]:
    """Return one foramen on the work grid.

    It spans from the pedicle above to the pedicle below, from the canal's side to the outer end
    of the pedicles, and from the wall of body and disc back to the facets.

    Parameters
    ----------
    wall_v
        ``v`` of the posterior wall at that height.
    """
    ends = np.stack([upper.isthmus.array, lower.isthmus.array])
    s_end, v_end, u_end = model.curve.locate(ends)
    top = s_end[0] - 0.5 * upper.height_mm.best
    bottom = s_end[1] + 0.5 * lower.height_mm.best
    half_width = 0.5 * max(upper.width_mm.best, lower.width_mm.best)
    outer = float(np.abs(u_end).mean()) + half_width + _BEYOND_PEDICLE_MM
    s, v, u = model.located
    lateral = u * side.sign
    region = (s < top) & (s > bottom) & (lateral < outer) & (lateral > 4.0)
    region &= (v < max(wall_v, float(v_end.mean())) + 2.0) & (v > float(v_end.mean()) - _BEHIND_MM)
    region &= (model.vertebrae == 0) & ~model.canal & (model.discs == 0)
    region &= model.volume.hu < model.soft_hu + 150.0
    pieces, count = cc3d.connected_components(region, connectivity=6, return_N=True)
    if count <= 1:
        return np.asarray(region, dtype=np.bool_)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    return np.asarray(pieces == sizes.argmax())
