"""A small picture of a series, for choosing by eye."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.imaging.voxels import read_slice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.imaging.stack import Stack

WINDOW_HU = (-450.0, 1050.0)
"""The bone window of the panes: centre 300, width 1500."""

MOST_PIXELS = 128


def thumbnail_of(stacked: Stack) -> NDArray[np.uint8]:
    """Return the middle slice in a bone window, grey, shape ``[j, i]``, at most 128 across.

    Rows and columns are as stored; pixels need not be square.

    Raises
    ------
    StackRefusedError
        When the slice cannot be read.
    """
    hu = read_slice(stacked.frames[len(stacked.frames) // 2])
    step = -(-max(hu.shape) // MOST_PIXELS)
    low, high = WINDOW_HU
    grey = (hu[::step, ::step] - low) * (255.0 / (high - low))
    return np.asarray(np.clip(np.rint(grey), 0.0, 255.0), dtype=np.uint8)
