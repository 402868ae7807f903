"""What the heat solvers work on: a map of tissue numbers and a table of their properties."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.sourced import Status

FEWEST_VOXELS: Final = 8
"""Shortest side of a grid: one layer is held fixed all round."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PropertyTable:
    """Properties of the tissues of a map; row ``n`` of each array is tissue number ``n``.

    Attributes
    ----------
    names
        Of the tissues, for words only.
    heat_conductivity_w_per_m_k, heat_capacity_j_per_m3_k
        Of unfrozen tissue.
    perfusion_w_per_m3_k
        Heat taken up by blood per volume and degree.
    conductivity_s_per_m
        Electric, near 460 kHz, at 37 degrees.
    frozen_heat_conductivity_w_per_m_k, frozen_heat_capacity_j_per_m3_k, latent_heat_j_per_m3
        Of frozen tissue, and the heat freed between ``freezing_from_celsius`` and
        ``frozen_at_celsius``.
    status
        The weakest among all the numbers.
    """

    names: tuple[str, ...]
    heat_conductivity_w_per_m_k: NDArray[np.float64]
    heat_capacity_j_per_m3_k: NDArray[np.float64]
    perfusion_w_per_m3_k: NDArray[np.float64]
    conductivity_s_per_m: NDArray[np.float64]
    frozen_heat_conductivity_w_per_m_k: NDArray[np.float64]
    frozen_heat_capacity_j_per_m3_k: NDArray[np.float64]
    latent_heat_j_per_m3: NDArray[np.float64]
    status: Status
    freezing_from_celsius: float = -1.0
    frozen_at_celsius: float = -8.0

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray):
                if value.shape != (len(self.names),):
                    raise ValueError(f"{item.name} needs one number for each of {self.names}")
                if not (np.isfinite(value).all() and (value >= 0.0).all()):
                    raise ValueError(f"{item.name} must be finite and not negative")
        if not (self.heat_capacity_j_per_m3_k > 0.0).all():
            raise ValueError("a tissue needs a heat capacity above zero")
        if not self.frozen_at_celsius < self.freezing_from_celsius:
            raise ValueError("tissue is frozen below the temperature where freezing starts")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Medium:
    """An isotropic grid of tissue.

    Points are in grid millimetres: voxel ``[k, j, i]`` has its centre at
    ``(i, j, k) * spacing_mm``, so no patient frame is known here.

    Attributes
    ----------
    tissue
        uint8 ``[k, j, i]``: rows of ``table``.
    """

    tissue: NDArray[np.uint8]
    spacing_mm: float
    table: PropertyTable

    def __post_init__(self) -> None:
        if self.tissue.ndim != 3 or min(self.tissue.shape) < FEWEST_VOXELS:  # a volume
            raise ValueError(f"a grid needs {FEWEST_VOXELS} voxels a side: {self.tissue.shape}")
        if not self.spacing_mm > 0.0:
            raise ValueError(f"the spacing must be positive, got {self.spacing_mm}")
        if int(self.tissue.max()) >= len(self.table.names):
            raise ValueError("the map has a tissue number that the table does not have")

    @property
    def voxel_m3(self) -> float:
        """Volume of one voxel."""
        return (self.spacing_mm / 1000.0) ** 3

    def spread(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a column of the table as a volume."""
        return np.asarray(column[self.tissue])

    def centres_mm(self) -> tuple[NDArray[np.float64], ...]:
        """Return x, y, z of the voxel centres, shaped to broadcast over ``[k, j, i]``."""
        k, j, i = (
            np.arange(length, dtype=np.float64) * self.spacing_mm for length in self.tissue.shape
        )
        return i[None, None, :], j[None, :, None], k[:, None, None]
