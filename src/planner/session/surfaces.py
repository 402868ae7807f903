"""Triangle meshes of bone for the 3-D scene, made in a worker without any toolkit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.progress import ProgressReport
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry

BONE_HU = 220.0
"""Surface of bone against soft tissue in a scan without contrast; for looking, not measuring."""

BONE_GRID_MM = 1.6
"""Grid of the bone surface; half the triangles of a 1 mm grid turn smoothly in software."""

LABEL_GRID_MM = 1.0
SMOOTH_VOXELS = 0.8
"""Gaussian sigma over labels, so that voxel steps do not show; moves a flat face by nothing."""

SMALLEST_LABEL_VOXELS = 30

COARSE_CELL_MM = 3.2
"""Points this near to each other are one while the 3-D view turns: a twelfth of the triangles."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Surface:
    """A triangle mesh.

    ``coarse`` is the same with fewer triangles, for a picture that moves; itself has none.

    Attributes
    ----------
    name
        ``bone``, a level such as ``L3``, ``canal`` or ``lesion``.
    points_mm
        float32, shape ``(n, 3)``, LPS.
    normals
        float32, shape ``(n, 3)``, unit, LPS.
    triangles
        int64, shape ``(m, 3)``.
    """

    name: str
    points_mm: NDArray[np.float32]
    normals: NDArray[np.float32]
    triangles: NDArray[np.int64]
    coarse: Surface | None = None


def coarsened(surface: Surface, cell_mm: float = COARSE_CELL_MM) -> Surface:
    """Return a mesh in which all points of one cell of a grid are their mean.

    No point moves by more than the diagonal of a cell; triangles within one are left out.
    """
    cells = np.floor(surface.points_mm / cell_mm).astype(np.int64)
    cells -= cells.min(axis=0)
    sizes = cells.max(axis=0) + 1
    number = (cells[:, 0] * sizes[1] + cells[:, 1]) * sizes[2] + cells[:, 2]
    _, home = np.unique(number, return_inverse=True)
    counts = np.bincount(home)
    points, normals = (
        np.stack([np.bincount(home, values[:, axis]) for axis in range(3)], axis=1)
        for values in (surface.points_mm, surface.normals)
    )
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    corners = home[surface.triangles]
    a, b, c = corners.T
    kept = corners[(a != b) & (b != c) & (c != a)]
    return replace(
        surface,
        points_mm=(points / counts[:, None]).astype(np.float32),
        normals=(normals / np.where(lengths > 0, lengths, 1.0)).astype(np.float32),
        triangles=np.ascontiguousarray(kept, dtype=np.int64),
    )


def bone_surface(ct: CtVolume, report: ProgressReport) -> tuple[Surface, ...]:
    """Return the bone of a whole scan at ``BONE_HU``."""
    report(0.1, "Preparing the 3-D bone view")
    stride = _stride(ct.geometry, BONE_GRID_MM)
    hu = _block_mean(ct.hu, stride)
    report(0.5, "Building the 3-D bone view")
    surface = _surface("bone", hu, BONE_HU, ct.geometry, np.zeros(3), stride)
    return () if surface is None else (surface,)


def anatomy_surfaces(anatomy: Anatomy, report: ProgressReport) -> tuple[Surface, ...]:
    """Return every vertebra, the canal and the lesion as smooth closed meshes."""
    masks: list[tuple[str, NDArray[np.bool_]]] = [
        (str(level), anatomy.labels == level.verse_label) for level in anatomy.vertebrae
    ]
    masks.append(("canal", anatomy.canal))
    if anatomy.lesion is not None:
        masks.append(("lesion", anatomy.lesion))
    found = []
    for done, (name, mask) in enumerate(masks):
        report(done / len(masks), f"Building the 3-D view: {name}")
        surface = mask_surface(name, mask, anatomy.geometry)
        if surface is not None:
            found.append(surface)
    return tuple(found)


def mask_surface(name: str, mask: NDArray[np.bool_], geometry: VolumeGeometry) -> Surface | None:
    """Return the smoothed surface of a mask, or None when it is empty or a speck."""
    if np.count_nonzero(mask) < SMALLEST_LABEL_VOXELS:
        return None
    start, stop = _bounds(mask)
    box = mask[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))]
    stride = _stride(geometry, LABEL_GRID_MM)
    room = [(2 * step, 2 * step) for step in stride]
    solid = _block_mean(np.pad(box, room).astype(np.float32), stride)
    from scipy.ndimage import gaussian_filter  # noqa: PLC0415 - loads after the window

    smooth = gaussian_filter(solid, SMOOTH_VOXELS)
    first = np.array(start, dtype=np.float64) - 2.0 * np.array(stride)
    return _surface(name, smooth, 0.5, geometry, first, stride)


def _bounds(mask: NDArray[np.bool_]) -> tuple[list[int], list[int]]:
    start, stop = [], []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        places = np.flatnonzero(mask.any(axis=others))
        start.append(int(places[0]))
        stop.append(int(places[-1]) + 1)
    return start, stop


def _stride(geometry: VolumeGeometry, wanted_mm: float) -> tuple[int, int, int]:
    """Return how many voxels along k, j and i make one cell of about ``wanted_mm``."""
    i, j, k = (
        min(max(1, round(wanted_mm / spacing)), size)
        for spacing, size in zip(geometry.spacing_mm, geometry.size_ijk, strict=True)
    )
    return k, j, i


def _block_mean(
    values: NDArray[np.int16] | NDArray[np.float32], stride: tuple[int, int, int]
) -> NDArray[np.float32]:
    """Average blocks of voxels; what does not fill a block at the far end is left out."""
    counts = [max(1, size // step) for size, step in zip(values.shape, stride, strict=True)]
    total = np.zeros(counts, dtype=np.float32)
    for dk in range(stride[0]):
        for dj in range(stride[1]):
            for di in range(stride[2]):
                part = values[dk :: stride[0], dj :: stride[1], di :: stride[2]]
                total += part[: counts[0], : counts[1], : counts[2]]
    return total / np.float32(np.prod(stride))


def _surface(
    name: str,
    values: NDArray[np.float32],
    level: float,
    geometry: VolumeGeometry,
    first_kji: Vector,
    stride: tuple[int, int, int],
) -> Surface | None:
    if min(values.shape) < 2 or not float(values.min()) < level < float(values.max()):
        return None
    from skimage.measure import marching_cubes  # noqa: PLC0415 - loads after the window

    vertices, faces, gradients, _ = marching_cubes(values, level)  # type: ignore[no-untyped-call]
    step = np.array(stride, dtype=np.float64)
    kji = first_kji + (vertices + 0.5) * step - 0.5
    points = geometry.lps_mm(kji[:, ::-1])
    # A normal is a covector: through the inverse transpose, so a sheared grid lights right.
    covector = np.linalg.inv(geometry.lps_from_ijk[:3, :3]).T
    normals = (gradients / step)[:, ::-1] @ covector.T
    if np.linalg.det(geometry.lps_from_ijk[:3, :3]) < 0.0:
        # A grid that mirrors turns triangles inside out; outside must stay outside.
        faces = faces[:, ::-1]
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = normals / np.where(lengths > 0, lengths, 1.0)
    made = Surface(
        name=name,
        points_mm=np.ascontiguousarray(points, dtype=np.float32),
        normals=np.ascontiguousarray(normals, dtype=np.float32),
        triangles=np.ascontiguousarray(faces, dtype=np.int64),
    )
    return replace(made, coarse=coarsened(made))
