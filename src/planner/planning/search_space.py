"""The fields a search for paths reads: a small grid in the vertebra's own frame.

A field's zero is the surface midway between voxel centres inside and outside: half a step of
the grid is taken off each distance to a voxel centre.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import edt
import numpy as np

from planner.domain import structures
from planner.domain.while_open import kept_while_open
from planner.geometry.kernels import kernel
from planner.geometry.points import unit
from planner.geometry.volume_geometry import VolumeGeometry
from planner.planning.body_outline import body_outline

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy, Vertebra
    from planner.domain.levels import Level
    from planner.domain.volume import CtVolume

STEP_MM: Final = 0.8
LOW_MM: Final = (-48.0, -34.0, -34.0)
HIGH_MM: Final = (48.0, 56.0, 34.0)
"""Corners about the body's centre to the left, back and top: the vertebra and its foramina."""

CACHED_SPACES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SearchSpace:
    """Fields about one vertebra, float32 ``[k, j, i]`` on ``geometry``, mm.

    Attributes
    ----------
    geometry
        i runs to the vertebra's left, j to its back, k to its top.
    bone
        Depth in this vertebra's bone, negative outside.
    body
        Depth in its body, negative outside.
    danger
        Distance to the nearest canal, foramen, vessel or other structure to keep away from, and
        to gas (lung, bowel) as the CT shows it on the coarse grid of the patient's outline.
    other_bone
        uint8: bone of other vertebrae.
    """

    geometry: VolumeGeometry
    bone: NDArray[np.float32]
    body: NDArray[np.float32]
    danger: NDArray[np.float32]
    other_bone: NDArray[np.uint8]


@kernel
def look_up(
    labels: NDArray[np.uint8], matrix: NDArray[np.float64], shape: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """Return the nearest label at every voxel of another grid; 0 outside ``labels``.

    ``matrix`` (4, 4) takes indices i, j, k of the new grid to those of ``labels``.
    """
    found = np.zeros(shape, np.uint8)
    size_k, size_j, size_i = labels.shape
    for k in range(shape[0]):
        for j in range(shape[1]):
            x = matrix[0, 1] * j + matrix[0, 2] * k + matrix[0, 3] + 0.5
            y = matrix[1, 1] * j + matrix[1, 2] * k + matrix[1, 3] + 0.5
            z = matrix[2, 1] * j + matrix[2, 2] * k + matrix[2, 3] + 0.5
            for i in range(shape[2]):
                a = int(np.floor(x + matrix[0, 0] * i))
                b = int(np.floor(y + matrix[1, 0] * i))
                c = int(np.floor(z + matrix[2, 0] * i))
                if 0 <= a < size_i and 0 <= b < size_j and 0 <= c < size_k:
                    found[k, j, i] = labels[c, b, a]
    return found


def own_frame(vertebra: Vertebra) -> NDArray[np.float64]:
    """Return the vertebra's left, back and top as orthonormal columns, LPS, right-handed."""
    top = unit(np.array(vertebra.superior))
    left = np.array(vertebra.left)
    left = unit(left - (left @ top) * top)
    return np.stack((left, np.cross(top, left), top), axis=1)


@kept_while_open(CACHED_SPACES)
def search_space(ct: CtVolume, anatomy: Anatomy, level: Level) -> SearchSpace:
    """Make the fields about one vertebra; kept for the next call with the same scan."""
    vertebra = anatomy.vertebrae[level]
    frame = own_frame(vertebra)
    low, high = np.array(LOW_MM), np.array(HIGH_MM)
    size = tuple(int(count) + 1 for count in np.round((high - low) / STEP_MM).astype(int))
    matrix = np.eye(4)
    matrix[:3, :3] = frame * STEP_MM
    matrix[:3, 3] = vertebra.body_centre.array + frame @ low
    geometry = VolumeGeometry.from_matrix((size[0], size[1], size[2]), matrix)
    across = anatomy.geometry.ijk_from_lps @ matrix

    def seen(labels: NDArray[np.uint8] | NDArray[np.bool_]) -> NDArray[np.uint8]:
        return look_up(labels.view(np.uint8), across, geometry.shape_kji)

    labels = seen(anatomy.labels)
    danger = (seen(anatomy.canal) > 0) | (seen(anatomy.foramina) > 0)
    for name, mask in anatomy.masks.items():
        if name != structures.SKIN:
            danger |= seen(mask) > 0
    outline = body_outline(ct)
    gas = outline.geometry.ijk_from_lps @ matrix
    danger |= look_up(outline.gas.view(np.uint8), gas, geometry.shape_kji) > 0
    number = level.verse_label
    return SearchSpace(
        geometry=geometry,
        bone=_depth(labels == number),
        body=_depth(seen(anatomy.bodies) == number),
        danger=-_depth(danger),
        other_bone=((labels > 0) & (labels != number)).astype(np.uint8),
    )


def _depth(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the depth inside a mask, negative outside; no surface at the grid's own edge."""
    spacing = (STEP_MM, STEP_MM, STEP_MM)
    half = np.float32(STEP_MM / 2.0)
    sides = mask.view(np.uint8) + np.uint8(1)  # both sides have a label: one pass measures both
    away = edt.edt(sides, anisotropy=spacing, black_border=False)
    largest = np.float32(max(np.ptp(np.array((LOW_MM, HIGH_MM)), axis=0)))
    depth = np.where(mask, away - half, half - away)
    return np.asarray(np.clip(depth, -largest, largest), dtype=np.float32)
