"""Several needles at once: under the skin, out of it, and hubs, against closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.catalog import load_catalog
from planner.domain.levels import Level, Side
from planner.domain.plan import (
    AnatomyBinding,
    Approach,
    NeedleSize,
    Plan,
    ScanBinding,
    Trajectory,
    TrajectoryId,
)
from planner.domain.volume import PatientIdentity
from planner.geometry.points import PointLps
from planner.planning import assembled, bare_needle, needle_gaps, planned_assemblies

CATALOG = load_catalog()
ANTENNA = CATALOG.devices["eco-mwa"]
HUB_MM, HUB_LONG_MM = (part.value for part in CATALOG.hub())
POINTS = st.tuples(*(st.floats(-50.0, 50.0) for _ in range(3)))


def needle(entry, tip, name="n", size=None) -> Trajectory:
    return Trajectory(
        id=TrajectoryId(name),
        level=Level.L3,
        side=Side.LEFT,
        approach=Approach.TRANSPEDICULAR,
        entry=PointLps(*entry),
        tip=PointLps(*tip),
        size=size,
    )


def gaps_of(*needles, width_mm=2.4):
    return needle_gaps({item.id: bare_needle(item, width_mm) for item in needles})


def of_plan(*needles):
    return needle_gaps(assemblies(*needles))


def assemblies(*needles):
    scan = ScanBinding(
        sha256="0" * 64, series_uid="1", study_uid="1", frame_of_reference_uid="1",
        patient=PatientIdentity(), patient_position="HFS", series_description="", acquired="",
        locator="",
    )  # fmt: skip
    plan = Plan(
        plan_id="p", scan=scan, anatomy=AnatomyBinding(backend="made"), trajectories=needles
    )
    return planned_assemblies(plan, CATALOG)


def test_that_needles_that_cross_collide_and_parallel_ones_keep_their_distance():
    first = needle((20.0, 80.0, 0.0), (20.0, 0.0, 0.0), "a")
    beside = needle((30.0, 80.0, 0.0), (30.0, 5.0, 0.0), "b")
    across = needle((10.0, 60.0, 1.0), (40.0, 20.0, 1.0), "c")
    (pair,) = gaps_of(first, beside)
    assert pair.surfaces_mm == pytest.approx(10.0 - 2.4)
    assert pair.angle_deg == pytest.approx(0.0, abs=1e-6)
    assert pair.tips_mm == pytest.approx(math.hypot(10.0, 5.0))
    assert not pair.collide
    assert pair.other(first.id) == beside.id
    assert pair.other(across.id) is None
    nearest, *others = gaps_of(first, beside, across)
    assert nearest.collide
    assert nearest.surfaces_mm == pytest.approx(1.0 - 2.4)
    assert len(others) == 2


@given(a=POINTS, b=POINTS, c=POINTS, d=POINTS)
def test_that_the_gap_equals_brute_force(a, b, c, d):
    if min(math.dist(a, b), math.dist(c, d)) < 2.0:
        return
    (found,) = gaps_of(needle(a, b, "x"), needle(c, d, "y"), width_mm=0.0)
    share = np.linspace(0.0, 1.0, 201)[:, None]
    first = np.array(a) + share * (np.array(b) - np.array(a))
    second = np.array(c) + share * (np.array(d) - np.array(c))
    brute = np.linalg.norm(first[:, None] - second[None], axis=-1).min()
    assert found.surfaces_mm <= brute + 1e-9
    assert found.surfaces_mm >= brute - (math.dist(a, b) + math.dist(c, d)) / 400.0
    between = found.at_first.distance_mm(found.at_second)
    assert between == pytest.approx(found.surfaces_mm, abs=1e-9)


def test_that_the_thinner_end_lets_needles_pass_where_cannulae_would_meet():
    one = needle((20.0, 80.0, 0.0), (20.0, 0.0, 0.0))
    held = {one.id: assembled(one, ANTENNA, 2.41)}
    for y, radius in ((5.0, 0.8), (30.0, 1.205)):
        other = needle((60.0, y, 2.1), (-20.0, y, 2.1), "other")
        (gap,) = needle_gaps(held | {other.id: bare_needle(other, 2.0)})
        assert gap.surfaces_mm == pytest.approx(2.1 - radius - 1.0)
        assert gap.collide == (y == 30.0)


@pytest.mark.parametrize("apart", [1.0, 6.0, 15.5, 40.0])
def test_that_the_hubs_of_parallel_needles_meet_before_their_shafts(apart):
    size = NeedleSize(outer_diameter_mm=2.41, length_mm=150.0, gauge=13)
    one = needle((0.0, 80.0, 0.0), (0.0, 0.0, 0.0), "one", size)
    other = needle((apart, 80.0, 0.0), (apart, 0.0, 0.0), "other", size)
    (gap,) = of_plan(one, other)
    assert gap.surfaces_mm == pytest.approx(apart - 2.41)
    assert gap.outside_mm == pytest.approx(apart - HUB_MM)
    assert gap.collide == (apart < HUB_MM)
    if 2.41 < apart < HUB_MM:
        assert gap.words == f"HUBS COLLIDE by {HUB_MM - apart:.1f} mm"


def test_that_a_longer_needle_lifts_its_hub_past_the_other():
    short, long = (
        NeedleSize(outer_diameter_mm=2.41, length_mm=length, gauge=13) for length in (100.0, 150.0)
    )
    one = needle((0.0, 80.0, 0.0), (0.0, 0.0, 0.0), "one", short)
    other = needle((10.0, 80.0, 0.0), (10.0, 0.0, 0.0), "other", long)
    (gap,) = of_plan(one, other)
    assert HUB_LONG_MM < 50.0
    assert gap.outside_mm == pytest.approx(10.0 - (HUB_MM + 2.41) / 2.0)
    assert not gap.collide


def test_that_needles_converging_on_the_tip_have_their_hubs_far_apart():
    size = NeedleSize(outer_diameter_mm=2.41, length_mm=150.0, gauge=13)
    one = needle((60.0, 60.0, 0.0), (5.0, 0.0, 0.0), "one", size)
    other = needle((-60.0, 60.0, 0.0), (-5.0, 0.0, 0.0), "other", size)
    (gap,) = of_plan(one, other)
    assert gap.surfaces_mm == pytest.approx(10.0 - 2.41)
    assert gap.outside_mm == pytest.approx(120.0 - 2.41)


def test_that_hubs_are_not_compared_while_a_length_is_open():
    size = NeedleSize(outer_diameter_mm=2.41, length_mm=150.0, gauge=13)
    one = needle((0.0, 80.0, 0.0), (0.0, 0.0, 0.0), "one", size)
    other = needle((6.0, 80.0, 0.0), (6.0, 0.0, 0.0), "other")
    (gap,) = of_plan(one, other)
    assert gap.outside_mm is None
    assert not gap.collide


def test_that_a_needle_shorter_than_its_way_has_its_hub_at_the_skin():
    size = NeedleSize(outer_diameter_mm=2.41, length_mm=60.0, gauge=13)
    one = needle((0.0, 80.0, 0.0), (0.0, 0.0, 0.0), "one", size)
    (shaft, hub) = assemblies(one)[one.id].outside
    assert (shaft.start, shaft.end) == (one.entry, one.entry)
    assert hub.start == PointLps(0.0, 80.0 + HUB_MM / 2.0, 0.0)
    assert hub.end == PointLps(0.0, 80.0 + HUB_LONG_MM - HUB_MM / 2.0, 0.0)
