"""Vessels and pleura beside the spine on the scan's grid, and the levels they are seen at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.great_vessels import great_vessels
from planner.anatomy.pleura import lung_mask
from planner.domain import structures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.anatomy.builtin import SpineOutline
    from planner.anatomy.description import Measured
    from planner.anatomy.great_vessels import Tube
    from planner.anatomy.spine_model import SpineModel

LEAST_LUNG_BESIDE_ML = 3.0
"""Lung on each side of a level, below which the pleura is not said to be outlined there."""

BESIDE_MM = (-45.0, 60.0)
"""Front-back reach, from the canal, in which lung lies beside a level."""

PART_OF_LEVEL = 0.75
"""A level reaches this many heights to both sides of its body centre: as far as a needle to it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Organs:
    """What else was found.

    Attributes
    ----------
    masks
        bool on the kept part of the scan's grid, by the names of structures.
    tubes
        Vessels along the spine.
    """

    masks: Mapping[str, NDArray[np.bool_]]
    tubes: Mapping[str, Tube]

    def seen_at(self, model: SpineModel, measured: Measured) -> dict[str, frozenset[int]]:
        """Return the numbers of the vertebrae beside which each structure is wholly seen."""
        seen: dict[str, set[int]] = {name: set() for name in self.masks}
        s, u = self._lung_beside_spine(model, measured)
        voxel_ml = measured.geometry.voxel_volume_mm3 / 1000.0
        for n, (centre, height) in enumerate(zip(model.centre_s, model.height_mm, strict=True)):
            reach = PART_OF_LEVEL * height
            for name, tube in self.tubes.items():
                if tube.covers(centre - reach, centre + reach):
                    seen[name].add(n + 1)
            near = np.abs(s - centre) < 0.5 * height
            sides = [float((near & (u * sign > 0)).sum()) * voxel_ml for sign in (1.0, -1.0)]
            if min(sides) >= LEAST_LUNG_BESIDE_ML:
                seen[structures.PLEURA].add(n + 1)
        return {name: frozenset(numbers) for name, numbers in seen.items()}

    def _lung_beside_spine(
        self, model: SpineModel, measured: Measured
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return ``s`` and ``u`` of every voxel of lung beside the spine, slice by slice."""
        found = [np.zeros((2, 0), np.float32)]
        for k, section in enumerate(self.masks[structures.PLEURA]):
            j, i = np.nonzero(section)
            index = np.stack([i, j, np.full(len(i), k)], axis=1).astype(np.float64)
            s, v, u = model.curve.locate(measured.geometry.lps_mm(index))
            beside = (v > BESIDE_MM[0]) & (v < BESIDE_MM[1])
            found.append(np.stack([s[beside], u[beside]]).astype(np.float32))
        s_mm, u_mm = np.concatenate(found, axis=1)
        return s_mm, u_mm


def find_organs(outline: SpineOutline, measured: Measured) -> Organs:
    """Look for aorta, vena cava and lung."""
    geometry = measured.geometry
    aorta, cava = great_vessels(outline.spine, outline.noise_hu)
    start = np.rint(outline.ct.geometry.ijk(geometry.lps_mm(np.zeros(3)))).astype(int)
    i, j, k = (slice(a, a + n) for a, n in zip(start, geometry.size_ijk, strict=True))
    tubes = {structures.AORTA: aorta, structures.VENA_CAVA: cava}
    located = outline.spine.curve.locate_grid(geometry)
    masks = {name: tube.inside(located) for name, tube in tubes.items()}
    del located
    masks[structures.PLEURA] = lung_mask(outline.ct.hu[k, j, i], measured.skin, geometry)
    return Organs(masks=masks, tubes=tubes)
