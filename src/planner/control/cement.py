"""Cement in a control scan: apart from cortex and metal, its volume, and where it lies.

A voxel at the border of cement is cement in part. What part follows from how it reads between
what lies on either side: cement in the nearest sure cement, and tissue in the scan before, or
where there is none in the nearest voxels that hold no cement. The sum of the parts is the volume.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import cc3d
import numpy as np
from scipy.ndimage import (
    binary_dilation,
    binary_erosion,
    gaussian_filter,
    generate_binary_structure,
)

from planner.control.grids import box_about
from planner.control.tip import top_of_scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.control.needles import FoundNeedle
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry

LEAST_HU: Final = 1250.0
"""Without a scan before, only what reads more is cement: cortex blurs to less (recalled)."""

LEAST_RISE_HU: Final = 500.0
"""With a scan before, what has become denser by this is cement."""

METAL_HU: Final = 3050.0
"""Cement reads less (recalled up to 3000); a patch that reads more throughout is metal."""

METAL_VOXELS: Final = 8
METAL_AROUND_MM: Final = 2.5
"""So many voxels over the limit make a patch of metal, and so far round it nothing is judged."""

GRAIN_MM3: Final = 8.0
"""Less cement in one place is not told from noise and calcified fat."""

BORDER_VOXELS: Final = 2
"""Blur carries the edge of cement no farther than this."""

NEAR_MM: Final = 2.0
"""Spread of the neighbourhood whose cement and whose tissue a border voxel is read between."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CementMap:
    """Cement on a crop of the control scan.

    Attributes
    ----------
    geometry
        A crop of the scan's grid.
    share
        float32 ``[k, j, i]``: part of each voxel that is cement, 0 to 1 but for noise at borders.
    sure
        bool: voxels of which more than half is cement.
    metal
        bool: where metal hides whether there is cement.
    plateau_hu
        What cement reads where a voxel is full of it.
    by_change
        Whether a scan before was used.
    """

    geometry: VolumeGeometry
    share: NDArray[np.float32]
    sure: NDArray[np.bool_]
    metal: NDArray[np.bool_]
    plateau_hu: float
    by_change: bool

    def ml(self, where: NDArray[np.bool_] | None = None) -> float:
        """Return the volume of cement, of all or within a mask."""
        share = self.share if where is None else self.share[where]
        return float(share.sum(dtype=np.float64)) * self.geometry.voxel_volume_mm3 / 1000.0


def cement_map(
    ct: CtVolume,
    about_mm: Vector,
    around_mm: float,
    *,
    before_hu: NDArray[np.int16] | None = None,
    needles: Sequence[FoundNeedle] = (),
) -> CementMap:
    """Find the cement about some points of a control scan.

    Parameters
    ----------
    about_mm, around_mm
        Points, LPS mm, and how far round them is looked.
    before_hu
        The scan before the injection ON THE GRID of this one, ``[k, j, i]``; a person has
        registered it. Without it what was dense before is told from cement by HU alone.
    needles
        Needles in the scan; cement is not judged beside their shafts.
    """
    box = box_about(ct.geometry, about_mm, around_mm)
    hu = ct.hu[box].astype(np.float32)
    geometry = ct.geometry.cropped(
        (box[2].start, box[1].start, box[0].start), (hu.shape[2], hu.shape[1], hu.shape[0])
    )
    metal = _metal(hu, geometry, top_of_scale(ct), needles)
    before = None if before_hu is None else before_hu[box].astype(np.float32)
    rise = hu if before is None else hu - before
    limit = LEAST_HU if before is None else LEAST_RISE_HU
    core = (rise > limit) & ~metal
    core = _without_grains(core, geometry)
    plateau = _plateau(hu, core)
    for _ in range(2):
        cement, tissue = _levels(hu, core, metal, geometry, plateau, before)
        half = 0.5 * (cement + tissue)
        near = binary_dilation(core, iterations=BORDER_VOXELS)
        core = _without_grains(
            near & (hu > np.maximum(half, tissue + LEAST_RISE_HU)) & ~metal, geometry
        )
    cement, tissue = _levels(hu, core, metal, geometry, plateau, before)
    share = _shares(hu, core, metal, cement, tissue)
    return CementMap(
        geometry=geometry,
        share=share,
        sure=core,
        metal=metal,
        plateau_hu=plateau,
        by_change=before is not None,
    )


