"""A fill as rules judge it: the nearer of two runs, grown by the band of doubt inside bone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.kernels import kernel
from planner.physics.cement.medium import Openness
from planner.physics.cement.paths import Place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.physics.cement.medium import CementMedium


def within_bone(medium: CementMedium, opened: Openness) -> Openness:
    """Return the same bone with everything about it closed, so that nothing leaves it."""
    inside = np.where(medium.place == Place.BONE, opened.permeability, np.float32(0.0))
    return Openness(permeability=inside, room_mm3=opened.room_mm3)


def grown(
    medium: CementMedium, arrival_ml: NDArray[np.float32], band_mm: float
) -> NDArray[np.float32]:
    """Let cement come earlier to bone this near to it, but never to the shell or beyond.

    The band is a doubt about where the front lies in the bone. Whether the shell holds is another
    one, told as the chance of a leak.
    """
    inner = medium.place == Place.BONE
    inner.ravel()[medium.shell.voxels] = False
    reach = int(band_mm / medium.geometry.spacing_mm[0])
    steps = np.argwhere(np.ones((2 * reach + 1,) * 3)) - reach
    steps = steps[(steps**2).sum(axis=1) <= (band_mm / medium.geometry.spacing_mm[0]) ** 2]
    return _grown(arrival_ml, inner, steps)


@kernel
def _grown(
    arrival_ml: NDArray[np.float32], inner: NDArray[np.bool_], steps: NDArray[np.int64]
) -> NDArray[np.float32]:
    high, deep, wide = arrival_ml.shape
    out = arrival_ml.copy()
    for k in range(high):
        for j in range(deep):
            for i in range(wide):
                value = arrival_ml[k, j, i]
                if value == np.inf:
                    continue
                for n in range(steps.shape[0]):
                    z, y, x = k + steps[n, 0], j + steps[n, 1], i + steps[n, 2]
                    if (
                        0 <= z < high
                        and 0 <= y < deep
                        and 0 <= x < wide
                        and inner[z, y, x]
                        and value < out[z, y, x]
                    ):
                        out[z, y, x] = value
    return out
