"""Burns in time become stages."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.domain.simulation import Order
from planner.physics.heat import Cylinder, Microwave, Watts
from planner.physics.heat.course import Burn, stages_of, starts_of, stretches


def burn(needle: str, at_mm: float, time_s: float) -> Burn:
    shaft = Cylinder(
        start_mm=(at_mm, 10.0, 10.0), end_mm=(at_mm + 20.0, 10.0, 10.0), radius_mm=0.8
    )
    antenna = Microwave(
        shaft=shaft, antenna_length_mm=15.0, centre_from_tip_mm=7.5, decay_mm=7.0, efficiency=0.4
    )
    return Burn(needle=needle, applicator=antenna, drive=Watts(power_w=30.0), time_s=time_s)


def test_that_needles_together_start_at_once_and_the_longer_goes_on_alone() -> None:
    short, long = burn("T1", 10.0, 120.0), burn("T2", 50.0, 300.0)
    both, alone = stages_of([short, long], Order.TOGETHER)
    assert (both.duration_s, alone.duration_s) == (120.0, 180.0)
    assert [item.drive for item in both.driven] == [short.drive, long.drive]
    # The needle that is done stays in place, switched off.
    assert [item.drive for item in alone.driven] == [None, long.drive]
    assert alone.driven[0].applicator is short.applicator


def test_that_burns_along_one_needle_follow_each_other() -> None:
    first, second = burn("T1", 10.0, 60.0), burn("T1", 20.0, 90.0)
    other = burn("T2", 50.0, 150.0)
    stages = stages_of([first, second, other], Order.TOGETHER)
    assert [stage.duration_s for stage in stages] == [60.0, 90.0]
    assert stages[0].driven[0].applicator is first.applicator
    assert stages[1].driven[0].applicator is second.applicator
    assert all(stage.driven[1].applicator is other.applicator for stage in stages)


def test_that_in_turn_only_the_needle_that_burns_is_in_the_tissue() -> None:
    stages = stages_of([burn("T1", 10.0, 60.0), burn("T2", 50.0, 90.0)], Order.IN_TURN)
    assert [stage.duration_s for stage in stages] == [60.0, 90.0]
    assert [len(stage.driven) for stage in stages] == [1, 1]


@pytest.mark.parametrize("order", list(Order))
def test_that_no_second_of_energy_is_lost(order: Order) -> None:
    burns = [burn("T1", 10.0, 70.0), burn("T2", 50.0, 110.0), burn("T1", 20.0, 45.0)]
    given_s = sum(
        stage.duration_s
        for stage in stages_of(burns, order)
        for item in stage.driven
        if item.drive is not None
    )
    assert given_s == pytest.approx(225.0)


def test_that_cycles_split_the_energy_and_leave_pauses_between_them() -> None:
    assert stretches(200.0, 60.0, 30.0) == (
        (0.0, 60.0),
        (90.0, 150.0),
        (180.0, 240.0),
        (270.0, 290.0),
    )
    assert stretches(120.0, 60.0, 30.0) == ((0.0, 60.0), (90.0, 150.0))
    assert stretches(60.0, 90.0, 30.0) == ((0.0, 60.0),)
    assert stretches(60.0, None, None) == ((0.0, 60.0),)


@given(st.floats(1.0, 2000.0), st.floats(5.0, 900.0), st.floats(1.0, 600.0))
def test_that_cycles_give_all_the_energy_and_never_more_at_a_stretch(
    time_s, cycle_s, pause_s
) -> None:
    found = stretches(time_s, cycle_s, pause_s)
    assert sum(end - begin for begin, end in found) == pytest.approx(time_s, rel=1e-6)
    assert all(0.0 < end - begin <= cycle_s * (1.0 + 1e-6) for begin, end in found)
    for (_, end), (begin, _) in pairwise(found):
        assert begin - end == pytest.approx(pause_s, rel=1e-6)


def test_that_a_needle_stays_in_place_in_its_pauses_and_the_next_burn_waits() -> None:
    first = replace(burn("a", 10.0, 100.0), cycle_s=40.0, pause_s=20.0)
    second = burn("a", 20.0, 50.0)
    stages = stages_of([first, second], Order.TOGETHER)
    assert [stage.duration_s for stage in stages] == pytest.approx(
        [40.0, 20.0, 40.0, 20.0, 20.0, 50.0]
    )
    assert [stage.driven[0].drive is not None for stage in stages] == [
        True,
        False,
        True,
        False,
        True,
        True,
    ]
    assert starts_of([first, second, burn("b", 50.0, 9.0)], Order.TOGETHER) == (0.0, 140.0, 0.0)
    assert starts_of([first, second, burn("b", 50.0, 9.0)], Order.IN_TURN) == (0.0, 140.0, 190.0)
