"""Keeps the canal beside a foramen as wide as it is between the pedicles.

There no bone stands to its sides, so that the surface is drawn out to a facet, or over a sacrum
to its wings. What is fat out there is the foramen's, not the canal's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.canal_surface import ANGLES
from planner.anatomy.interpolation import held_at
from planner.anatomy.spine_curve import U_MM, V_MM

if TYPE_CHECKING:
    from numpy.typing import NDArray

PEDICLES_BELOW_DISC_MM = 6.0, 15.0
"""Both pedicles stand beside the canal so far below the disc above them."""

FAT_HU = -40.0

SIDES_DEG = 35.0, 150.0
"""A foramen lies so far round from the front, on either side."""

_RANGE_HU = (-150.0, 350.0)
_BLUR_MM = (1.0, 0.6, 0.6)
_SAMPLES = 6


def held_beside_foramina(
    radius_mm: NDArray[np.float64], straight: NDArray[np.float32], disc_s_mm: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the canal's radius over (s, angle), drawn in over fat to that between the pedicles.

    Above the highest pedicles that stand below a disc nothing is changed.

    Parameters
    ----------
    radius_mm
        Shape ``(n, ANGLES)``.
    straight
        CT along the same curve, ``[s, v, u]``.
    disc_s_mm
        Discs from inferior to superior.
    """
    near, far = PEDICLES_BELOW_DISC_MM
    rows = [slice(max(0, int(s - far)), int(s - near)) for s in disc_s_mm if s - near >= 1.0]
    if not rows:
        return radius_mm
    between = np.array([np.median(radius_mm[row], axis=0) for row in rows])
    at = [0.5 * (row.start + row.stop) for row in rows]
    place = np.arange(len(radius_mm), dtype=np.float64)
    usual = np.stack([np.interp(place, at, column) for column in between.T], axis=1)
    angle = np.linspace(-np.pi, np.pi, ANGLES, endpoint=False)
    first, last = np.deg2rad(SIDES_DEG)
    is_side = (np.abs(angle) >= first) & (np.abs(angle) <= last)
    out = np.linspace(0.0, 1.0, _SAMPLES)
    beyond = usual[..., None] + out * (radius_mm - usual)[..., None]
    image = ndimage.gaussian_filter(np.clip(straight, *_RANGE_HU), _BLUR_MM)
    v, u = np.cos(angle)[:, None] * beyond, np.sin(angle)[:, None] * beyond
    hu = held_at(image, [place[:, None, None], v - V_MM[0], u - U_MM[0]])
    drawn_in = (radius_mm > usual) & (np.median(hu, axis=2) < FAT_HU)
    drawn_in &= is_side & (place < at[-1])[:, None]
    return np.asarray(np.where(drawn_in, usual, radius_mm))
