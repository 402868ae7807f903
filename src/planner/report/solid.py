"""Bone as a solid, seen from where the needle enters, without a graphics card."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

from planner.domain.prediction import PredictedZone
from planner.geometry.boxes import box_of, cropped
from planner.geometry.kernels import kernel
from planner.geometry.points import unit
from planner.report import palette, planes
from planner.report.drawing import Drawing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.plan import Trajectory
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry
    from planner.report.pictured import Pictured
    from planner.report.planes import Plane


PIXELS: Final = 380
STEP_MM: Final = 1.0
"""Step of a ray: a smoothed lamina is thicker, so that none is stepped over."""

SMOOTH_VOXELS: Final = 0.8
"""Rounds the stairs of a mask for the eye only; nothing is measured here."""

SMOOTH_REACH_VOXELS: Final = 3
"""Smoothing reaches two voxels, and one more stays empty for the ray to begin in."""

FROM_ABOVE: Final = 0.45
"""The viewer stands behind and this far above (parts of one), never to a side: seen from the
needle's own side a left needle comes from the right of the spine, and reads as a right one."""

MARGIN_MM: Final = 14.0
SMALLEST_HALF_MM: Final = 50.0
HIDDEN_MM: Final = 1.0
"""A needle this far behind the surface of bone is drawn dashed."""

BACKGROUND: Final = np.array((24, 28, 34), dtype=np.float64)
BONE: Final = np.array((196, 190, 178), dtype=np.float64)
TARGET_BONE: Final = np.array((236, 218, 176), dtype=np.float64)
AMBIENT: Final = 0.22
THROUGH_BONE: Final = 0.45
"""Share of colour with which zone and cement shine through bone."""


def solid_plane(trajectory: Trajectory) -> Plane:
    """Return the view from behind and from above."""
    viewer = unit(planes.POSTERIOR + FROM_ABOVE * planes.SUPERIOR)
    along = trajectory.tip.array - trajectory.entry.array
    middle = trajectory.entry.moved(0.6 * along)
    half = max(SMALLEST_HALF_MM, 0.6 * trajectory.length_mm + MARGIN_MM)
    return planes.seen_from(middle, viewer, half)


def render_solid(trajectories: tuple[Trajectory, ...], own: Trajectory, scene: Pictured) -> bytes:
    """Return the picture as a PNG; without outlines only needles and predictions show."""
    plane = solid_plane(own)
    rgb = np.broadcast_to(BACKGROUND, (PIXELS, PIXELS, 3)).copy()
    depth = np.full((PIXELS, PIXELS), np.inf)
    if scene.anatomy is not None:
        depth = _paint_bone(rgb, plane, scene.anatomy, own)
    for cement in scene.cements.values():
        held = (cement.arrival_ml <= np.float32(cement.placed_ml)).astype(np.float32)
        seen, _ = _cast(held, cement.geometry, plane)
        _shine(rgb, np.isfinite(seen).astype(np.float64), palette.CEMENT.colour)
    for zone in scene.zones.values():
        if isinstance(zone, PredictedZone):
            _shine(rgb, _thickness(zone, plane), palette.ZONE.colour)
    drawing = Drawing(plane, rgb.round().astype(np.uint8))
    for number, trajectory in enumerate(trajectories, start=1):
        _draw_needle(drawing, trajectory, depth, number)
    drawing.furnish("")
    return drawing.png()


