"""A front that spreads from seeds through a grid, first come first filled.

The eikonal equation on any grid, sheared ones too: each update solves over the simplex of the
voxel's accepted neighbours with the metric of the grid (Sethian and Vladimirsky 2000).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FAR = 0
_TRIAL = 1
_DONE = 2


@kernel
def _swap(heap: NDArray[np.int32], place: NDArray[np.int32], a: int, b: int) -> None:
    heap[a], heap[b] = heap[b], heap[a]
    place[heap[a]] = a
    place[heap[b]] = b


@kernel
def _rise(
    heap: NDArray[np.int32], place: NDArray[np.int32], time: NDArray[np.float64], at: int
) -> None:
    while at > 0:
        parent = (at - 1) >> 1
        if time[heap[parent]] <= time[heap[at]]:
            break
        _swap(heap, place, at, parent)
        at = parent


@kernel
def _sink(
    heap: NDArray[np.int32], place: NDArray[np.int32], time: NDArray[np.float64], count: int
) -> None:
    at = 0
    while True:
        child = 2 * at + 1
        if child >= count:
            break
        if child + 1 < count and time[heap[child + 1]] < time[heap[child]]:
            child += 1
        if time[heap[at]] <= time[heap[child]]:
            break
        _swap(heap, place, at, child)
        at = child


@kernel
def _offer(
    voxel: int,
    t: float,
    time: NDArray[np.float64],
    state: NDArray[np.uint8],
    queue: tuple[NDArray[np.int32], NDArray[np.int32]],
    count: int,
) -> int:
    """Put ``voxel`` on the heap, or move it up when ``t`` is earlier; return the new count."""
    heap, place = queue
    if not t < time[voxel]:
        return count
    time[voxel] = t
    if state[voxel] == _FAR:
        state[voxel] = _TRIAL
        heap[count] = voxel
        place[voxel] = count
        count += 1
    _rise(heap, place, time, place[voxel])
    return count


@kernel
def _two_sided(
    near: NDArray[np.float64],
    sign: NDArray[np.float64],
    a: int,
    b: int,
    pair_metric: NDArray[np.float64],
    slowness: float,
) -> float:
    """Solve over two neighbours; infinite when the front does not come from between them."""
    m_aa = pair_metric[a, b, 0]
    m_bb = pair_metric[a, b, 1]
    m_ab = pair_metric[a, b, 2] * sign[a] * sign[b]
    t_a, t_b = near[a], near[b]
    two = m_aa + 2.0 * m_ab + m_bb
    one = m_aa * t_a + m_ab * (t_a + t_b) + m_bb * t_b
    zero = m_aa * t_a * t_a + 2.0 * m_ab * t_a * t_b + m_bb * t_b * t_b - slowness * slowness
    root = one * one - two * zero
    if root < 0.0:
        return np.inf
    t = (one + np.sqrt(root)) / two
    if m_aa * (t - t_a) + m_ab * (t - t_b) < 0.0 or m_ab * (t - t_a) + m_bb * (t - t_b) < 0.0:
        return np.inf
    return float(t)


@kernel
def _three_sided(
    near: NDArray[np.float64],
    sign: NDArray[np.float64],
    metric: NDArray[np.float64],
    slowness: float,
) -> float:
    """Solve over three neighbours; infinite when the front does not come from between them."""
    two = 0.0
    one = 0.0
    zero = -slowness * slowness
    for a in range(3):
        for b in range(3):
            m = metric[a, b] * sign[a] * sign[b]
            two += m
            one += m * near[b]
            zero += m * near[a] * near[b]
    root = one * one - two * zero
    if root < 0.0:
        return np.inf
    t = (one + np.sqrt(root)) / two
    for a in range(3):
        flow = 0.0
        for b in range(3):
            flow += metric[a, b] * sign[a] * sign[b] * (t - near[b])
        if flow < 0.0:
            return np.inf
    return float(t)


@kernel
def _arrival(
    near: NDArray[np.float64],
    sign: NDArray[np.float64],
    steps: NDArray[np.float64],
    metric: NDArray[np.float64],
    pair_metric: NDArray[np.float64],
    slowness: float,
) -> float:
    """Return the earliest time over every simplex of accepted neighbours."""
    best = np.inf
    seen = 0
    for a in range(3):
        if near[a] < np.inf:
            seen += 1
            best = min(best, near[a] + slowness * steps[a])
    if seen > 1:
        for a in range(3):
            for b in range(a + 1, 3):
                if near[a] < np.inf and near[b] < np.inf:
                    best = min(best, _two_sided(near, sign, a, b, pair_metric, slowness))
    if seen > 2:
        best = min(best, _three_sided(near, sign, metric, slowness))
    return best


@kernel
def _pair_metric(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the inverses of the 2x2 parts of ``gram`` as ``[a, b] -> (aa, bb, ab)``."""
    pairs = np.zeros((3, 3, 3))
    for a in range(3):
        for b in range(3):
            if a != b:
                area = gram[a, a] * gram[b, b] - gram[a, b] * gram[a, b]
                pairs[a, b, 0] = gram[b, b] / area
                pairs[a, b, 1] = gram[a, a] / area
                pairs[a, b, 2] = -gram[a, b] / area
    return pairs


