"""From attenuation to a picture as a fluoroscope shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHARES: Final = (5.0, 99.5)
"""Percentiles of what the rays met that become black and white: a single pixel sets neither,
and rays past the patient count for nothing."""


def picture(
    attenuation: NDArray[np.float32], *, added: NDArray[np.float32] | None = None
) -> NDArray[np.uint8]:
    """Return a picture, uint8 of the same shape, bone bright.

    ``added`` is attenuation of what is only planned, such as cement; it brightens without
    changing the window.
    """
    met = attenuation[attenuation > 0.0]
    if not met.size:
        return np.zeros(attenuation.shape, dtype=np.uint8)
    low, high = (float(value) for value in np.percentile(met, SHARES))
    shown = attenuation if added is None else attenuation + added
    if not high > low:
        return np.zeros(attenuation.shape, dtype=np.uint8)
    return np.asarray(np.clip((shown - low) / (high - low), 0.0, 1.0) * 255.0, dtype=np.uint8)
