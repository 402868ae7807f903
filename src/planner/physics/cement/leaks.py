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
    way_of = np.zeros(arrival.size, np.uint8)
    for voxel in in_turn:
        source, soonest = voxel, np.inf
        for way in range(6):
            other = voxel + steps[way]
            is_told = place[other] == _BONE or way_of[other] > 0
            if is_told and arrival[other] < soonest:
                source, soonest = other, float(arrival[other])
        came_by = int(way_of[source])
        if place[source] == _BONE and kind[source] == _TRACK:
            came_by = _NEEDLE_TRACK
        elif place[source] == _BONE and kind[source] == _VEIN and vein_open:
            came_by = _BASIVERTEBRAL
        at = int(place[voxel])
        if kind[voxel] == _TRACK or (at == _PARAVERTEBRAL and came_by == _NEEDLE_TRACK):
            at = _NEEDLE_TRACK
        elif vein_open and (
            kind[voxel] == _VEIN or (at == _EPIDURAL and came_by == _BASIVERTEBRAL)
        ):
            at = _BASIVERTEBRAL
        way_of[voxel] = at
        first[at] = min(first[at], float(arrival[voxel]))
    return first
