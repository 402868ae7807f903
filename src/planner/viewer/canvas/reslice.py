"""Slices of a volume at screen resolution, straight from patient coordinates.

Every pane samples the volume through ``ijk_from_lps``, so a picture is right for any grid
orientation and for gantry-tilt shear. Kernels are single-threaded and compiled once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.kernels import kernel
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.session.planes import Orientation, PaneMap, Plane, plane_frame
from planner.session.view_state import Slab, SlabKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector
    from planner.session.view_state import Window

OUTSIDE = -32768
"""Value of a pixel outside the scan; no CT number, so it is never shown as air."""

LUT_SIZE = 65536

FINEST_STEP_MM = 0.7
"""Samples through a slab lie no nearer than this: no spine is scanned finer across slices."""


def pane_steps(geometry: VolumeGeometry, pane: PaneMap) -> tuple[Vector, Vector, Vector]:
    """Return the voxel index of the first pixel's centre, and the steps right and down."""
    matrix = geometry.ijk_from_lps[:3, :3]
    first = geometry.ijk(pane.lps(0.5, 0.5).array)
    right = matrix @ np.array(pane.frame.right) * pane.mm_per_pixel
    down = matrix @ np.array(pane.frame.down) * pane.mm_per_pixel
    return first, right, down


def sample_hu(hu: NDArray[np.int16], geometry: VolumeGeometry, pane: PaneMap) -> NDArray[np.int16]:
    """Return the pane's HU, int16 ``[y, x]``, trilinear; ``OUTSIDE`` beyond the scan."""
    out = np.empty((max(1, int(pane.height_px)), max(1, int(pane.width_px))), dtype=np.int16)
    first, right, down = pane_steps(geometry, pane)
    _sample(hu, first, right, down, out)
    return out


def sample_slab(
    hu: NDArray[np.int16], geometry: VolumeGeometry, pane: PaneMap, slab: Slab
) -> NDArray[np.int16]:
    """Return the pane's HU, int16 ``[y, x]``: greatest or mean over the slab about its plane.

    Samples lie as far apart as the thinnest voxel edge, trilinear; what lies outside the scan
    adds nothing. A thin slab is :func:`sample_hu`.
    """
    if slab.kind is SlabKind.THIN:
        return sample_hu(hu, geometry, pane)
    out = np.empty((max(1, int(pane.height_px)), max(1, int(pane.width_px))), dtype=np.int16)
    first, right, down = pane_steps(geometry, pane)
    gaps = max(1, round(slab.thickness_mm / max(min(geometry.spacing_mm), FINEST_STEP_MM)))
    into = geometry.ijk_from_lps[:3, :3] @ pane.frame.normal * (slab.thickness_mm / gaps)
    start = first - into * (gaps / 2)
    _slab(hu, start, right, down, into, gaps + 1, slab.kind is SlabKind.MAXIMUM, out)
    return out


def sample_codes(
    codes: NDArray[np.uint8], geometry: VolumeGeometry, pane: PaneMap
) -> NDArray[np.uint8]:
    """Return the pane's codes, uint8 ``[y, x]``: at each pixel the code of most weight.

    Each of the eight voxels around votes with its trilinear weight, so outlines are smooth
    at any zoom and lie where the voxel centres put them.
    """
    out = np.empty((max(1, int(pane.height_px)), max(1, int(pane.width_px))), dtype=np.uint8)
    first, right, down = pane_steps(geometry, pane)
    _vote(codes, first, right, down, out)
    return out


def grey_table(window: Window, *, invert: bool) -> NDArray[np.uint32]:
    """Return 0xAARRGGBB for every int16 value seen as uint16.

    DICOM PS3.3 C.11.2.1.2.1 (linear, without the half-unit shift). Outside the scan is a
    dark blue-grey that is no grey of the image.
    """
    value = np.arange(LUT_SIZE, dtype=np.uint16).view(np.int16).astype(np.float64)
    grey = np.clip((value - window.level_hu) / window.width_hu + 0.5, 0.0, 1.0)
    level = np.round((1.0 - grey if invert else grey) * 255.0).astype(np.uint32)
    table = np.asarray(level * np.uint32(0x010101) + np.uint32(0xFF000000), dtype=np.uint32)
    table[OUTSIDE & 0xFFFF] = 0xFF0B0E13
    return table


def draw_codes(
    codes: NDArray[np.uint8],
    edge_argb: NDArray[np.uint32],
    fill_argb: NDArray[np.uint32],
    thickness_px: int,
) -> NDArray[np.uint32]:
    """Return premultiplied ARGB ``[y, x]``: the edge inside each region, and its fill."""
    out = np.zeros(codes.shape, dtype=np.uint32)
    _edges(codes, edge_argb, fill_argb, thickness_px, out)
    return out


