"""The arrays that a digital spine is painted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.phantom.additions import CEMENT, METAL, TUMOUR
from planner.phantom.paint_spine import CANAL, CORD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.volume_geometry import VolumeGeometry

SLAB = 16
"""Slices painted between two reports of progress."""


def slabs(count: int) -> list[NDArray[np.int64]]:
    """Return first and one-past-last slice of every slab."""
    return [
        np.array([first, min(first + SLAB, count)], dtype=np.int64)
        for first in range(0, count, SLAB)
    ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Canvas:
    """Picture and label maps on one grid, all ``[k, j, i]``.

    ``canal`` holds 1 canal, 2 sac, 3 cord; ``organs`` the mask numbers of ``paint_trunk``;
    ``roots`` numbers as of foramina; ``foreign`` the numbers of ``additions``; ``taken`` is
    where bone, disc or canal is, filled by ``settle``.
    """

    geometry: VolumeGeometry
    grid: NDArray[np.float64]
    hu: NDArray[np.float32]
    labels: NDArray[np.uint8]
    bodies: NDArray[np.uint8]
    discs: NDArray[np.uint8]
    foramina: NDArray[np.uint8]
    canal: NDArray[np.uint8]
    lesion: NDArray[np.uint8]
    organs: NDArray[np.uint8]
    skin: NDArray[np.uint8]
    roots: NDArray[np.uint8]
    foreign: NDArray[np.uint8]
    taken: NDArray[np.uint8]

    @classmethod
    def blank(cls, geometry: VolumeGeometry) -> Canvas:
        """Return empty arrays for a grid."""
        shape = geometry.shape_kji
        maps = {
            name: np.zeros(shape, dtype=np.uint8)
            for name in (
                "labels", "bodies", "discs", "foramina", "canal", "lesion", "organs", "skin",
                "roots", "foreign", "taken",
            )
        }  # fmt: skip
        grid = np.ascontiguousarray(geometry.lps_from_ijk[:3])
        return cls(geometry=geometry, grid=grid, hu=np.zeros(shape, dtype=np.float32), **maps)

    def heights_mm(self) -> tuple[float, float]:
        """Return the lowest and highest LPS z of any voxel centre."""
        i, j, k = (count - 1.0 for count in self.geometry.size_ijk)
        corners = self.geometry.lps_mm(
            np.array([[a, b, c] for a in (0.0, i) for b in (0.0, j) for c in (0.0, k)])
        )
        return float(corners[:, 2].min()), float(corners[:, 2].max())

    def box(self, points_mm: NDArray[np.float64], around_mm: float) -> NDArray[np.int64]:
        """Return the index box (i0 i1 j0 j1 k0 k1) about points, clipped to the grid."""
        inverse = np.abs(self.geometry.ijk_from_lps[:3, :3]).sum(axis=1) * around_mm
        index = self.geometry.ijk(points_mm)
        size = np.array(self.geometry.size_ijk)
        low = np.clip(np.floor(index.min(axis=0) - inverse), 0, size).astype(np.int64)
        high = np.clip(np.ceil(index.max(axis=0) + inverse) + 1, 0, size).astype(np.int64)
        return np.stack([low, high], axis=1).ravel()

    def meets(self, box: NDArray[np.int64]) -> bool:
        """Tell whether an index box holds any voxel."""
        return bool((box[1::2] > box[::2]).all())

    def settle(self) -> None:
        """Give each voxel to one structure: bone before disc before canal.

        Tumour outside bone joins the lesion and takes the place of sac and root, but not of
        the cord, which it can only touch.
        """
        bone = self.labels != 0
        self.discs[bone] = 0
        self.roots[bone] = 0
        self.canal[bone | (self.discs != 0)] = 0
        self.taken[bone | (self.discs != 0) | (self.canal != 0)] = 1
        self.organs[self.taken != 0] = 0
        self.foreign[(self.foreign != METAL) & bone] = 0
        self.foreign[(self.lesion == CEMENT) & (self.foreign != METAL)] = CEMENT
        tumour = (self.foreign == TUMOUR) & (self.discs == 0) & (self.canal != CORD)
        self.lesion[tumour] = 1
        self.roots[tumour] = 0
        self.canal[tumour & (self.canal != 0)] = CANAL
        self.foreign[self.foreign == TUMOUR] = 0
