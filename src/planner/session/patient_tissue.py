"""Tissue and structures of a patient at single points: for what must follow the hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import edt
import numpy as np
from scipy import ndimage

from planner.domain.structures import POSTERIOR_WALL
from planner.geometry.sampling import within_box
from planner.physics.heat.region import SOFT_HU
from planner.physics.heat.tissue_map import Outlines, tissue_map
from planner.session.coverage import targets_of
from planner.session.protection import painted_at
from planner.session.tissue_choices import chosen_at
from planner.session.tissue_region import outlined_structures, outlines_at

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.levels import Level
    from planner.domain.protection import ProtectionLayer
    from planner.domain.tissue_choice import TissueChoice
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector
    from planner.physics.heat.tissue_classes import TissueClasses
    from planner.session.coverage import Target

BESIDE_MM: Final = 60.0
"""Structures further than this from the treated vertebrae feel nothing of a needle there."""

Box = tuple[slice, slice, slice]

OUTLINED: Final = ("vertebrae", "canal", "discs", "lesion", "cord", "nerves", "vessels")
"""Fields of ``Outlines`` in the order of their bits."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PatientTissue:
    """What lies at any point beside the treated vertebrae.

    Attributes
    ----------
    structures
        Points on the surface of every structure beside the treated levels, LPS mm, ``(n, 3)``.
    points_mm
        Those of all structures, one after another.
    targets
        The lesion of the treated levels and its target volume; empty where none is outlined.
    outlined, depth_mm
        In ``box`` of the anatomy's grid: a bit for each of ``OUTLINED``, and how deep a place
        lies in the canal.
    known
        Which of ``OUTLINED`` there are at all.
    """

    ct: CtVolume
    anatomy: Anatomy
    levels: frozenset[Level]
    classes: TissueClasses
    structures: Mapping[str, Vector]
    points_mm: Vector
    targets: tuple[Target, ...]
    box: Box
    outlined: NDArray[np.uint8]
    known: frozenset[str]
    depth_mm: NDArray[np.float32]

    @property
    def coarsest_mm(self) -> float:
        """Largest spacing of the outlines."""
        return max(self.anatomy.geometry.spacing_mm)

    def at(
        self,
        points_mm: Vector,
        layers: Sequence[ProtectionLayer] = (),
        choices: Sequence[TissueChoice] = (),
    ) -> NDArray[np.uint8]:
        """Return the class of tissue at points, LPS mm, shape ``(n, 3)``.

        Outlines count within ``BESIDE_MM`` of the treated vertebrae.
        """
        seen = self.ct.geometry.ijk(points_mm)[:, ::-1].T
        hu = ndimage.map_coordinates(
            self.ct.hu, seen, order=1, mode="constant", cval=SOFT_HU, output=np.float32
        )
        low = np.array([part.start for part in self.box])
        place = (np.rint(self.anatomy.geometry.ijk(points_mm)).astype(np.int64)[:, ::-1] - low).T
        last = np.array(self.outlined.shape)[:, None] - 1
        inside = ((place >= 0) & (place <= last)).all(axis=0)
        k, j, i = np.clip(place, 0, last)
        bits = np.where(inside, self.outlined[k, j, i], np.uint8(0))
        depth = np.where(inside, self.depth_mm[k, j, i], np.float32(0.0))

        def outline(name: str) -> NDArray[np.bool_]:
            return np.asarray((bits & np.uint8(1 << OUTLINED.index(name))) > 0)

        def known(name: str) -> NDArray[np.bool_] | None:
            return outline(name) if name in self.known else None

        def on_points(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
            return np.asarray(mask[self.box][k, j, i] & inside)

        def numbers(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
            return np.where(inside, labels[self.box][k, j, i], np.uint8(0))

        outlines = Outlines(
            vertebrae=outline("vertebrae"),
            canal=outline("canal"),
            discs=known("discs"),
            lesion=known("lesion"),
            cord=known("cord"),
            nerves=known("nerves"),
            vessels=known("vessels"),
            chosen=chosen_at(choices, self.anatomy, on_points, numbers, lambda: points_mm),
            painted=painted_at(points_mm, layers),
        )
        return tissue_map(hu, outlines, 1.0, self.classes, depth)

    def near(self, low_mm: Vector, high_mm: Vector) -> dict[str, Vector]:
        """Return the points of every structure that has any in a box."""
        kept = within_box(self.points_mm, low_mm, high_mm)
        ends = np.searchsorted(kept, np.cumsum([len(one) for one in self.structures.values()]))
        parts = np.split(self.points_mm[kept], ends[:-1])
        return {name: part for name, part in zip(self.structures, parts, strict=True) if len(part)}


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
    outlines = outlines_at(anatomy, lambda mask: mask[box], lambda labels: labels[box])
    masks = {name: getattr(outlines, name) for name in OUTLINED}
    outlined = np.zeros(depth.shape, dtype=np.uint8)
    for bit, mask in enumerate(masks.values()):
        if mask is not None:
            outlined[mask] |= np.uint8(1 << bit)
    walls = [
        vertebra.posterior_wall.points_mm
        for level, vertebra in anatomy.vertebrae.items()
        if level in levels and vertebra.posterior_wall is not None
    ]
    if walls:
        structures[POSTERIOR_WALL] = np.concatenate(walls)
    structures = {name: points for name, points in structures.items() if len(points)}
    return PatientTissue(
        ct=ct,
        anatomy=anatomy,
        levels=frozenset(levels),
        classes=classes,
        structures=structures,
        points_mm=np.concatenate([*structures.values(), np.empty((0, 3))]),
        targets=targets_of(ct, anatomy, levels),
        box=box,
        outlined=outlined,
        known=frozenset(name for name, mask in masks.items() if mask is not None),
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