def _metal(
    hu: NDArray[np.float32],
    geometry: VolumeGeometry,
    top_hu: float,
    needles: Sequence[FoundNeedle],
) -> NDArray[np.bool_]:
    """Return where metal is, and a rim about it."""
    bright = hu >= min(METAL_HU, top_hu)
    patches = cc3d.dust(bright, threshold=METAL_VOXELS, connectivity=6).astype(bool)
    found = np.zeros(hu.shape, dtype=bool)
    numbers, count = cc3d.connected_components(patches, connectivity=26, return_N=True)
    for number in range(1, count + 1):
        patch = numbers == number
        inner = binary_erosion(patch)
        if inner.any() or patch.sum() > 4 * METAL_VOXELS:
            found |= patch
    found = _grown(found, geometry, METAL_AROUND_MM)
    for needle in needles:
        found |= _along(needle, geometry)
    return found


def _grown(mask: NDArray[np.bool_], geometry: VolumeGeometry, by_mm: float) -> NDArray[np.bool_]:
    steps = max(round(by_mm / min(geometry.spacing_mm)), 1)
    return (
        binary_dilation(mask, generate_binary_structure(3, 1), iterations=steps)
        if mask.any()
        else mask
    )


def _along(needle: FoundNeedle, geometry: VolumeGeometry) -> NDArray[np.bool_]:
    """Return the voxels beside a needle's shaft."""
    k, j, i = np.meshgrid(*(np.arange(n) for n in geometry.shape_kji), indexing="ij")
    places = geometry.lps_mm(np.stack([i, j, k], axis=-1).astype(np.float64))
    way = np.array(needle.direction)
    off = places - needle.last_seen.array
    along = off @ way
    beside = np.linalg.norm(off - along[..., None] * way, axis=-1)
    reach = 0.5 * needle.diameter_mm + METAL_AROUND_MM
    return np.asarray((beside < reach) & (along < needle.beyond_mm + 1.0))


def _without_grains(mask: NDArray[np.bool_], geometry: VolumeGeometry) -> NDArray[np.bool_]:
    least = max(round(GRAIN_MM3 / geometry.voxel_volume_mm3), 4)
    return np.asarray(cc3d.dust(mask, threshold=least, connectivity=26), dtype=bool)


def _plateau(hu: NDArray[np.float32], core: NDArray[np.bool_]) -> float:
    """Return what a voxel full of cement reads: the median of those with cement all round."""
    inner = binary_erosion(core, generate_binary_structure(3, 3))
    if inner.sum() >= METAL_VOXELS:
        return float(np.median(hu[inner]))
    return float(np.percentile(hu[core], 90.0)) if core.any() else float("nan")


def _levels(
    hu: NDArray[np.float32],
    core: NDArray[np.bool_],
    metal: NDArray[np.bool_],
    geometry: VolumeGeometry,
    plateau: float,
    before: NDArray[np.float32] | None,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what full cement and what tissue alone would read at every voxel."""
    inner = binary_erosion(core, generate_binary_structure(3, 3))
    cement = _mean_of(hu, inner, geometry, plateau)
    if before is not None:
        return cement, before
    outer = (
        ~binary_dilation(core, generate_binary_structure(3, 3), iterations=BORDER_VOXELS) & ~metal
    )
    outer &= hu < LEAST_HU
    return cement, _mean_of(hu, outer, geometry, 100.0)


def _mean_of(
    hu: NDArray[np.float32],
    where: NDArray[np.bool_],
    geometry: VolumeGeometry,
    otherwise: float,
) -> NDArray[np.float32]:
    """Return the mean HU of the nearby voxels of a mask, and ``otherwise`` far from it."""
    spread = [NEAR_MM / step for step in reversed(geometry.spacing_mm)]
    weight = gaussian_filter(where.astype(np.float32), spread, truncate=4.0)
    total = gaussian_filter(np.where(where, hu, 0.0).astype(np.float32), spread, truncate=4.0)
    faint = np.float32(1e-3)
    return np.asarray((total + faint * np.float32(otherwise)) / (weight + faint), dtype=np.float32)


def _shares(
    hu: NDArray[np.float32],
    core: NDArray[np.bool_],
    metal: NDArray[np.bool_],
    cement: NDArray[np.float32],
    tissue: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return the part of each voxel that is cement; whole where cement is all round."""
    around = binary_dilation(core, generate_binary_structure(3, 3), iterations=BORDER_VOXELS)
    inner = binary_erosion(core, generate_binary_structure(3, 3))
    gap = np.maximum(cement - tissue, LEAST_RISE_HU)
    share = np.where(around & ~metal, (hu - tissue) / gap, 0.0)
    share = np.clip(share, -0.5, 1.2)
    share[inner] = 1.0
    return share.astype(np.float32)