@kernel
def _look_round(
    voxel: int,
    time: NDArray[np.float64],
    state: NDArray[np.uint8],
    sizes: NDArray[np.int64],
    near: NDArray[np.float64],
    sign: NDArray[np.float64],
) -> None:
    """Set the earliest accepted neighbour along each axis, and which way it lies."""
    stride = 1
    for axis in range(3):
        place = (voxel // stride) % sizes[axis]
        near[axis] = np.inf
        sign[axis] = 1.0
        if place > 0 and state[voxel - stride] == _DONE:
            near[axis] = time[voxel - stride]
        after = voxel + stride
        if place + 1 < sizes[axis] and state[after] == _DONE and time[after] < near[axis]:
            near[axis] = time[after]
            sign[axis] = -1.0
        stride *= sizes[axis]


@kernel
def _pop(
    heap: NDArray[np.int32], place: NDArray[np.int32], time: NDArray[np.float64], count: int
) -> int:
    """Take the earliest voxel off a heap of ``count``; the heap then holds one less."""
    first = heap[0]
    if count > 1:
        heap[0] = heap[count - 1]
        place[heap[0]] = 0
        _sink(heap, place, time, count - 1)
    return int(first)


@kernel
def march(
    slowness: NDArray[np.float64],
    room_mm3: NDArray[np.float64],
    seeds: NDArray[np.int64],
    seed_times: NDArray[np.float64],
    limit_mm3: float,
    gram: NDArray[np.float64],
) -> tuple[NDArray[np.float64], float]:
    """Fill voxels in the order the front reaches them until ``limit_mm3`` found room.

    Parameters
    ----------
    slowness
        ``[k, j, i]``; infinite where the front may not go.
    room_mm3
        Same shape: what one voxel takes.
    seeds, seed_times
        Flat indices and times the front starts from.
    gram
        Shape ``(3, 3)``: inner products of the grid's edges along i, j and k, mm2.

    Returns
    -------
    filled_mm3, placed_mm3
        Volume that went in when half the voxel is full, infinite where never; and the total.
    """
    sizes = np.array([slowness.shape[2], slowness.shape[1], slowness.shape[0]])
    flat_slowness = slowness.ravel()
    flat_room = room_mm3.ravel()
    time = np.full(flat_slowness.size, np.inf)
    filled = np.full(flat_slowness.size, np.inf)
    state = np.zeros(flat_slowness.size, np.uint8)
    heap = np.empty(flat_slowness.size, np.int32)
    place = np.empty(flat_slowness.size, np.int32)
    metric = np.linalg.inv(gram).astype(np.float64)
    pair_metric = _pair_metric(gram)
    steps = np.sqrt(np.array([gram[0, 0], gram[1, 1], gram[2, 2]]))
    near, sign = np.empty(3), np.empty(3)
    count = 0
    for n in range(seeds.size):
        count = _offer(seeds[n], seed_times[n], time, state, (heap, place), count)
    placed = 0.0
    while count > 0 and placed < limit_mm3:
        voxel = _pop(heap, place, time, count)
        count -= 1
        state[voxel] = _DONE
        room = min(flat_room[voxel], limit_mm3 - placed)
        filled[voxel] = placed + 0.5 * room
        placed += room
        stride = 1
        for axis in range(3):
            at = (voxel // stride) % sizes[axis]
            for way in (-1, 1):
                other = voxel + way * stride
                if not 0 <= at + way < sizes[axis] or flat_slowness[other] == np.inf:
                    continue
                if state[other] != _DONE:
                    _look_round(other, time, state, sizes, near, sign)
                    t = _arrival(near, sign, steps, metric, pair_metric, flat_slowness[other])
                    count = _offer(other, t, time, state, (heap, place), count)
            stride *= sizes[axis]
    return filled.reshape(slowness.shape), placed
