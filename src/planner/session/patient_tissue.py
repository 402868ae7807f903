"""Tissue and structures of a patient at single points: for what must follow the hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import edt
import numpy as np
from scipy import ndimage

from planner.domain.structures import POSTERIOR_WALL
from planner.physics.heat.region import SOFT_HU
from planner.physics.heat.tissue_map import tissue_map
from planner.session.coverage import targets_of
from planner.session.tissue_region import outlined_structures, outlines_at

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.levels import Level
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector
    from planner.physics.heat.tissue_classes import TissueClasses
    from planner.session.coverage import Target

BESIDE_MM: Final = 60.0
"""Structures further than this from the treated vertebrae feel nothing of a needle there."""

Box = tuple[slice, slice, slice]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PatientTissue:
    """What lies at any point beside the treated vertebrae.

    Attributes
    ----------
    structures
        Points on the surface of every structure beside the treated levels, LPS mm, ``(n, 3)``.
    targets
        The lesion of the treated levels and its target volume; empty where none is outlined.
    """

    ct: CtVolume
    anatomy: Anatomy
    levels: frozenset[Level]
    classes: TissueClasses
    structures: Mapping[str, Vector]
    targets: tuple[Target, ...]
    box: Box
    depth_mm: NDArray[np.float32]

    @property
    def coarsest_mm(self) -> float:
        """Largest spacing of the outlines."""
        return max(self.anatomy.geometry.spacing_mm)

    def at(self, points_mm: Vector) -> NDArray[np.uint8]:
        """Return the class of tissue at points, LPS mm, shape ``(n, 3)``."""
        seen = self.ct.geometry.ijk(points_mm)[:, ::-1].T
        hu = ndimage.map_coordinates(
            self.ct.hu, seen, order=1, mode="constant", cval=SOFT_HU, output=np.float32
        )
        index = np.rint(self.anatomy.geometry.ijk(points_mm)).astype(np.int64)[:, ::-1].T
        shape = np.array(self.anatomy.geometry.shape_kji)
        inside = np.asarray(((index >= 0) & (index < shape[:, None])).all(axis=0))
        k, j, i = np.clip(index, 0, shape[:, None] - 1)

        def labels(values: NDArray[np.uint8]) -> NDArray[np.uint8]:
            return np.where(inside, values[k, j, i], np.uint8(0))

        def mask(values: NDArray[np.bool_]) -> NDArray[np.bool_]:
            return np.asarray(inside & values[k, j, i])

        outlines = outlines_at(self.anatomy, mask, labels)
        return tissue_map(
            hu, outlines, 1.0, self.classes, self._depth(np.array((k, j, i)), inside)
        )

    def _depth(self, index: NDArray[np.int64], inside: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return how deep places, ``(3, n)``, lie in the canal; 0 outside what was measured."""
        low = np.array([part.start for part in self.box])[:, None]
        place = index - low
        there = inside & ((place >= 0) & (place < np.array(self.depth_mm.shape)[:, None])).all(0)
        found = np.zeros(index.shape[1], dtype=np.float32)
        k, j, i = place[:, there]
        found[there] = self.depth_mm[k, j, i]
        return found


def patient_tissue(
    ct: CtVolume, anatomy: Anatomy, levels: Collection[Level], classes: TissueClasses
) -> PatientTissue:
    """Make ready what is asked again and again while a needle is dragged."""
    box = _beside(anatomy, levels)
    depth = edt.edt(
        anatomy.canal[box].astype(np.uint8),  # a copy: edt takes no array that is read only
        anisotropy=anatomy.geometry.spacing_mm[::-1],
        parallel=1,
    )
    structures = {
        name: _surface_mm(anatomy, mask[box], box)
        for name, mask in outlined_structures(anatomy).items()
    }
    walls = [
        vertebra.posterior_wall.points_mm
        for level, vertebra in anatomy.vertebrae.items()
        if level in levels and vertebra.posterior_wall is not None
    ]
    if walls:
        structures[POSTERIOR_WALL] = np.concatenate(walls)
    return PatientTissue(
        ct=ct,
        anatomy=anatomy,
        levels=frozenset(levels),
        classes=classes,
        structures={name: points for name, points in structures.items() if len(points)},
        targets=targets_of(ct, anatomy, levels),
        box=box,
        depth_mm=np.asarray(depth, dtype=np.float32),
    )


def _beside(anatomy: Anatomy, levels: Collection[Level]) -> Box:
    """Return the box of the anatomy's grid that lies beside the treated levels."""
    numbers = [level.verse_label for level in levels]
    found = np.argwhere(np.isin(anatomy.labels, numbers))
    reach = np.ceil(BESIDE_MM / np.array(anatomy.geometry.spacing_mm[::-1])).astype(int)
    low = np.maximum(found.min(axis=0) - reach, 0)
    high = np.minimum(found.max(axis=0) + reach + 1, anatomy.geometry.shape_kji)
    k, j, i = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return k, j, i


def _surface_mm(anatomy: Anatomy, mask: NDArray[np.bool_], box: Box) -> Vector:
    """Return the middles of a mask's outer faces: its surface runs midway between voxels."""
    solid = np.pad(mask, 1)
    faces = []
    for axis in range(3):
        for way in (-1, 1):
            beyond = np.roll(solid, -way, axis=axis)
            faces.append(np.argwhere(solid & ~beyond) - 1 + 0.5 * way * np.eye(3)[axis])
    places = np.concatenate(faces) + [part.start for part in box]
    return anatomy.geometry.lps_mm(places[:, ::-1])
