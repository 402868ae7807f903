"""The nearest of many points to a tree of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

    from planner.geometry.points import Vector

ONE_OF: Final = 16
"""So sparse are the points that say how far the others need to look."""

ROUNDING: Final = 1e-9
"""Share and mm by which the bound is wider than the distance it comes from."""


def nearest_pair(tree: cKDTree, points: Vector) -> tuple[int, float, int]:
    """Return which of ``points`` is nearest, how far in mm, and which point of the tree it is to.

    Exactly what a query of every point gives. A query costs most for points far away, and of
    those only the nearest counts: some of them bound how far all need to look.

    Parameters
    ----------
    points
        Shape ``(n, 3)``, mm, at least one.

    Raises
    ------
    ValueError
        Without points, or for points that are not finite.
    """
    bound = float(tree.query(points[::ONE_OF])[0].min())
    near, nearest = tree.query(points, distance_upper_bound=bound * (1.0 + ROUNDING) + ROUNDING)
    place = int(np.argmin(near))
    return place, float(near[place]), int(nearest[place])
