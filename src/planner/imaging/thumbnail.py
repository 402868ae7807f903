"""A small picture of a series, for choosing by eye."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.progress import unreported
from planner.imaging.gate import chosen_series, refusal
from planner.imaging.stack import StackRefusedError
from planner.imaging.voxels import read_slice

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW_HU = (-450.0, 1050.0)
"""The bone window of the panes: centre 300, width 1500."""

MOST_PIXELS = 128


def read_thumbnail(path: Path, series_uid: str) -> NDArray[np.uint8]:
    """Return the middle slice in a bone window, grey, shape ``[j, i]``, at most 128 across.

    Rows and columns are as stored; pixels need not be square.

    Raises
    ------
    InputRefusedError
        When the series cannot be put on a grid or the slice cannot be read.
    """
    series = chosen_series(Path(path), series_uid, unreported)
    if series.stack is None:
        raise refusal(series.findings)
    frame = series.stack.frames[len(series.stack.frames) // 2]
    try:
        hu = read_slice(frame)
    except StackRefusedError as error:
        raise refusal(error.findings) from None
    step = -(-max(hu.shape) // MOST_PIXELS)
    low, high = WINDOW_HU
    grey = (hu[::step, ::step] - low) * (255.0 / (high - low))
    return np.asarray(np.clip(np.rint(grey), 0.0, 255.0), dtype=np.uint8)
