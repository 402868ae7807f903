"""The segmented spine on the work grid, before levels are named or anything is measured."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.spine_curve import SpineCurve
    from planner.anatomy.work_grid import WorkVolume
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector

Box = tuple[slice, slice, slice]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpineModel:
    """Vertebrae numbered 1 to n from inferior to superior, on the work grid.

    Attributes
    ----------
    ct
        The scan, at its own resolution, for measures finer than the work grid.
    located
        float32 ``(3, k, j, i)``: ``s, v, u`` of every voxel on ``curve``.
    vertebrae, bodies
        uint8: number of the whole vertebra, and of its body.
    discs
        uint8: ``n`` for the disc above vertebra ``n`` (that is, below ``n + 1``).
    canal
        bool.
    centre_s, height_mm
        Shape ``(n,)``: body centre along the curve, and distance from level to level.
    cut_by_scan
        Shape ``(n,)``: the scan may end inside this vertebra.
    soft_hu, noise_hu
        Soft tissue near the spine and its noise.
    said
        bool: vertebra by the word of a person or another program, whatever its HU; ``None`` where
        nobody said any.
    """

    ct: CtVolume
    volume: WorkVolume
    curve: SpineCurve
    located: NDArray[np.float32]
    vertebrae: NDArray[np.uint8]
    bodies: NDArray[np.uint8]
    discs: NDArray[np.uint8]
    canal: NDArray[np.bool_]
    centre_s: NDArray[np.float64]
    height_mm: NDArray[np.float64]
    cut_by_scan: NDArray[np.bool_]
    soft_hu: float
    noise_hu: float
    said: NDArray[np.bool_] | None = None

    @property
    def count(self) -> int:
        """Number of vertebrae."""
        return len(self.centre_s)

    @property
    def whole(self) -> Box:
        """The index box of the whole work grid."""
        k, j, i = self.vertebrae.shape
        return slice(0, k), slice(0, j), slice(0, i)

    def within(self, box: Box) -> SpineModel:
        """Return the same spine on a part of the work grid only."""
        if box == self.whole:
            return self
        return replace(
            self,
            volume=self.volume.within(box),
            located=self.located[:, *box],
            vertebrae=self.vertebrae[box],
            bodies=self.bodies[box],
            discs=self.discs[box],
            canal=self.canal[box],
            said=None if self.said is None else self.said[box],
        )

    def boxes(self) -> list[Box | None]:
        """Return the index box of each vertebra, ``None`` where it has no voxel."""
        found = ndimage.find_objects(self.vertebrae, max_label=self.count)
        return [None if box is None else (box[0], box[1], box[2]) for box in found]

    def points_mm(self, mask: NDArray[np.bool_], box: Box) -> Vector:
        """Return LPS points, shape ``(n, 3)``, of the true voxels of a mask cut to ``box``."""
        index = np.argwhere(mask) + [axis.start for axis in box]
        return self.volume.geometry.lps_mm(index[:, ::-1])


def widened(box: Box, margin: int, shape: tuple[int, ...]) -> Box:
    """Return ``box`` grown by ``margin`` voxels inside an array of ``shape``."""
    grown = [
        slice(max(0, axis.start - margin), min(size, axis.stop + margin))
        for axis, size in zip(box, shape, strict=True)
    ]
    return grown[0], grown[1], grown[2]
