"""Panes along a needle, and X-ray pictures of it, as the workstation shows them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phantoms import easy_l3
from planner.domain.levels import Level, Side
from planner.geometry.points import PointLps
from planner.session.drawing import Handle
from planner.session.needle_axis import NeedleAxis
from planner.session.planes import Plane
from planner.session.view_state import ViewState, pane_words
from planner.session.window_presets import BONE
from planner.session.xray_drawing import make_picture, spinous_tip, subjects
from planner.session.xray_pictures import ORDER, VERTEBRA_EDGE
from presenter_desk import Desk
from window_services import pedicle_path

LENGTH = st.floats(20.0, 150.0)
ANGLE = st.floats(-180.0, 180.0)


def axis_at(turn_deg, rise_deg, length_mm):
    turn, rise = np.radians((turn_deg, rise_deg))
    way = np.array((np.sin(turn) * np.cos(rise), -np.cos(turn) * np.cos(rise), np.sin(rise)))
    entry = PointLps(10.0, 20.0, 30.0)
    return NeedleAxis(entry, entry.moved(length_mm * way))


@given(ANGLE, st.floats(-89.0, 89.0), LENGTH)
def test_that_two_panes_hold_the_needle_and_the_eye_looks_down_it(turn, rise, length):
    axis = axis_at(turn, rise, length)
    for plane in (Plane.AXIAL, Plane.SAGITTAL):
        assert abs(float(axis.frame(plane).normal @ axis.direction)) < 1e-9
    np.testing.assert_allclose(axis.frame(Plane.CORONAL).normal, axis.direction, atol=1e-9)
    for plane in Plane:
        frame = axis.frame(plane)
        assert abs(float(np.dot(frame.right, frame.down))) < 1e-9


def test_that_a_needle_straight_from_behind_is_shown_as_in_the_slices():
    axis = axis_at(0.0, 0.0, 80.0)
    assert axis.frame(Plane.AXIAL).letters == ("R", "L", "A", "P")
    assert axis.frame(Plane.SAGITTAL).letters == ("A", "P", "S", "I")
    assert axis.frame(Plane.CORONAL).letters == ("L", "R", "S", "I")


@pytest.fixture
def along():
    case = easy_l3()
    needle = pedicle_path(case.truth, Level.L3, Side.LEFT)
    first = ViewState.of(case.ct.geometry, BONE)
    return first.along(NeedleAxis(needle.entry, needle.tip))


def test_that_the_wheel_advances_along_the_needle_in_every_pane(along):
    axis = along.needle
    for plane in Plane:
        moved = along.scrolled(plane, -10.0)
        assert axis.depth_mm(moved.cursor) == pytest.approx(axis.length_mm - 10.0)
        assert pane_words(moved, plane)[1].endswith("10 mm before the tip")


def test_that_the_depth_says_when_it_is_beyond_the_tip(along):
    assert along.needle.words(along.cursor).endswith("at the tip")
    assert along.needle.words(along.scrolled(Plane.CORONAL, 4.0).cursor).endswith(
        "4 mm BEYOND the tip"
    )


@given(st.floats(-60.0, 60.0), st.floats(-60.0, 60.0), st.floats(-60.0, 60.0))
def test_that_the_crosshair_never_leaves_the_line_of_the_needle(x, y, z):
    axis = axis_at(30.0, 10.0, 80.0)
    state = replace(ViewState.of(easy_l3().ct.geometry, BONE), needle=axis)
    cursor = state.at(PointLps(x, y, z)).cursor
    depth = axis.depth_mm(cursor)
    assert cursor.distance_mm(axis.at_depth(depth)) < 1e-9
    assert 0.0 <= depth <= axis.length_mm + 30.0 + 1e-9


# the workstation


@pytest.fixture
def planned():
    desk = Desk()
    desk.outline_a_scan()
    desk.work.needles.choose_level(Level.L3)
    desk.work.needles.choose_side(Side.LEFT)
    desk.work.needles.suggest()
    desk.settle()
    yield desk
    desk.work.close()


def test_that_panes_turn_with_the_needle_only_when_it_is_let_go(planned):
    work = planned.work
    work.needles.look_along()
    before = work.panes.state.needle
    needle = work.edits.needle
    handle = Handle(needle.id, is_entry=False)
    work.act(lambda: work.edits.grab(handle))
    work.act(lambda: work.edits.drag(handle, needle.tip.moved((3.0, 0.0, 0.0))))
    assert work.panes.state.needle == before
    work.act(work.edits.let_go)
    assert work.panes.state.needle == NeedleAxis(needle.entry, work.edits.needle.tip)
    work.act(work.edits.delete)
    assert work.panes.state.needle is None


def pictures(desk):
    return desk.view.show_xrays.call_args.args[0]


def test_that_a_drag_redraws_only_the_view_down_the_needle_and_small(planned):
    work = planned.work
    work.xrays.toggle()
    planned.settle()
    first = {one.subject.arm.name: one for one in pictures(planned)}
    assert tuple(first) == ORDER
    needle = work.edits.needle
    handle = Handle(needle.id, is_entry=True)
    work.act(lambda: work.edits.grab(handle))
    work.act(lambda: work.edits.drag(handle, needle.entry.moved((5.0, 0.0, 0.0))))
    planned.settle()
    dragged = {one.subject.arm.name: one for one in pictures(planned)}
    assert [name for name in ORDER if dragged[name] is not first[name]] == ["down the barrel"]
    assert dragged["down the barrel"].grey.shape == (160, 160)
    work.act(work.edits.let_go)
    planned.settle()
    assert pictures(planned)[-1].grey.shape == (512, 512)


def test_that_xray_pictures_go_when_their_needle_does(planned):
    work = planned.work
    work.xrays.toggle()
    planned.settle()
    work.act(work.edits.delete)
    assert not work.panes.state.xray
    work.xrays.toggle()
    assert planned.said.is_error
    assert not work.panes.state.xray


# what the pictures are


@pytest.fixture(scope="module")
def drawn():
    case = easy_l3()
    vertebra = case.truth.vertebrae[Level.L3]
    needle = pedicle_path(case.truth, Level.L3, Side.LEFT)
    wanted = subjects(needle, case.truth, case.ct.record.patient_position)
    made = [make_picture(one, case.ct, case.truth, vertebra) for one in wanted]
    return case, vertebra, needle, {one.subject.arm.name: one for one in made}


def test_that_the_spinous_process_stands_on_the_midline_of_the_ap_between_the_pedicles(drawn):
    case, vertebra, _, made = drawn
    shown = made["ap"]
    (spinous,) = shown.view.project(spinous_tip(case.truth, vertebra))
    middle = shown.midline.mean(axis=0)
    assert abs(spinous[0] - middle[0]) * shown.view.pixel_mm < 3.0
    left, right = (rim.mean(axis=0) for rim in shown.pedicles)
    assert abs((left + right)[0] / 2.0 - middle[0]) * shown.view.pixel_mm < 1.5


def test_that_the_needle_is_a_dot_in_the_view_down_it(drawn):
    _, _, needle, made = drawn
    view = made["down the barrel"].view
    entry, tip = view.project(np.stack((needle.entry.array, needle.tip.array)))
    np.testing.assert_allclose(entry, tip, atol=1e-6)
    np.testing.assert_allclose(tip, (255.5, 255.5), atol=1e-6)


def test_that_every_picture_holds_the_edge_of_its_vertebra_about_the_body(drawn):
    _, vertebra, _, made = drawn
    for shown in made.values():
        rows, columns = np.nonzero(shown.edges == VERTEBRA_EDGE)
        ((x, y),) = shown.view.project(vertebra.body_centre.array)
        assert columns.min() < x < columns.max()
        assert rows.min() < y < rows.max()


def test_that_the_true_lateral_sees_the_two_pedicles_as_one(drawn):
    _, vertebra, _, made = drawn
    ends = np.stack([pedicle.isthmus.array for pedicle in vertebra.pedicles.values()])
    one, other = made["lateral"].view.project(ends)
    assert np.linalg.norm(one - other) * made["lateral"].view.pixel_mm < 3.0
