"""Grey windows by key, as radiologists' hands know them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.session.view_state import NARROWEST_WINDOW_HU, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Preset:
    """A named window; ``window`` is ``None`` when it is worked out from the image."""

    key: str
    name: str
    window: Window | None


BONE = Window(1800.0, 400.0)

PRESETS = (
    Preset("1", "Bone", BONE),
    Preset("2", "Soft tissue", Window(400.0, 50.0)),
    Preset("3", "Lung", Window(1500.0, -600.0)),
    Preset("4", "Metal and cement", Window(4000.0, 1000.0)),
    Preset("5", "Lytic and contrast", Window(600.0, 150.0)),
    Preset("9", "As the scanner set it", None),
    Preset("0", "Auto", None),
)

_EVERY = 7
"""Stride of the voxels looked at for the automatic window; a prime, so it hits no pattern."""


def preset(key: str) -> Preset:
    """Return the preset of a key.

    Raises
    ------
    KeyError
        When no preset has that key.
    """
    for item in PRESETS:
        if item.key == key:
            return item
    raise KeyError(key)


def automatic_window(hu: NDArray[np.int16]) -> Window:
    """Return the window from the 2nd to the 99.5th percentile of the tissue (above -900 HU)."""
    sample = hu[::2, ::_EVERY, ::_EVERY].ravel()
    tissue = sample[sample > -900]
    if not tissue.size:
        return BONE
    low, high = (float(value) for value in np.percentile(tissue, (2.0, 99.5)))
    return Window(max(high - low, NARROWEST_WINDOW_HU), (low + high) / 2)
