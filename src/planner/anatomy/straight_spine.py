"""What was found in straightened coordinates, before anything is put on a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from planner.anatomy.body_surface import BodySurfaces
    from planner.anatomy.disc_search import DiscSearch
    from planner.anatomy.spine_curve import SpineCurve


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StraightSpine:
    """The spine along its curve.

    Attributes
    ----------
    straight
        float32 ``[s, v, u]``: the CT in straightened coordinates, 1 mm.
    canal_radius_mm
        Radius of the canal over (s, angle).
    moved_mm
        Shape ``(n,)``: how far the curve left its smooth course to stay clear of bone.
    """

    curve: SpineCurve
    straight: NDArray[np.float32]
    discs: DiscSearch
    surfaces: BodySurfaces
    canal_radius_mm: NDArray[np.float64]
    moved_mm: NDArray[np.float64]
