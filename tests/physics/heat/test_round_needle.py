"""The quick coupled model against closed forms and against the full grid, and its sums."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from physics.heat.vertebra import CANCELLOUS, NAMES, table, uniform
from planner.physics.heat import (
    Cooling,
    CryoProbe,
    Cylinder,
    Driven,
    Electrode,
    Freeze,
    Medium,
    Microwave,
    PropertyTable,
    RadioFrequency,
    Setpoint,
    Stage,
    Watts,
    solve,
)
from planner.physics.heat.dose import COAGULATED_CEM43_MIN
from planner.physics.heat.metal import NEEDLE_CAPACITY_J_PER_M3_K
from planner.physics.heat.rings import ring_links, ring_tissue
from planner.physics.heat.rings_current import RingField, ring_voltage
from planner.physics.heat.round_needle import RoundResult, rings_for, solve_round
from planner.physics.heat.superpose import (
    NeedleField,
    all_together,
    frozen_celsius,
    heat_content,
    needle_field,
    together,
)

if TYPE_CHECKING:
    from planner.physics.heat.applicators import Applicator, Drive


def along_x(low: float, high: float, radius: float) -> Cylinder:
    return Cylinder(start_mm=(low, 0.0, 0.0), end_mm=(high, 0.0, 0.0), radius_mm=radius)


BIPOLAR = RadioFrequency(
    electrodes=(
        Electrode(metal=along_x(0.0, 8.0, 0.9), volts=1.0),
        Electrode(metal=along_x(12.0, 20.0, 0.9), volts=-1.0),
    )
)
ANTENNA = Microwave(
    shaft=along_x(0.0, 30.0, 0.8),
    antenna_length_mm=15.0,
    centre_from_tip_mm=7.5,
    decay_mm=7.0,
    efficiency=0.45,
)
PROBE = CryoProbe(metal_part=along_x(0.0, 30.0, 1.2), celsius=-120.0)


def round_run(
    applicator: Applicator,
    drive: Drive,
    stretches: list[tuple[float, float]],
    times: list[float],
    properties: PropertyTable | None = None,
) -> RoundResult:
    rings = rings_for(applicator)
    tissue = np.full((*rings.shape, 1), CANCELLOUS, np.uint8)
    around = ring_tissue(tissue, properties or table())
    return solve_round(applicator, drive, stretches, rings, around, times)


def shifted(piece: Cylinder, middle: float) -> Cylinder:
    def at(x: float) -> tuple[float, float, float]:
        return (middle - 12.0 + x, middle + 0.2, middle + 0.3)

    return replace(piece, start_mm=at(piece.start_mm[0]), end_mm=at(piece.end_mm[0]))


def volume_ml(result: RoundResult, dead: np.ndarray) -> float:
    """Return the volume of cells that are dead, without the metal."""
    tissue = dead.copy()
    tissue[result.rings.piece >= 0, 0] = False
    return float((result.rings.volume_m3 * tissue).sum() * 1e6)


def full_ml(medium: Medium, applicator: Applicator, drive: Drive, seconds: float) -> float:
    """Return the volume that dies in a run on the full grid, without the metal."""
    driven = Driven(applicator=applicator, drive=drive)
    result = solve(medium, [Stage(duration_s=seconds, driven=(driven,))], after_s=0.0)
    dead = (result.cem43_min >= COAGULATED_CEM43_MIN) | (result.lowest_celsius <= -20.0)
    return float((dead & ~result.metal).sum() * medium.voxel_m3 * 1e6)


def test_that_a_bipolar_burn_is_as_large_as_on_the_full_grid() -> None:
    medium = uniform(54, 1.0)
    middle = 26.5
    placed = RadioFrequency(
        electrodes=tuple(
            replace(one, metal=shifted(one.metal, middle)) for one in BIPOLAR.electrodes
        )
    )
    drive = Setpoint(celsius=95.0)
    quick = round_run(BIPOLAR, drive, [(0.0, 200.0)], [200.0])
    expected = full_ml(medium, placed, drive, 200.0)
    found = volume_ml(quick, quick.cem43_min >= COAGULATED_CEM43_MIN)
    assert expected > 2.0
    assert found == pytest.approx(expected, rel=0.04)


def test_that_a_microwave_burn_is_as_large_as_on_the_full_grid() -> None:
    medium = uniform(72, 1.0)
    placed = replace(ANTENNA, shaft=shifted(ANTENNA.shaft, 35.5))
    quick = round_run(ANTENNA, Watts(power_w=40.0), [(0.0, 120.0)], [120.0])
    expected = full_ml(medium, placed, Watts(power_w=40.0), 120.0)
    found = volume_ml(quick, quick.cem43_min >= COAGULATED_CEM43_MIN)
    assert expected > 6.0
    assert found == pytest.approx(expected, rel=0.03)


def test_that_ice_is_as_thick_as_on_the_full_grid() -> None:
    medium = uniform(38, 1.5)
    placed = replace(PROBE, metal_part=shifted(PROBE.metal_part, 27.75))
    quick = round_run(PROBE, Freeze(), [(0.0, 240.0)], [240.0])
    driven = Driven(applicator=placed, drive=Freeze())
    full = solve(medium, [Stage(duration_s=240.0, driven=(driven,))], after_s=0.0)
    middle = int(np.searchsorted(quick.rings.s_mm, 15.0)) - 1
    line, centres = quick.extreme_celsius[middle], quick.rings.r_centre_mm
    for celsius in (0.0, -20.0):
        expected = full.frozen_size(celsius, (1.0, 0.0, 0.0)).width_mm
        found = 2.0 * float(np.interp(celsius, line, centres))
        assert found == pytest.approx(expected, abs=0.8), celsius
        assert expected > 8.0


@pytest.mark.parametrize("applicator", [BIPOLAR, ANTENNA])
def test_that_the_heat_put_in_is_found_in_tissue_and_metal(applicator: Applicator) -> None:
    dry = replace(table(), perfusion_w_per_m3_k=np.zeros(len(NAMES)))
    if isinstance(applicator, Microwave):
        shut = replace(applicator.cooling, film_w_per_m2_k=0.0)
        applicator, efficiency = replace(applicator, cooling=shut), applicator.efficiency
    else:
        efficiency = 1.0
    watts, seconds = 1.5, 60.0
    result = round_run(applicator, Watts(power_w=watts), [(0.0, seconds)], [seconds], dry)
    rise = result.celsius[-1] - 37.0
    capacity = result.rings.volume_m3 * dry.heat_capacity_j_per_m3_k[CANCELLOUS]
    metal = result.rings.piece >= 0
    capacity[metal, 0] *= NEEDLE_CAPACITY_J_PER_M3_K / dry.heat_capacity_j_per_m3_k[CANCELLOUS]
    assert float((capacity * rise).sum()) == pytest.approx(efficiency * watts * seconds, rel=0.01)


def test_that_pauses_give_no_energy_and_the_dose_goes_on() -> None:
    broken = round_run(
        ANTENNA, Watts(power_w=30.0), [(0.0, 60.0), (90.0, 150.0)], [60.0, 90.0, 150.0]
    )
    hottest = broken.celsius.max(axis=(1, 2))
    assert hottest[0] > hottest[1] + 5.0
    assert hottest[2] > hottest[1] + 5.0
    once = round_run(ANTENNA, Watts(power_w=30.0), [(0.0, 60.0)], [60.0])
    assert (broken.cem43_min >= once.cem43_min - 1e-6).all()


def test_that_ice_melts_in_a_pause_and_comes_back() -> None:
    times = [200.0, 500.0, 700.0]
    twice = round_run(PROBE, Freeze(), [(0.0, 200.0), (500.0, 700.0)], times)
    coldest = twice.celsius.min(axis=(1, 2))
    assert coldest[0] == pytest.approx(-120.0)
    assert coldest[1] > -10.0
    assert coldest[2] == pytest.approx(-120.0)


def test_that_two_needles_of_half_the_power_in_one_place_are_one() -> None:
    """Heat flow is linear where no blood stops and nothing boils."""
    times = [30.0, 60.0, 90.0, 120.0]
    dry = replace(ANTENNA, cooling=Cooling())  # a coolant does not halve with the power
    half = round_run(dry, Watts(power_w=3.0), [(0.0, 90.0)], times)
    whole = round_run(dry, Watts(power_w=6.0), [(0.0, 90.0)], times)
    points = np.random.default_rng(7).uniform((-10, -14, -14), (30, 14, 14), (400, 3))
    place = ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    at = np.array(times)
    pair = together(points, [needle_field(half, *place)] * 2, at, is_cold=False)
    one = together(points, [needle_field(whole, *place)], at, is_cold=False)
    assert one.extreme_celsius.max() > 45.0
    assert np.abs(pair.extreme_celsius - one.extreme_celsius).max() < 0.3


def test_that_a_needle_is_read_where_it_lies_and_fades_far_away() -> None:
    result = round_run(ANTENNA, Watts(power_w=20.0), [(0.0, 120.0)], [60.0, 120.0])
    field = needle_field(result, (10.0, -20.0, 5.0), (0.0, 3.0, 4.0))
    along = np.array((0.0, 0.6, 0.8))
    centre = np.array((10.0, -20.0, 5.0)) + 7.5 * along
    aside = np.array((1.0, 0.0, 0.0))
    points = np.array([centre + 8.0 * aside, centre - 8.0 * aside, centre + 200.0 * aside])
    found = together(points, [field], result.times_s, is_cold=False)
    assert found.extreme_celsius[0] == pytest.approx(found.extreme_celsius[1], abs=0.01)
    assert found.extreme_celsius[0] > 45.0
    assert found.extreme_celsius[2] == 37.0
    assert found.cem43_min[2] < 0.01


def test_that_heat_content_is_undone() -> None:
    celsius = np.linspace(-130.0, 40.0, 400)
    assert np.abs(frozen_celsius(heat_content(celsius)) - celsius).max() < 1e-9
    assert (np.diff(heat_content(celsius)) > 0.0).all()


def test_that_the_current_into_every_ring_comes_out_of_it() -> None:
    rings = rings_for(BIPOLAR)
    chance = np.random.default_rng(260)
    slices, count = rings.shape
    inner, outer = rings.radial_shape
    thick, area = np.diff(rings.s_mm) / 1000.0, np.pi * np.diff(rings.r_mm**2) * 1e-6
    lengths = (inner, outer, thick, area)
    across, down = np.empty((slices, count + 1)), np.empty((slices + 1, count))
    value = chance.uniform(0.02, 2.0, size=rings.shape)
    ring_links(value, rings.piece, lengths, across, down)
    across[:, -1] = down[0] = down[-1] = 0.0  # nothing leaves through the edge
    none = np.zeros(rings.shape)
    field = RingField(
        across, down, none, none, rings.piece, value, lengths, np.array([1.0, -1.0]), False
    )
    voltage = ring_voltage(field, across, down)
    here = voltage[1:-1, 1:-1]
    inflow = across[:, :-1] * (voltage[1:-1, :-2] - here) + across[:, 1:] * (
        voltage[1:-1, 2:] - here
    )
    inflow += down[:-1] * (voltage[:-2, 1:-1] - here) + down[1:] * (voltage[2:, 1:-1] - here)
    metal = np.zeros(rings.shape, dtype=bool)
    metal[rings.piece >= 0, 0] = True
    assert here[rings.piece == 0, 0] == pytest.approx(1.0)
    assert here[rings.piece == 1, 0] == pytest.approx(-1.0)
    current = inflow[metal & (here > 0)].sum()
    assert abs(current) > 1e-4
    assert np.abs(inflow[~metal]).max() < 1e-9 * abs(current)


def two_needles(applicator: Applicator, drive: Drive) -> list[list[NeedleField]]:
    """Return two needles beside each other, at two ends of the blood flow."""
    times, on = [60.0, 120.0], [(0.0, 90.0)]
    fast = replace(table(), perfusion_w_per_m3_k=3.0 * table().perfusion_w_per_m3_k)
    runs = [round_run(applicator, drive, on, times, one) for one in (table(), fast)]
    tips = ((0.0, 0.0, 0.0), (14.0, 3.0, 2.0))
    return [[needle_field(run, tip, (0.0, 0.0, 1.0)) for tip in tips] for run in runs]


POINTS = np.random.default_rng(5).uniform(-25.0, 45.0, size=(3000, 3))
TIMES = np.array([60.0, 120.0])


@pytest.mark.parametrize("applicator", [ANTENNA, PROBE])
def test_that_all_ends_at_once_are_each_end_by_itself(
    applicator: Applicator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("planner.physics.heat.superpose.NOT_WORTH_K", -1.0)
    is_cold = applicator is PROBE
    ends = two_needles(applicator, Freeze() if is_cold else Watts(power_w=30.0))
    found = all_together(POINTS, ends, TIMES, is_cold=is_cold)
    for one, needles in zip(found, ends, strict=True):
        alone = together(POINTS, needles, TIMES, is_cold=is_cold)
        assert one.extreme_celsius == pytest.approx(alone.extreme_celsius, abs=1e-4)
        assert one.cem43_min == pytest.approx(alone.cem43_min, rel=1e-4)
    assert np.abs(found[0].extreme_celsius - found[1].extreme_celsius).max() > 1.0


def test_that_what_is_not_added_far_away_is_not_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = two_needles(ANTENNA, Watts(power_w=30.0))
    quick = all_together(POINTS, ends, TIMES, is_cold=False)
    monkeypatch.setattr("planner.physics.heat.superpose.NOT_WORTH_K", -1.0)
    whole = all_together(POINTS, ends, TIMES, is_cold=False)
    for one, every in zip(quick, whole, strict=True):
        assert one.extreme_celsius == pytest.approx(every.extreme_celsius, abs=0.11)
        dead = every.cem43_min >= COAGULATED_CEM43_MIN
        assert ((one.cem43_min >= COAGULATED_CEM43_MIN) == dead).mean() > 0.999
