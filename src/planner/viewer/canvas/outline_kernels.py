"""The compiled loops that make pictures of codes: outlines along the grid, their rims and dashes.

``reslice`` calls them. Beside each picture goes where each of its rows shows anything, shape
``(y, 2)``, from the first pixel to beyond the last: most of a picture shows nothing, and nobody
has to look for that again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.kernels import kernel
from planner.viewer.canvas.oblique_kernels import winner, winner_of_two
from planner.viewer.canvas.reslice_kernels import span

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector

    Codes = NDArray[np.uint8]
    Offsets = NDArray[np.int64]
    Lane = tuple[Offsets, Offsets, Vector]


@kernel
def copied(codes: Codes, at: int, behind: int, stride: int, out: Codes) -> int:
    """Copy a row of codes and the one ``behind`` it; return whether any of them is drawn."""
    count, found = out.shape[1], np.uint8(0)
    for layer in range(2):
        row = out[layer]
        begin = at + layer * behind
        if stride == 1:
            line = codes[begin : begin + count]
            for x in range(count):
                row[x] = line[x]
                found |= line[x]
        else:
            for x in range(count):
                row[x] = codes[begin + x * stride]
                found |= row[x]
    return int(found)


@kernel
def alike(upper: Codes, lower: Codes, out: Codes) -> None:
    """Tell of each voxel and the next in two rows of two layers whether all eight codes are one.

    Of the last voxel, which has no next one, it tells whether its four are.
    """
    for x in range(len(out)):
        code = upper[0, x]
        out[x] = (code == upper[1, x]) & (code == lower[0, x]) & (code == lower[1, x])
    for x in range(len(out) - 1):
        out[x] &= out[x + 1] & (upper[0, x] == upper[0, x + 1])


@kernel
def runs(low: Offsets) -> Offsets:
    """Return for each run of pixels between the same two voxels the pixel beyond its last."""
    found, count = np.empty(len(low), np.int64), 0
    for x in range(len(low)):
        if x + 1 == len(low) or low[x + 1] != low[x]:
            found[count] = x + 1
            count += 1
    return found[:count]


@kernel
def vote_straight(  # noqa: C901, PLR0913 - a kernel takes plain arrays and is one loop
    codes: Codes,
    across: Lane,
    across_axis: int,
    below: Lane,
    below_axis: int,
    strides: Offsets,
    near: int,
    far: int,
    far_share: float,
    out: Codes,
    spans: Offsets,
) -> None:
    """Let the voxels about each pixel vote in a plane that lies along the grid.

    Pixels between the same two voxels ask the same eight codes, and mostly these are one or two.
    """
    low, high, share = across
    height = len(out)
    start, stop = span(low)
    out[:, :] = 0
    spans[:, :] = 0
    if start == stop:
        return
    first = min(low[start], low[stop - 1])
    count = max(high[start], high[stop - 1]) - first + 1
    low, high, share = low[start:stop] - first, high[start:stop] - first, share[start:stop]
    ends = runs(low)
    step, base = strides[across_axis], near + first * strides[across_axis]
    behind = 0 if far_share == 0.0 else far - near
    far_axis = 3 - across_axis - below_axis
    upper, lower = np.zeros((2, count), np.uint8), np.zeros((2, count), np.uint8)
    has_upper, has_lower, drawn_upper, drawn_lower = -1, -1, 0, 0
    same = np.zeros(count, np.uint8)
    seen, asked = np.zeros(8, np.uint8), np.zeros(8, np.uint8)
    weight, shares = np.zeros(8, np.float64), np.zeros(3, np.float64)
    shares[far_axis] = far_share
    for y in range(height):
        row = out[y, start:stop]
        first_line, second_line = below[0][y], below[1][y]
        if first_line < 0:
            continue
        # A row of voxels serves several rows of pixels, and then is the upper one of the next.
        is_other = first_line != has_upper or second_line != has_lower
        if first_line != has_upper:
            if first_line == has_lower:
                upper, lower, has_lower = lower, upper, has_upper
                drawn_upper, drawn_lower = drawn_lower, drawn_upper
            else:
                at = base + first_line * strides[below_axis]
                drawn_upper = copied(codes, at, behind, step, upper)
            has_upper = first_line
        if second_line != has_lower:
            at = base + second_line * strides[below_axis]
            drawn_lower = copied(codes, at, behind, step, lower)
            has_lower = second_line
        if is_other:
            alike(upper, lower, same)
        if drawn_upper == 0 and drawn_lower == 0:
            continue
        shares[below_axis] = below[2][y]
        begin, shown, shown_to = 0, -1, 0
        for end in ends:
            a, b = low[begin], high[begin]
            code = upper[0, a]
            if not (same[a] and code == 0):
                shown, shown_to = begin if shown < 0 else shown, end
            if same[a]:
                row[begin:end] = code
                begin = end
                continue
            other, are_two = code, True
            for corner in range(8):
                line = lower if (corner >> below_axis) & 1 else upper
                layer = (corner >> far_axis) & 1
                seen[corner] = line[layer, b if (corner >> across_axis) & 1 else a]
                if seen[corner] != code and seen[corner] != other:
                    are_two = are_two and other == code
                    other = seen[corner]
            for x in range(begin, end):
                shares[across_axis] = share[x]
                if are_two:
                    row[x] = winner_of_two(seen, shares[0], shares[1], shares[2], code, other)
                else:
                    asked[:] = seen
                    row[x] = winner(asked, weight, shares[0], shares[1], shares[2])
            begin = end
        if shown >= 0:
            spans[y, 0], spans[y, 1] = start + shown, start + shown_to


@kernel
def differs(row: Codes, other: Codes, found: Codes) -> None:
    """Note where two rows have not the same code."""
    for x in range(len(found)):
        found[x] |= row[x] != other[x]


@kernel
def edges(
    codes: Codes,
    spans: Offsets,
    edge: NDArray[np.uint32],
    fill: NDArray[np.uint32],
    thickness: int,
    out: NDArray[np.uint32],
) -> None:
    """Colour the rim inside each region, and what lies within; code 0 is no region."""
    height, width = codes.shape
    rim = np.zeros(width, np.uint8)
    inks = np.concatenate((fill, edge))
    inks[0] = inks[256] = 0
    out[:, :] = 0
    for y in range(height):
        start, stop = spans[y, 0], spans[y, 1]
        row, found = codes[y, start:stop], rim[start:stop]
        found[:] = 0
        for step in range(1, thickness + 1):
            if y >= step:
                differs(row, codes[y - step, start:stop], found)
            if y + step < height:
                differs(row, codes[y + step, start:stop], found)
            left, right = max(start, step), min(stop, width - step)
            if left < stop:
                differs(codes[y, left:stop], codes[y, left - step : stop - step], rim[left:stop])
            if start < right:
                differs(
                    codes[y, start:right], codes[y, start + step : right + step], rim[start:right]
                )
        line = out[y, start:stop]
        for x in range(len(line)):
            line[x] = inks[np.uint64(row[x]) + (np.uint64(found[x]) << np.uint64(8))]


@kernel
def dashes(  # noqa: PLR0913 - a kernel takes plain arrays and numbers
    codes: Codes,
    spans: Offsets,
    drawn_as: Codes,
    ink: np.uint32,
    dash: int,
    thickness: int,
    out: NDArray[np.uint32],
    out_spans: Offsets,
) -> None:
    """Draw the rim inside each region over a picture, in dashes.

    Lines that run level, upright or aslant are all cut; hardly any runs at 2 to -3.
    """
    height, width = codes.shape
    for y in range(height):
        start, stop = spans[y, 0], spans[y, 1]
        if start == stop:
            continue
        if out_spans[y, 0] == out_spans[y, 1]:
            out_spans[y, 0], out_spans[y, 1] = start, stop
        out_spans[y, 0] = min(out_spans[y, 0], start)
        out_spans[y, 1] = max(out_spans[y, 1], stop)
        for x in range(start, stop):
            code = drawn_as[codes[y, x]]
            if code == 0 or (2 * y + 3 * x) // dash % 2 != 0:
                continue
            for step in range(1, thickness + 1):
                if (
                    (x >= step and drawn_as[codes[y, x - step]] != code)
                    or (x + step < width and drawn_as[codes[y, x + step]] != code)
                    or (y >= step and drawn_as[codes[y - step, x]] != code)
                    or (y + step < height and drawn_as[codes[y + step, x]] != code)
                ):
                    out[y, x] = ink
