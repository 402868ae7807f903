"""Holes in sections of a mask, labelled in one pass over the volume."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray


def hollows(solid: NDArray[np.bool_], axis: int) -> NDArray[np.int32]:
    """Return a number for all that is not solid but enclosed in its section across ``axis``.

    Every hollow of every section has a number of its own; 0 is solid or open to the border.
    ``scipy.ndimage.binary_fill_holes`` of each section finds the same, in ten times the time.
    """
    cross = ndimage.generate_binary_structure(3, 1)
    section = [slice(None)] * 3
    for outer in (0, 2):
        section[axis] = slice(outer, outer + 1)
        cross[tuple(section)] = False
    numbers = np.empty(solid.shape, np.int32)
    count = int(ndimage.label(~solid, cross, output=numbers))
    is_open = np.zeros(count + 1, np.bool_)
    is_open[0] = True
    for along in {0, 1, 2} - {axis}:
        is_open[np.take(numbers, (0, -1), axis=along)] = True
    return np.where(is_open, 0, np.arange(count + 1, dtype=np.int32))[numbers]