def _paint_bone(
    rgb: NDArray[np.float64], plane: Plane, anatomy: Anatomy, own: Trajectory
) -> NDArray[np.float64]:
    """Paint lit bone into the picture; return its depth, infinite where there is none."""
    grid, labels = _nearby(anatomy, plane)
    box = box_of(labels != 0, SMOOTH_REACH_VOXELS)
    if box is None:
        return np.full((PIXELS, PIXELS), np.inf)
    grid, labels = cropped(grid, box), labels[box]
    bone = (labels != 0).astype(np.float32)
    smooth = ndimage.gaussian_filter(bone, SMOOTH_VOXELS, truncate=2.0)
    depth, normal = _cast(smooth, grid, plane)
    hit = np.isfinite(depth)
    inward = plane.normal
    light = unit(-inward + 0.5 * planes.SUPERIOR)
    lit = AMBIENT + (1.0 - AMBIENT) * np.clip(normal @ light, 0.0, 1.0)
    points = plane.grid_mm(PIXELS)[hit] + (depth[hit, None] + HIDDEN_MM) * inward
    index = np.clip(np.rint(grid.ijk(points)).astype(int), 0, np.array(grid.size_ijk) - 1)
    i, j, k = index.T
    is_target = labels[k, j, i] == own.level.verse_label
    colour = np.where(is_target[:, None], TARGET_BONE, BONE)
    rgb[hit] = colour * lit[hit, None]
    return depth


