"""How far each stretch of the spine is turned about its own axis, from its own symmetry.

A vertebra mirrors itself about its midplane. In a patient who lies crooked, or in scoliosis, that
plane is not the scanner's; sideways would then run through a pedicle at a slant.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.interpolation import held_at
from planner.anatomy.spine_curve import U_MM, V_MM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.spine_curve import SpineCurve

LARGEST_DEG = 40
"""More is not met in a spine that anybody would needle."""

STEP_DEG = 2
"""Angles tried and angles sampled lie this far apart."""

ALONG_MM = 20.0
"""Symmetry is judged over this much of the spine on both sides (one standard deviation)."""

_RADII_MM = np.arange(6.0, 36.0, 1.5)
_ROW_STEP = 2
_RANGE_HU = (-50.0, 350.0)
_PRICE_PER_DEG2 = 2e-4
"""Price of a turn, in units of the mean unlikeness; it only decides where nothing else does."""


def turned_to_symmetry(curve: SpineCurve, straight: NDArray[np.float32]) -> SpineCurve:
    """Return the curve with its frames turned to where the picture mirrors itself.

    Parameters
    ----------
    straight
        CT in the coordinates of ``curve``, ``[s, v, u]``.
    """
    angle = axial_rotation_rad(straight)[:, None]
    left = np.cos(angle) * curve.left + np.sin(angle) * curve.anterior
    anterior = np.cos(angle) * curve.anterior - np.sin(angle) * curve.left
    return replace(curve, left=np.ascontiguousarray(left), anterior=np.ascontiguousarray(anterior))


def axial_rotation_rad(straight: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the turn of the midplane at each ``s``, positive from left towards anterior."""
    rows = np.arange(0, len(straight), _ROW_STEP)
    rays = _polar(straight, rows)
    turns = np.arange(-LARGEST_DEG, LARGEST_DEG + 1, STEP_DEG)
    count = rays.shape[1]
    unlike = np.empty((len(rows), len(turns)))
    for n, turn in enumerate(turns):
        # Mirrored about the plane at ``turn``, the ray at phi falls on the one at 2 turn - phi.
        other = (2 * (turn // STEP_DEG) - np.arange(count)) % count
        unlike[:, n] = np.abs(rays - rays[:, other]).mean(axis=(1, 2))
    unlike = ndimage.gaussian_filter1d(unlike, ALONG_MM / _ROW_STEP, axis=0, mode="nearest")
    unlike = unlike / (unlike.mean(axis=1, keepdims=True) + 1e-6) + _PRICE_PER_DEG2 * turns**2
    best = ndimage.gaussian_filter1d(
        _lowest(unlike, turns), 0.5 * ALONG_MM / _ROW_STEP, mode="nearest"
    )
    # phi grows from anterior to the left; a frame turned that way has its front at phi > 0.
    return np.asarray(-np.deg2rad(np.interp(np.arange(len(straight)), rows, best)))


def _lowest(unlike: NDArray[np.float64], turns: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the turn of least unlikeness of each row, between the angles tried."""
    place = np.clip(unlike.argmin(axis=1), 1, len(turns) - 2)
    row = np.arange(len(unlike))
    before, here, after = (unlike[row, place + step] for step in (-1, 0, 1))
    bend = before - 2.0 * here + after
    shift = np.where(bend > 1e-9, 0.5 * (before - after) / np.maximum(bend, 1e-9), 0.0)
    return np.asarray(turns[place] + STEP_DEG * np.clip(shift, -1.0, 1.0))


def _polar(straight: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return clipped HU over (row, angle, radius); angle 0 is anterior, growing to the left."""
    smooth = ndimage.gaussian_filter(np.clip(straight, *_RANGE_HU), (1.0, 1.0, 1.0))[rows]
    phi = np.deg2rad(np.arange(0, 360, STEP_DEG))
    v, u = np.cos(phi)[:, None] * _RADII_MM, np.sin(phi)[:, None] * _RADII_MM
    place = np.arange(len(rows))[:, None, None]
    return held_at(smooth, [place, v - V_MM[0], u - U_MM[0]])
