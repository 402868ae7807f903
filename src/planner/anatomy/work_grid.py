"""The grids the segmenter works on: axis-aligned in LPS, whatever way the CT lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cc3d
import numpy as np
from scipy import ndimage

from planner.anatomy.morphology import opened
from planner.geometry.volume_geometry import VolumeGeometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector

AIR_HU = -1024
"""Value of everything outside the scan."""

_BODY_HU = -300
"""Above this a voxel is patient or table, below it air or lung."""

_BODY_SEARCH_MM = 4.0
"""Grid on which the patient is told from the air; the patient is coarse."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WorkVolume:
    """CT values on an axis-aligned LPS grid.

    Attributes
    ----------
    hu
        float32 ``[k, j, i]``: k to superior, j to posterior, i to the left.
    """

    geometry: VolumeGeometry
    hu: NDArray[np.float32]

    @property
    def spacing_mm(self) -> float:
        """Voxel edge; the grid is isotropic."""
        return self.geometry.spacing_mm[0]

    def within(self, box: tuple[slice, slice, slice]) -> WorkVolume:
        """Return a part of the volume, ``[k, j, i]`` slices."""
        k, j, i = box
        size = (i.stop - i.start, j.stop - j.start, k.stop - k.start)
        geometry = self.geometry.cropped((i.start, j.start, k.start), size)
        return WorkVolume(geometry=geometry, hu=self.hu[box])


def grid_over(
    low_mm: Vector, high_mm: Vector, spacing_mm: float, anchor_mm: Vector | None = None
) -> VolumeGeometry:
    """Return the isotropic LPS grid whose outer faces hold the box, shape ``(3,)`` each.

    Parameters
    ----------
    anchor_mm
        A point that voxel centres coincide with. On a scan of the same spacing, its own voxel
        centres: half a voxel beside them every sample is a blur and every label a tie.
    """
    counts = np.maximum(np.ceil((high_mm - low_mm) / spacing_mm).astype(int), 1)
    origin = 0.5 * (low_mm + high_mm) - 0.5 * spacing_mm * (counts - 1)
    if anchor_mm is not None:
        origin = anchor_mm + spacing_mm * np.rint((origin - anchor_mm) / spacing_mm)
    return VolumeGeometry.axis_aligned(
        (int(counts[0]), int(counts[1]), int(counts[2])),
        (spacing_mm, spacing_mm, spacing_mm),
        (float(origin[0]), float(origin[1]), float(origin[2])),
    )


def bounds_mm(geometry: VolumeGeometry) -> tuple[Vector, Vector]:
    """Return the lowest and highest LPS corner of the box round a grid's outer faces."""
    last = np.array(geometry.size_ijk, dtype=np.float64) - 0.5
    corners = np.array(np.meshgrid(*[(-0.5, end) for end in last])).reshape(3, -1).T
    points = geometry.lps_mm(corners)
    return points.min(axis=0), points.max(axis=0)


def resample(
    voxels: NDArray[np.generic],
    source: VolumeGeometry,
    target: VolumeGeometry,
    *,
    nearest: bool = False,
    outside: float | None = AIR_HU,
) -> NDArray[np.float32]:
    """Return ``voxels`` on another grid, float32, linear (or nearest); any direction or shear.

    Parameters
    ----------
    outside
        Value beyond the source; ``None`` goes on with what its border holds.
    """
    index_from_index = source.ijk_from_lps @ target.lps_from_ijk
    flipped = index_from_index[:3, :3][::-1, ::-1]
    # A voxel reaches half its size beyond its centre: by "constant" the first slice of a label
    # map would be lost to the rounding of its origin.
    beyond = "grid-constant" if nearest else "constant"
    return np.asarray(
        ndimage.affine_transform(
            voxels,
            flipped,
            offset=index_from_index[:3, 3][::-1],
            output_shape=target.shape_kji,
            output=np.float32,
            order=0 if nearest else 1,
            mode="nearest" if outside is None else beyond,
            cval=0.0 if outside is None else outside,
            prefilter=False,
        )
    )


def work_volume(ct: CtVolume, low_mm: Vector, high_mm: Vector, spacing_mm: float) -> WorkVolume:
    """Return the CT inside a box on an isotropic LPS grid."""
    grid = grid_over(low_mm, high_mm, spacing_mm, ct.geometry.lps_mm(np.zeros(3)))
    return WorkVolume(geometry=grid, hu=resample(ct.hu, ct.geometry, grid))


def patient_box_mm(ct: CtVolume) -> tuple[Vector, Vector]:
    """Return the LPS box round the patient: the largest connected piece that is not air."""
    low, high = bounds_mm(ct.geometry)
    coarse = work_volume(ct, low, high, _BODY_SEARCH_MM)
    solid = opened(coarse.hu > _BODY_HU)
    pieces, count = cc3d.connected_components(solid, connectivity=6, return_N=True)
    if count == 0:
        return low, high
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    place = ndimage.find_objects((pieces == sizes.argmax()).astype(np.uint8))[0]
    start = np.array([axis.start for axis in place[::-1]]) - 0.5
    stop = np.array([axis.stop for axis in place[::-1]]) - 0.5
    found_low, found_high = coarse.geometry.lps_mm(start), coarse.geometry.lps_mm(stop)
    # The ends of the stack are the patient's too, and the margin keeps partial voxels.
    margin = np.array([_BODY_SEARCH_MM] * 3)
    return np.maximum(found_low - margin, low), np.minimum(found_high + margin, high)


def noise_sd_hu(volume: WorkVolume) -> float:
    """Return the noise of soft tissue, from the high-pass of voxels between -20 and 120 HU."""
    thinned = volume.hu[:, ::2, ::2]
    soft = (thinned > -20) & (thinned < 120)
    if not soft.any():
        return 20.0
    high_pass = thinned - ndimage.uniform_filter(thinned, 3)
    return float(1.48 * np.median(np.abs(high_pass[soft])))