def warm_kernels() -> None:
    """Compile every kernel on a grain of data, so that the first picture does not wait."""
    geometry = VolumeGeometry.axis_aligned((2, 2, 2), (1.0, 1.0, 1.0))
    frame = plane_frame(Plane.AXIAL, geometry, Orientation.ANTERIOR_UP)
    pane = PaneMap(frame, PointLps(0.5, 0.5, 0.5), 1.0, 2.0, 2.0)
    hu = np.zeros((2, 2, 2), dtype=np.int16)
    hu.flags.writeable = False
    sample_hu(hu, geometry, pane)
    sample_slab(hu, geometry, pane, Slab(SlabKind.MEAN, 2.0))
    for writeable in (True, False):
        codes = np.zeros((2, 2, 2), dtype=np.uint8)
        codes.flags.writeable = writeable
        colours = np.zeros(256, dtype=np.uint32)
        draw_codes(sample_codes(codes, geometry, pane), colours, colours, 1)


@kernel
def _sample(
    hu: NDArray[np.int16],
    first: Vector,
    right: Vector,
    down: Vector,
    out: NDArray[np.int16],
) -> None:
    nk, nj, ni = hu.shape
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            i = first[0] + x * right[0] + y * down[0]
            j = first[1] + x * right[1] + y * down[1]
            k = first[2] + x * right[2] + y * down[2]
            if not (-0.5 <= i < ni - 0.5 and -0.5 <= j < nj - 0.5 and -0.5 <= k < nk - 0.5):
                out[y, x] = -32768
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
            out[y, x] = int(np.floor(value + 0.5))


@kernel
def _slab(  # noqa: PLR0913 - a kernel takes plain arrays and numbers
    hu: NDArray[np.int16],
    first: Vector,
    right: Vector,
    down: Vector,
    into: Vector,
    count: int,
    greatest: bool,
    out: NDArray[np.int16],
) -> None:
    nk, nj, ni = hu.shape
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            total, most, seen = 0.0, -32768.0, 0
            for step in range(count):
                i = first[0] + x * right[0] + y * down[0] + step * into[0]
                j = first[1] + x * right[1] + y * down[1] + step * into[1]
                k = first[2] + x * right[2] + y * down[2] + step * into[2]
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
def _vote(  # noqa: C901 - one loop; a call per pixel would cost more than it explains
    codes: NDArray[np.uint8],
    first: Vector,
    right: Vector,
    down: Vector,
    out: NDArray[np.uint8],
) -> None:
    nk, nj, ni = codes.shape
    seen = np.zeros(8, dtype=np.uint8)
    weight = np.zeros(8, dtype=np.float64)
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            i = first[0] + x * right[0] + y * down[0]
            j = first[1] + x * right[1] + y * down[1]
            k = first[2] + x * right[2] + y * down[2]
            out[y, x] = 0
            if not (-0.5 <= i < ni - 0.5 and -0.5 <= j < nj - 0.5 and -0.5 <= k < nk - 0.5):
                continue
            i = min(max(i, 0.0), ni - 1.0)
            j = min(max(j, 0.0), nj - 1.0)
            k = min(max(k, 0.0), nk - 1.0)
            i0, j0, k0 = int(i), int(j), int(k)
            i1, j1, k1 = min(i0 + 1, ni - 1), min(j0 + 1, nj - 1), min(k0 + 1, nk - 1)
            one = codes[k0, j0, i0]
            if (
                one == codes[k0, j0, i1]
                and one == codes[k0, j1, i0]
                and one == codes[k0, j1, i1]
                and one == codes[k1, j0, i0]
                and one == codes[k1, j0, i1]
                and one == codes[k1, j1, i0]
                and one == codes[k1, j1, i1]
            ):
                out[y, x] = one
                continue
            u, v, w = i - i0, j - j0, k - k0
            found = 0
            for corner in range(8):
                ci, cj, ck = corner & 1, (corner >> 1) & 1, corner >> 2
                code = codes[k1 if ck else k0, j1 if cj else j0, i1 if ci else i0]
                share = (u if ci else 1 - u) * (v if cj else 1 - v) * (w if ck else 1 - w)
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
            out[y, x] = seen[best]


@kernel
def _edges(
    codes: NDArray[np.uint8],
    edge: NDArray[np.uint32],
    fill: NDArray[np.uint32],
    thickness: int,
    out: NDArray[np.uint32],
) -> None:
    height, width = codes.shape
    for y in range(height):
        for x in range(width):
            code = codes[y, x]
            if code == 0:
                continue
            out[y, x] = fill[code]
            rim = False
            for step in range(1, thickness + 1):
                if (
                    (x >= step and codes[y, x - step] != code)
                    or (x + step < width and codes[y, x + step] != code)
                    or (y >= step and codes[y - step, x] != code)
                    or (y + step < height and codes[y + step, x] != code)
                ):
                    rim = True
            if rim:
                out[y, x] = edge[code]
