"""Scoring of many straight paths on the fields of a search space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.geometry.kernels import kernel
from planner.planning.sampling import trilinear

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.planning.search_space import SearchSpace

STEP_MM: Final = 1.0
FAR_MM: Final = 1.0e6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scores:
    """What the fields say of each path, all shape ``(n,)``, mm, of the axis alone.

    Attributes
    ----------
    danger
        Least distance to a structure to keep away from.
    pedicle
        Least depth in bone within the pedicle.
    inner
        Least depth in bone between pedicle and tip.
    body
        Depth of the tip in the body.
    other_bone
        Length in the bone of other vertebrae.
    """

    danger: NDArray[np.float64]
    pedicle: NDArray[np.float64]
    inner: NDArray[np.float64]
    body: NDArray[np.float64]
    other_bone: NDArray[np.float64]


@kernel
def _score(
    tips: NDArray[np.float64],
    backward: NDArray[np.float64],
    slabs: NDArray[np.float64],
    fields: tuple[
        NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8]
    ],
    step_mm: float,
) -> NDArray[np.float64]:
    """Walk each path from its tip outward until it leaves the grid; see ``Scores``."""
    bone, body, danger, other = fields
    size_k, size_j, size_i = bone.shape
    found = np.empty((tips.shape[0], 5))
    for n in range(tips.shape[0]):
        least_danger = FAR_MM
        least_pedicle = FAR_MM
        least_inner = FAR_MM
        length_other = 0.0
        found[n, 3] = trilinear(body, tips[n, 0], tips[n, 1], tips[n, 2])
        step = 0
        while True:
            i = tips[n, 0] + step * backward[n, 0]
            j = tips[n, 1] + step * backward[n, 1]
            k = tips[n, 2] + step * backward[n, 2]
            if not (0 <= i <= size_i - 1 and 0 <= j <= size_j - 1 and 0 <= k <= size_k - 1):
                break
            least_danger = min(least_danger, trilinear(danger, i, j, k))
            way = step * step_mm
            if way <= slabs[n, 1]:
                depth = trilinear(bone, i, j, k)
                if way >= slabs[n, 0]:
                    least_pedicle = min(least_pedicle, depth)
                else:
                    least_inner = min(least_inner, depth)
            if other[int(k + 0.5), int(j + 0.5), int(i + 0.5)] > 0:
                length_other += step_mm
            step += 1
        found[n, 0] = least_danger
        found[n, 1] = least_pedicle
        found[n, 2] = least_inner
        found[n, 4] = length_other
    return found


def score(
    space: SearchSpace,
    tips_mm: NDArray[np.float64],
    outward: NDArray[np.float64],
    slab_mm: NDArray[np.float64],
) -> Scores:
    """Score straight paths.

    Parameters
    ----------
    tips_mm, outward
        Shape ``(n, 3)``, LPS: tips, and unit vectors from tip to entry.
    slab_mm
        Shape ``(n, 2)``: way from the tip at which the pedicle begins and ends.
    """
    turn = space.geometry.ijk_from_lps[:3, :3]
    found = _score(
        np.ascontiguousarray(space.geometry.ijk(tips_mm)),
        np.ascontiguousarray(outward @ turn.T * STEP_MM),
        np.ascontiguousarray(slab_mm),
        (space.bone, space.body, space.danger, space.other_bone),
        STEP_MM,
    )
    return Scores(
        danger=found[:, 0],
        pedicle=found[:, 1],
        inner=found[:, 2],
        body=found[:, 3],
        other_bone=found[:, 4],
    )