def _nearby(anatomy: Anatomy, plane: Plane) -> tuple[VolumeGeometry, NDArray[np.uint8]]:
    """Return the part of the labels that can be in view."""
    reach = plane.half_mm * np.sqrt(2.0)
    corners = plane.centre.array + reach * np.array(
        [(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]
    )
    index = anatomy.geometry.ijk(corners)
    last = np.array(anatomy.geometry.size_ijk) - 1
    low = np.clip(np.floor(index.min(axis=0)).astype(int), 0, last)
    high = np.clip(np.ceil(index.max(axis=0)).astype(int), 0, last)
    i, j, k = (slice(int(a), int(b) + 1) for a, b in zip(low, high, strict=True))
    return cropped(anatomy.geometry, (k, j, i)), anatomy.labels[k, j, i]


def _cast(
    field: NDArray[np.float32], geometry: VolumeGeometry, plane: Plane
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the depth of the first crossing of each pixel's ray, and outward normals, LPS.

    Rays begin and end at the part of the field that is not empty.
    """
    box = box_of(field > 0.0, 1)
    if box is None:
        return np.full((PIXELS, PIXELS), np.inf), np.zeros((PIXELS, PIXELS, 3))
    field = np.ascontiguousarray(field[box])
    geometry = cropped(geometry, box)
    last = np.array(geometry.size_ijk) - 1
    corners = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * last
    depths = plane.depth_mm(geometry.lps_mm(corners.astype(np.float64)))
    nearest, farthest = float(depths.min()), float(depths.max())
    inward = plane.normal
    start = geometry.ijk(plane.grid_mm(PIXELS) + nearest * inward)
    step = geometry.ijk_from_lps[:3, :3] @ inward * STEP_MM
    count = ceil((farthest - nearest) / STEP_MM) + 1
    travelled, slope = _march(field, start, step, count)
    normal = -slope @ geometry.ijk_from_lps[:3, :3]
    length = np.linalg.norm(normal, axis=-1, keepdims=True)
    normal = np.divide(normal, length, out=np.zeros_like(normal), where=length > 0.0)
    return nearest + travelled * STEP_MM, normal


@kernel
def _value(field: NDArray[np.float32], i: float, j: float, k: float) -> float:
    """Interpolate linearly at a voxel index; 0 outside."""
    size_k, size_j, size_i = field.shape
    if i < 0.0 or j < 0.0 or k < 0.0 or i > size_i - 1 or j > size_j - 1 or k > size_k - 1:
        return 0.0
    i0, j0, k0 = min(int(i), size_i - 2), min(int(j), size_j - 2), min(int(k), size_k - 2)
    a, b, c = i - i0, j - j0, k - k0
    first, second = field[k0, j0], field[k0, j0 + 1]
    near = (1.0 - b) * ((1.0 - a) * first[i0] + a * first[i0 + 1])
    near += b * ((1.0 - a) * second[i0] + a * second[i0 + 1])
    first, second = field[k0 + 1, j0], field[k0 + 1, j0 + 1]
    far = (1.0 - b) * ((1.0 - a) * first[i0] + a * first[i0 + 1])
    far += b * ((1.0 - a) * second[i0] + a * second[i0 + 1])
    return float((1.0 - c) * near + c * far)


@kernel
def _march(
    field: NDArray[np.float32],
    start: NDArray[np.float64],
    step: NDArray[np.float64],
    count: int,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return steps to the first crossing of 0.5 (infinite for none) and the slope there."""
    rows, columns = start.shape[0], start.shape[1]
    travelled = np.full((rows, columns), np.inf)
    slope = np.zeros((rows, columns, 3))
    for row in range(rows):
        for column in range(columns):
            i, j, k = start[row, column, 0], start[row, column, 1], start[row, column, 2]
            before = 0.0
            for number in range(count):
                here = _value(
                    field, i + number * step[0], j + number * step[1], k + number * step[2]
                )
                if here >= 0.5:
                    back = (here - 0.5) / (here - before) if here > before else 0.0
                    at = number - back
                    x, y, z = i + at * step[0], j + at * step[1], k + at * step[2]
                    travelled[row, column] = at
                    slope[row, column, 0] = _value(field, x + 1, y, z) - _value(field, x - 1, y, z)
                    slope[row, column, 1] = _value(field, x, y + 1, z) - _value(field, x, y - 1, z)
                    slope[row, column, 2] = _value(field, x, y, z + 1) - _value(field, x, y, z - 1)
                    break
                before = here
    return travelled, slope


def _thickness(zone: PredictedZone, plane: Plane) -> NDArray[np.float64]:
    """Return how much of a zone lies on each pixel's ray, 0 outside to 1 through its middle."""
    shape = zone.shape
    axis = np.array(shape.axis)

    def scaled(vectors: Vector) -> Vector:
        along = vectors @ axis
        across = vectors - along[..., None] * axis
        sized = across / shape.half_width_mm + along[..., None] * axis / shape.half_length_mm
        return np.asarray(sized, dtype=np.float64)

    origin = scaled(plane.grid_mm(PIXELS) - shape.centre.array)
    way = scaled(plane.normal[None])[0]
    towards = origin @ way
    square = float(way @ way)
    inside = towards**2 - square * ((origin**2).sum(axis=-1) - 1.0)
    return np.asarray(np.sqrt(np.clip(inside, 0.0, None) / square), dtype=np.float64)


def _shine(rgb: NDArray[np.float64], strength: NDArray[np.float64], colour: str) -> None:
    """Blend a colour over the picture; a thin edge still shows."""
    wanted = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)])
    share = np.where(strength > 0.0, THROUGH_BONE * (0.45 + 0.55 * strength), 0.0)[..., None]
    rgb[:] = rgb * (1.0 - share) + wanted * share


def _draw_needle(
    drawing: Drawing[Plane], trajectory: Trajectory, depth: NDArray[np.float64], number: int
) -> None:
    shares = np.linspace(0.0, 1.0, 301)[:, None]
    path = trajectory.entry.array * (1.0 - shares) + trajectory.tip.array * shares
    pixel = np.clip(drawing.plane.pixel(path, PIXELS).astype(int), 0, PIXELS - 1)
    hidden = drawing.plane.depth_mm(path) > depth[pixel[:, 1], pixel[:, 0]] + HIDDEN_MM
    drawing.line(path[[0, -1]], palette.NEEDLE_PROJECTED)
    changes = np.flatnonzero(np.diff(hidden.astype(int))) + 1
    for piece, is_hidden in zip(np.split(path, changes), np.split(hidden, changes), strict=True):
        if not is_hidden[0] and len(piece) > 1:
            drawing.line(piece, palette.NEEDLE)
    drawing.ring(path[-1], 1.6, palette.NEEDLE)
    drawing.name(str(number), path)
