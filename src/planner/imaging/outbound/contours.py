"""Closed outlines of a mask on one slice, with holes joined to their outline by a keyhole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from skimage import measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector

FEWEST_POINTS = 3


def outlines_ji(mask: NDArray[np.bool_]) -> list[Vector]:
    """Return polygons, each shape ``(n, 2)`` of ``(j, i)``, half a voxel outside the mask.

    A voxel centre lies inside exactly when its voxel is in the mask. Formats that know only
    simple closed contours show a hole as two edges that run there and back (a keyhole).
    """
    padded = np.pad(mask, 1).astype(np.float64)
    found: list[Vector] = measure.find_contours(padded, 0.5)  # type: ignore[no-untyped-call]
    rings = [ring[:-1] - 1.0 for ring in found if len(ring) > FEWEST_POINTS]
    outer = [ring for ring in rings if _area(ring) < 0.0]
    holes = [ring for ring in rings if _area(ring) > 0.0]
    owners = [_owner(hole, outer) for hole in holes]
    joined = []
    for number, ring in enumerate(outer):
        mine = [hole for hole, owner in zip(holes, owners, strict=True) if owner == number]
        whole = ring
        # Nearest hole first, so that no bridge has to cross another hole.
        while mine:
            gaps = [_gap(whole, hole)[0] for hole in mine]
            whole = _bridged(whole, mine.pop(int(np.argmin(gaps))))
        joined.append(whole)
    return joined


def _area(ring: Vector) -> float:
    """Signed area by the shoelace rule; skimage makes it negative around a mask."""
    j, i = ring[:, 0], ring[:, 1]
    return 0.5 * float(np.sum(j * np.roll(i, -1) - np.roll(j, -1) * i))


def _owner(hole: Vector, outer: list[Vector]) -> int:
    """Return the smallest outline around a hole."""
    around = [
        (abs(_area(ring)), number)
        for number, ring in enumerate(outer)
        if measure.points_in_poly(hole[:1], ring)[0]  # type: ignore[no-untyped-call]
    ]
    return min(around)[1]


def _gap(ring: Vector, hole: Vector) -> tuple[float, int, int]:
    distance = np.linalg.norm(ring[:, None] - hole[None], axis=-1)
    at, start = np.unravel_index(int(distance.argmin()), distance.shape)
    return float(distance[at, start]), int(at), int(start)


def _bridged(ring: Vector, hole: Vector) -> Vector:
    """Join a hole to its outline by the shortest bridge between their points."""
    _, at, start = _gap(ring, hole)
    turned = np.roll(hole, -start, axis=0)
    return np.concatenate([ring[: at + 1], turned, turned[:1], ring[at:]])
