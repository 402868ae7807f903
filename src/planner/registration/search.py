"""Looks over a whole region for where a vertebra may lie, before anything is refined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.spatial.transform import Rotation

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector
    from planner.registration.alignment import Samples
    from planner.registration.patch import Patch

TURNS_DEG: Final = (-7.0, 0.0, 7.0)
"""Turns about each axis that are tried; refining finds what lies between and a little beyond."""

TURNED_PLACES: Final = 500
"""So many of the best places, unturned, are looked at with every turn."""

APART_MM: Final = 9.0
"""Two starts lie at least this far from each other."""

QUICK: Final = 2
"""Every so many-th point is enough for the first look."""


def turns() -> NDArray[np.float64]:
    """Return the turns tried, shape ``(27, 3, 3)``; the first is none."""
    vectors = np.array([[a, b, c] for a in TURNS_DEG for b in TURNS_DEG for c in TURNS_DEG])
    ordered = vectors[np.argsort(np.abs(vectors).sum(axis=1), kind="stable")]
    return np.asarray(Rotation.from_rotvec(ordered, degrees=True).as_matrix())


def starts(
    samples: Samples, patch: Patch, middles_mm: Vector, *, least_seen: float, most: int
) -> list[NDArray[np.float64]]:
    """Return the most promising motions, shape ``(4, 4)`` each, best first.

    Parameters
    ----------
    middles_mm
        Shape ``(n, 3)``: where the middle of the samples may have come to lie, LPS.
    least_seen
        Share of the points that must lie where the patch may be read.
    """
    middle = samples.points_mm.mean(axis=0)
    arms = samples.points_mm - middle
    every = turns()
    first = _scores(samples.hu, arms, patch, (every[:1], middles_mm), least_seen, QUICK)[0]
    best = np.argsort(-first, kind="stable")[:TURNED_PLACES]
    places = np.ascontiguousarray(middles_mm[best[first[best] > -1.0]])
    if not len(places):
        return []
    scores = _scores(samples.hu, arms, patch, (every, places), least_seen, 1)
    turn_of, found = scores.argmax(axis=0), []
    taken: list[Vector] = []
    for n in np.argsort(-scores.max(axis=0), kind="stable"):
        if all(np.linalg.norm(places[n] - other) >= APART_MM for other in taken):
            taken.append(places[n])
            motion = np.eye(4)
            motion[:3, :3] = every[turn_of[n]]
            motion[:3, 3] = places[n] - motion[:3, :3] @ middle
            found.append(motion)
        if len(found) == most:
            break
    return found


def _scores(
    hu: NDArray[np.float64],
    arms: Vector,
    patch: Patch,
    tried: tuple[NDArray[np.float64], Vector],
    least_seen: float,
    step: int,
) -> NDArray[np.float64]:
    """Return the correlation at every turn and place, shape ``(turns, places)``; -1 unseen."""
    turned, places = tried
    out = np.empty((len(turned), len(places)))
    matrix = patch.ijk_from_lps
    offsets = np.ascontiguousarray(
        np.einsum("ab,tbc,nc->tna", matrix[:, :3], turned, arms[::step])
    )
    middles = np.ascontiguousarray(places @ matrix[:, :3].T + matrix[:, 3])
    wanted = np.ascontiguousarray(hu[::step])
    _correlate(patch.hu, patch.usable, offsets, middles, wanted, least_seen, out)
    return out


@kernel
def _correlate(
    hu: NDArray[np.float32],
    usable: NDArray[np.uint8],
    offsets: NDArray[np.float64],
    middles: NDArray[np.float64],
    wanted: NDArray[np.float64],
    least_seen: float,
    out: NDArray[np.float64],
) -> None:
    """Correlate grey values at turned and shifted points, each read at the nearest voxel."""
    nk, nj, ni = hu.shape
    fewest = least_seen * len(wanted)
    for t in range(offsets.shape[0]):
        for s in range(middles.shape[0]):
            count, sx, sy, sxx, syy, sxy = 0, 0.0, 0.0, 0.0, 0.0, 0.0
            for n in range(len(wanted)):
                i = int(np.floor(offsets[t, n, 0] + middles[s, 0] + 0.5))
                j = int(np.floor(offsets[t, n, 1] + middles[s, 1] + 0.5))
                k = int(np.floor(offsets[t, n, 2] + middles[s, 2] + 0.5))
                if not (0 <= i < ni and 0 <= j < nj and 0 <= k < nk) or usable[k, j, i] == 0:
                    continue
                x, y = wanted[n], float(hu[k, j, i])
                count += 1
                sx += x
                sy += y
                sxx += x * x
                syy += y * y
                sxy += x * y
            out[t, s] = -1.0
            if count >= fewest and count > 0:
                below = (sxx - sx * sx / count) * (syy - sy * sy / count)
                if below > 0.0:
                    out[t, s] = (sxy - sx * sy / count) / np.sqrt(below)
