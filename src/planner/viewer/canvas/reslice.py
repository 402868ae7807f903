"""Slices of a volume at screen resolution, straight from patient coordinates.

Every pane samples the volume through ``ijk_from_lps``, so a picture is right for any grid
orientation and for gantry-tilt shear. A plane along the grid, as most are, is read row by row.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.session.planes import Orientation, PaneMap, Plane, PlaneFrame, plane_frame
from planner.session.view_state import Slab, SlabKind, Window
from planner.viewer.canvas import oblique_kernels as oblique
from planner.viewer.canvas import outline_kernels
from planner.viewer.canvas import reslice_kernels as kernels
from planner.viewer.canvas.compose_kernels import clear, compose, lay_over, spans_of
from planner.viewer.canvas.stroke_kernels import rim, stroke
from planner.viewer.canvas.zone_kernels import draw_zone

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.geometry.points import Vector

OUTSIDE = -32768
"""Value of a pixel outside the scan; no CT number, so it is never shown as air."""

LUT_SIZE = 65536

STRAIGHT_SHARE = 1e-9
"""A pane whose rows leave a grid axis by less than this lies along it: 1e-6 voxels in 1000."""

ON_GRID = 1e-5
"""A plane this near to a layer of voxels, in voxels, shows that layer alone: under 0.1 HU off."""

FINEST_STEP_MM = 0.7
"""Samples through a slab lie no nearer than this: no spine is scanned finer across slices."""


def pane_steps(geometry: VolumeGeometry, pane: PaneMap) -> tuple[Vector, Vector, Vector]:
    """Return the voxel index of the first pixel's centre, and the steps right and down."""
    right, down = _steps(geometry, pane.frame, pane.mm_per_pixel)
    return geometry.ijk(pane.lps(0.5, 0.5).array), right, down


@lru_cache(maxsize=64)
def _steps(
    geometry: VolumeGeometry, frame: PlaneFrame, mm_per_pixel: float
) -> tuple[Vector, Vector]:
    """Return the steps in voxels from pixel to pixel, right and down; they outlive a scroll."""
    matrix = geometry.ijk_from_lps[:3, :3]
    return (
        matrix @ np.array(frame.right) * mm_per_pixel,
        matrix @ np.array(frame.down) * mm_per_pixel,
    )


def _shape(pane: PaneMap) -> tuple[int, int]:
    return max(1, int(pane.height_px)), max(1, int(pane.width_px))


@dataclass(frozen=True, slots=True)
class _Straight:
    """A pane whose rows, columns and depth each run along one axis of the grid (i=0, j, k)."""

    across: kernels.Lane
    across_axis: int
    below: kernels.Lane
    below_axis: int
    strides: NDArray[np.int64]
    near: int
    far: int
    far_share: float

    @property
    def is_quick(self) -> bool:
        """Whether rows of pixels run along rows of voxels, each beside the next in memory."""
        return self.across_axis == 0


@lru_cache(maxsize=64)
def _axes(
    geometry: VolumeGeometry, frame: PlaneFrame, mm_per_pixel: float
) -> tuple[int, int, float, float] | None:
    """Return which grid axes rows and columns run along, with their steps; None when aslant."""
    found: list[tuple[int, float]] = []
    for step in _steps(geometry, frame, mm_per_pixel):
        axis = int(np.abs(step).argmax())
        aside = np.abs(np.delete(step, axis)).max()
        if aside > STRAIGHT_SHARE * abs(step[axis]):
            return None
        found.append((axis, float(step[axis])))
    (a, right), (b, down) = found
    return None if a == b else (a, b, right, down)


_lane = lru_cache(maxsize=64)(kernels.lane)
"""A scroll leaves where rows and columns lie: their lanes are kept, and never written to."""


def _straight(geometry: VolumeGeometry, pane: PaneMap) -> _Straight | None:
    """Return how a pane lies along the grid; ``None`` when it is oblique or beyond the scan."""
    lies = _axes(geometry, pane.frame, pane.mm_per_pixel)
    if lies is None:
        return None
    a, b, right, down = lies
    first = geometry.ijk(pane.lps(0.5, 0.5).array).tolist()
    c = 3 - a - b
    ni, nj, _ = sizes = geometry.size_ijk
    depth = first[c]
    if not -0.5 <= depth < sizes[c] - 0.5:
        return None
    depth = min(max(depth, 0.0), sizes[c] - 1.0)
    place = int(depth)
    rest = depth - place
    if min(rest, 1.0 - rest) < ON_GRID:
        place, rest = round(depth), 0.0
    height, width = _shape(pane)
    strides = (1, ni, ni * nj)
    return _Straight(
        across=_lane(first[a], right, width, sizes[a]),
        across_axis=a,
        below=_lane(first[b], down, height, sizes[b]),
        below_axis=b,
        strides=np.array(strides, dtype=np.int64),
        near=place * strides[c],
        far=min(place + 1, sizes[c] - 1) * strides[c],
        far_share=rest,
    )


