"""The microwave source: its power, its shape, its cycles."""

import numpy as np
import pytest

from physics.heat.vertebra import centre_mm, uniform
from planner.domain.errors import UsageError
from planner.physics.heat import (
    Cooling,
    Cylinder,
    Driven,
    Medium,
    Microwave,
    Setpoint,
    Stage,
    Watts,
    cycles,
    solve,
)
from planner.physics.heat.record import NEVER_S
from planner.physics.heat.sources import AntennaSource

LYTIC = 3
AXIS = (1.0, 0.0, 0.0)


def antenna(medium: Medium, film_w_per_m2_k: float = 1000.0) -> Microwave:
    tip = np.add(centre_mm(medium), (-12.0, 0.2, 0.1))
    return Microwave(
        shaft=Cylinder(
            start_mm=tuple(tip), end_mm=tuple(np.add(tip, (30.0, 0.0, 0.0))), radius_mm=0.8
        ),
        antenna_length_mm=15.0,
        centre_from_tip_mm=9.0,
        decay_mm=7.0,
        efficiency=0.4,
        cooling=Cooling(film_w_per_m2_k=film_w_per_m2_k),
    )


def on(medium: Medium, power_w: float, seconds: float) -> Stage:
    driven = Driven(applicator=antenna(medium), drive=Watts(power_w=power_w))
    return Stage(duration_s=seconds, driven=(driven,))


def test_that_the_tissue_gets_the_efficient_share_of_the_power() -> None:
    medium = uniform(56, 1.0, LYTIC)
    source = AntennaSource(medium, antenna(medium), Watts(power_w=30.0))
    heat = source.heat_per_w.astype(np.float64)
    assert heat.sum() * medium.voxel_m3 == pytest.approx(0.4, rel=1e-5)
    assert (heat[antenna(medium).shaft.distance_mm(medium) < 0.0] == 0.0).all()
    assert source.power_w([37.0], 1.0) == 30.0


def test_that_the_source_is_strongest_at_its_centre_and_fades_across() -> None:
    medium = uniform(56, 1.0, LYTIC)
    source = AntennaSource(medium, antenna(medium), None)
    row = source.heat_per_w[27, 30, :]
    centre = int(np.rint(centre_mm(medium)[0] - 12.0 + 9.0))
    assert abs(int(row.argmax()) - centre) <= 1
    near, far = source.heat_per_w[27, 31, centre], source.heat_per_w[27, 38, centre]
    y = (np.array([31.0, 38.0]) - 27.7) ** 2 + 0.6**2
    across = np.sqrt(y)
    expected = np.exp(-(across[0] - across[1]) / 7.0) * across[1] / across[0]
    assert near / far == pytest.approx(expected, rel=1e-5)


def test_that_more_power_and_more_time_make_a_larger_zone() -> None:
    medium = uniform(64, 1.0, LYTIC)
    sizes = [
        solve(medium, [on(medium, watts, seconds)]).coagulation_size(AXIS).volume_ml
        for watts, seconds in ((20.0, 120.0), (20.0, 240.0), (40.0, 240.0))
    ]
    assert sizes[0] < sizes[1] < sizes[2]


def test_that_pauses_let_the_tissue_cool_and_the_dose_go_on() -> None:
    medium = uniform(56, 1.0, LYTIC)
    stages = list(cycles(on(medium, 30.0, 60.0), 30.0, 3))
    assert [stage.duration_s for stage in stages] == [60.0, 30.0, 60.0, 30.0, 60.0]
    beside = tuple(np.add(centre_mm(medium), (-3.0, 4.0, 0.0)))
    result = solve(medium, stages, points_mm=[beside], after_s=0.0)
    times, celsius = result.thermometry.times_s, result.thermometry.celsius[:, 0]
    first_on, paused, second_on = np.interp((60.0, 90.0, 150.0), times, celsius)
    assert paused < first_on - 3.0
    assert second_on > first_on
    power = result.thermometry.power_w[:, 0]
    assert set(power[np.isfinite(power)]) == {0.0, 30.0}
    straight = solve(medium, [on(medium, 30.0, 180.0)], after_s=0.0)
    assert result.killed_by_heat().sum() < straight.killed_by_heat().sum()


def test_that_what_is_dead_at_a_moment_is_what_a_run_that_ends_there_kills() -> None:
    medium = uniform(56, 1.0, LYTIC)
    part, rest = on(medium, 40.0, 60.0), on(medium, 40.0, 45.0)
    whole = solve(medium, [part, rest], after_s=60.0)
    for stages, seconds in (([part], 60.0), ([part, rest], 105.0)):
        ended = solve(medium, stages, after_s=0.0).dead()
        assert ended.any()
        assert np.array_equal(whole.dead_at_s() <= seconds, ended), seconds
    assert np.array_equal(whole.dead_at_s() != NEVER_S, whole.dead())
    # The heat goes on for a while after the power is off, and the metal dies with its tissue.
    assert (whole.dead_at_s()[whole.dead()] > 105).any()
    assert np.isin(whole.dead_at_s()[whole.metal & whole.dead()], whole.killed_at_s).all()


def test_that_a_cooled_shaft_keeps_cooler_than_a_dry_one() -> None:
    medium = uniform(56, 1.0, LYTIC)
    ends = []
    for film in (0.0, 1000.0):
        needle = antenna(medium, film)
        stage = Stage(
            duration_s=60.0, driven=(Driven(applicator=needle, drive=Watts(power_w=30.0)),)
        )
        at_shaft = tuple(np.add(needle.shaft.start_mm, (20.0, 0.0, 0.0)))
        ends.append(solve(medium, [stage], points_mm=[at_shaft], after_s=0.0))
    dry, cooled = (item.thermometry.celsius[-1, 0] for item in ends)
    assert cooled < dry - 20.0
    assert cooled < 45.0


def test_that_a_cooled_shaft_leaves_no_hole_in_the_zone() -> None:
    medium = uniform(56, 1.0, LYTIC)
    result = solve(medium, [on(medium, 40.0, 180.0)])
    shaft = antenna(medium).shaft
    along, _ = shaft.along_and_across_mm(medium)
    within_zone = result.metal & (along > 2.0) & (along < 14.0)
    assert within_zone.sum() > 10
    assert not result.killed_by_heat()[within_zone].any()
    assert result.dead()[within_zone].all()
    assert not result.dead()[result.metal & (along > 28.0)].any()


def test_that_tissue_never_gets_hotter_than_superheated_water() -> None:
    medium = uniform(56, 1.0, LYTIC)
    assert solve(medium, [on(medium, 100.0, 120.0)]).peak_celsius.max() <= 105.0


def test_that_an_antenna_takes_no_setpoint() -> None:
    with pytest.raises(ValueError, match="Microwave cannot be driven"):
        Driven(applicator=antenna(uniform(56, 1.0)), drive=Setpoint(celsius=80.0))


def test_that_an_antenna_on_too_coarse_a_grid_is_refused() -> None:
    medium = uniform(48, 1.2)
    with pytest.raises(UsageError, match=r"Use 1\.1 mm or finer"):
        solve(medium, [on(medium, 30.0, 60.0)])
