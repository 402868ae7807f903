"""Structures around a vertebra as surfaces that a needle's distance is taken to.

The surface of a mask is the set of points midway between neighbouring voxel centres of which
one is inside and one outside. So the half voxel between a centre and the edge of its mask is
counted once, on both sides of the surface alike, on any grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain import structures
from planner.domain.levels import RIGHT_FORAMEN_OFFSET, Level, Side
from planner.domain.while_open import kept_while_open
from planner.geometry.kernels import kernel
from planner.planning.segment_distance import in_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.geometry.points import PointLps
    from planner.geometry.volume_geometry import VolumeGeometry

REACH_MM: Final = 50.0
"""Structures are looked for this far above and below a vertebra, and over the whole slice."""

DANGER_MM: Final = 60.0
"""Farther from the body's centre a structure decides nothing about a path through bone."""

CACHED_LEVELS: Final = 6
"""Levels kept ready; more would hold old scans in memory."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surface:
    """One structure near a vertebra.

    Attributes
    ----------
    points_mm, balls
        Shape ``(n, 3)``, LPS, n > 0, and the balls about their blocks, see ``in_blocks``.
    inside
        uint8 mask; all zero for an open surface that has no inside.
    ijk_from_lps
        Shape ``(4, 4)``, of the grid of ``inside``.
    """

    points_mm: NDArray[np.float64]
    balls: NDArray[np.float64]
    inside: NDArray[np.uint8]
    ijk_from_lps: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        points_mm: NDArray[np.float64],
        inside: NDArray[np.uint8],
        ijk_from_lps: NDArray[np.float64],
    ) -> Surface:
        """Make a surface of points in any order."""
        ordered, balls = in_blocks(np.asarray(points_mm, dtype=np.float64))
        return cls(points_mm=ordered, balls=balls, inside=inside, ijk_from_lps=ijk_from_lps)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surroundings:
    """What lies around one vertebra.

    Attributes
    ----------
    geometry
        Crop of the anatomy's grid about the vertebra, for ``bone`` and ``body``.
    bone, body
        uint8 masks of this vertebra and its body.
    bone_points_mm
        Surface of ``bone``.
    body_extent_mm
        Lowest and highest place of the body along the vertebra's left, anterior and superior
        axes, from its body centre, shape ``(3, 2)``; ``None`` where no body was outlined.
    near
        Surfaces by structure name.
    danger_points_mm, danger_balls
        Surfaces of everything to keep away from within ``DANGER_MM`` of the body's centre.
    farther_than_mm
        Structures that were looked for and lie farther away than this.
    estimated
        Surfaces of where a structure may be and of where it likely is (``None`` where it likely
        does not reach); nothing is kept away from them, because the canal holds them all.
    """

    level: Level
    geometry: VolumeGeometry
    bone: NDArray[np.uint8]
    body: NDArray[np.uint8]
    bone_points_mm: NDArray[np.float64]
    body_extent_mm: NDArray[np.float64] | None
    near: Mapping[str, Surface]
    danger_points_mm: NDArray[np.float64]
    danger_balls: NDArray[np.float64]
    farther_than_mm: Mapping[str, float]
    estimated: Mapping[str, tuple[Surface, Surface | None]]

    def in_body(self, point: PointLps) -> bool:
        """Tell whether a point lies in the outlined body."""
        i, j, k = (int(value) for value in np.rint(self.geometry.ijk(point.array)))
        size_k, size_j, size_i = self.body.shape
        held = 0 <= i < size_i and 0 <= j < size_j and 0 <= k < size_k
        return held and bool(self.body[k, j, i])


def surface_points(mask: NDArray[np.bool_], geometry: VolumeGeometry) -> NDArray[np.float64]:
    """Return the surface of a mask, shape ``(n, 3)``, LPS mm; empty where it has none.

    Where the mask runs out of the grid it has no surface.
    """
    found = []
    for axis in range(3):
        low = tuple(slice(None, -1) if at == axis else slice(None) for at in range(3))
        high = tuple(slice(1, None) if at == axis else slice(None) for at in range(3))
        place = np.argwhere(mask[low] != mask[high]).astype(np.float64)
        place[:, axis] += 0.5
        found.append(place)
    kji = np.concatenate(found)
    return np.ascontiguousarray(geometry.lps_mm(kji[:, ::-1]))


Box = tuple[slice, slice, slice]


@kernel
def label_boxes(labels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return for each of the 256 values its first and last index along k, j and i.

    Shape ``(256, 6)``; a value that is not there has a last index of -1.
    """
    boxes = np.full((256, 6), -1, np.int64)
    size_k, size_j, size_i = labels.shape
    for k in range(size_k):
        for j in range(size_j):
            for i in range(size_i):
                value = labels[k, j, i]
                if value == 0:
                    continue
                box = boxes[value]
                if box[1] < 0:
                    box[0], box[2], box[4] = k, j, i
                box[1] = k
                box[2], box[3] = min(box[2], j), max(box[3], j)
                box[4], box[5] = min(box[4], i), max(box[5], i)
    return boxes


