"""What the CT says against an outline: the quantities its quality flags rest on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.morphology import closed
from planner.anatomy.shells import within
from planner.anatomy.spine_model import widened

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.spine_model import Box, SpineModel

BONE_OVER_SOFT_HU, EMPTY_OVER_SOFT_HU = 130.0, 40.0

MOST_SPILLED, MOST_EMPTY, LEAST_MIRRORED = 0.10, 0.04, 0.75
"""Sound outlines of digital spines reach 0.06, 0.01 and 0.92, those of a human lumbar spine 0.09,
0.03 and 0.82; failed ones of a sacrum 0.30 and 0.05, of a human slipped L5 0.13 and 0.70."""

_SKIN_MM = 1.5
_BLURRED_VOXELS = 1.0
_MARGIN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlineEvidence:
    """Shares, 0 to 1, of one vertebra.

    Attributes
    ----------
    spilled
        Of the shell outside it that is nobody's: how much is as dense as bone, so that the
        outline may be too small.
    empty
        Of the shell just inside it: how much is no denser than soft tissue, so that the outline
        may be too large.
    mirrored
        Dice of the outline with its mirror image about the midplane.
    """

    spilled: float
    empty: float
    mirrored: float

    def flags(self) -> list[str]:
        """Return a sentence for each quantity that sound outlines do not reach."""
        out = []
        if self.spilled > MOST_SPILLED:
            out.append(f"bone lies outside {self.spilled:.0%} of its outline: check its surface")
        if self.empty > MOST_EMPTY:
            out.append(f"{self.empty:.0%} of its surface holds no bone: check its outline")
        if self.mirrored < LEAST_MIRRORED:
            out.append("its left and right side are unlike: check its outline")
        return out


def outline_evidence(
    model: SpineModel, kept: dict[bytes, OutlineEvidence] | None = None
) -> list[OutlineEvidence | None]:
    """Return the evidence of every vertebra; ``None`` where a vertebra has no voxel.

    Parameters
    ----------
    kept
        What was found for the same CT before, by all that it depends on; added to.
    """
    known = {} if kept is None else kept
    return [
        None
        if box is None
        else _evidence(model, number, widened(box, _MARGIN, model.vertebrae.shape), known)
        for number, box in enumerate(model.boxes(), 1)
    ]


def _evidence(
    model: SpineModel, number: int, box: Box, kept: dict[bytes, OutlineEvidence]
) -> OutlineEvidence:
    mine = model.vertebrae[box] == number
    taken = (model.vertebrae[box] > 0) | model.canal[box] | (model.discs[box] > 0)
    svu = model.located[:, *box][:, mine]
    key = hashlib.blake2b(repr((box, model.volume.geometry.size_ijk, model.soft_hu)).encode())
    for array in (np.packbits(mine), np.packbits(taken), svu):
        key.update(np.ascontiguousarray(array).data)
    if (name := key.digest()) not in kept:
        kept[name] = _found(model, box, mine, taken, svu)
    return kept[name]


def _found(
    model: SpineModel,
    box: Box,
    mine: NDArray[np.bool_],
    taken: NDArray[np.bool_],
    svu: NDArray[np.float32],
) -> OutlineEvidence:
    """Compare one outline with the CT in its box."""
    hu = ndimage.gaussian_filter(model.volume.hu[box], 0.5 / model.volume.spacing_mm)
    skin = max(1.0, _SKIN_MM / model.volume.spacing_mm)
    # The voxel next to the outline is half bone by blur; it says nothing.
    outside = within(mine, skin + _BLURRED_VOXELS) & ~within(mine, _BLURRED_VOXELS) & ~taken
    inside = mine & within(~mine, skin)
    dense = hu > model.soft_hu + BONE_OVER_SOFT_HU
    soft = hu < model.soft_hu + EMPTY_OVER_SOFT_HU
    return OutlineEvidence(
        spilled=float(dense[outside].mean()) if outside.any() else 0.0,
        empty=float(soft[inside].mean()) if inside.any() else 0.0,
        mirrored=_mirrored(svu),
    )


def _mirrored(svu: NDArray[np.float32]) -> float:
    """Return the Dice of voxels at ``svu``, shape ``(3, n)``, with their mirror image."""
    index = np.rint(svu).astype(np.int64)
    index[:2] -= index[:2].min(axis=1, keepdims=True)
    reach = int(np.abs(index[2]).max())
    grid = np.zeros((int(index[0].max()) + 1, int(index[1].max()) + 1, 2 * reach + 1), np.bool_)
    grid[index[0], index[1], index[2] + reach] = True
    # Rounding leaves pinholes.
    solid = closed(grid) | grid
    return float((solid & solid[:, :, ::-1]).sum() / solid.sum())
