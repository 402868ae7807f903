"""The compiled loops of panes along the grid: voxels, grey and dots, one thread, no toolkit.

``reslice`` calls them. A lane is one axis of a pane that runs along one axis of the grid: for
each pixel the two voxels about it, as offsets into the flat volume, and the share of the second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector

    Offsets = NDArray[np.int64]
    Lane = tuple[Offsets, Offsets, Vector]


@kernel
def lane(first: float, step: float, count: int, size: int) -> Lane:
    """Return for each pixel the voxel before it, the one behind it, and the share of that.

    A pixel outside the grid has voxel -1, by the bounds that the oblique loops have.
    """
    low = np.empty(count, np.int64)
    high = np.empty(count, np.int64)
    share = np.empty(count, np.float64)
    for x in range(count):
        at = first + x * step
        if not (-0.5 <= at < size - 0.5):
            low[x], high[x], share[x] = -1, -1, 0.0
            continue
        at = min(max(at, 0.0), size - 1.0)
        low[x] = int(at)
        high[x] = min(low[x] + 1, size - 1)
        share[x] = at - low[x]
    return low, high, share


@kernel
def span(low: Offsets) -> tuple[int, int]:
    """Return which pixels of a lane lie on the grid, from the first to beyond the last."""
    start, stop = 0, len(low)
    while start < stop and low[start] < 0:
        start += 1
    while stop > start and low[stop - 1] < 0:
        stop -= 1
    return start, stop


@kernel
def read(
    voxels: NDArray[np.int16], at: int, behind: int, share: float, stride: int, out: Vector
) -> None:
    """Read a row of voxels mixed with the one ``behind`` it; side by side it is vectorised."""
    count = len(out)
    if stride == 1:
        near, far = voxels[at : at + count], voxels[at + behind : at + behind + count]
        for x in range(count):
            out[x] = near[x] * (1 - share) + far[x] * share
    elif share == 0.0:
        for x in range(count):
            out[x] = voxels[at + x * stride]
    else:
        for x in range(count):
            place = at + x * stride
            out[x] = voxels[place] * (1 - share) + voxels[place + behind] * share


@kernel
def sample_straight(  # noqa: PLR0913 - a kernel takes plain arrays and numbers
    voxels: NDArray[np.int16],
    across: Lane,
    across_stride: int,
    below: Lane,
    below_stride: int,
    near: int,
    far: int,
    far_share: float,
    out: NDArray[np.int16],
) -> None:
    """Sample a plane that lies along the grid: rows of voxels are mixed once, then read.

    ``near`` and ``far`` are the offsets of the two layers of voxels about the plane.
    """
    low, high, share = across
    height = len(out)
    start, stop = span(low)
    out[:, :start] = -32768
    out[:, stop:] = -32768
    if start == stop:
        return
    first = min(low[start], low[stop - 1])
    count = max(high[start], high[stop - 1]) - first + 1
    # Places without a sign spare each look-up the question whether it counts from the end.
    left, right = (
        (low[start:stop] - first).astype(np.uint64),
        (high[start:stop] - first).astype(np.uint64),
    )
    share = share[start:stop]
    mixed = np.empty(count, np.float64)
    upper, lower = np.empty(count, np.float64), np.empty(count, np.float64)
    base, behind = near + first * across_stride, far - near
    has_upper, has_lower = -1, -1
    for y in range(height):
        row = out[y, start:stop]
        one, two, v = below[0][y], below[1][y], below[2][y]
        if one < 0:
            row[:] = -32768
            continue
        # A row of voxels serves several rows of pixels, and then is the upper one of the next.
        if one != has_upper:
            if one == has_lower:
                upper, lower, has_lower = lower, upper, has_upper
            else:
                at = base + one * below_stride
                read(voxels, at, behind, far_share, across_stride, upper)
            has_upper = one
        if two != has_lower:
            read(voxels, base + two * below_stride, behind, far_share, across_stride, lower)
            has_lower = two
        for x in range(count):
            mixed[x] = upper[x] * (1 - v) + lower[x] * v
        for x in range(stop - start):
            u = share[x]
            value = mixed[left[x]] * (1 - u) + mixed[right[x]] * u
            row[x] = np.int32(np.floor(value + 0.5))


@kernel
def shade(samples: NDArray[np.int16], table: NDArray[np.uint32], out: NDArray[np.uint32]) -> None:
    """Look every sample up in a table of all int16 values seen as uint16."""
    for y in range(samples.shape[0]):
        for x in range(samples.shape[1]):
            out[y, x] = table[samples[y, x] & 0xFFFF]


@kernel
def dots(
    points: Vector,
    place: Vector,
    depth_mm: float,
    radius_px: float,
    colour: int,
    out: NDArray[np.uint32],
) -> None:
    """Draw smooth round dots where points lie near the plane.

    ``place``, shape ``(3, 4)``, maps a point and 1 to its pixel across, down, and its depth.
    """
    height, width = out.shape
    for n in range(points.shape[0]):
        a, b, c = points[n, 0], points[n, 1], points[n, 2]
        if not abs(place[2, 0] * a + place[2, 1] * b + place[2, 2] * c + place[2, 3]) <= depth_mm:
            continue
        x = place[0, 0] * a + place[0, 1] * b + place[0, 2] * c + place[0, 3]
        y = place[1, 0] * a + place[1, 1] * b + place[1, 2] * c + place[1, 3]
        reach = radius_px + 0.5
        if not (-reach < x < width + reach and -reach < y < height + reach):
            continue
        for row in range(max(0, int(y - reach)), min(height, int(y + reach) + 1)):
            for column in range(max(0, int(x - reach)), min(width, int(x + reach) + 1)):
                away = np.sqrt((column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2)
                share = min(max(reach - away, 0.0), 1.0)
                if share == 0.0:
                    continue
                old = np.int64(out[row, column])
                new = 0xFF
                for shift in (16, 8, 0):
                    below, above = (old >> shift) & 0xFF, (colour >> shift) & 0xFF
                    new = (new << 8) | int(below + (above - below) * share + 0.5)
                out[row, column] = new
