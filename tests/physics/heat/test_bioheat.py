"""The bioheat kernel against closed forms: V1 to V5, balance and decay."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.interpolate import CubicSpline
from scipy.special import erfc

from physics.heat.grids import (
    HEAT_CAPACITY,
    HEAT_CONDUCTIVITY,
    PERFUSION,
    radii_m,
    uniform_body,
    warmed,
)
from planner.physics.heat.bioheat import Step, advance, body_of, stable_step_s
from planner.physics.heat.dose import arrhenius_gain, dose_rate, power_of_two
from planner.physics.heat.links import harmonic_links

DIFFUSIVITY = HEAT_CONDUCTIVITY / HEAT_CAPACITY
PENETRATION = np.sqrt(HEAT_CONDUCTIVITY / PERFUSION)


def gaussian_case(spacing_mm: float) -> tuple[float, float]:
    """V1: return the relative L2 error and the largest error in K."""
    sigma, watts, seconds = 4e-3, 5.0, 300.0
    voxels = round(96.0 / spacing_mm)
    radius = radii_m(voxels, spacing_mm)
    heat = watts * (2 * np.pi * sigma**2) ** -1.5 * np.exp(-(radius**2) / 2 / sigma**2)

    def kernel_at(u: float, r: float) -> float:
        width = sigma**2 + 2 * DIFFUSIVITY * u
        decay = np.exp(-(r**2) / 2 / width - PERFUSION / HEAT_CAPACITY * u)
        return float(watts / HEAT_CAPACITY * (2 * np.pi * width) ** -1.5 * decay)

    knots = np.linspace(0.0, 0.036, 150)
    values = [quad(kernel_at, 0.0, seconds, args=(r,), epsrel=1e-8, limit=200)[0] for r in knots]
    near = radius < 0.035
    exact = CubicSpline(knots, values)(radius[near])
    error = warmed(uniform_body(voxels, spacing_mm), heat, seconds)[near] - exact
    return float(np.sqrt((error**2).mean() / (exact**2).mean())), float(np.abs(error).max())


def test_that_a_gaussian_source_is_met_to_second_order() -> None:
    coarse, _ = gaussian_case(2.0)
    fine, largest_k = gaussian_case(1.0)
    assert fine <= 4e-3
    assert largest_k <= 0.6
    assert np.log2(coarse / fine) >= 1.9


def share_inside(voxels: int, spacing_mm: float, radius_m: float) -> np.ndarray:
    radius = radii_m(voxels, spacing_mm)
    step = spacing_mm / 1000.0
    share = (radius < radius_m).astype(float)
    centres = (np.arange(voxels) - voxels // 2) * step
    parts = ((np.arange(8) + 0.5) / 8 - 0.5) * step
    z, y, x = np.meshgrid(parts, parts, parts, indexing="ij")
    for k, j, i in np.argwhere(np.abs(radius - radius_m) < step):
        sample = (centres[k] + z) ** 2 + (centres[j] + y) ** 2 + (centres[i] + x) ** 2
        share[k, j, i] = (sample <= radius_m**2).mean()
    return share


def test_that_a_heated_sphere_with_perfusion_settles_on_the_closed_form() -> None:
    ball, watts, voxels = 6e-3, 3.0, 84
    density = watts / (4 / 3 * np.pi * ball**3)
    radius = np.maximum(radii_m(voxels, 1.0), 1e-9)
    level, a, s = density / PERFUSION, ball / PENETRATION, radius / PENETRATION
    inside = level * (1 - (1 + a) * np.exp(-a) * np.sinh(s) / s)
    outside = level * (a * np.cosh(a) - np.sinh(a)) * np.exp(-s) / s
    exact = np.where(radius < ball, inside, outside)
    heat = density * share_inside(voxels, 1.0, ball)
    found = warmed(uniform_body(voxels, 1.0), heat, 1800.0)
    near = radius < 0.03
    error = (found - exact)[near]
    assert np.sqrt((error**2).mean() / (exact[near] ** 2).mean()) <= 4e-3
    assert np.abs(error).max() <= 0.4


def test_that_a_point_source_is_met_outside_its_near_field() -> None:
    voxels, watts, seconds = 96, 2.0, 600.0
    radius = radii_m(voxels, 1.0)
    heat = np.where(radius == 0.0, watts / 1e-9, 0.0)
    r = np.maximum(radius, 1e-4)
    spread, fade = np.sqrt(4 * DIFFUSIVITY * seconds), np.sqrt(PERFUSION / HEAT_CAPACITY * seconds)
    exact = (
        watts
        / (8 * np.pi * HEAT_CONDUCTIVITY * r)
        * (
            np.exp(-r / PENETRATION) * erfc(r / spread - fade)
            + np.exp(r / PENETRATION) * erfc(r / spread + fade)
        )
    )
    error = np.abs(warmed(uniform_body(voxels, 1.0), heat, seconds) / exact - 1.0)
    assert error[(radius >= 4e-3) & (radius < 6e-3)].max() <= 0.05
    assert error[(radius >= 6e-3) & (radius < 12e-3)].max() <= 0.02


def test_that_the_flux_is_kept_where_two_layers_meet() -> None:
    columns, count = 48, 60_000
    conductivity = np.full((3, 3, columns), 0.3)
    conductivity[:, :, columns // 2 :] = 2.2
    along = harmonic_links(conductivity, 1.0).along_i
    closed = np.zeros_like(along)
    per_capacity = np.full(along.shape, 1e-6, np.float32)
    body = body_of(harmonic_links(conductivity, 1.0), per_capacity, closed)
    body = body._replace(along_j=closed, along_k=closed)
    now = np.zeros_like(along)
    now[:, :, -1] = 100.0
    new = now.copy()
    step = Step.of(stable_step_s(body))
    for _ in range(count):
        advance(now, new, body, closed, np.zeros_like(now), step)
        now, new = new, now
    index = np.arange(columns)
    low = (columns // 2 - 0.5) / 0.3
    high = (columns - 1 - columns // 2 + 0.5) / 2.2
    flux = 100.0 / (low + high)
    exact = np.where(
        index < columns // 2, flux * index / 0.3, 100.0 - flux * (columns - 1 - index) / 2.2
    )
    assert np.abs(now[1, 1] - exact).max() <= 0.02


def test_that_the_fast_power_of_two_is_right_to_a_ten_thousandth() -> None:
    for exponent in np.linspace(-16.0, 17.0, 331, dtype=np.float32):
        assert power_of_two(exponent) == pytest.approx(2.0 ** float(exponent), rel=1e-4)


@pytest.mark.parametrize(
    ("celsius", "rate"), [(37.0, 0.25**6), (42.0, 0.25), (43.0, 1.0), (45.0, 4.0), (50.0, 128.0)]
)
def test_that_a_constant_temperature_gathers_its_dose(celsius: float, rate: float) -> None:
    assert dose_rate(np.float32(celsius)) == pytest.approx(rate, rel=1e-4)
    body = uniform_body(8, 1.0, perfusion=0.0)
    now = np.full((8, 8, 8), celsius, np.float32)
    dose, new = np.zeros_like(now), now.copy()
    for _ in range(60):
        advance(now, new, body, np.zeros_like(now), dose, Step.of(1.0))
    assert dose[4, 4, 4] == pytest.approx(rate, rel=1e-4)


def test_that_the_dose_beyond_60_degrees_stays_finite() -> None:
    assert dose_rate(np.float32(105.0)) == pytest.approx(2.0**17, rel=1e-4)


def test_that_nothing_happens_without_power() -> None:
    body = uniform_body(12, 1.0)
    now = np.full((12, 12, 12), 37.0, np.float32)
    new = now.copy()
    for _ in range(200):
        advance(now, new, body, np.zeros_like(now), np.zeros_like(now), Step.of(1.0))
        now, new = new, now
    assert (now == 37.0).all()


def test_that_perfusion_alone_cools_exponentially() -> None:
    body = uniform_body(12, 1.0)
    closed = np.zeros_like(body.along_i)
    body = body._replace(along_i=closed, along_j=closed, along_k=closed)
    now = np.full(closed.shape, 44.0, np.float32)
    new = now.copy()
    step = Step.of(0.1)
    for _ in range(3000):
        advance(now, new, body, closed, np.zeros_like(now), step)
        now, new = new, now
    exact = 37.0 + 7.0 * np.exp(-PERFUSION / HEAT_CAPACITY * 300.0)
    assert now[6, 6, 6] == pytest.approx(exact, abs=2e-3)


def test_that_coagulated_tissue_is_no_longer_perfused() -> None:
    body = uniform_body(12, 1.0)
    closed = np.zeros_like(body.along_i)
    body = body._replace(along_i=closed, along_j=closed, along_k=closed)
    now = np.full(closed.shape, 44.0, np.float32)
    new = now.copy()
    dose = np.zeros_like(now)
    dose[6, 6, 6] = 240.0
    advance(now, new, body, closed, dose, Step.of(1.0))
    assert new[6, 6, 6] == 44.0
    assert new[6, 6, 5] < 44.0


def test_that_heat_put_in_is_stored_or_carried_off_by_blood() -> None:
    voxels, watts, seconds = 64, 2.0, 120.0
    radius = radii_m(voxels, 1.0)
    heat = np.exp(-(radius**2) / 2 / 3e-3**2)
    heat *= watts / (heat.sum() * 1e-9)
    body = uniform_body(voxels, 1.0)
    count = int(np.ceil(seconds / stable_step_s(body)))
    step = Step.of(seconds / count, arterial=0.0)
    now = np.zeros(heat.shape, np.float32)
    new, carried = now.copy(), 0.0
    for _ in range(count):
        carried += float(now.sum(dtype=np.float64)) * PERFUSION * 1e-9 * seconds / count
        advance(now, new, body, heat.astype(np.float32), np.zeros_like(now), step)
        now, new = new, now
    stored = float(now.sum(dtype=np.float64)) * HEAT_CAPACITY * 1e-9
    assert stored + carried == pytest.approx(watts * seconds, rel=5e-3)
    assert carried > 0.02 * watts * seconds


@pytest.mark.parametrize("celsius", [43.0, 50.0, 60.0])
def test_that_the_arrhenius_integral_of_a_constant_temperature_is_rate_by_time(
    celsius: float,
) -> None:
    rate = 3.27e91 * np.exp(-5.78e5 / (8.314 * (celsius + 273.15)))
    assert arrhenius_gain(celsius, celsius, 30.0) == pytest.approx(30.0 * rate, rel=1e-6)


def test_that_the_arrhenius_integral_of_a_ramp_is_that_of_small_steps() -> None:
    line = np.linspace(46.0, 52.0, 4001)
    rate = 3.27e91 * np.exp(-5.78e5 / (8.314 * (line + 273.15)))
    assert arrhenius_gain(46.0, 52.0, 5.0) == pytest.approx(
        5.0 * np.trapezoid(rate, dx=1 / 4000), rel=0.01
    )