def _slices(box: NDArray[np.int64], within: Box) -> Box:
    """Return a label's box, given relative to ``within``, one voxel larger, as slices."""
    found = []
    for axis, outer in enumerate(within):
        low = max(int(box[2 * axis]) - 1, 0) + outer.start
        high = min(int(box[2 * axis + 1]) + 2 + outer.start, outer.stop)
        found.append(slice(low, high))
    return (found[0], found[1], found[2])


def _cropped(geometry: VolumeGeometry, box: Box) -> VolumeGeometry:
    k, j, i = box
    size = (i.stop - i.start, j.stop - j.start, k.stop - k.start)
    return geometry.cropped((i.start, j.start, k.start), size)


def _padded(geometry: VolumeGeometry) -> VolumeGeometry:
    """Return the grid one voxel larger all round: bone ends where the scan does."""
    i, j, k = geometry.size_ijk
    return geometry.cropped((-1, -1, -1), (i + 2, j + 2, k + 2))


@kept_while_open(CACHED_LEVELS)
def surroundings_of(anatomy: Anatomy, level: Level) -> Surroundings:
    """Collect what lies around ``level``; kept for the next call with the same anatomy.

    Raises
    ------
    KeyError
        When the anatomy has no such vertebra.
    """
    number = level.verse_label
    box = _vertebra_box(anatomy, level)
    geometry = _padded(_cropped(anatomy.geometry, box))
    bone = np.pad(anatomy.labels[box] == number, 1)
    slab = _slab(anatomy.geometry, box)
    near: dict[str, Surface] = {}
    for name, labels, value in _structures(anatomy, slab):
        found = _surface(anatomy.geometry, labels, value, slab)
        if found is not None:
            near[name] = found
    vertebra = anatomy.vertebrae[level]
    body = np.pad(anatomy.bodies[box] == number, 1)
    wall = vertebra.posterior_wall
    if wall is not None and len(wall.points_mm):
        near[structures.POSTERIOR_WALL] = Surface.of(
            wall.points_mm, np.zeros_like(bone, dtype=np.uint8), geometry.ijk_from_lps
        )
    danger, danger_balls = in_blocks(_danger(near, vertebra))
    return Surroundings(
        level=level,
        geometry=geometry,
        bone=bone.astype(np.uint8),
        body=body.astype(np.uint8),
        bone_points_mm=surface_points(bone, geometry),
        body_extent_mm=_extent_mm(body, geometry, vertebra),
        near=near,
        danger_points_mm=danger,
        danger_balls=danger_balls,
        farther_than_mm={
            name: REACH_MM
            for name, mask in anatomy.masks.items()
            if name not in near and name != structures.SKIN and mask.any()
        },
        estimated=_estimated(anatomy, box),
    )


def _extent_mm(
    body: NDArray[np.bool_], geometry: VolumeGeometry, vertebra: Vertebra
) -> NDArray[np.float64] | None:
    place = surface_points(body, geometry) - vertebra.body_centre.array
    if not len(place):
        return None
    along = place @ np.array([vertebra.left, vertebra.anterior, vertebra.superior]).T
    return np.stack((along.min(axis=0), along.max(axis=0)), axis=1)


