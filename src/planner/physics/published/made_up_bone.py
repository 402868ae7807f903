"""A vertebra of ellipses: body, wall, pedicles, canal with sac and cord, foramina with roots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.physics.heat import Medium
from planner.physics.heat.tissue_classes import TissueClass

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.physics.heat import PropertyTable
    from planner.physics.heat.metal import Triple

    Lengths = NDArray[np.float64]

SHELL_MM: Final = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """Half sizes in mm: x to the side, y backward, z upward; the wall is at y = ``wall_y_mm``."""

    body_mm: Triple
    canal_x_mm: float
    canal_y_mm: float
    wall_y_mm: float


LUMBAR = Build(body_mm=(23.0, 17.0, 14.0), canal_x_mm=12.0, canal_y_mm=9.0, wall_y_mm=9.0)
"""About an L3."""

SHEEP = Build(body_mm=(14.0, 10.0, 18.0), canal_x_mm=7.0, canal_y_mm=5.5, wall_y_mm=8.0)
"""About a lumbar vertebra of a sheep; no measured one was at hand."""

ROOT_MM: Final = (13.0, 14.0, -7.0)
"""Middle of the root of ``LUMBAR``, on the right."""


def vertebra(
    table: PropertyTable, build: Build, voxels: int, spacing_mm: float, raised_mm: float = 0.0
) -> Medium:
    """Return a grid with the vertebra's middle ``raised_mm`` above that of the grid."""
    centres = (np.arange(voxels) - (voxels - 1) / 2) * spacing_mm
    z, y, x = np.meshgrid(centres - raised_mm, centres, centres, indexing="ij")
    half_x, half_y, half_z = build.body_mm
    body_y = y - (build.wall_y_mm - half_y)
    canal_y = y - (build.wall_y_mm + build.canal_y_mm)
    tissue = np.full(x.shape, TissueClass.SOFT, np.uint8)
    column = _ellipse(x, body_y, half_x, half_y)
    inner = _ellipse(x, body_y, half_x - SHELL_MM, half_y - SHELL_MM)
    tissue[column] = TissueClass.DISC
    tissue[column & (np.abs(z) <= half_z)] = TissueClass.CORTICAL
    tissue[inner & (np.abs(z) <= half_z - SHELL_MM)] = TissueClass.CANCELLOUS
    canal = _ellipse(x, canal_y, build.canal_x_mm, build.canal_y_mm)
    lamina = _ellipse(x, canal_y, build.canal_x_mm + 5.0, build.canal_y_mm + 5.0)
    tissue[lamina & (canal_y > 3.0) & (np.abs(z) <= 9.0) & ~canal] = TissueClass.CORTICAL
    aside = np.abs(x) - build.canal_x_mm - 3.0
    behind = (y > build.wall_y_mm - 5.0) & (canal_y < 4.0) & ~canal
    pedicle = _ellipse(aside, z - 5.0, 4.5, 6.0) & behind & (y > build.wall_y_mm - SHELL_MM)
    tissue[pedicle] = TissueClass.CORTICAL
    tissue[_ellipse(aside, z - 5.0, 3.3, 4.8) & behind] = TissueClass.CANCELLOUS
    foramen = (np.abs(aside) < 5.0) & _ellipse(canal_y + 4.0, z + 7.0, 5.0, 6.0) & ~column & ~canal
    tissue[foramen] = TissueClass.EPIDURAL_FAT
    tissue[foramen & _ellipse(canal_y + 4.0, z + 7.0, 2.5, 2.5)] = TissueClass.NERVE
    tissue[canal] = TissueClass.EPIDURAL_FAT
    tissue[_ellipse(x, canal_y, build.canal_x_mm - 2.0, build.canal_y_mm - 2.0)] = TissueClass.CSF
    cord = _ellipse(x, canal_y, build.canal_x_mm * 0.42, build.canal_y_mm * 0.45)
    tissue[cord] = TissueClass.CORD
    return Medium(tissue=tissue, spacing_mm=spacing_mm, table=table)


def in_grid(medium: Medium, place_mm: tuple[float, float, float]) -> Triple:
    """Return a place given from the middle of the grid (x, y, z) in grid millimetres."""
    middle = (np.array(medium.tissue.shape[::-1]) - 1) * medium.spacing_mm / 2.0
    x, y, z = middle + np.array(place_mm)
    return (float(x), float(y), float(z))


def with_ball(
    medium: Medium, place_mm: tuple[float, float, float], radius_mm: float, tissue: TissueClass
) -> Medium:
    """Return the medium with a ball of another class, its middle from the middle of the grid."""
    x, y, z = (c - o for c, o in zip(medium.centres_mm(), in_grid(medium, place_mm), strict=True))
    changed = medium.tissue.copy()
    changed[x * x + y * y + z * z <= radius_mm**2] = tissue
    return Medium(tissue=changed, spacing_mm=medium.spacing_mm, table=medium.table)


def _ellipse(a: Lengths, b: Lengths, half_a: float, half_b: float) -> NDArray[np.bool_]:
    return np.asarray((a / half_a) ** 2 + (b / half_b) ** 2 <= 1.0)
