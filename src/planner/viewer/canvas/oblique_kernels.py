"""The compiled loops of panes that lie aslant in the scan, one thread, no toolkit.

Each row of pixels is cut where it enters and leaves the grid: beyond nothing is asked, and within
no voxel needs to be looked for at the edge. ``reslice`` calls them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector

LEVEL = 1e-9
"""A row that climbs by fewer voxels from pixel to pixel does not cross a face of the grid."""

SLIGHT = 1e-6
PIXELS = 2
"""So much a cut may be off, in voxels for a row that does not climb, else in pixels."""


@kernel
def run(
    at: Vector, step: Vector, low: float, sizes: tuple[float, float, float], count: int, wider: int
) -> tuple[int, int]:
    """Return the first pixel of a row that lies from ``low`` to ``sizes``, and the one after them.

    ``at`` is the voxel index of its first pixel, ``step`` that from pixel to pixel. With ``wider``
    1 all that do are among them, with -1 all of them do.
    """
    start, stop = 0.0, float(count)
    for axis in range(3):
        first, last = low - at[axis], sizes[axis] - at[axis]
        if abs(step[axis]) < LEVEL:
            if not (first <= wider * SLIGHT and last >= -wider * SLIGHT):
                return 0, 0
            continue
        one, two = first / step[axis], last / step[axis]
        start = max(start, np.floor(min(one, two)) - wider * PIXELS)
        stop = min(stop, np.ceil(max(one, two)) + wider * PIXELS)
    if not start < stop:
        return 0, 0
    return int(start), int(stop)


@kernel
def reach(
    shape: tuple[int, int, int], at: Vector, step: Vector, width: int
) -> tuple[int, int, int, int]:
    """Return where a row of pixels enters the grid, has all its voxels in it, and leaves both.

    Where no pixel has all of them, the second and third are the end.
    """
    nk, nj, ni = shape
    start, stop = run(at, step, -0.5, (ni - 0.5, nj - 0.5, nk - 0.5), width, 1)
    begin, end = run(at, step, 0.0, (ni - 1.0, nj - 1.0, nk - 1.0), width, -1)
    if begin == end:
        begin = end = stop
    return start, begin, end, stop


@kernel
def sample_row(
    hu: NDArray[np.int16],
    at: Vector,
    step: Vector,
    rise: Vector,
    first: int,
    out: NDArray[np.int16],
) -> None:
    """Sample a row from its ``first`` pixel, at the edge of the grid or beyond it too."""
    nk, nj, ni = hu.shape
    for place in range(len(out)):
        x = first + place
        i = at[0] + x * step[0] + rise[0]
        j = at[1] + x * step[1] + rise[1]
        k = at[2] + x * step[2] + rise[2]
        if not (-0.5 <= i < ni - 0.5 and -0.5 <= j < nj - 0.5 and -0.5 <= k < nk - 0.5):
            out[place] = -32768
            continue
        i = min(max(i, 0.0), ni - 1.0)
        j = min(max(j, 0.0), nj - 1.0)
        k = min(max(k, 0.0), nk - 1.0)
        i0, j0, k0 = int(i), int(j), int(k)
        i1, j1, k1 = min(i0 + 1, ni - 1), min(j0 + 1, nj - 1), min(k0 + 1, nk - 1)
        u, v, w = i - i0, j - j0, k - k0
        a = hu[k0, j0, i0] * (1 - u) + hu[k0, j0, i1] * u
        b = hu[k0, j1, i0] * (1 - u) + hu[k0, j1, i1] * u
        c = hu[k1, j0, i0] * (1 - u) + hu[k1, j0, i1] * u
        d = hu[k1, j1, i0] * (1 - u) + hu[k1, j1, i1] * u
        value = (a * (1 - v) + b * v) * (1 - w) + (c * (1 - v) + d * v) * w
        out[place] = int(np.floor(value + 0.5))


@kernel
def places(
    sizes: tuple[int, int],
    at: Vector,
    step: Vector,
    rise: Vector,
    first: int,
    out: NDArray[np.int64],
    shares: Vector,
) -> None:
    """Write at which voxel each pixel of a row is, and its shares of the next along i, j and k.

    ``sizes`` are the voxels in a row and in a layer. Nothing is looked up: it is vectorised.
    """
    row, layer = sizes
    for n in range(len(out)):
        x = first + n
        i = at[0] + x * step[0] + rise[0]
        j = at[1] + x * step[1] + rise[1]
        k = at[2] + x * step[2] + rise[2]
        i0, j0, k0 = np.int32(i), np.int32(j), np.int32(k)
        shares[0, n], shares[1, n], shares[2, n] = i - i0, j - j0, k - k0
        out[n] = np.int64(k0) * layer + np.int64(j0) * row + i0


@kernel
def look_up(
    voxels: NDArray[np.int16],
    sizes: tuple[int, int],
    at: NDArray[np.int64],
    out: NDArray[np.int16],
) -> None:
    """Copy the eight voxels about each pixel, i fastest, to rows of their own."""
    # Places without a sign spare each look-up the question whether it counts from the end.
    one, row, layer = np.uint64(1), np.uint64(sizes[0]), np.uint64(sizes[1])
    for n in range(len(at)):
        p = np.uint64(at[n])
        q = p + layer
        out[0, n], out[1, n] = voxels[p], voxels[p + one]
        out[2, n], out[3, n] = voxels[p + row], voxels[p + row + one]
        out[4, n], out[5, n] = voxels[q], voxels[q + one]
        out[6, n], out[7, n] = voxels[q + row], voxels[q + row + one]


@kernel
def mixed(seen: NDArray[np.int16], shares: Vector, out: NDArray[np.int16]) -> None:
    """Mix the eight voxels about each pixel by its shares of them; it is vectorised."""
    for n in range(len(out)):
        u, v, w = shares[0, n], shares[1, n], shares[2, n]
        a = seen[0, n] * (1 - u) + seen[1, n] * u
        b = seen[2, n] * (1 - u) + seen[3, n] * u
        c = seen[4, n] * (1 - u) + seen[5, n] * u
        d = seen[6, n] * (1 - u) + seen[7, n] * u
        value = (a * (1 - v) + b * v) * (1 - w) + (c * (1 - v) + d * v) * w
        out[n] = np.int32(np.floor(value + 0.5))


@kernel
def sample(
    hu: NDArray[np.int16],
    first: Vector,
    right: Vector,
    down: Vector,
    above: int,
    out: NDArray[np.int16],
) -> None:
    """Sample rows of any plane, trilinear; ``above`` rows of it lie over the first.

    Where a row lies within the grid, places, voxels and mixing are passes of their own: only the
    look-up in the middle has to go from pixel to pixel.
    """
    _, nj, ni = hu.shape
    voxels, sizes, width = hu.reshape(-1), (ni, nj * ni), out.shape[1]
    at, shares = np.empty(width, np.int64), np.empty((3, width), np.float64)
    seen = np.empty((8, width), np.int16)
    for y in range(out.shape[0]):
        rise = (above + y) * down
        start, begin, end, stop = reach(hu.shape, first + rise, right, width)
        row = out[y]
        row[:start] = -32768
        row[stop:] = -32768
        sample_row(hu, first, right, rise, start, row[start:begin])
        within = at[: end - begin]
        places(sizes, first, right, rise, begin, within, shares)
        look_up(voxels, sizes, within, seen)
        mixed(seen, shares, row[begin:end])
        sample_row(hu, first, right, rise, end, row[end:stop])


@kernel
def slab(  # noqa: PLR0913 - a kernel takes plain arrays and numbers
    hu: NDArray[np.int16],
    first: Vector,
    right: Vector,
    down: Vector,
    into: Vector,
    count: int,
    greatest: bool,
    above: int,
    out: NDArray[np.int16],
) -> None:
    """Take the greatest or the mean of ``count`` samples; ``above`` rows lie over the first."""
    nk, nj, ni = hu.shape
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            total, most, seen = 0.0, -32768.0, 0
            for step in range(count):
                i = first[0] + x * right[0] + (above + y) * down[0] + step * into[0]
                j = first[1] + x * right[1] + (above + y) * down[1] + step * into[1]
                k = first[2] + x * right[2] + (above + y) * down[2] + step * into[2]
                if not (-0.5 <= i < ni - 0.5 and -0.5 <= j < nj - 0.5 and -0.5 <= k < nk - 0.5):
                    continue
                i = min(max(i, 0.0), ni - 1.0)
                j = min(max(j, 0.0), nj - 1.0)
                k = min(max(k, 0.0), nk - 1.0)
                i0, j0, k0 = int(i), int(j), int(k)
                i1, j1, k1 = min(i0 + 1, ni - 1), min(j0 + 1, nj - 1), min(k0 + 1, nk - 1)
                u, v, w = i - i0, j - j0, k - k0
                a = hu[k0, j0, i0] * (1 - u) + hu[k0, j0, i1] * u
                b = hu[k0, j1, i0] * (1 - u) + hu[k0, j1, i1] * u
                c = hu[k1, j0, i0] * (1 - u) + hu[k1, j0, i1] * u
                d = hu[k1, j1, i0] * (1 - u) + hu[k1, j1, i1] * u
                value = (a * (1 - v) + b * v) * (1 - w) + (c * (1 - v) + d * v) * w
                seen += 1
                total += value
                most = max(most, value)
            if seen == 0:
                out[y, x] = -32768
            elif greatest:
                out[y, x] = int(np.floor(most + 0.5))
            else:
                out[y, x] = int(np.floor(total / seen + 0.5))


@kernel
def winner(seen: NDArray[np.uint8], weight: Vector, u: float, v: float, w: float) -> int:
    """Return which of eight codes, i fastest, has most of the trilinear weight.

    Both arrays are the caller's scratch; equal weights go to the code that comes first.
    """
    found = 0
    for corner in range(8):
        code = seen[corner]
        share = u if corner & 1 else 1 - u
        share *= v if (corner >> 1) & 1 else 1 - v
        share *= w if corner >> 2 else 1 - w
        place = -1
        for known in range(found):
            if seen[known] == code:
                place = known
        if place < 0:
            place = found
            found += 1
            seen[place] = code
            weight[place] = 0.0
        weight[place] += share
    best = 0
    for known in range(1, found):
        if weight[known] > weight[best]:
            best = known
    return int(seen[best])


@kernel
def winner_of_two(
    seen: NDArray[np.uint8], u: float, v: float, w: float, first: int, other: int
) -> int:
    """Return what :func:`winner` returns where the eight codes are ``first``, or it and ``other``.

    Shares are added in the same order, so that ties fall as they do there.
    """
    one, two = 0.0, 0.0
    for corner in range(8):
        share = u if corner & 1 else 1 - u
        share *= v if (corner >> 1) & 1 else 1 - v
        share *= w if corner >> 2 else 1 - w
        if seen[corner] == first:
            one += share
        else:
            two += share
    return other if two > one else first


@kernel
def vote_row(
    codes: NDArray[np.uint8],
    at: Vector,
    step: Vector,
    rise: Vector,
    first: int,
    out: NDArray[np.uint8],
) -> None:
    """Let voxels vote from the ``first`` pixel, at the edge of the grid or beyond it too."""
    nk, nj, ni = codes.shape
    seen = np.zeros(8, dtype=np.uint8)
    weight = np.zeros(8, dtype=np.float64)
    for place in range(len(out)):
        x = first + place
        i = at[0] + x * step[0] + rise[0]
        j = at[1] + x * step[1] + rise[1]
        k = at[2] + x * step[2] + rise[2]
        if not (-0.5 <= i < ni - 0.5 and -0.5 <= j < nj - 0.5 and -0.5 <= k < nk - 0.5):
            out[place] = 0
            continue
        i = min(max(i, 0.0), ni - 1.0)
        j = min(max(j, 0.0), nj - 1.0)
        k = min(max(k, 0.0), nk - 1.0)
        i0, j0, k0 = int(i), int(j), int(k)
        i1, j1, k1 = min(i0 + 1, ni - 1), min(j0 + 1, nj - 1), min(k0 + 1, nk - 1)
        seen[0], seen[1] = codes[k0, j0, i0], codes[k0, j0, i1]
        seen[2], seen[3] = codes[k0, j1, i0], codes[k0, j1, i1]
        seen[4], seen[5] = codes[k1, j0, i0], codes[k1, j0, i1]
        seen[6], seen[7] = codes[k1, j1, i0], codes[k1, j1, i1]
        out[place] = winner(seen, weight, i - i0, j - j0, k - k0)


@kernel
def vote_inside(
    codes: NDArray[np.uint8], at: NDArray[np.int64], shares: Vector, out: NDArray[np.uint8]
) -> None:
    """Let voxels vote where all that are asked are in the grid; ``at`` as ``places`` writes it."""
    _, nj, ni = codes.shape
    voxels = codes.reshape(-1)
    seen = np.zeros(8, dtype=np.uint8)
    weight = np.zeros(8, dtype=np.float64)
    one, row, layer = np.uint64(1), np.uint64(ni), np.uint64(nj * ni)
    for n in range(len(out)):
        p = np.uint64(at[n])
        q = p + layer
        a, b, c, d = voxels[p], voxels[p + one], voxels[p + row], voxels[p + row + one]
        e, f, g, h = voxels[q], voxels[q + one], voxels[q + row], voxels[q + row + one]
        if a == b and a == c and a == d and a == e and a == f and a == g and a == h:
            out[n] = a
            continue
        seen[0], seen[1], seen[2], seen[3] = a, b, c, d
        seen[4], seen[5], seen[6], seen[7] = e, f, g, h
        other, are_two = a, True
        for corner in range(1, 8):
            if seen[corner] != a and seen[corner] != other:
                are_two = are_two and other == a
                other = seen[corner]
        u, v, w = shares[0, n], shares[1, n], shares[2, n]
        if are_two:
            out[n] = winner_of_two(seen, u, v, w, a, other)
        else:
            out[n] = winner(seen, weight, u, v, w)


@kernel
def shown(row: NDArray[np.uint8], start: int, stop: int) -> tuple[int, int]:
    """Return from where to beyond where a part of a row shows any code."""
    most = np.uint8(0)
    for x in range(start, stop):
        most |= row[x]
    if most == 0:
        return 0, 0
    while row[start] == 0:
        start += 1
    while row[stop - 1] == 0:
        stop -= 1
    return start, stop


@kernel
def vote(
    codes: NDArray[np.uint8],
    first: Vector,
    right: Vector,
    down: Vector,
    above: int,
    out: NDArray[np.uint8],
    spans: NDArray[np.int64],
) -> None:
    """Let the eight voxels about each pixel vote; ``above`` rows lie over the first.

    ``spans``, shape ``(y, 2)``, take from where to beyond where each row shows any code.
    """
    _, nj, ni = codes.shape
    width = out.shape[1]
    at, shares = np.empty(width, np.int64), np.empty((3, width), np.float64)
    for y in range(out.shape[0]):
        rise = (above + y) * down
        start, begin, end, stop = reach(codes.shape, first + rise, right, width)
        row = out[y]
        row[:start] = 0
        row[stop:] = 0
        vote_row(codes, first, right, rise, start, row[start:begin])
        within = at[: end - begin]
        places((ni, nj * ni), first, right, rise, begin, within, shares)
        vote_inside(codes, within, shares, row[begin:end])
        vote_row(codes, first, right, rise, end, row[end:stop])
        spans[y, 0], spans[y, 1] = shown(row, start, stop)
