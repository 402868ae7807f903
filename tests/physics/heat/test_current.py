"""Resistances against closed forms: V6 and V7."""

import numpy as np
import pytest

from planner.physics.heat.current import circuit_of, joule_heat, solve_voltage
from planner.physics.heat.links import SHORTEST_ELECTRIC_CUT, cut_links

CONDUCTIVITY = 0.1


def resistance_ohm(inner_mm: np.ndarray, outer_mm: np.ndarray, spacing_mm: float) -> float:
    """Between a body (negative ``inner_mm``) at 1 V and one at 0 V (negative ``outer_mm``)."""
    distance = np.minimum(inner_mm, outer_mm)
    conductivity = np.full(distance.shape, CONDUCTIVITY)
    links = cut_links(conductivity, spacing_mm, distance, SHORTEST_ELECTRIC_CUT)
    circuit = circuit_of(links, distance < 0.0)
    voltage = np.pad((inner_mm < 0.0).astype(np.float32), 1)
    solve_voltage(circuit, voltage, 1e-5)
    heat = np.zeros(distance.shape, np.float32)
    joule_heat(voltage, circuit, heat)
    return 1.0 / (float(heat.sum(dtype=np.float64)) * (spacing_mm / 1000.0) ** 3)


def spheres_error(spacing_mm: float) -> float:
    voxels = round(48.0 / spacing_mm)
    centres = (np.arange(voxels) - (voxels - 1) / 2) * spacing_mm
    z, y, x = np.meshgrid(centres, centres, centres, indexing="ij")
    radius = np.sqrt(x * x + y * y + z * z)
    exact = (1 / 4e-3 - 1 / 20e-3) / (4 * np.pi * CONDUCTIVITY)
    return resistance_ohm(radius - 4.0, 20.0 - radius, spacing_mm) / exact - 1.0


def test_that_concentric_spheres_have_the_resistance_of_the_textbook() -> None:
    assert abs(spheres_error(1.0)) <= 0.015


def test_that_the_error_of_a_cut_sphere_falls_with_the_square_of_the_spacing() -> None:
    assert abs(spheres_error(1.0)) < abs(spheres_error(2.0)) / 3.0


def test_that_a_needle_off_the_grid_has_the_resistance_of_a_coaxial_line() -> None:
    random = np.random.default_rng(20240731)
    errors = []
    for _ in range(12):
        off_x, off_y = random.random(2) - 0.5
        centres = np.arange(36) - 17.5
        y, x = np.meshgrid(centres, centres, indexing="ij")
        radius = np.broadcast_to(np.hypot(x - off_x, y - off_y), (12, 36, 36)).copy()
        exact = np.log(15.0 / 0.9) / (2 * np.pi * CONDUCTIVITY * 12e-3)
        errors.append(abs(resistance_ohm(radius - 0.9, 15.0 - radius, 1.0) / exact - 1.0))
    assert np.mean(errors) <= 0.04
    assert np.max(errors) <= 0.06


def test_that_a_block_between_plates_has_its_ohms() -> None:
    conductivity = np.full((8, 8, 22), CONDUCTIVITY)
    given = np.zeros(conductivity.shape, bool)
    given[:, :, 0] = given[:, :, -1] = True
    links = cut_links(conductivity, 1.0, np.ones(conductivity.shape), 0.05)
    circuit = circuit_of(links, given)
    voltage = np.zeros(conductivity.shape, np.float32)
    voltage[:, :, 0] = 1.0
    padded = np.pad(voltage, 1)
    solve_voltage(circuit, padded, 1e-6)
    heat = np.zeros(conductivity.shape, np.float32)
    joule_heat(padded, circuit, heat)
    power = float(heat.sum(dtype=np.float64)) * 1e-9
    assert 1.0 / power == pytest.approx(21e-3 / (CONDUCTIVITY * 64e-6), rel=1e-4)
