"""A structure as a closed surface and as a distance field, both on any grid.

The surface and the field are made by different routes on purpose, so that a fault in one of
them shows as a disagreement between the two distances a rule takes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import edt
import numpy as np
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from planner.domain.structures import in_words
from planner.safety.measured import MissingInputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry

FIELD_STEP_MM = 0.5
"""Voxel of the distance field. Its worst error against a corner is then under 0.2 mm."""

FIELD_REACH_MM = 12.0
"""How far the field reaches about a structure: beyond every distance limit of the rules."""

SLAB_MM = 40.0
"""Length of structure per field, so that only the fields near a needle are ever made."""

FACE_CORNERS = np.array(((-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5), (0.0, 0.0)))
"""Where an exposed voxel face is sampled: its corners and its middle, in voxels."""


@dataclass(frozen=True, slots=True, eq=False)
class SlabField:
    """Signed distance to one slab of a structure on a fine grid along the LPS axes.

    Attributes
    ----------
    origin_mm
        LPS of the centre of the first voxel.
    signed_mm
        float32, indexed ``[x, y, z]``; negative inside.
    """

    origin_mm: Vector
    signed_mm: NDArray[np.float32]

    def at(self, points_mm: Vector) -> NDArray[np.float64]:
        """Return the signed distance at points, shape ``(n, 3)``; infinity beyond the reach."""
        index = (points_mm - self.origin_mm) / FIELD_STEP_MM
        inside = ((index >= 0.0) & (index <= np.array(self.signed_mm.shape) - 1.0)).all(axis=1)
        found = np.full(len(points_mm), np.inf)
        if inside.any():
            found[inside] = map_coordinates(self.signed_mm, index[inside].T, order=1)
        return found


@dataclass(slots=True, eq=False)
class StructureSurface:
    """One structure of one anatomy.

    Attributes
    ----------
    name
        From ``planner.domain.structures``.
    geometry, mask
        A crop around the structure; ``mask`` is bool ``[k, j, i]``.
    surface_mm
        Shape ``(n, 3)``, LPS: corners and middles of every exposed voxel face.
    """

    name: str
    geometry: VolumeGeometry
    mask: NDArray[np.bool_]
    surface_mm: Vector
    tree: cKDTree
    _fields: dict[int, SlabField] = field(default_factory=dict)

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
        surface = cropped.lps_mm(exposed_face_points(crop))
        return cls(name, cropped, crop, surface, cKDTree(surface))

    def holds(self, points_mm: Vector) -> NDArray[np.bool_]:
        """Tell which points, shape ``(n, 3)``, lie in a voxel of the structure."""
        index = np.rint(self.geometry.ijk(points_mm)).astype(np.intp)
        size = np.array(self.geometry.size_ijk)
        inside = ((index >= 0) & (index < size)).all(axis=1)
        i, j, k = index[inside].T
        found = np.zeros(len(points_mm), dtype=np.bool_)
        found[inside] = self.mask[k, j, i]
        return found

    def field_mm(self, points_mm: Vector) -> NDArray[np.float64]:
        """Return the signed distance of points from the fields; infinity beyond their reach."""
        found = np.full(len(points_mm), np.inf)
        for number, (start, stop) in enumerate(self._slabs()):
            low, high = self._slab_box(start, stop)
            near = ((points_mm >= low) & (points_mm <= high)).all(axis=1)
            if near.any():
                if number not in self._fields:
                    self._fields[number] = self._make_field(start, stop)
                here = self._fields[number].at(points_mm[near])
                found[near] = np.minimum(found[near], here)
        return found

    def _slabs(self) -> list[tuple[int, int]]:
        count = self.mask.shape[0]
        thick = max(1, round(SLAB_MM / self.geometry.spacing_mm[2]))
        return [(start, min(start + thick, count)) for start in range(0, count, thick)]

    def _slab_box(self, start: int, stop: int) -> tuple[Vector, Vector]:
        i, j, _ = self.geometry.size_ijk
        ends = np.array(
            [
                (x, y, z)
                for x in (-0.5, i - 0.5)
                for y in (-0.5, j - 0.5)
                for z in (start - 0.5, stop - 0.5)
            ]
        )
        corners = self.geometry.lps_mm(ends)
        return corners.min(axis=0) - FIELD_REACH_MM, corners.max(axis=0) + FIELD_REACH_MM

    def _make_field(self, start: int, stop: int) -> SlabField:
        """Fill a fine LPS grid by looking voxels up, and measure on it."""
        low, high = self._slab_box(start, stop)
        counts = np.ceil((high - low) / FIELD_STEP_MM).astype(int) + 1
        axes = [
            low[axis] + FIELD_STEP_MM * np.arange(counts[axis], dtype=np.float64)
            for axis in range(3)
        ]
        matrix = self.geometry.ijk_from_lps
        # Index of a fine voxel = a sum of one term per axis, so no large point list is made.
        inside = np.ones(tuple(counts), dtype=np.bool_)
        index = []
        for row, size in enumerate((*self.geometry.size_ijk,)):
            terms = [matrix[row, axis] * axes[axis] for axis in range(3)]
            place = np.rint(
                terms[0][:, None, None]
                + terms[1][None, :, None]
                + terms[2][None, None, :]
                + matrix[row, 3]
            ).astype(np.int32)
            first, last = (start, stop - 1) if row == 2 else (0, size - 1)  # 2 is the k axis
            inside &= (place >= first) & (place <= last)
            index.append(np.clip(place, 0, size - 1))
        fine = inside & self.mask[index[2], index[1], index[0]]
        spacing = (FIELD_STEP_MM,) * 3
        outside_mm = edt.edt(np.ascontiguousarray(~fine), anisotropy=spacing, parallel=1)
        inside_mm = edt.edt(np.ascontiguousarray(fine), anisotropy=spacing, parallel=1)
        half = FIELD_STEP_MM / 2.0
        signed = np.where(fine, half - inside_mm, outside_mm - half)
        return SlabField(low, signed.astype(np.float32))


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


def exposed_face_points(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return points on the outer faces of a mask ``[k, j, i]``, shape ``(n, 3)`` as ijk.

    The points lie on the voxel boxes themselves, so a distance to them is the distance to the
    outline as drawn, not to voxel centres.
    """
    padded = np.pad(mask, 1)
    points = []
    for axis in range(3):
        for side in (-1, 1):
            neighbour = np.roll(padded, -side, axis=axis)
            faces = np.argwhere(padded & ~neighbour) - 1.0
            others = [other for other in range(3) if other != axis]
            for corner in FACE_CORNERS:
                point = faces.copy()
                point[:, axis] += 0.5 * side
                point[:, others] += corner
                points.append(point)
    halves = np.unique(np.rint(np.concatenate(points) * 2.0).astype(np.int32), axis=0)
    return np.asarray(halves[:, ::-1] / 2.0)
