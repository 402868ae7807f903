"""Seeds on both sides of each facet joint, because watershed alone leaks through it.

At the height of a disc the superior articular process of the lower vertebra is the first bone
behind the foramen; the lamina and inferior process of the upper one are the last before the
muscles of the back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.disc_search import DiscSearch

SUPERIOR_PROCESS_MM, INFERIOR_PROCESS_MM = (-4.0, 0.5), (-0.5, 5.0)
"""Reach of both along the spine, from where the disc ends posteriorly."""

SUPERIOR_SHARE, INFERIOR_SHARE = (0.85, 1.05), (0.25, 0.5)
"""Lateral reach of both, as shares of half the body's width."""

FORAMEN_MM = 3.0
"""There must be this much that is not bone between posterior wall and superior process."""

SEED_DEPTH_MM = 2.5
LEAST_DEPTH_MM = 7.0
"""Joints whose bone is thinner from front to back than this are left to the watershed."""

_FARTHEST_BACK_MM = -40.0
_FARTHEST_PROCESS_MM = -16.0


def mark_facets(
    seeds: NDArray[np.int32],
    located: NDArray[np.float32],
    bone: NDArray[np.bool_],
    discs: DiscSearch,
    half_width_mm: NDArray[np.float64],
) -> None:
    """Write facet seeds into ``seeds`` (``n + 1`` below disc ``n``, ``n + 2`` above), in place."""
    if not len(discs.s_mm):
        return
    place = np.flatnonzero(bone & (located[1] > _FARTHEST_BACK_MM))
    svu = located.reshape(3, -1)[:, place]
    for n, disc_s in enumerate(discs.s_mm):
        wall = float(discs.walls.posterior_at(disc_s))
        behind = wall - float(discs.walls.centre_at(disc_s))
        end = float(disc_s + behind * np.tan(discs.tilt_rad[n]))
        half = float(half_width_mm[int(disc_s)])
        superior = (SUPERIOR_SHARE[0] * half, SUPERIOR_SHARE[1] * half)
        inferior = (INFERIOR_SHARE[0] * half, INFERIOR_SHARE[1] * half)
        _mark_joint(seeds.reshape(-1), place, svu, (end, wall), superior, inferior, n + 1)


def _mark_joint(
    seeds: NDArray[np.int32],
    place: NDArray[np.intp],
    svu: NDArray[np.float32],
    joint: tuple[float, float],
    superior: tuple[float, float],
    inferior: tuple[float, float],
    lower: int,
) -> None:
    """Find the first and the last bone behind the foramen for each (s, u), then seed both.

    ``seeds`` is flat; ``place`` are its voxels of bone and ``svu`` where they lie.
    """
    disc_end, wall = joint
    low, high = disc_end + SUPERIOR_PROCESS_MM[0], disc_end + INFERIOR_PROCESS_MM[1]
    here = np.flatnonzero((svu[0] > np.float64(low)) & (svu[0] < np.float64(high)))
    here = here[(np.abs(svu[2, here]) < superior[1]) & (svu[1, here] < wall - 1.0)]
    s, v, u = svu[:, here]
    reach = int(superior[1]) + 1
    column = np.rint(s - low).astype(int) * (2 * reach + 1) + np.rint(u).astype(int) + reach
    count = (int(high - low) + 2) * (2 * reach + 1)
    front, back = np.full(count, -np.inf), np.full(count, np.inf)
    np.maximum.at(front, column, v)
    np.minimum.at(back, column, v)
    near, far, side = front[column], back[column], np.abs(u)
    joined = near - far >= LEAST_DEPTH_MM
    is_superior = joined & (v > near - SEED_DEPTH_MM) & (s < disc_end + SUPERIOR_PROCESS_MM[1])
    is_superior &= (near > _FARTHEST_PROCESS_MM) & (near < wall - FORAMEN_MM)
    is_superior &= (side >= superior[0]) & (side <= superior[1])
    is_inferior = joined & (v < far + SEED_DEPTH_MM) & (s > disc_end + INFERIOR_PROCESS_MM[0])
    is_inferior &= (side >= inferior[0]) & (side <= inferior[1])
    found = np.where(is_superior, lower, np.where(is_inferior, lower + 1, 0))
    bone = place[here]
    seeds[bone] = np.where(seeds[bone] == 0, found, seeds[bone])
