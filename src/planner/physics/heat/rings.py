"""Rings of tissue round one needle: the grid of the axisymmetric model.

A needle is round and so is most of what it does. Averaged round the needle, tissue leaves two
coordinates, the radius and the place along the needle, and a solve a hundred times smaller. The
grid begins at the metal's own surface, so no link is cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.physics.heat.medium import PropertyTable

    Grid2 = NDArray[np.float64]

FIRST_MM: Final = 0.5
ALONG_MM: Final = 1.0
"""Thickness of the first ring, and of the slices near metal."""

COLD_FIRST_MM: Final = 0.9
COLD_ALONG_MM: Final = 1.5
"""The same for cold: frozen tissue conducts seven times better, so that steps are shorter."""

GROWTH: Final = 1.15
THICKEST_MM: Final = 2.5
REACH_MM: Final = 36.0
"""Tissue beyond the metal; its edge is held at body temperature."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rings:
    """Cells ``[s, r]``: slices along the needle from its tip backward, rings round it.

    Ring 0 is the core, as thick as the metal; where there is no metal it is tissue.

    Attributes
    ----------
    r_mm, s_mm
        Borders of the rings, from 0, and of the slices.
    piece
        int64 ``[s]``: which piece of metal fills the core of a slice, -1 for none.
    """

    r_mm: Grid2
    s_mm: Grid2
    piece: NDArray[np.int64]

    @property
    def r_centre_mm(self) -> Grid2:
        """Radius of each ring's middle; that of the core is a half of the metal's."""
        return np.asarray(0.5 * (self.r_mm[1:] + self.r_mm[:-1]))

    @property
    def s_centre_mm(self) -> Grid2:
        """Place of each slice's middle along the needle."""
        return np.asarray(0.5 * (self.s_mm[1:] + self.s_mm[:-1]))

    @property
    def shape(self) -> tuple[int, int]:
        """Slices, rings."""
        return len(self.s_mm) - 1, len(self.r_mm) - 1

    @property
    def volume_m3(self) -> Grid2:
        """Volume of every cell."""
        area = np.pi * np.diff(self.r_mm**2)
        return np.asarray(np.diff(self.s_mm)[:, None] * area[None, :] * 1e-9)

    @property
    def radial_shape(self) -> tuple[Grid2, Grid2]:
        """Inner and outer part of each radial link's length, over its area; ``[r]``, for 1 mm.

        The link through border ``n`` runs from the middle of ring ``n - 1`` to that of ring
        ``n``; the last ends on the edge. Multiplied by 1 / conductivity they are resistances of a
        slice one metre thick.
        """
        centre, border = self.r_centre_mm, self.r_mm
        inner = np.zeros(len(border))
        outer = np.zeros(len(border))
        inner[1:] = np.log(border[1:] / centre) / (2.0 * np.pi)
        outer[1:-1] = np.log(centre[1:] / border[1:-1]) / (2.0 * np.pi)
        return inner, outer


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RingTissue:
    """Properties averaged round the needle, ``[s, r]``, in SI units."""

    heat_conductivity: Grid2
    heat_capacity: Grid2
    perfusion: Grid2
    conductivity: Grid2
    frozen_conductivity: Grid2
    frozen_capacity: Grid2
    latent_heat: Grid2
    freezing_from_celsius: float
    frozen_at_celsius: float


def rings_of(
    pieces_mm: Sequence[tuple[float, float]], radius_mm: float, *, cold: bool = False
) -> Rings:
    """Return the grid round pieces of metal, given by their ends along the needle."""
    first, along = (COLD_FIRST_MM, COLD_ALONG_MM) if cold else (FIRST_MM, ALONG_MM)
    ends = sorted({end for piece in pieces_mm for end in piece})
    borders = [ends[0]]
    for low, high in pairwise(ends):
        count = max(1, int(np.ceil((high - low) / along - 1e-9)))
        borders += list(np.linspace(low, high, count + 1)[1:])
    outward = _growing(along, REACH_MM)
    s_mm = np.concatenate([ends[0] - outward[::-1], borders, ends[-1] + outward])
    r_mm = np.concatenate([[0.0, radius_mm], radius_mm + _growing(first, REACH_MM)])
    middle = 0.5 * (s_mm[1:] + s_mm[:-1])
    piece = np.full(len(middle), -1, dtype=np.int64)
    for number, (low, high) in enumerate(pieces_mm):
        piece[(middle > low) & (middle < high)] = number
    return Rings(r_mm=r_mm, s_mm=s_mm, piece=piece)


def _growing(first_mm: float, reach_mm: float) -> Grid2:
    """Return distances that grow from the first to the thickest, until ``reach_mm``."""
    found, size = [first_mm], first_mm
    while found[-1] < reach_mm:
        size = min(size * GROWTH, THICKEST_MM)
        found.append(found[-1] + size)
    return np.array(found)


def ring_tissue(tissue: NDArray[np.uint8], table: PropertyTable) -> RingTissue:
    """Average the tissue seen at angles round the needle, uint8 ``[s, r, angle]``.

    Sectors lie side by side for heat and current that flow outward, so their plain mean counts.
    """

    def mean(column: Grid2) -> Grid2:
        return np.asarray(column[tissue].mean(axis=2))

    return RingTissue(
        heat_conductivity=mean(table.heat_conductivity_w_per_m_k),
        heat_capacity=mean(table.heat_capacity_j_per_m3_k),
        perfusion=mean(table.perfusion_w_per_m3_k),
        conductivity=mean(table.conductivity_s_per_m),
        frozen_conductivity=mean(table.frozen_heat_conductivity_w_per_m_k),
        frozen_capacity=mean(table.frozen_heat_capacity_j_per_m3_k),
        latent_heat=mean(table.latent_heat_j_per_m3),
        freezing_from_celsius=table.freezing_from_celsius,
        frozen_at_celsius=table.frozen_at_celsius,
    )


@kernel
def ring_links(
    value: Grid2,
    piece: NDArray[np.int64],
    lengths: tuple[Grid2, Grid2, Grid2, Grid2],
    across: Grid2,
    down: Grid2,
) -> None:
    """Write the conductances of all links from the conductivity of the cells.

    Parameters
    ----------
    lengths
        ``Rings.radial_shape``, thickness of the slices (m) and area of the rings (m2).
    across, down
        W/K or S: through the border before ring ``r``, shape ``[s, r + 1]``, and before slice
        ``s``, shape ``[s + 1, r]``; the first and last are those to the edge.
    """
    inner, outer, thick, area = lengths
    slices, rings = value.shape
    for s in range(slices):
        across[s, 0] = 0.0
        for r in range(1, rings + 1):
            resistance = 0.0
            if not (r == 1 and piece[s] >= 0):
                resistance += inner[r] / max(value[s, r - 1], 1e-12)
            if r < rings:
                resistance += outer[r] / max(value[s, r], 1e-12)
            across[s, r] = thick[s] / resistance
    for r in range(rings):
        for s in range(slices + 1):
            resistance = 0.0
            if s > 0 and not (r == 0 and piece[s - 1] >= 0):
                resistance += 0.5 * thick[s - 1] / max(value[s - 1, r], 1e-12)
            if s < slices and not (r == 0 and piece[s] >= 0):
                resistance += 0.5 * thick[s] / max(value[s, r], 1e-12)
            down[s, r] = area[r] / resistance if resistance > 0.0 else 0.0
