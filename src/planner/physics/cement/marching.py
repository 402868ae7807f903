"""A front that marches from seeds through an isotropic grid, first come first filled.

The eikonal equation ``|grad t| = slowness`` by fast marching with the upwind scheme of Godunov
(Sethian 1996).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FAR, _DONE = -1, -2
"""A voxel no front is near, and one that is reached; else its place on the heap."""


@kernel
def _rise(
    heap: NDArray[np.int32], place: NDArray[np.int32], time: NDArray[np.float32], at: int
) -> None:
    voxel = heap[at]
    while at > 0:
        parent = (at - 1) >> 1
        if time[heap[parent]] <= time[voxel]:
            break
        heap[at] = heap[parent]
        place[heap[at]] = at
        at = parent
    heap[at] = voxel
    place[voxel] = at


@kernel
def _sink(
    heap: NDArray[np.int32], place: NDArray[np.int32], time: NDArray[np.float32], count: int
) -> None:
    voxel = heap[0]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= count:
            break
        if child + 1 < count and time[heap[child + 1]] < time[heap[child]]:
            child += 1
        if time[voxel] <= time[heap[child]]:
            break
        heap[at] = heap[child]
        place[heap[at]] = at
        at = child
    heap[at] = voxel
    place[voxel] = at


@kernel
def _reached(voxel: int, step: int, place: NDArray[np.int32], time: NDArray[np.float32]) -> float:
    """Return when the earlier of the two neighbours along an axis was reached."""
    before = np.inf
    if place[voxel - step] == _DONE:
        before = float(time[voxel - step])
    if place[voxel + step] == _DONE:
        before = min(before, float(time[voxel + step]))
    return before


@kernel
def _upwind(a: float, b: float, c: float, late: float) -> float:
    """Return the time at a voxel from those along three axes; ``late`` is slowness times edge."""
    if a > b:
        a, b = b, a
    if b > c:
        b, c = c, b
    if a > b:
        a, b = b, a
    t = a + late
    if t <= b:
        return t
    gap = a - b
    t = 0.5 * (a + b + np.sqrt(max(2.0 * late * late - gap * gap, 0.0)))
    if t <= c:
        return float(t)
    total = a + b + c
    root = total * total - 3.0 * (a * a + b * b + c * c - late * late)
    return float((total + np.sqrt(max(root, 0.0))) / 3.0)


@kernel
def march(
    slowness: NDArray[np.float32],
    room_mm3: NDArray[np.float32],
    seeds: NDArray[np.int64],
    limit_mm3: float,
    edge_mm: float,
) -> tuple[NDArray[np.float32], float]:
    """Fill voxels in the order the front reaches them until ``limit_mm3`` found room.

    Parameters
    ----------
    slowness
        ``[k, j, i]``; infinite where the front may not go, as all over the outermost layer.
    room_mm3
        Same shape: what one voxel takes.
    seeds
        Flat indices of open voxels that the front starts from.

    Returns
    -------
    filled_mm3, placed_mm3
        Volume that went in when half the voxel is full, infinite where never; and the total.
    """
    flat, room = slowness.ravel(), room_mm3.ravel()
    row, plane = slowness.shape[2], slowness.shape[1] * slowness.shape[2]
    time = np.empty(flat.size, np.float32)
    filled = np.full(flat.size, np.float32(np.inf))
    place = np.full(flat.size, _FAR, np.int32)
    heap = np.empty(flat.size, np.int32)
    count = 0
    for n in range(seeds.size):
        if place[seeds[n]] == _FAR:
            time[seeds[n]] = 0.0
            heap[count] = seeds[n]
            place[seeds[n]] = count
            count += 1
    placed = 0.0
    while count > 0 and placed < limit_mm3:
        voxel = int(heap[0])
        count -= 1
        if count > 0:
            heap[0] = heap[count]
            _sink(heap, place, time, count)
        place[voxel] = _DONE
        takes = min(float(room[voxel]), limit_mm3 - placed)
        filled[voxel] = placed + 0.5 * takes
        placed += takes
        for step in (1, -1, row, -row, plane, -plane):
            other = voxel + step
            if place[other] == _DONE or flat[other] == np.inf:
                continue
            t = _upwind(
                _reached(other, 1, place, time),
                _reached(other, row, place, time),
                _reached(other, plane, place, time),
                float(flat[other]) * edge_mm,
            )
            if place[other] == _FAR:
                time[other] = t
                heap[count] = other
                _rise(heap, place, time, count)
                count += 1
            elif t < time[other]:
                time[other] = t
                _rise(heap, place, time, int(place[other]))
    return filled.reshape(slowness.shape), placed
