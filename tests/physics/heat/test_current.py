"""Resistances against closed forms: V6 and V7."""

import numpy as np
import pytest

from physics.heat.vertebra import centre_mm, uniform
from planner.physics.heat.current import circuit_of, joule_heat, solve_voltage
from planner.physics.heat.cuts import cuts_of_cylinders, cuts_of_surface, uncut
from planner.physics.heat.links import SHORTEST_ELECTRIC_CUT, Cuts, cut_links
from planner.physics.heat.metal import Cylinder
from planner.physics.heat.wiring import empty_circuit, rewire, wiring_of

CONDUCTIVITY = 0.1


def resistance_ohm(cuts: Cuts, inner: np.ndarray, spacing_mm: float) -> float:
    """Between the voxels ``inner`` at 1 V and the rest of the metal at 0 V."""
    conductivity = np.full(inner.shape, CONDUCTIVITY)
    links = cut_links(conductivity, spacing_mm, cuts, SHORTEST_ELECTRIC_CUT)
    circuit = circuit_of(links, cuts.metal)
    voltage = np.pad(inner.astype(np.float32), 1)
    solve_voltage(circuit, voltage, 1e-5)
    heat = np.zeros(inner.shape, np.float32)
    joule_heat(voltage, circuit, heat)
    return 1.0 / (float(heat.sum(dtype=np.float64)) * (spacing_mm / 1000.0) ** 3)


def spheres_error(spacing_mm: float) -> float:
    voxels = round(48.0 / spacing_mm)
    centres = (np.arange(voxels) - (voxels - 1) / 2) * spacing_mm
    z, y, x = np.meshgrid(centres, centres, centres, indexing="ij")
    radius = np.sqrt(x * x + y * y + z * z)
    exact = (1 / 4e-3 - 1 / 20e-3) / (4 * np.pi * CONDUCTIVITY)
    cuts = cuts_of_surface(np.minimum(radius - 4.0, 20.0 - radius))
    return resistance_ohm(cuts, radius < 4.0, spacing_mm) / exact - 1.0


def needle_error(offset: np.ndarray) -> float:
    """Of a needle of 0.9 mm in a coaxial tube of 15 mm, both along z."""
    medium = uniform(36, 1.0)
    axis = np.array((0.0, 0.0, 1.0))
    middle = centre_mm(medium) + offset
    needle = Cylinder(
        start_mm=tuple(middle - 60.0 * axis), end_mm=tuple(middle + 60.0 * axis), radius_mm=0.9
    )
    across = needle.along_and_across_mm(medium)[1]
    inner = cuts_of_cylinders(medium, [needle])
    outer = cuts_of_surface(15.0 - across)
    parts = zip(inner[1:], outer[1:], strict=True)
    cuts = Cuts(inner.metal | outer.metal, *(np.where(np.isnan(a), b, a) for a, b in parts))
    exact = np.log(15.0 / 0.9) / (2 * np.pi * CONDUCTIVITY * 36e-3)
    return resistance_ohm(cuts, inner.metal, 1.0) / exact - 1.0


def test_that_concentric_spheres_have_the_resistance_of_the_textbook() -> None:
    assert abs(spheres_error(1.0)) <= 0.015


def test_that_the_error_of_a_cut_sphere_falls_with_the_square_of_the_spacing() -> None:
    assert abs(spheres_error(1.0)) < abs(spheres_error(2.0)) / 3.0


def test_that_a_needle_off_the_grid_has_the_resistance_of_a_coaxial_line() -> None:
    random = np.random.default_rng(20240731)
    offsets = random.random((12, 3)) - 0.5
    errors = [abs(needle_error(offset)) for offset in offsets]
    assert np.mean(errors) <= 0.04
    assert np.max(errors) <= 0.06


def test_that_a_block_between_plates_has_its_ohms() -> None:
    conductivity = np.full((8, 8, 22), CONDUCTIVITY)
    given = np.zeros(conductivity.shape, bool)
    given[:, :, 0] = given[:, :, -1] = True
    links = cut_links(conductivity, 1.0, uncut(conductivity.shape), 0.05)
    circuit = circuit_of(links, given)
    voltage = np.zeros(conductivity.shape, np.float32)
    voltage[:, :, 0] = 1.0
    padded = np.pad(voltage, 1)
    solve_voltage(circuit, padded, 1e-6)
    heat = np.zeros(conductivity.shape, np.float32)
    joule_heat(padded, circuit, heat)
    power = float(heat.sum(dtype=np.float64)) * 1e-9
    assert 1.0 / power == pytest.approx(21e-3 / (CONDUCTIVITY * 64e-6), rel=1e-4)


def test_that_a_circuit_written_in_one_pass_is_the_same() -> None:
    chance = np.random.default_rng(261)
    medium = uniform(20, 1.0)
    needle = Cylinder(start_mm=(6.0, 9.2, 9.4), end_mm=(13.0, 10.3, 9.9), radius_mm=0.9)
    cuts = cuts_of_cylinders(medium, [needle])
    cold = chance.uniform(0.0, 2.0, size=medium.tissue.shape)
    cold[:3] = 0.0  # gas
    temperature = chance.uniform(30.0, 105.0, size=cold.shape).astype(np.float32)
    given = cuts.metal.copy()
    given[0] = True
    wiring = wiring_of(cold, cuts, given, medium.spacing_mm)
    found, warm = empty_circuit(wiring), np.empty(cold.shape, np.float32)
    rewire(temperature, wiring, warm, found)
    expected = cold * (1.0 + 0.015 * np.clip(temperature - 37.0, 0.0, 63.0))
    expected[temperature >= 99.5] *= 0.3
    assert warm == pytest.approx(expected, rel=1e-5)
    links = cut_links(expected, medium.spacing_mm, cuts, SHORTEST_ELECTRIC_CUT)
    for one, other in zip(found, circuit_of(links, given), strict=True):
        assert one == pytest.approx(other, rel=1e-4)
    assert np.isfinite(cuts.along_i).any()