def sample_hu(hu: NDArray[np.int16], geometry: VolumeGeometry, pane: PaneMap) -> NDArray[np.int16]:
    """Return the pane's HU, int16 ``[y, x]``, trilinear; ``OUTSIDE`` beyond the scan."""
    out = np.empty(_shape(pane), dtype=np.int16)
    lies = _straight(geometry, pane) if hu.flags.c_contiguous else None
    if lies is None:
        voxels, steps = np.ascontiguousarray(hu), pane_steps(geometry, pane)
        _by_halves(lambda a, b: oblique.sample(voxels, *steps, a, out[a:b]), len(out))
    else:
        across, below = lies.strides[lies.across_axis], lies.strides[lies.below_axis]

        def rows(start: int, stop: int) -> None:
            kernels.sample_straight(
                hu.reshape(-1), lies.across, across, _part(lies.below, start, stop), below,
                lies.near, lies.far, lies.far_share, out[start:stop],
            )  # fmt: skip

        _by_halves(rows, len(out), is_quick=lies.is_quick)
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
    out = np.empty(_shape(pane), dtype=np.int16)
    first, right, down = pane_steps(geometry, pane)
    gaps = max(1, round(slab.thickness_mm / max(min(geometry.spacing_mm), FINEST_STEP_MM)))
    into = geometry.ijk_from_lps[:3, :3] @ pane.frame.normal * (slab.thickness_mm / gaps)
    start = first - into * (gaps / 2)
    greatest = slab.kind is SlabKind.MAXIMUM

    def rows(begin: int, end: int) -> None:
        oblique.slab(hu, start, right, down, into, gaps + 1, greatest, begin, out[begin:end])

    _by_halves(rows, len(out))
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """The codes of a pane, uint8 ``[y, x]``.

    ``spans``, int64 ``(y, 2)``, are from where to beyond where each row shows any.
    """

    pixels: NDArray[np.uint8]
    spans: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Clear:
    """A clear picture, uint32 ``[y, x]`` premultiplied, and where each row shows anything."""

    pixels: NDArray[np.uint32]
    spans: NDArray[np.int64]

    def lay_over(self, below: NDArray[np.uint32]) -> None:
        """Lay it over an opaque picture of the same size."""
        lay_over(self.pixels, self.spans, below)


def sample_codes(codes: NDArray[np.uint8], geometry: VolumeGeometry, pane: PaneMap) -> Codes:
    """Return the pane's codes: at each pixel the code of most weight.

    Each of the eight voxels around votes with its trilinear weight, so outlines are smooth
    at any zoom and lie where the voxel centres put them.
    """
    out = np.empty(_shape(pane), dtype=np.uint8)
    spans = np.empty((len(out), 2), dtype=np.int64)
    lies = _straight(geometry, pane) if codes.flags.c_contiguous else None
    if lies is None:
        voxels, steps = np.ascontiguousarray(codes), pane_steps(geometry, pane)
        _by_halves(lambda a, b: oblique.vote(voxels, *steps, a, out[a:b], spans[a:b]), len(out))
    else:

        def rows(start: int, stop: int) -> None:
            outline_kernels.vote_straight(
                codes.reshape(-1), lies.across, lies.across_axis,
                _part(lies.below, start, stop), lies.below_axis,
                lies.strides, lies.near, lies.far, lies.far_share, out[start:stop],
                spans[start:stop],
            )  # fmt: skip

        _by_halves(rows, len(out), is_quick=lies.is_quick)
    return Codes(out, spans)


def _part(lane: kernels.Lane, start: int, stop: int) -> kernels.Lane:
    """Return some pixels of a lane."""
    low, high, share = lane
    return low[start:stop], high[start:stop], share[start:stop]


@cache
def _beside() -> ThreadPoolExecutor | None:
    """Return a thread for half of a picture; none where there is one processor."""
    if (os.cpu_count() or 1) < 2:
        return None
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="rows")


