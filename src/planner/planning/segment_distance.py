"""Distances from a straight needle to points, exact to rounding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray


@kernel
def _dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(a[0] * b[0] + a[1] * b[1] + a[2] * b[2])


@kernel
def nearest_on_segment(
    points_mm: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> tuple[float, int, float]:
    """Return the distance of the nearest point to a segment, its index, and where along.

    Parameters
    ----------
    points_mm
        Shape ``(n, 3)``, n > 0.
    start, end
        Shape ``(3,)``; they may coincide.

    Returns
    -------
    distance_mm, index, along
        ``along`` is 0 at ``start`` and 1 at ``end``.
    """
    step_x, step_y, step_z = end[0] - start[0], end[1] - start[1], end[2] - start[2]
    square = step_x * step_x + step_y * step_y + step_z * step_z
    scale = 1.0 / square if square > 0.0 else 0.0
    best = np.inf
    index = 0
    along = 0.0
    for n in range(points_mm.shape[0]):
        x, y, z = (
            points_mm[n, 0] - start[0],
            points_mm[n, 1] - start[1],
            points_mm[n, 2] - start[2],
        )
        share = min(max((x * step_x + y * step_y + z * step_z) * scale, 0.0), 1.0)
        x, y, z = x - share * step_x, y - share * step_y, z - share * step_z
        far = x * x + y * y + z * z
        if far < best:
            best = far
            index = n
            along = share
    return np.sqrt(best), index, along


BLOCK: Final = 32
"""Points of a block: few enough that a block far from the needle is most of the cloud."""

CELL_MM: Final = 6.0
"""Points are put in order by cells of this size, so that a block lies together."""


def in_blocks(points_mm: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the points in an order where neighbours lie together, and a ball about every block.

    The balls have shape ``(m, 4)``: middle and radius of each ``BLOCK`` points, in their order.
    """
    if not len(points_mm):
        return np.empty((0, 3)), np.empty((0, 4))
    x, y, z = np.floor((points_mm - points_mm.min(axis=0)) / CELL_MM).T
    ordered = np.ascontiguousarray(points_mm[np.lexsort((x, y, z))])
    starts = np.arange(0, len(ordered), BLOCK)
    counts = np.diff(np.append(starts, len(ordered)))
    middles = np.add.reduceat(ordered, starts) / counts[:, None]
    far = np.linalg.norm(ordered - np.repeat(middles, counts, axis=0), axis=1)
    return ordered, np.column_stack((middles, np.maximum.reduceat(far, starts)))


@kernel
def nearest_in_blocks(
    points_mm: NDArray[np.float64],
    balls: NDArray[np.float64],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
) -> tuple[float, int, float]:
    """Return what ``nearest_on_segment`` does, looking only into blocks that can hold it.

    ``points_mm`` and ``balls`` are those of ``in_blocks``. Exact: a block is left out when its
    ball is farther from the segment than a point already found.
    """
    count = balls.shape[0]
    least = np.empty(count)
    first = 0
    step_x, step_y, step_z = end[0] - start[0], end[1] - start[1], end[2] - start[2]
    square = step_x * step_x + step_y * step_y + step_z * step_z
    scale = 1.0 / square if square > 0.0 else 0.0
    for b in range(count):
        x, y, z = balls[b, 0] - start[0], balls[b, 1] - start[1], balls[b, 2] - start[2]
        share = min(max((x * step_x + y * step_y + z * step_z) * scale, 0.0), 1.0)
        x, y, z = x - share * step_x, y - share * step_y, z - share * step_z
        least[b] = np.sqrt(x * x + y * y + z * z) - balls[b, 3]
        if least[b] < least[first]:
            first = b
    best, found, along = np.inf, 0, 0.0
    for turn in range(count + 1):
        b = first if turn == 0 else turn - 1
        if least[b] >= best or (turn > 0 and b == first):
            continue
        low = b * BLOCK
        distance, index, share = nearest_on_segment(points_mm[low : low + BLOCK], start, end)
        if distance < best:
            best, found, along = distance, low + index, share
    return best, found, along


