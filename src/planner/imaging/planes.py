"""Puts parallel pictures or contours, given by their places in the patient, on one grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.geometry.points import Vector

UNEVEN = 0.05
"""Share of a step by which a plane may lie off the even places."""

SAME_PLANE_MM = 0.01


class UnevenPlanesError(ValueError):
    """Planes do not lie at even steps; the message says how."""


def even_places(along_mm: Sequence[float]) -> tuple[NDArray[np.int64], float, float]:
    """Return the slot of every plane, the first place and the step, mm.

    Planes may be missing between others: their slots stay empty.

    Raises
    ------
    UnevenPlanesError
        When the places are no multiples of one step.
    """
    places = np.asarray(along_mm, dtype=np.float64)
    ordered = np.sort(places)
    kept = ordered[np.r_[True, np.diff(ordered) > SAME_PLANE_MM]]
    if len(kept) == 1:
        return np.zeros(len(places), np.int64), float(kept[0]), 1.0
    step = float(np.diff(kept).min())
    steps = (kept[-1] - kept[0]) / step
    step = float((kept[-1] - kept[0]) / max(1, round(steps)))
    slots = (places - kept[0]) / step
    if np.abs(slots - np.rint(slots)).max() > UNEVEN:
        raise UnevenPlanesError("their planes do not lie at even steps")
    return np.rint(slots).astype(np.int64), float(kept[0]), step


def grid_matrix(
    origin: Vector, along_i: Vector, along_j: Vector, along_k: Vector
) -> NDArray[np.float64]:
    """Return ``lps_from_ijk`` from the first voxel's centre and the steps along each axis."""
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([along_i, along_j, along_k], axis=1)
    matrix[:3, 3] = origin
    return matrix
