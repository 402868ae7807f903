"""A needle as its parts, and needles turned to angles typed in."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.catalog import load_catalog
from planner.domain.levels import Level, Side
from planner.domain.plan import Approach, Trajectory, TrajectoryId
from planner.geometry.points import PointLps
from planner.planning import (
    assembled,
    depth_left_mm,
    with_angles,
)
from planner.planning.needle_assembly import shaft_spare_mm

DEVICES = load_catalog().devices
ANTENNA = DEVICES["eco-mwa"]


def needle(x: float = 20.0, side: Side = Side.LEFT) -> Trajectory:
    return Trajectory(
        id=TrajectoryId("n"),
        level=Level.L3,
        side=side,
        approach=Approach.TRANSPEDICULAR,
        entry=PointLps(x, 80.0, 0.0),
        tip=PointLps(x, 0.0, 0.0),
    )


def test_that_the_antenna_stands_15_mm_out_of_its_drawn_back_needle() -> None:
    found = assembled(needle(), ANTENNA, 2.41)
    assert found.cannula is not None
    assert found.active is not None
    assert found.cannula.end == PointLps(20.0, 15.0, 0.0)
    assert found.cannula.radius_mm == pytest.approx(1.205)
    assert found.applicator.end == PointLps(20.0, 0.0, 0.0)
    assert found.applicator.radius_mm == pytest.approx(0.8)
    assert (found.active.start, found.active.end) == (found.cannula.end, found.applicator.end)
    assert found.missing == ()


def test_that_a_tip_drawn_back_takes_the_cannula_with_it() -> None:
    found = assembled(needle(), ANTENNA, 2.41, tip_back_mm=6.0)
    assert found.cannula is not None
    assert found.applicator.end.y_mm == pytest.approx(6.0)
    assert found.cannula.end.y_mm == pytest.approx(21.0)
    with pytest.raises(ValueError, match="out of the skin"):
        assembled(needle(), ANTENNA, 2.41, tip_back_mm=80.0)


def test_that_what_the_catalogue_does_not_say_is_told_and_never_thin() -> None:
    numbers = {k: v for k, v in ANTENNA.numbers.items() if k != "tip_beyond_cannula_mm"}
    found = assembled(needle(), replace(ANTENNA, numbers=numbers), 2.41)
    assert found.active is None
    assert found.cannula is not None
    assert found.cannula.end == found.applicator.end
    assert found.missing == (f"How far {ANTENNA.name} stands beyond its bone needle.",)
    unknown = assembled(needle(), replace(ANTENNA, numbers={}), 2.41)
    assert unknown.applicator.radius_mm == pytest.approx(1.205)
    assert "diameter" in unknown.missing[0]


def test_that_a_shaft_has_to_reach() -> None:
    assert shaft_spare_mm(needle(), ANTENNA) == pytest.approx(120.0)
    assert shaft_spare_mm(needle(), replace(ANTENNA, numbers={})) is None


@given(
    axial=st.floats(-80.0, 80.0),
    upward=st.floats(-70.0, 70.0),
    side=st.sampled_from(Side),
    keep_tip=st.booleans(),
)
def test_that_a_needle_has_the_angles_that_were_typed(
    axial: float, upward: float, side: Side, keep_tip: bool
) -> None:
    start = needle(side=side)
    found = with_angles(start, towards_midline_deg=axial, upward_deg=upward, keep_tip=keep_tip)
    assert found.towards_midline_deg == pytest.approx(axial, abs=1e-6)
    assert found.upward_deg == pytest.approx(upward, abs=1e-6)
    assert found.length_mm == pytest.approx(start.length_mm)
    kept = (found.tip, start.tip) if keep_tip else (found.entry, start.entry)
    assert kept[0] == kept[1]


def test_that_a_needle_straight_up_cannot_be_typed() -> None:
    with pytest.raises(ValueError, match="less than 90"):
        with_angles(needle(), towards_midline_deg=0.0, upward_deg=90.0)


def test_that_the_depth_left_counts_along_the_needle_and_past_its_end() -> None:
    planned = needle()
    assert depth_left_mm(planned, PointLps(21.0, 30.0, 4.0)) == pytest.approx(30.0)
    assert depth_left_mm(planned, PointLps(20.0, -5.0, 0.0)) == pytest.approx(-5.0)
    assert math.isclose(depth_left_mm(planned, planned.entry), planned.length_mm)
    assert np.isclose(depth_left_mm(planned, planned.tip), 0.0)