@kernel
def nearest_to_points(
    points_mm: NDArray[np.float64], samples_mm: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return for each sample, shape ``(m, 3)``, the distance and index of its nearest point."""
    distance = np.empty(samples_mm.shape[0])
    index = np.empty(samples_mm.shape[0], np.int64)
    for m in range(samples_mm.shape[0]):
        best = np.inf
        found = 0
        for n in range(points_mm.shape[0]):
            x = points_mm[n, 0] - samples_mm[m, 0]
            y = points_mm[n, 1] - samples_mm[m, 1]
            z = points_mm[n, 2] - samples_mm[m, 2]
            far = x * x + y * y + z * z
            if far < best:
                best = far
                found = n
        distance[m] = np.sqrt(best)
        index[m] = found
    return distance, index


@kernel
def _part_on_grid(
    inside: NDArray[np.uint8],
    ijk_from_lps: NDArray[np.float64],
    entry: NDArray[np.float64],
    tip: NDArray[np.float64],
) -> tuple[float, float]:
    """Return where the axis enters and leaves a grid, 0 at ``entry`` to 1 at ``tip``.

    The first is greater than the last when it passes beside the grid.
    """
    first, last = 0.0, 1.0
    for axis in range(3):
        row = ijk_from_lps[axis]
        start = row[0] * entry[0] + row[1] * entry[1] + row[2] * entry[2] + row[3]
        end = row[0] * tip[0] + row[1] * tip[1] + row[2] * tip[2] + row[3]
        low, high = -0.5 - start, inside.shape[2 - axis] - 0.5 - start
        if start == end:
            if low > 0.0 or high < 0.0:
                return 1.0, 0.0
        else:
            one, other = low / (end - start), high / (end - start)
            first, last = max(first, min(one, other)), min(last, max(one, other))
    return first, last


@kernel
def structure_distance(
    points_mm: NDArray[np.float64],
    balls: NDArray[np.float64],
    inside: NDArray[np.uint8],
    ijk_from_lps: NDArray[np.float64],
    entry: NDArray[np.float64],
    tip: NDArray[np.float64],
    step_mm: float,
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], float]:
    """Return the signed distance of a needle's axis to a structure.

    Outside it is the distance to the nearest of its surface points. When the axis enters the
    structure's mask it is the greatest depth of the axis in it, negative.

    Returns
    -------
    distance_mm, at, on_axis, half_voxel_mm
        With the surface point and the axis point it is taken between, shape ``(3,)``, and half
        a voxel of the mask's grid along the line between them.
    """
    distance, index, along = nearest_in_blocks(points_mm, balls, entry, tip)
    at = points_mm[index].copy()
    on_axis = entry + along * (tip - entry)
    length = np.sqrt(_dot(tip - entry, tip - entry))
    count = int(np.ceil(length / step_mm)) + 1
    first, last = _part_on_grid(inside, ijk_from_lps, entry, tip)
    place, spot = np.empty(3, np.int64), np.empty(3)
    deepest = 0.0
    for n in range(int(first * (count - 1)), min(int(last * (count - 1)) + 2, count)):
        share = n / max(count - 1, 1)
        for axis in range(3):
            spot[axis] = entry[axis] + share * (tip[axis] - entry[axis])
        held = True
        for axis in range(3):
            row = ijk_from_lps[axis]
            value = row[0] * spot[0] + row[1] * spot[1] + row[2] * spot[2] + row[3]
            place[axis] = int(np.floor(value + 0.5))
            held = held and 0 <= place[axis] < inside.shape[2 - axis]
        if held and inside[place[2], place[1], place[0]] > 0:
            depth, index, _ = nearest_in_blocks(points_mm, balls, spot, spot)
            if depth > deepest:
                deepest = depth
                distance = -depth
                at[:] = points_mm[index]
                on_axis[:] = spot
    away = at - on_axis
    size = np.sqrt(_dot(away, away))
    steps = 0.0
    for axis in range(3):
        row = ijk_from_lps[axis, :3]
        share = _dot(row, away) / size if size > 0.0 else np.sqrt(_dot(row, row) / 3.0)
        steps += share * share
    return distance, at, on_axis, 0.5 / np.sqrt(steps)
