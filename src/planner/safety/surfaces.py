"""A structure as a closed surface and as a distance field, both on any grid.

The surface and the field are made by different routes on purpose, so that a fault in one of
them shows as a disagreement between the two distances a rule takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from planner.domain.structures import in_words
from planner.safety.beating import beat
from planner.safety.distance_field import DistanceField
from planner.safety.measured import MissingInputError
from planner.safety.point_cells import PointCells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry

SURFACE_STEP_MM = 0.55
"""Longest step between the points of a surface: half a voxel of 1 mm. A body that touches the
surface between points is then taken for 0.4 mm away at most, and 0.1 mm too far from 0.7 mm on."""


SLICES_AT_ONCE = 8
"""Slices whose faces are found in one piece, so that a large lung is not silent for long."""

POINTS_PER_S = 1.5e6
"""Points put in order in a second; twice as many were measured, in a lung."""


@dataclass(eq=False)
class StructureSurface:
    """One structure of one anatomy.

    Attributes
    ----------
    name
        From ``planner.domain.structures``.
    geometry, mask
        A crop around the structure; ``mask`` is bool ``[k, j, i]``.
    cells
        Points of every exposed voxel face, its corners among them.
    """

    name: str
    geometry: VolumeGeometry
    mask: NDArray[np.bool_]
    cells: PointCells
    field: DistanceField

    @classmethod
    def of_mask(
        cls, name: str, geometry: VolumeGeometry, mask: NDArray[np.bool_]
    ) -> StructureSurface:
        """Make the surface of ``mask``.

        Raises
        ------
        MissingInputError
            When the mask is empty: an outline of nothing warns of nothing.
        """
        if not mask.any():
            raise MissingInputError(f"the {in_words(name)} is not outlined", structure=name)
        low, crop = cropped_to_filled(mask)
        start = (int(low[2]), int(low[1]), int(low[0]))
        k, j, i = crop.shape
        cropped = geometry.cropped(start, (i, j, k))
        surface = cropped.lps_mm(exposed_face_points(crop, cropped.spacing_mm))
        beat(len(surface) / POINTS_PER_S)
        cells = PointCells.of(surface)
        beat()
        return cls(name, cropped, crop, cells, DistanceField(cropped, crop))

    @property
    def surface_mm(self) -> Vector:
        """Points of every exposed voxel face, shape ``(n, 3)``, LPS."""
        return self.cells.points_mm

    @cached_property
    def tree(self) -> cKDTree:
        """The points of the surface for asking which is nearest to each of many others."""
        beat(len(self.surface_mm) / POINTS_PER_S)
        return cKDTree(self.surface_mm)

    def holds(self, points_mm: Vector) -> NDArray[np.bool_]:
        """Tell which points, shape ``(n, 3)``, lie in a voxel of the structure."""
        return in_voxels(self.geometry, self.mask, points_mm)

    def field_mm(self, points_mm: Vector) -> NDArray[np.float64]:
        """Return the signed distance of points from the field; infinity beyond its reach."""
        return self.field.at(points_mm)


def in_voxels(
    geometry: VolumeGeometry, mask: NDArray[np.bool_], points_mm: Vector
) -> NDArray[np.bool_]:
    """Tell which points, shape ``(n, 3)`` LPS, lie in a true voxel of ``mask`` ``[k, j, i]``."""
    index = np.rint(geometry.ijk(points_mm)).astype(np.intp)
    inside = ((index >= 0) & (index < np.array(geometry.size_ijk))).all(axis=1)
    i, j, k = index[inside].T
    found = np.zeros(len(points_mm), dtype=np.bool_)
    found[inside] = mask[k, j, i]
    return found


def cropped_to_filled(
    mask: NDArray[np.bool_],
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return where the filled part of a mask starts, as kji, and a copy of that part.

    The mask must not be empty.
    """
    low, high = [], []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        places = np.flatnonzero(mask.any(axis=others))
        low.append(places[0])
        high.append(places[-1] + 1)
    crop = mask[low[0] : high[0], low[1] : high[1], low[2] : high[2]]
    return np.array(low), np.ascontiguousarray(crop)


def exposed_face_points(
    mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> NDArray[np.float64]:
    """Return points on the outer faces of a mask ``[k, j, i]``, shape ``(n, 3)`` as ijk.

    ``spacing_mm`` runs along i, j and k. The points lie on the voxel boxes themselves, so a
    distance to them is the distance to the outline as drawn, not to voxel centres. Each is marked
    on a lattice of as many steps per voxel as needed, some slices at a time, and so found once.
    """
    parts = np.array([max(1, ceil(step / SURFACE_STEP_MM)) for step in spacing_mm[::-1]])
    padded = np.pad(mask, 1)
    top = np.zeros(parts[1:] * mask.shape[1:] + 1, dtype=np.bool_)
    found = []
    for start in range(0, len(mask), SLICES_AT_ONCE):
        beat()
        marked = _marked(padded[start : start + SLICES_AT_ONCE + 2], parts)
        marked[0] |= top  # the last plane of one piece is the first of the next
        top = marked[-1]
        ends = start + SLICES_AT_ONCE >= len(mask)
        points = np.argwhere(marked if ends else marked[:-1])
        points[:, 0] += start * parts[0]
        found.append(points)
    return np.asarray((np.concatenate(found) / parts - 0.5)[:, ::-1])


def _marked(padded: NDArray[np.bool_], parts: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return the lattice of some slices with the points of exposed faces marked.

    ``padded`` has one voxel more on each side, which has no faces of its own here.
    """
    inner = tuple(slice(1, -1) for _ in range(3))
    core = padded[inner]
    lattice = np.zeros(parts * core.shape + 1, dtype=np.bool_)
    points = lattice.reshape(-1)
    for axis in range(3):
        steps = [np.arange(1 if other == axis else part + 1) for other, part in enumerate(parts)]
        face = np.ravel_multi_index(np.meshgrid(*steps, indexing="ij"), lattice.shape).ravel()
        for side in (0, 1):
            beside = list(inner)
            beside[axis] = slice(2 * side, padded.shape[axis] - 2 + 2 * side)
            exposed = np.argwhere(core & ~padded[tuple(beside)])
            exposed[:, axis] += side
            corners = np.ravel_multi_index(tuple((exposed * parts).T), lattice.shape)
            points[corners[:, None] + face] = True
    return lattice
