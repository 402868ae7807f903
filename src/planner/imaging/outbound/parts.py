"""Parts of a plan as masks on the scan's own grid, ready for any format."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.errors import PlannerError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.levels import Level, Side
    from planner.geometry.ellipsoid import Spheroid
    from planner.geometry.volume_geometry import VolumeGeometry

GRID_TOLERANCE_VOXELS = 0.01
"""Rounding of origins in files stays far below this; a real shift is far above."""


class PartKind(StrEnum):
    """What a part is."""

    VERTEBRA = "vertebra"
    CANAL = "canal"
    FORAMEN = "foramen"
    LESION = "lesion"
    ZONE = "zone"
    CEMENT = "cement"
    ESTIMATE = "estimate"

    @property
    def is_predicted(self) -> bool:
        """Zones, cement and estimates are what a model says, not what was seen."""
        return self in (PartKind.ZONE, PartKind.CEMENT, PartKind.ESTIMATE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """One named region.

    Attributes
    ----------
    key
        Unique, safe as a file name, such as ``vertebra-L3``.
    name
        For readers, such as ``L3 vertebra``.
    made_by
        Program or model and its version.
    mask
        bool ``[k, j, i]`` on ``geometry``, a crop of the scan's grid.
    shape
        The exact shape where there is one; the mask is then its voxels.
    is_manual
        Whether a person painted it.
    """

    key: str
    name: str
    kind: PartKind
    colour: tuple[int, int, int]
    made_by: str
    geometry: VolumeGeometry
    mask: NDArray[np.bool_]
    level: Level | None = None
    side: Side | None = None
    shape: Spheroid | None = None
    is_manual: bool = False

    def __post_init__(self) -> None:
        if self.mask.shape != self.geometry.shape_kji:
            raise ValueError("the mask of a part must have the shape of its grid")


def trimmed(
    mask: NDArray[np.bool_], geometry: VolumeGeometry
) -> tuple[VolumeGeometry, NDArray[np.bool_]]:
    """Return the smallest crop that holds every voxel of a mask, so that many parts fit in memory.

    An empty mask gives a crop of one voxel.
    """
    edges = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        held = np.flatnonzero(mask.any(axis=others))
        edges.append((int(held[0]), int(held[-1]) + 1) if held.size else (0, 1))
    (k0, k1), (j0, j1), (i0, i1) = edges
    crop = geometry.cropped((i0, j0, k0), (i1 - i0, j1 - j0, k1 - k0))
    return crop, mask[k0:k1, j0:j1, i0:i1].copy()


def place_kji(
    geometry: VolumeGeometry, grid: VolumeGeometry, what: str
) -> tuple[slice, slice, slice]:
    """Return where a crop lies in the whole grid, as slices for ``[k, j, i]``.

    Raises
    ------
    PlannerError
        When ``geometry`` is not a crop of ``grid``: resampling would move outlines.
    """
    corners = np.array([[0, 0, 0], np.array(geometry.size_ijk) - 1], dtype=np.float64)
    index = grid.ijk(geometry.lps_mm(corners))
    start = np.rint(index[0])
    stop = start + np.array(geometry.size_ijk)
    expected = np.array([start, stop - 1.0])
    fits = np.abs(index - expected).max() < GRID_TOLERANCE_VOXELS
    axes = np.abs(grid.lps_from_ijk[:3, :3] - geometry.lps_from_ijk[:3, :3]).max()
    inside = (start >= 0).all() and (stop <= np.array(grid.size_ijk)).all()
    if not (fits and inside and axes < GRID_TOLERANCE_VOXELS):
        raise PlannerError(
            f"{what} does not lie on the grid of the scan, so it cannot be exported without "
            "moving it. Segment this scan again, or import outlines made on it."
        )
    i, j, k = (slice(int(a), int(b)) for a, b in zip(start, stop, strict=True))
    return k, j, i


def layers(parts: tuple[Part, ...], grid: VolumeGeometry) -> list[list[tuple[Part, int]]]:
    """Share parts out so that in each layer no two overlap; predictions get their own.

    Returns
    -------
    list
        Layers of ``(part, number)``, numbered from 1 within each layer.
    """
    shared: list[list[tuple[Part, int]]] = []
    for predicted in (False, True):
        taken: list[tuple[NDArray[np.bool_], list[tuple[Part, int]]]] = []
        for part in parts:
            if part.kind.is_predicted is not predicted or not part.mask.any():
                continue
            place = place_kji(part.geometry, grid, part.name)
            for used, members in taken:
                if not (used[place] & part.mask).any():
                    used[place] |= part.mask
                    members.append((part, len(members) + 1))
                    break
            else:
                used = np.zeros(grid.shape_kji, dtype=np.bool_)
                used[place] = part.mask
                taken.append((used, [(part, 1)]))
        shared += [members for _, members in taken]
    return shared


def on_grid(part: Part, grid: VolumeGeometry) -> NDArray[np.bool_]:
    """Return one part on the whole grid."""
    whole = np.zeros(grid.shape_kji, dtype=np.bool_)
    whole[place_kji(part.geometry, grid, part.name)] = part.mask
    return whole


def label_map(layer: list[tuple[Part, int]], grid: VolumeGeometry) -> NDArray[np.uint8]:
    """Return one layer as a label map on the whole grid."""
    labels = np.zeros(grid.shape_kji, dtype=np.uint8)
    for part, number in layer:
        labels[place_kji(part.geometry, grid, part.name)][part.mask] = number
    return labels
