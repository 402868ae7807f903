"""Numbers typed for a needle are kept exactly, and what they do not name stays."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.domain.errors import UsageError
from planner.domain.levels import Level, Side
from planner.domain.plan import Approach, Trajectory, TrajectoryId
from planner.geometry.points import PointLps
from planner.planning import body_outline
from planner.session.needle_numbers import ENTRY, TIP, NeedleNumber, numbers_of, typed
from presenter_desk import Desk

ANGLES = (NeedleNumber.INWARD, NeedleNumber.UPWARD)
PLACES = st.floats(-80.0, 80.0)


def needle(side=Side.LEFT):
    return Trajectory(
        id=TrajectoryId("t1"),
        level=Level.L3,
        side=side,
        approach=Approach.TRANSPEDICULAR,
        entry=PointLps(side.sign * 47.03, 71.37, 11.91),
        tip=PointLps(side.sign * 6.21, -12.57, 2.43),
    )


@pytest.fixture
def unseen(monkeypatch):
    """A scan in which no skin is seen, so that an angle alone changes."""
    monkeypatch.setattr(body_outline, "skin_on_line", lambda *_: None)
    return SimpleNamespace()


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(
    ("name", "value"),
    [
        (NeedleNumber.DEPTH, 61.3),
        (NeedleNumber.INWARD, -7.4),
        (NeedleNumber.UPWARD, 12.6),
        (NeedleNumber.ENTRY_LEFT, -31.2),
        (NeedleNumber.TIP_HEAD, 8.8),
    ],
)
def test_that_a_typed_number_is_kept_and_the_others_do_not_drift(side, name, value, unseen):
    before = numbers_of(needle(side)).values
    there = typed(needle(side), name, value, unseen)
    after = numbers_of(there).values
    assert after[name] == pytest.approx(value, abs=1e-9)
    kept = {
        NeedleNumber.DEPTH: (*ENTRY, *ANGLES),
        NeedleNumber.ENTRY_LEFT: (*TIP, *ENTRY[1:]),
        NeedleNumber.TIP_HEAD: (*ENTRY, *TIP[:2]),
    }.get(name, (*TIP, NeedleNumber.DEPTH, *(one for one in ANGLES if one is not name)))
    assert {one: after[one] for one in kept} == pytest.approx({one: before[one] for one in kept})
    back = typed(there, name, before[name], unseen)
    assert numbers_of(back).values == pytest.approx(before, abs=1e-9)


@given(st.tuples(PLACES, PLACES, PLACES), st.floats(-80.0, 80.0), st.floats(-80.0, 80.0))
def test_that_both_angles_typed_in_either_order_give_the_same_needle(tip, inward, upward):
    start = needle()
    start = Trajectory(
        id=start.id, level=start.level, side=start.side, approach=start.approach,
        entry=PointLps.of([a + b for a, b in zip(tip, (9.0, 60.0, -5.0), strict=True)]),
        tip=PointLps.of(tip),
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(body_outline, "skin_on_line", lambda *_: None)
        orders = [
            typed(typed(start, *one, None), *two, None)
            for one, two in (
                ((NeedleNumber.INWARD, inward), (NeedleNumber.UPWARD, upward)),
                ((NeedleNumber.UPWARD, upward), (NeedleNumber.INWARD, inward)),
            )
        ]
    assert orders[0].entry.distance_mm(orders[1].entry) < 1e-6
    assert orders[0].towards_midline_deg == pytest.approx(inward, abs=1e-6)
    assert math.isclose(orders[0].length_mm, start.length_mm)


def test_that_a_needle_of_no_length_or_straight_along_the_body_is_refused(unseen):
    short = needle()
    with pytest.raises(UsageError, match="at least 1 mm"):
        typed(short, NeedleNumber.DEPTH, 0.5, unseen)
    with pytest.raises(UsageError, match="less than 90"):
        typed(short, NeedleNumber.UPWARD, 90.0, unseen)
    upright = replace(short, entry=PointLps(3.0, 4.0, 50.0), tip=PointLps(3.0, 4.0, 1.0))
    for name, value in ((NeedleNumber.TIP_HEAD, 49.5), (NeedleNumber.ENTRY_HEAD, 1.5)):
        with pytest.raises(UsageError, match="same place"):
            typed(upright, name, value, unseen)


@pytest.fixture(scope="module")
def planned():
    desk = Desk()
    desk.outline_a_scan()
    desk.work.needles.choose_level(Level.L3)
    desk.work.needles.choose_side(Side.LEFT)
    desk.work.needles.suggest()
    desk.settle()
    yield desk
    desk.work.close()


def test_that_a_typed_number_is_one_undo_step_and_a_locked_needle_stays(planned):
    work = planned.work
    before = work.edits.needle
    work.needles.type_number(NeedleNumber.DEPTH, before.length_mm + 4.0)
    assert work.edits.needle.length_mm == pytest.approx(before.length_mm + 4.0)
    assert work.plan_shown.numbers.values[NeedleNumber.DEPTH] == work.edits.needle.length_mm
    work.act(work.edits.undo)
    assert work.edits.needle == before
    work.act(work.edits.toggle_lock)
    work.needles.type_number(NeedleNumber.TIP_LEFT, 0.0)
    assert work.edits.needle.tip == before.tip
    assert work.plan_shown.numbers.locked
    work.act(work.edits.toggle_lock)


def test_that_an_angle_typed_brings_the_entry_to_the_skin(planned):
    work, before = planned.work, planned.work.edits.needle
    work.needles.type_number(NeedleNumber.INWARD, before.towards_midline_deg + 3.0)
    after = work.edits.needle
    assert after.tip == before.tip
    assert after.towards_midline_deg == pytest.approx(before.towards_midline_deg + 3.0, abs=1e-6)
    assert after.upward_deg == pytest.approx(before.upward_deg, abs=1e-6)
    index = work.case.ct.geometry.ijk(after.entry.array)
    size = work.case.ct.geometry.size_ijk
    assert all(0 <= at <= side - 1 for at, side in zip(index, size, strict=True))