def _danger(near: Mapping[str, Surface], vertebra: Vertebra) -> NDArray[np.float64]:
    parts = [np.empty((0, 3))]
    for name, surface in near.items():
        if name != structures.POSTERIOR_WALL:
            far = np.linalg.norm(surface.points_mm - vertebra.body_centre.array, axis=1)
            parts.append(surface.points_mm[far <= DANGER_MM])
    return np.concatenate(parts)


def _vertebra_box(anatomy: Anatomy, level: Level) -> Box:
    box = label_boxes(anatomy.labels)[level.verse_label]
    if level not in anatomy.vertebrae or box[1] < 0:
        raise KeyError(level)
    k, j, i = anatomy.geometry.shape_kji
    return _slices(box, (slice(0, k), slice(0, j), slice(0, i)))


def _slab(geometry: VolumeGeometry, box: Box) -> Box:
    """Return the part of the grid within ``REACH_MM`` of the box along the patient's length."""
    along = int(np.abs(geometry.direction[2]).argmax())
    axis = 2 - along
    margin = int(np.ceil(REACH_MM / geometry.spacing_mm[along]))
    slices = [slice(0, length) for length in geometry.shape_kji]
    low = max(box[axis].start - margin, 0)
    slices[axis] = slice(low, min(box[axis].stop + margin, slices[axis].stop))
    return (slices[0], slices[1], slices[2])


def _structures(
    anatomy: Anatomy, slab: Box
) -> Iterator[tuple[str, NDArray[np.uint8] | NDArray[np.bool_], int]]:
    """Yield name, label map and label of every structure that a needle must keep away from."""
    yield structures.CANAL, anatomy.canal, 1
    present = np.flatnonzero(label_boxes(anatomy.foramina[slab])[:, 1] >= 0)
    for value in present:
        yield foramen_name(int(value)), anatomy.foramina, int(value)
    for name, mask in anatomy.masks.items():
        if name != structures.SKIN:
            yield name, mask, 1


def _estimated(anatomy: Anatomy, box: Box) -> dict[str, tuple[Surface, Surface | None]]:
    """Return the surfaces of estimates near a vertebra that has this box in the anatomy's grid.

    A ganglion lies in its root, so that nothing of it is nearer.
    """
    found = {}
    for name, region in anatomy.estimates.items():
        if name.startswith(structures.ESTIMATED_GANGLION):
            continue
        first = np.rint(anatomy.geometry.ijk(region.geometry.lps_mm(np.zeros(3)))).astype(int)
        k, j, i = (
            slice(max(span.start - start, 0), max(span.stop - start, 0))
            for span, start in zip(box, first[::-1].tolist(), strict=True)
        )
        slab = _slab(region.geometry, (k, j, i))
        possible = _surface(region.geometry, region.possible, 1, slab)
        if possible is not None:
            found[name] = possible, _surface(region.geometry, region.likely, 1, slab)
    return found


def _surface(
    geometry: VolumeGeometry,
    labels: NDArray[np.uint8] | NDArray[np.bool_],
    value: int,
    slab: Box,
) -> Surface | None:
    box = label_boxes(labels[slab].view(np.uint8))[value]
    if box[1] < 0:
        return None
    slices = _slices(box, slab)
    mask = labels[slices] == value
    grid = _cropped(geometry, slices)
    points = surface_points(mask, grid)
    if not len(points):
        return None
    return Surface.of(points, mask.astype(np.uint8), grid.ijk_from_lps)


def foramen_name(value: int) -> str:
    """Return the name of the foramen with this value in a foramen label map."""
    if value > RIGHT_FORAMEN_OFFSET:
        return structures.foramen(Level.from_verse_label(value - RIGHT_FORAMEN_OFFSET), Side.RIGHT)
    return structures.foramen(Level.from_verse_label(value), Side.LEFT)
