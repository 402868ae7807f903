"""Where the voxels of a volume lie in the patient, apart from the voxels themselves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector

ORTHOGONAL_TOLERANCE = 1e-4
"""Cosine between grid axes below which a grid counts as orthogonal (DICOM writes about 1e-6)."""

AXIS_ALIGNED_TOLERANCE = 1e-4
"""Off-axis cosine below which a grid axis counts as a patient axis."""

AXIS_LETTERS = (("R", "L"), ("A", "P"), ("I", "S"))
"""Letters of the negative and positive end of each LPS axis."""

Matrix4 = tuple[
    tuple[float, float, float, float],
    tuple[float, float, float, float],
    tuple[float, float, float, float],
    tuple[float, float, float, float],
]


@dataclass(frozen=True, slots=True)
class VolumeGeometry:
    """A grid in the patient; any direction, spacing and shear.

    Attributes
    ----------
    size_ijk
        Voxel counts along i (columns), j (rows) and k (slices). Arrays index ``[k, j, i]``.
    affine
        Rows of the 4x4 matrix ``lps_from_ijk``: voxel CENTRE indices to LPS mm.
    """

    size_ijk: tuple[int, int, int]
    affine: Matrix4

    def __post_init__(self) -> None:
        matrix = np.array(self.affine)
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
            raise ValueError("lps_from_ijk must be a finite 4x4 matrix")
        if any(count < 1 for count in self.size_ijk):
            raise ValueError(f"a grid needs at least one voxel on each axis, got {self.size_ijk}")
        if not abs(np.linalg.det(matrix[:3, :3])) > 0.0:
            raise ValueError("lps_from_ijk is singular")

    @classmethod
    def from_matrix(
        cls, size_ijk: tuple[int, int, int], lps_from_ijk: NDArray[np.float64]
    ) -> VolumeGeometry:
        """Make a geometry from a 4x4 array."""
        rows = tuple(tuple(float(value) for value in row) for row in lps_from_ijk)
        return cls(size_ijk, rows)  # type: ignore[arg-type]  # the shape is checked above

    @classmethod
    def axis_aligned(
        cls,
        size_ijk: tuple[int, int, int],
        spacing_mm: tuple[float, float, float],
        origin_mm: tuple[float, float, float] = (0.0, 0.0, 0.0),
    ) -> VolumeGeometry:
        """Make a grid whose i, j, k run to the left, posterior and superior."""
        matrix = np.diag([*spacing_mm, 1.0])
        matrix[:3, 3] = origin_mm
        return cls.from_matrix(size_ijk, matrix)

    @property
    def lps_from_ijk(self) -> NDArray[np.float64]:
        """Shape ``(4, 4)``: voxel centre indices to LPS mm."""
        return np.array(self.affine, dtype=np.float64)

    @property
    def ijk_from_lps(self) -> NDArray[np.float64]:
        """Shape ``(4, 4)``: LPS mm to voxel centre indices."""
        return _inverse(self.affine).copy()

    @property
    def shape_kji(self) -> tuple[int, int, int]:
        """Shape of an array on this grid."""
        i, j, k = self.size_ijk
        return (k, j, i)

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Distance between neighbouring voxel centres along i, j and k."""
        lengths = np.linalg.norm(self.lps_from_ijk[:3, :3], axis=0)
        return (float(lengths[0]), float(lengths[1]), float(lengths[2]))

    @property
    def direction(self) -> NDArray[np.float64]:
        """Shape ``(3, 3)``: columns are the unit vectors of i, j and k in LPS."""
        matrix = self.lps_from_ijk[:3, :3]
        return np.asarray(matrix / np.linalg.norm(matrix, axis=0))

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel."""
        return float(abs(np.linalg.det(self.lps_from_ijk[:3, :3])))

    @property
    def is_orthogonal(self) -> bool:
        """Whether the axes stand at right angles (no gantry-tilt shear)."""
        gram = self.direction.T @ self.direction
        return bool(np.abs(gram - np.eye(3)).max() < ORTHOGONAL_TOLERANCE)

    def lps_mm(self, ijk: NDArray[np.floating]) -> Vector:
        """Map voxel indices, shape ``(..., 3)``, to LPS mm."""
        matrix = self.lps_from_ijk
        return ijk @ matrix[:3, :3].T + matrix[:3, 3]

    def ijk(self, lps_mm: Vector) -> Vector:
        """Map LPS mm, shape ``(..., 3)``, to continuous voxel indices."""
        matrix = self.ijk_from_lps
        return lps_mm @ matrix[:3, :3].T + matrix[:3, 3]

    def contains(self, lps_mm: Vector) -> NDArray[np.bool_]:
        """Tell which points, shape ``(..., 3)``, lie inside the outer faces of the grid."""
        index = self.ijk(lps_mm)
        last = np.array(self.size_ijk) - 0.5
        return np.asarray(((index >= -0.5) & (index <= last)).all(axis=-1))

    def cropped(
        self, start_ijk: tuple[int, int, int], size_ijk: tuple[int, int, int]
    ) -> VolumeGeometry:
        """Return the sub-grid that starts at voxel ``start_ijk``."""
        matrix = self.lps_from_ijk
        matrix[:3, 3] = self.lps_mm(np.array(start_ijk))
        return VolumeGeometry.from_matrix(size_ijk, matrix)

    def axis_label(self, axis: int, *, positive: bool) -> str:
        """Return the patient letter at one end of grid axis i=0, j=1 or k=2.

        An apostrophe marks an oblique axis, as ``L'``.
        """
        return direction_label(self.direction[:, axis] * (1.0 if positive else -1.0))


@lru_cache(maxsize=64)
def _inverse(affine: Matrix4) -> NDArray[np.float64]:
    """Return the inverse of a grid's matrix: points are mapped far more often than grids made."""
    return np.asarray(np.linalg.inv(affine))


def direction_label(direction: Vector) -> str:
    """Return the letter (R L A P I S) nearest to ``direction``; ``'`` marks an oblique one."""
    main = int(np.abs(direction).argmax())
    letter = AXIS_LETTERS[main][int(direction[main] > 0)]
    off_axis = float(np.abs(np.delete(direction, main)).max())
    return letter + ("'" if off_axis > AXIS_ALIGNED_TOLERANCE else "")