def _by_halves(work: Callable[[int, int], None], rows: int, *, is_quick: bool = False) -> None:
    """Do rows of a picture, from one to before another, in two threads; quick ones in this one.

    Every row is the same in both, and kernels let go of the interpreter.
    """
    beside = None if is_quick else _beside()
    if beside is None:
        work(0, rows)
        return
    middle = rows // 2
    lower = beside.submit(work, middle, rows)
    work(0, middle)
    lower.result()


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
    codes: Codes, edge_argb: NDArray[np.uint32], fill_argb: NDArray[np.uint32], thickness_px: int
) -> Clear:
    """Return the edge inside each region, and its fill; code 0 is never drawn."""
    out = np.empty(codes.pixels.shape, dtype=np.uint32)
    outline_kernels.edges(codes.pixels, codes.spans, edge_argb, fill_argb, thickness_px, out)
    return Clear(out, codes.spans.copy())


def dash_codes(
    picture: Clear,
    codes: Codes,
    drawn_as: NDArray[np.uint8],
    argb: np.uint32,
    dash_px: int,
    thickness_px: int,
) -> None:
    """Draw the dashed rim of regions into a picture.

    ``drawn_as``, uint8 ``[256]``, says as which region each code is drawn; 0 is none.
    """
    outline_kernels.dashes(
        codes.pixels, codes.spans, drawn_as, argb, dash_px, thickness_px, picture.pixels,
        picture.spans,
    )  # fmt: skip


def shade(samples: NDArray[np.int16], table: NDArray[np.uint32], out: NDArray[np.uint32]) -> None:
    """Turn HU, int16 ``[y, x]``, into pixels by a :func:`grey_table`."""
    kernels.shade(samples, table, out)


def draw_dots(
    picture: NDArray[np.uint32],
    pane: PaneMap,
    points_mm: Vector,
    depth_mm: float,
    size_px: float,
    rgb: int,
) -> None:
    """Draw round dots into an opaque picture at the points within ``depth_mm`` of its plane.

    ``points_mm`` has the shape ``(n, 3)``, LPS; ``pane`` maps the picture's own pixels.
    """
    centre, scale = pane.centre.array, 1.0 / pane.mm_per_pixel
    place = np.zeros((3, 4))
    place[:, :3] = (
        np.array(pane.frame.right) * scale, np.array(pane.frame.down) * scale, pane.frame.normal
    )  # fmt: skip
    place[:, 3] = -place[:, :3] @ centre
    place[:2, 3] += (pane.width_px / 2, pane.height_px / 2)
    points = np.ascontiguousarray(points_mm, dtype=np.float64)
    kernels.dots(points, place, depth_mm, size_px / 2, rgb, picture)


def warm_kernels() -> None:
    """Compile every kernel on a grain of data, so that the first picture does not wait."""
    geometry = VolumeGeometry.axis_aligned((2, 2, 2), (1.0, 1.0, 1.0))
    straight = plane_frame(Plane.AXIAL, geometry, Orientation.ANTERIOR_UP)
    aslant = PlaneFrame((0.8, 0.6, 0.0), (0.0, 0.0, -1.0))
    colours = np.zeros(256, dtype=np.uint32)
    picture, bars = np.zeros((2, 2), np.uint32), np.zeros((1, 4), np.int64)
    layers, spans = np.zeros((2, 2, 2), np.uint32), np.zeros((1, 2, 2), np.int64)
    spans_of(layers[1], spans[0])
    clear(layers[1], spans[0])
    compose(layers, spans, bars, bars, picture[0], picture)
    stroke(0.0, 0.0, 1.0, 1.0, 1.0, True, 0.0, 0, 1.0, picture)
    rim(0.0, 0.0, 1.0, 1.0, False, 0, 1.0, picture)
    draw_zone(np.ones((3, 5)) * (1.0, 1.0, 1.0, 0.0, 1.0), 1.0, 0, np.ones(4), picture)
    for frame, writeable in product((straight, aslant), (True, False)):
        pane = PaneMap(frame, PointLps(0.5, 0.5, 0.5), 1.0, 2.0, 2.0)
        hu, codes = np.zeros((2, 2, 2), np.int16), np.zeros((2, 2, 2), np.uint8)
        hu.flags.writeable = codes.flags.writeable = writeable
        sample_slab(hu, geometry, pane, Slab(SlabKind.MEAN, 2.0))
        picture = np.empty((2, 2), dtype=np.uint32)
        shade(
            sample_hu(hu, geometry, pane), grey_table(Window(400.0, 40.0), invert=False), picture
        )
        drawn = sample_codes(codes, geometry, pane)
        outlined = draw_codes(drawn, colours, colours, 1)
        dash_codes(outlined, drawn, np.zeros(256, np.uint8), np.uint32(0), 1, 1)
        outlined.lay_over(picture)
        draw_dots(picture, pane, np.zeros((1, 3)), 1.0, 1.0, 0)
