"""Freezing against Neumann's and Paterson's closed forms (V8, line sink), and the whole run."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import erf, erfc, erfcinv, exp1

from physics.heat.vertebra import centre_mm, table, uniform, vertebra
from planner.domain.errors import UsageError
from planner.domain.sourced import Status
from planner.physics.heat import (
    CryoProbe,
    Cylinder,
    Driven,
    Electrode,
    Freeze,
    HeatResult,
    Medium,
    PropertyTable,
    RadioFrequency,
    Setpoint,
    Stage,
    solve,
)
from planner.physics.heat.freezing import (
    Freezable,
    enthalpy_of,
    enthalpy_rate,
    freezable,
    longest_explicit_s,
    settle,
)
from planner.physics.heat.legendre import stage_weights, super_step, super_step_s
from planner.physics.heat.record import Recorder, Tally

LIQUID, FROZEN = (0.6, 4.18e6), (2.2, 1.93e6)
"""Heat conductivity and capacity of agar."""
LATENT = 3.24e8


def agar(from_celsius: float = 0.0, to_celsius: float = -0.1) -> PropertyTable:
    one = np.ones(1)
    return PropertyTable(
        names=("agar",),
        heat_conductivity_w_per_m_k=LIQUID[0] * one,
        heat_capacity_j_per_m3_k=LIQUID[1] * one,
        perfusion_w_per_m3_k=0.0 * one,
        conductivity_s_per_m=0.1 * one,
        frozen_heat_conductivity_w_per_m_k=FROZEN[0] * one,
        frozen_heat_capacity_j_per_m3_k=FROZEN[1] * one,
        latent_heat_j_per_m3=LATENT * one,
        status=Status.RECALLED,
        freezing_from_celsius=from_celsius,
        frozen_at_celsius=to_celsius,
    )


def evolve(
    medium: Medium,
    tissue: Freezable,
    start: np.ndarray,
    sink: np.ndarray,
    seconds: float,
) -> tuple[np.ndarray, Tally]:
    """Return the frozen share of each voxel, and the tally of every step.

    The outer layers repeat the inner one. The first array axis always repeats; the second too
    where it has three rows.
    """
    temperature = start.astype(np.float32)
    resistance = (0.5 / tissue.liquid_conductivity).astype(np.float32)
    rows_repeat = start.shape[1] == 3

    def rate_into(enthalpy: np.ndarray, rate: np.ndarray) -> None:
        settle(enthalpy, temperature, resistance, tissue)
        enthalpy_rate(temperature, resistance, rate, tissue)
        rate -= sink
        rate[:] = rate[1:2, 1:2] if rows_repeat else rate[1:2]

    longest = super_step_s(longest_explicit_s(medium, 0.5), 9)
    count = int(np.ceil(seconds / longest))
    enthalpy = enthalpy_of(temperature, tissue)
    dose = np.zeros_like(temperature)
    recorder = Recorder(
        medium=medium,
        points_mm=np.empty((0, 3)),
        temperature=temperature,
        cem43_min=dose,
        is_cold=True,
    )
    for _ in range(count):
        enthalpy = super_step(enthalpy, stage_weights(9, seconds / count), rate_into)
        settle(enthalpy, temperature, resistance, tissue)
        recorder.note(temperature, seconds / count, ())
    all_frozen = tissue.mushy_capacity * (tissue.to_celsius - tissue.from_celsius)
    return np.clip(enthalpy / all_frozen, 0.0, 1.0), recorder.tally


def repeating(medium: Medium) -> Freezable:
    """Let every voxel move but the ends along the last axis."""
    tissue = freezable(medium, np.zeros(medium.tissue.shape, bool))
    tissue.moves[:] = True
    tissue.moves[:, :, [0, -1]] = False
    return tissue


def first_layers(tissue: Freezable, depth: int, rows: int) -> Freezable:
    fields = [
        item[:depth, :rows].copy() if isinstance(item, np.ndarray) and item.ndim else item
        for item in tissue
    ]
    return Freezable(*fields)


def neumann_speed(wall_celsius: float, far_celsius: float) -> float:
    """Carslaw and Jaeger 11.2: a wall freezes a half space to 2 x sqrt(a_f t) deep; return x."""
    (k_l, c_l), (k_f, c_f) = LIQUID, FROZEN
    a_l, a_f = k_l / c_l, k_f / c_f

    def balance(x: float) -> float:
        ratio = np.sqrt(a_f / a_l)
        cold = np.exp(-(x**2)) / erf(x)
        warm = k_l / k_f * ratio * far_celsius / -wall_celsius
        warm *= np.exp(-(x**2) * a_f / a_l) / erfc(x * ratio)
        return float(cold - warm - x * LATENT * np.sqrt(np.pi) / (c_f * -wall_celsius))

    return float(brentq(balance, 1e-4, 3.0))


def neumann_front_mm(wall_celsius: float, far_celsius: float, seconds: float) -> float:
    a_f = FROZEN[0] / FROZEN[1]
    return float(2.0 * neumann_speed(wall_celsius, far_celsius) * np.sqrt(a_f * seconds) * 1000.0)


def neumann_to_s(celsius: float, depth_mm: np.ndarray, wall: float, far: float) -> np.ndarray:
    """Return when a place before the ice is down at a temperature."""
    a_l, a_f = LIQUID[0] / LIQUID[1], FROZEN[0] / FROZEN[1]
    share = (far - celsius) / far * erfc(neumann_speed(wall, far) * np.sqrt(a_f / a_l))
    return (depth_mm / 1000.0 / 2.0 / erfcinv(share)) ** 2 / a_l


@pytest.mark.parametrize("spacing_mm", [1.0, 0.5, 0.25])
def test_that_a_wall_freezes_a_half_space_as_neumann_found(spacing_mm: float) -> None:
    seconds, wall, far = 300.0, -110.0, 37.0
    frozen, _ = half_space(spacing_mm, seconds, wall, far)
    front = (frozen[1, 1, 1:].sum() + 0.5) * spacing_mm
    assert front == pytest.approx(neumann_front_mm(wall, far, seconds), abs=0.6 * spacing_mm)


def half_space(
    spacing_mm: float, seconds: float, wall: float, far: float
) -> tuple[np.ndarray, Tally]:
    length = round(80.0 / spacing_mm)
    medium = Medium(tissue=np.zeros((8, 8, length), np.uint8), spacing_mm=spacing_mm, table=agar())
    tissue = first_layers(repeating(medium), 3, 3)
    start = np.full((3, 3, length), far)
    start[:, :, 0] = wall
    # The held voxel is frozen from the start and conducts as ice.
    tissue.liquid_conductivity[:, :, 0] = tissue.frozen_conductivity[:, :, 0]
    return evolve(medium, tissue, start, np.zeros(start.shape, np.float32), seconds)


def test_that_the_time_to_ten_degrees_before_a_freezing_wall_is_that_of_neumann() -> None:
    """The bar is that of the front, 0.6 voxel, as time: depth goes as the root of it."""
    spacing_mm, seconds, wall, far = 0.5, 300.0, -110.0, 37.0
    _, tally = half_space(spacing_mm, seconds, wall, far)
    depth_mm = np.arange(len(tally.lowest[1, 1])) * spacing_mm
    seen = (depth_mm >= 4.0) & (depth_mm <= 12.0)
    depth_mm = depth_mm[seen]
    to_s, under_s, under_0_s = (
        field[1, 1, seen] for field in (tally.to_stop_s, tally.past_stop_s, tally.past_harm_s)
    )
    exact_s = neumann_to_s(10.0, depth_mm, wall, far)
    assert exact_s.max() < 0.9 * seconds
    assert (np.abs(to_s / exact_s - 1.0) <= 1.2 * spacing_mm / depth_mm).all()
    exact_0_s = neumann_to_s(0.0, depth_mm, wall, far)
    assert (np.abs(1.0 - (seconds - under_0_s) / exact_0_s) <= 1.2 * spacing_mm / depth_mm).all()
    assert under_s == pytest.approx(seconds - to_s, abs=1e-2)  # it never warms again
    never = tally.lowest[1, 1] > 10.0
    assert never.sum() > 50
    assert np.isinf(tally.to_stop_s[1, 1, never]).all()
    assert not tally.past_stop_s[1, 1, never].any()


def test_that_a_line_sink_freezes_a_cylinder_as_paterson_found() -> None:
    """Carslaw and Jaeger 11.6."""
    seconds, far, sink_w_per_m, size = 600.0, 20.0, 250.0, 81
    (k_l, c_l), (k_f, c_f) = LIQUID, FROZEN
    a_l, a_f = k_l / c_l, k_f / c_f

    def balance(x: float) -> float:
        u = x**2 * a_f / a_l
        cold = sink_w_per_m / (4.0 * np.pi) * np.exp(-(x**2))
        return float(cold - k_l * far * np.exp(-u) / exp1(u) - x**2 * a_f * LATENT)

    exact_mm = 2.0 * brentq(balance, 1e-3, 2.0) * np.sqrt(a_f * seconds) * 1000.0
    medium = Medium(tissue=np.zeros((8, size, size), np.uint8), spacing_mm=1.0, table=agar())
    tissue = repeating(medium)
    tissue.moves[:, [0, -1]] = False
    tissue = first_layers(tissue, 3, size)
    sink = np.zeros((3, size, size), np.float32)
    sink[:, size // 2, size // 2] = sink_w_per_m / 1e-6
    frozen, _ = evolve(medium, tissue, np.full(sink.shape, far), sink, seconds)
    radius = np.sqrt(frozen[1].sum() / np.pi)
    assert exact_mm > 8.0
    assert radius == pytest.approx(exact_mm, abs=0.6)


def test_that_enthalpy_and_temperature_are_each_other_s_inverse() -> None:
    medium = vertebra(12, 4.0)
    tissue = freezable(medium, np.zeros(medium.tissue.shape, bool))
    celsius = np.random.default_rng(3).uniform(-60.0, 40.0, medium.tissue.shape)
    found = np.zeros(celsius.shape, np.float32)
    settle(enthalpy_of(celsius.astype(np.float32), tissue), found, np.zeros_like(found), tissue)
    assert np.abs(found - celsius)[tissue.moves].max() < 1e-3


def probe(medium: Medium, offset: tuple[float, float, float] = (0.2, 0.1, 0.0)) -> CryoProbe:
    middle = centre_mm(medium) + offset
    return CryoProbe(
        metal_part=Cylinder(
            start_mm=tuple(np.add(middle, (-12.0, 0.0, 0.0))),
            end_mm=tuple(np.add(middle, (12.0, 0.0, 0.0))),
            radius_mm=1.2,
        ),
        celsius=-110.0,
    )


def frozen(medium: Medium, *probes: CryoProbe, seconds: float = 600.0) -> HeatResult:
    driven = tuple(Driven(applicator=item, drive=Freeze()) for item in probes)
    return solve(medium, [Stage(duration_s=seconds, driven=driven)], after_s=0.0)


def test_that_a_finer_grid_gives_the_same_ice() -> None:
    sizes = []
    for spacing, voxels in ((1.5, 44), (1.0, 64)):
        medium = Medium(tissue=np.zeros((voxels,) * 3, np.uint8), spacing_mm=spacing, table=agar())
        result = frozen(medium, probe(medium))
        sizes.append([result.frozen_size(c, (1.0, 0.0, 0.0)).width_mm for c in (-0.5, -20.0)])
    assert sizes[0] == pytest.approx(sizes[1], abs=1.0)
    assert sizes[1][0] > sizes[1][1] > 5.0


def test_that_two_probes_freeze_more_than_twice_one() -> None:
    medium = uniform(56, 1.0)
    one = frozen(medium, probe(medium)).frozen_size(-20.0, (1.0, 0.0, 0.0)).volume_ml
    pair = (probe(medium, (0.2, 6.0, 0.1)), probe(medium, (0.2, -6.0, 0.1)))
    both = frozen(medium, *pair).frozen_size(-20.0, (1.0, 0.0, 0.0)).volume_ml
    assert both > 2.0 * one > 0.5


def test_that_ice_melts_when_the_gas_is_off_and_comes_back_with_the_second_freeze() -> None:
    medium = uniform(56, 1.0)
    on = Stage(duration_s=300.0, driven=(Driven(applicator=probe(medium), drive=Freeze()),))
    middle = tuple(np.add(centre_mm(medium), (0.0, 5.0, 0.0)))
    result = solve(medium, [on, on.switched_off(600.0), on], points_mm=[middle], after_s=0.0)
    times, celsius = result.thermometry.times_s, result.thermometry.celsius[:, 0]
    first, thawed, second = np.interp((300.0, 900.0, 1200.0), times, celsius)
    assert thawed > first + 5.0
    assert second < thawed - 5.0
    assert result.lowest_celsius.min() == pytest.approx(-110.0)
    once = frozen(medium, probe(medium), seconds=300.0)
    assert result.colder_than(-20.0).sum() > once.colder_than(-20.0).sum()


def test_that_times_past_the_limits_of_cold_are_those_of_the_thermometer_in_the_same_place() -> (
    None
):
    medium = uniform(56, 1.0)
    on = Stage(duration_s=90.0, driven=(Driven(applicator=probe(medium), drive=Freeze()),))
    at = (27, 32, 27)
    result = solve(medium, [on], points_mm=[tuple(map(float, at))], after_s=300.0)
    times, readings = result.thermometry.times_s, result.thermometry.celsius[:, 0]
    fine = np.interp(np.arange(0.0, 390.0, 0.1), times, readings)
    k, j, i = at
    to_s, under_10_s, under_0_s = (
        float(field[k, j, i])
        for field in (result.to_stop_s, result.past_stop_s, result.past_harm_s)
    )
    assert to_s == pytest.approx((fine < 10.0).argmax() * 0.1, abs=0.5)
    assert under_10_s == pytest.approx((fine < 10.0).sum() * 0.1, abs=0.5)
    assert under_0_s == pytest.approx((fine < 0.0).sum() * 0.1, abs=0.5)
    assert 20.0 < under_0_s < under_10_s < 340.0 - to_s  # it came back above ten degrees
    structure = np.zeros(result.to_stop_s.shape, bool)
    structure[k, j:, i] = True
    worst = result.within(structure)
    assert worst is not None
    assert (worst.to_stop_s, worst.past_stop_s) == (to_s, under_10_s)
    assert not result.arrhenius.any()
    last_s, seen = 0.0, set()
    for out in np.arange(32.0, 40.0, 0.1):  # away from the probe, between the voxels too
        here = result.at(np.array([[27.0], [out], [27.0]]))
        assert here is not None
        assert (here.lowest_celsius < 10.0) == np.isfinite(here.to_stop_s), out
        assert (here.lowest_celsius < 10.0) == (here.past_stop_s > 0.0), out
        assert (here.lowest_celsius < 0.0) == (here.past_harm_s > 0.0), out
        assert here.to_stop_s >= last_s
        last_s = here.to_stop_s
        seen.add((here.lowest_celsius < 0.0, here.lowest_celsius < 10.0))
    assert seen == {(True, True), (False, True), (False, False)}


def test_that_perfused_tissue_freezes_less() -> None:
    medium = uniform(56, 1.0)
    still = replace(medium, table=replace(table(), perfusion_w_per_m3_k=np.zeros(8)))
    sizes = [
        frozen(item, probe(item)).frozen_size(-1.0, (1.0, 0.0, 0.0)).volume_ml
        for item in (medium, still)
    ]
    assert sizes[0] < 0.99 * sizes[1]


def test_that_heat_and_cold_in_one_run_are_refused() -> None:
    medium = uniform(56, 1.0)
    needle = RadioFrequency(electrodes=(Electrode(metal=probe(medium).metal_part, volts=1.0),))
    stages = [
        Stage(duration_s=60.0, driven=(Driven(applicator=probe(medium), drive=Freeze()),)),
        Stage(duration_s=60.0, driven=(Driven(applicator=needle, drive=Setpoint(celsius=80.0)),)),
    ]
    with pytest.raises(UsageError, match="Heat and cold"):
        solve(medium, stages)


def test_that_a_probe_cannot_be_driven_by_watts() -> None:
    with pytest.raises(ValueError, match="CryoProbe cannot be driven"):
        Driven(applicator=probe(uniform(40, 1.0)), drive=Setpoint(celsius=80.0))
