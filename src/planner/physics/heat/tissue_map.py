"""A tissue map from HU and outlines.

CT shows neither conductivity nor perfusion. The map is a set of assumptions with their status in
``resources/physics/tissue_map.toml``; a person may choose the class of any part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.physics.heat.tissue_classes import TissueClass, TissueClasses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from planner.domain.sourced import Sourced


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChosenTissue:
    """A part that counts as another class: all of ``mask``, or what of it counted as ``only``."""

    mask: NDArray[np.bool_]
    becomes: TissueClass
    only: TissueClass | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outlines:
    """Structures on the grid of the HU, bool ``[k, j, i]``; ``None`` was not outlined.

    Attributes
    ----------
    chosen
        Parts whose class a person chose, each upon what those before it left.
    painted
        What is put into the patient, by class, such as a layer of gas or dextrose that protects
        a nerve; it comes after everything else.
    """

    vertebrae: NDArray[np.bool_]
    canal: NDArray[np.bool_]
    discs: NDArray[np.bool_] | None = None
    lesion: NDArray[np.bool_] | None = None
    cord: NDArray[np.bool_] | None = None
    nerves: NDArray[np.bool_] | None = None
    vessels: NDArray[np.bool_] | None = None
    cement: NDArray[np.bool_] | None = None
    chosen: Sequence[ChosenTissue] = ()
    painted: Mapping[TissueClass, NDArray[np.bool_]] | None = None


def tissue_map(
    hu: NDArray[np.integer] | NDArray[np.floating],
    outlines: Outlines,
    spacing_mm: float,
    classes: TissueClasses,
    canal_depth_mm: NDArray[np.floating] | None = None,
) -> NDArray[np.uint8]:
    """Return the class of every voxel of an isotropic grid, uint8 ``[k, j, i]``.

    With ``canal_depth_mm``, how deep inside the canal each place lies, HU and outlines may be
    those of any places at all, in any shape.

    Later lines win: HU outside bone, discs, bone by HU, lesion, canal with its sac, cord,
    nerves, vessels, cement, what a person chose, and what is put in.
    """
    if any(mask.shape != hu.shape for mask in (outlines.vertebrae, outlines.canal)):
        raise ValueError("HU and outlines must have the same shape")
    limits = classes.limits
    tissue = _outside_bone(hu, limits)
    _put(tissue, outlines.discs, TissueClass.DISC)
    bone = outlines.vertebrae
    tissue[bone] = _bone(hu[bone], limits, lesion_known=outlines.lesion is not None)
    if outlines.lesion is not None:
        lesion = outlines.lesion
        blastic = hu[lesion] >= limits["blastic_from_hu"].value
        tissue[lesion] = np.where(blastic, TissueClass.BLASTIC, TissueClass.LYTIC)
    _put(tissue, outlines.canal, TissueClass.EPIDURAL_FAT)
    if canal_depth_mm is None:
        canal_depth_mm = ndimage.distance_transform_edt(outlines.canal, sampling=spacing_mm)
    _put(tissue, canal_depth_mm > limits["epidural_fat_mm"].value, TissueClass.CSF)
    _put(tissue, outlines.cord, TissueClass.CORD)
    _put(tissue, outlines.nerves, TissueClass.NERVE)
    _put(tissue, outlines.vessels, TissueClass.VESSEL)
    _put(tissue, outlines.cement, TissueClass.CEMENT)
    for choice in outlines.chosen:
        held = choice.mask if choice.only is None else choice.mask & (tissue == choice.only)
        tissue[held] = choice.becomes
    for number, mask in (outlines.painted or {}).items():
        _put(tissue, mask, number)
    return tissue


def _outside_bone(
    hu: NDArray[np.integer] | NDArray[np.floating], limits: Mapping[str, Sourced]
) -> NDArray[np.uint8]:
    tissue = np.full(hu.shape, TissueClass.SOFT, dtype=np.uint8)
    tissue[hu < limits["fat_below_hu"].value] = TissueClass.FAT
    tissue[hu < limits["gas_below_hu"].value] = TissueClass.GAS
    tissue[hu >= limits["cortical_from_hu"].value] = TissueClass.CORTICAL
    return tissue


def _bone(
    hu: NDArray[np.integer] | NDArray[np.floating],
    limits: Mapping[str, Sourced],
    *,
    lesion_known: bool,
) -> NDArray[np.uint8]:
    """Classify voxels inside a vertebra by HU.

    Where the lesion is outlined, thin bone outside it is the marrow of age; where it is not,
    thin bone counts as tumour unless it is as dark as fat.
    """
    thin = TissueClass.CANCELLOUS if lesion_known else TissueClass.LYTIC
    tissue = np.full(hu.shape, thin, dtype=np.uint8)
    tissue[hu >= limits["cancellous_from_hu"].value] = TissueClass.CANCELLOUS
    tissue[hu < limits["fat_below_hu"].value] = TissueClass.CANCELLOUS
    tissue[hu >= limits["cortical_from_hu"].value] = TissueClass.CORTICAL
    return tissue


def _put(tissue: NDArray[np.uint8], mask: NDArray[np.bool_] | None, number: TissueClass) -> None:
    if mask is not None:
        tissue[mask] = number
