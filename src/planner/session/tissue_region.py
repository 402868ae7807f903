"""The piece of a patient that is simulated: its tissue, and where its structures lie in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from planner.domain.levels import Level, Side, foramen_label
from planner.domain.structures import (
    AORTA,
    CANAL,
    CORD,
    POSTERIOR_WALL,
    VENA_CAVA,
    foramen,
)
from planner.physics.heat.medium import Medium
from planner.physics.heat.region import hu_in, labels_in, mask_in, places_in
from planner.physics.heat.tissue_map import Outlines, tissue_map
from planner.session.tissue_choices import chosen_at

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from planner.catalog import Catalog
    from planner.domain.anatomy import Anatomy
    from planner.domain.tissue_choice import TissueChoice
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry
    from planner.physics.heat.tissue_classes import TissueClass, TissueClasses

    Mask = NDArray[np.bool_]
    Places = NDArray[np.float64]

ROOT_PREFIX = "root:"


class Patient(Protocol):
    """A scan with its outlines, and the catalogue to simulate with."""

    @property
    def ct(self) -> CtVolume:
        """The scan."""

    @property
    def anatomy(self) -> Anatomy:
        """Its outlines."""

    @property
    def catalog(self) -> Catalog:
        """Devices and tissues."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TissueRegion:
    """Tissue on an isotropic grid along the patient's axes.

    Attributes
    ----------
    structures
        Where every structure that is judged lies, by name: indices (k, j, i) of the grid, shape
        ``(3, n)``; none where it lies outside.
    unchosen
        The tissue as it is where nobody had chosen the class of a part; that of the medium where
        no choice changes anything.
    """

    geometry: VolumeGeometry
    medium: Medium
    structures: Mapping[str, Places]
    unchosen: NDArray[np.uint8]


def tissue_region(
    patient: Patient,
    geometry: VolumeGeometry,
    levels: Collection[Level],
    classes: TissueClasses,
    painted: Mapping[TissueClass, Mask] | None = None,
    choices: Sequence[TissueChoice] = (),
) -> TissueRegion:
    """Return the tissue of ``geometry`` as HU, outlines and a person's choices give it.

    Parameters
    ----------
    levels
        Treated levels: their posterior walls are judged.
    painted
        What is put into the patient, on ``geometry``.
    choices
        What a person says parts are made of.
    """
    anatomy = patient.anatomy
    outlines = _outlines(anatomy, geometry, painted, choices)
    hu = hu_in(geometry, patient.ct.hu, patient.ct.geometry)
    spacing_mm = geometry.spacing_mm[0]
    tissue = tissue_map(hu, outlines, spacing_mm, classes)
    unchosen = tissue
    if outlines.chosen:
        unchosen = tissue_map(hu, replace(outlines, chosen=()), spacing_mm, classes)
    structures = {
        name: places_in(geometry, mask, anatomy.geometry)
        for name, mask in outlined_structures(anatomy).items()
    }
    if (wall := _posterior_wall(anatomy, geometry, levels)) is not None:
        structures[POSTERIOR_WALL] = wall
    return TissueRegion(
        geometry=geometry,
        medium=Medium(tissue=tissue, spacing_mm=spacing_mm, table=classes.table()),
        structures=structures,
        unchosen=unchosen,
    )


def outlined_structures(anatomy: Anatomy) -> dict[str, Mask]:
    """Return every structure with an outline of its own that heat is judged at."""
    return {CANAL: anatomy.canal, **anatomy.masks, **_foramina(anatomy)}


def _outlines(
    anatomy: Anatomy,
    geometry: VolumeGeometry,
    painted: Mapping[TissueClass, Mask] | None,
    choices: Sequence[TissueChoice],
) -> Outlines:
    def on_region(mask: Mask) -> Mask:
        return mask_in(geometry, mask, anatomy.geometry)

    def numbers(labels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        return labels_in(geometry, labels, anatomy.geometry)

    chosen = chosen_at(choices, anatomy, on_region, numbers, lambda: _centres_mm(geometry))
    return replace(outlines_at(anatomy, on_region, numbers, painted), chosen=chosen)


def _centres_mm(geometry: VolumeGeometry) -> Vector:
    """Return every voxel centre, LPS mm, ``[k, j, i, 3]``."""
    k, j, i = np.indices(geometry.shape_kji, dtype=np.float64)
    points = geometry.lps_mm(np.stack([i, j, k], axis=-1).reshape(-1, 3))
    return np.asarray(points.reshape(*geometry.shape_kji, 3))


def outlines_at(
    anatomy: Anatomy,
    on_region: Callable[[Mask], Mask],
    numbers: Callable[[NDArray[np.uint8]], NDArray[np.uint8]],
    painted: Mapping[TissueClass, Mask] | None = None,
) -> Outlines:
    """Return the outlines that tell tissue apart, read at some places by the two functions."""
    masks = {name: on_region(mask) for name, mask in anatomy.masks.items()}
    return Outlines(
        vertebrae=numbers(anatomy.labels) > 0,
        canal=on_region(anatomy.canal),
        discs=numbers(anatomy.discs) > 0,
        lesion=None if anatomy.lesion is None else on_region(anatomy.lesion),
        cord=masks.get(CORD),
        nerves=_union([mask for name, mask in masks.items() if name.startswith(ROOT_PREFIX)]),
        vessels=_union([masks[name] for name in (AORTA, VENA_CAVA) if name in masks]),
        painted=painted,
    )


def _union(masks: list[Mask]) -> Mask | None:
    return np.logical_or.reduce(masks) if masks else None


def _foramina(anatomy: Anatomy) -> dict[str, Mask]:
    known = set(np.unique(anatomy.foramina).tolist())
    return {
        foramen(level, side): anatomy.foramina == foramen_label(level, side)
        for level in Level
        for side in Side
        if foramen_label(level, side) in known
    }


def _posterior_wall(
    anatomy: Anatomy, geometry: VolumeGeometry, levels: Collection[Level]
) -> Places | None:
    """Return where the posterior walls of the treated levels lie in the grid."""
    walls = [
        vertebra.posterior_wall.points_mm
        for level, vertebra in anatomy.vertebrae.items()
        if level in levels and vertebra.posterior_wall is not None
    ]
    if not walls:
        return None
    places = geometry.ijk(np.concatenate(walls))
    inside = ((places >= 0.0) & (places <= np.array(geometry.size_ijk) - 1.0)).all(axis=1)
    return np.asarray(places[inside, ::-1].T)
