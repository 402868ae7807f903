"""The chances of a leak: what they count, and that they do not rise away from a hole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from physics.cement.blocks import NUMBERS, at, box_of_bone, cube
from planner.domain.cement import LeakChance, LeakPath
from planner.domain.errors import CancelledByUserError
from planner.physics.cement.ensemble import forecast, members
from planner.physics.cement.outlet import Outlet

TOLERANCE = 0.1
"""Two of twenty runs: chance of bone may turn a run about."""


def chances(medium, tip, ml):
    return forecast(medium, [Outlet(tip=tip, until_ml=ml)], injection_id="c1").chances


@pytest.fixture(scope="module")
def pierced():
    return box_of_bone(cube(46.0), hole=lambda x, y, z: (y > 0) & (np.hypot(x + 5.0, z) < 3.1))


def test_that_members_cover_the_ranges_of_their_numbers_and_are_the_same_every_time():
    runs = members(NUMBERS)
    assert runs == members(NUMBERS)
    assert len(runs) == 20
    assert sum(one.vein_open for one in runs) == 6
    assert max(np.linalg.norm(one.tip_mm) for one in runs) <= 2.0
    shares = sorted(one.cortex_share for one in runs)
    cortex = NUMBERS.cortex
    assert cortex["least_share"].value < shares[0] < cortex["least_share"].value + 0.02
    assert cortex["greatest_share"].value - 0.02 < shares[-1] < cortex["greatest_share"].value
    assert abs(np.mean([one.hu_offset for one in runs])) < 1e-9


def test_that_a_whole_shell_leaks_in_no_run():
    found = chances(box_of_bone(cube(46.0)), at(0.3), 6.0)
    assert {path: chance.leaking for path, chance in found.items()} == dict.fromkeys(LeakPath, 0)


def test_that_a_hole_near_the_tip_leaks_in_most_runs_and_says_when(pierced):
    found = chances(pierced, at(-5.0, 5.0), 4.0)
    epidural = found[LeakPath.EPIDURAL]
    assert epidural.share > 0.8
    low, middle, high = epidural.first_ml
    assert 0.0 < low <= middle <= 4.0
    assert high is None or high >= middle
    assert found[LeakPath.DISCAL].leaking == 0


def test_that_more_cement_never_leaks_less(pierced):
    counts = [chances(pierced, at(0.0, 2.0), ml)[LeakPath.EPIDURAL].leaking for ml in (1, 3, 6)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


@settings(max_examples=12, deadline=None)
@given(
    start=st.floats(4.0, 9.0),
    step=st.floats(1.0, 5.0),
    ml=st.floats(1.5, 5.0),
    aside=st.floats(-4.0, 4.0),
)
def test_that_moving_the_tip_away_from_a_hole_never_raises_its_chance(
    pierced, start, step, ml, aside
):
    """The hole is at (-5, 13, 0); the tip moves straight away from it."""
    hole = np.array([-5.0, 13.0, 0.0])
    way = np.array([aside / 8.0, -1.0, 0.2])
    way /= np.linalg.norm(way)
    near, far = hole + way * start, hole + way * (start + step)
    shares = [chances(pierced, at(*tip), ml)[LeakPath.EPIDURAL].share for tip in (near, far)]
    assert shares[1] <= shares[0] + TOLERANCE


def test_that_an_ensemble_tells_how_far_it_is_and_stops_when_asked(pierced):
    told = []

    def report(fraction, message):
        told.append(fraction)
        if len(told) == 3:
            raise CancelledByUserError(message)

    with pytest.raises(CancelledByUserError):
        forecast(pierced, [Outlet(tip=at(), until_ml=1.0)], injection_id="c", report=report)
    assert told == [0.0, 0.05, 0.1]


def test_that_counts_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="cannot leak"):
        LeakChance(leaking=3, runs=2, first_ml=(None, None, None))
