"""A made-up lumbar vertebra of ellipses, with properties that do not come from resources."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planner.domain.sourced import Status
from planner.physics.heat import (
    Cooling,
    Cylinder,
    Driven,
    Electrode,
    Medium,
    PropertyTable,
    RadioFrequency,
    Setpoint,
    Stage,
)

NAMES = ("muscle", "cortical", "cancellous", "lytic", "csf", "epidural fat", "disc", "cord")
DENSITY = np.array([1090.0, 1908, 1178, 1050, 1007, 911, 1100, 1075])
SPECIFIC_HEAT = np.array([3421.0, 1313, 2274, 3600, 4096, 2348, 3568, 3630])
HEAT_CONDUCTIVITY = np.array([0.49, 0.32, 0.31, 0.52, 0.57, 0.21, 0.49, 0.51])
PERFUSION_ML = np.array([37.0, 10, 30, 60, 0, 33, 35, 160])
CONDUCTIVITY = np.array([0.446, 0.0222, 0.087, 0.30, 2.0, 0.0438, 0.25, 0.23])
WATER = np.array([0.75, 0.15, 0.40, 0.75, 0.99, 0.15, 0.75, 0.75])
CANCELLOUS, CSF, FAT, DISC, CORD = 2, 4, 5, 6, 7


def table() -> PropertyTable:
    capacity = DENSITY * SPECIFIC_HEAT
    return PropertyTable(
        names=NAMES,
        heat_conductivity_w_per_m_k=HEAT_CONDUCTIVITY,
        heat_capacity_j_per_m3_k=capacity,
        perfusion_w_per_m3_k=PERFUSION_ML / 60e6 * DENSITY * 1050.0 * 3617.0,
        conductivity_s_per_m=CONDUCTIVITY,
        frozen_heat_conductivity_w_per_m_k=HEAT_CONDUCTIVITY
        * np.array([3.4, 1.05, 1.9, 3.4, 3.9, 1.2, 3.2, 3.4]),
        frozen_heat_capacity_j_per_m3_k=capacity
        * np.array([0.52, 0.95, 0.72, 0.52, 0.47, 0.8, 0.52, 0.52]),
        latent_heat_j_per_m3=WATER * 3.34e5 * DENSITY,
        status=Status.RECALLED,
    )


def uniform(voxels: int, spacing_mm: float, tissue: int = CANCELLOUS) -> Medium:
    return Medium(
        tissue=np.full((voxels,) * 3, tissue, np.uint8), spacing_mm=spacing_mm, table=table()
    )


def without_blood(medium: Medium) -> Medium:
    still = replace(medium.table, perfusion_w_per_m3_k=np.zeros(len(NAMES)))
    return replace(medium, table=still)


def vertebra(voxels: int, spacing_mm: float) -> Medium:
    """Centred on the grid; +y is posterior, symmetric in x."""
    centres = (np.arange(voxels) - (voxels - 1) / 2) * spacing_mm
    z, y, x = np.meshgrid(centres, centres, centres, indexing="ij")
    body_y, canal_y = y + 8.0, y - 18.0
    tissue = np.zeros(x.shape, np.uint8)
    column = ellipse(x, body_y, 23.0, 17.0)
    tissue[column] = DISC
    tissue[column & (np.abs(z) <= 14.0)] = 1
    tissue[ellipse(x, body_y, 21.8, 15.8) & (np.abs(z) <= 12.8)] = CANCELLOUS
    canal = ellipse(x, canal_y, 12.0, 9.0)
    ring = ellipse(x, canal_y, 17.0, 14.0) & ~canal & (np.abs(z) <= 9.0) & (y > 5.0)
    tissue[ring & (tissue == 0)] = 1
    behind = (y > 4.0) & (y < 22.0) & ~canal
    tissue[ellipse(np.abs(x) - 15.0, z - 5.0, 4.5, 6.0) & behind & (y > 5.0)] = 1
    tissue[ellipse(np.abs(x) - 15.0, z - 5.0, 3.3, 4.8) & behind] = CANCELLOUS
    tissue[canal] = FAT
    tissue[ellipse(x, canal_y, 10.0, 7.0)] = CSF
    tissue[ellipse(x, canal_y, 5.0, 4.0)] = CORD
    return Medium(tissue=tissue, spacing_mm=spacing_mm, table=table())


def ellipse(a: np.ndarray, b: np.ndarray, half_a: float, half_b: float) -> np.ndarray:
    return (a / half_a) ** 2 + (b / half_b) ** 2 <= 1.0


def centre_mm(medium: Medium) -> np.ndarray:
    return (np.array(medium.tissue.shape[::-1]) - 1) * medium.spacing_mm / 2.0


def bipolar(
    medium: Medium,
    tip: tuple[float, float, float],
    axis: tuple[float, float, float],
    cooling: Cooling | None = None,
) -> RadioFrequency:
    """Two electrodes of 8 mm, 4 mm apart; ``tip`` from the grid centre, ``axis`` backward."""
    backward = np.array(axis) / np.linalg.norm(axis)
    start = centre_mm(medium) + tip

    def electrode(low: float, high: float, volts: float) -> Electrode:
        ends = [tuple(start + backward * s) for s in (low, high)]
        return Electrode(
            metal=Cylinder(start_mm=ends[0], end_mm=ends[1], radius_mm=0.9), volts=volts
        )

    return RadioFrequency(
        electrodes=(electrode(0.0, 8.0, 1.0), electrode(12.0, 20.0, -1.0)),
        cooling=cooling or Cooling(),
    )


def burn(*applicators: RadioFrequency, seconds: float = 600.0, celsius: float = 95.0) -> Stage:
    driven = tuple(Driven(applicator=a, drive=Setpoint(celsius=celsius)) for a in applicators)
    return Stage(duration_s=seconds, driven=driven)
