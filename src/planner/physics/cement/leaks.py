"""Which way cement left the bone, and after how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.kernels import kernel
from planner.physics.cement.paths import PATHS, Kind, Place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.cement import LeakPath
    from planner.physics.cement.medium import CementMedium

_BONE, _EPIDURAL, _PARAVERTEBRAL, _BASIVERTEBRAL, _NEEDLE_TRACK = (
    int(Place.BONE), int(Place.EPIDURAL), int(Place.PARAVERTEBRAL), int(Place.BASIVERTEBRAL),
    int(Place.NEEDLE_TRACK),
)  # fmt: skip
_UNTOLD, _ITSELF = 255, 254
"""Of a voxel that is still to come, and of one that cement came to through a hole of the shell."""

_VEIN, _TRACK, _PLACES = int(Kind.VEIN), int(Kind.TRACK), len(Place)


def leak_volumes(
    medium: CementMedium, arrival_ml: NDArray[np.float32], *, vein_open: bool = False
) -> dict[LeakPath, float]:
    """Return the volume given when cement first lies in each way out, for those it reaches.

    ``arrival_ml`` is ``[k, j, i]``, infinite where cement never comes. Cement beside the bone that
    came along the way of a needle counts as that way's, and cement in the canal that came by the
    vein as the vein's; all else counts where it lies.
    """
    outside = np.flatnonzero(np.isfinite(arrival_ml) & (medium.place != Place.BONE))
    in_turn = outside[np.argsort(arrival_ml.ravel()[outside], kind="stable")]
    _, high, wide = arrival_ml.shape
    steps = np.array([1, -1, wide, -wide, high * wide, -high * wide])
    first = _first_beyond(
        in_turn, arrival_ml.ravel(), medium.place.ravel(), medium.kind.ravel(), steps, vein_open
    )
    return {path: float(first[code]) for path, code in PATHS.items() if np.isfinite(first[code])}


@kernel
def _first_beyond(
    in_turn: NDArray[np.int64],
    arrival: NDArray[np.float32],
    place: NDArray[np.uint8],
    kind: NDArray[np.uint8],
    steps: NDArray[np.int64],
    vein_open: bool,
) -> NDArray[np.float64]:
    """Return the least arrival in each way out; ``in_turn`` are flat voxels beyond the bone."""
    first = np.full(_PLACES, np.inf)
    came_by = np.full(arrival.size, _UNTOLD, np.uint8)
    left, before = in_turn.size, 0
    while left != before:  # voxels reached at the same mL may wait for each other
        before, left = left, 0
        for voxel in in_turn:
            if came_by[voxel] != _UNTOLD:
                continue
            by = _came_by(voxel, arrival, place, kind, steps, came_by, vein_open)
            if by == _UNTOLD:
                left += 1
                continue
            came_by[voxel] = by
            at = int(place[voxel])
            if kind[voxel] == _TRACK or (at == _PARAVERTEBRAL and by == _NEEDLE_TRACK):
                at = _NEEDLE_TRACK
            elif vein_open and (
                kind[voxel] == _VEIN or (at == _EPIDURAL and by == _BASIVERTEBRAL)
            ):
                at = _BASIVERTEBRAL
            first[at] = min(first[at], float(arrival[voxel]))
    return first


@kernel
def _came_by(
    voxel: int,
    arrival: NDArray[np.float32],
    place: NDArray[np.uint8],
    kind: NDArray[np.uint8],
    steps: NDArray[np.int64],
    came_by: NDArray[np.uint8],
    vein_open: bool,
) -> int:
    """Return which way cement left the bone that came to a voxel: by its soonest neighbour."""
    source, soonest = voxel, np.inf
    for way in range(6):
        other = voxel + steps[way]
        is_told = place[other] == _BONE or came_by[other] != _UNTOLD
        if is_told and arrival[other] < soonest:
            source, soonest = other, float(arrival[other])
    from_bone = place[source] == _BONE
    if kind[voxel] == _TRACK or (from_bone and kind[source] == _TRACK):
        return _NEEDLE_TRACK
    if vein_open and (kind[voxel] == _VEIN or (from_bone and kind[source] == _VEIN)):
        return _BASIVERTEBRAL
    if from_bone:
        return _ITSELF
    return _UNTOLD if source == voxel else int(came_by[source])
