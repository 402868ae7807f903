"""Drags of a whole needle and along its axis, in slices and in 3-D; snap, card, skin map."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.domain.levels import Level, Side
from planner.domain.plan import Approach, TrajectoryId
from planner.geometry.points import PointLps
from planner.planning import course_of
from planner.session.drawing import AMPLE, HELD, REACHED, Grip, Handle, NeedleMark, handle_at
from planner.session.needle_axis import NeedleAxis
from planner.viewer.canvas.turntable import SeenBy, Turntable
from presenter_desk import Desk

EYE = Turntable(PointLps(0.0, 0.0, 0.0), 400.0, 300.0, 10.0)
SEEN = SeenBy(EYE, 600.0, 500.0)


def mark(**changes):
    usual = {
        "id": TrajectoryId("t1"),
        "label": "L3 left",
        "entry": PointLps(40.0, 60.0, 10.0),
        "tip": PointLps(5.0, -10.0, 0.0),
        "selected": True,
        "locked": False,
    }
    return NeedleMark(**(usual | changes))


def test_that_the_shaft_moves_the_whole_needle_and_ctrl_holds_the_tip_to_the_axis():
    needle = mark()
    middle = PointLps.of((needle.entry.array + needle.tip.array) / 2.0)
    x, y = SEEN.pixel(middle)
    assert handle_at((needle,), SEEN, x, y) == Handle(needle.id, False, Grip.WHOLE)
    assert handle_at((needle,), SEEN, x, y, along=True) == Handle(needle.id, False, Grip.ALONG)
    assert handle_at((needle,), SEEN, x + 40.0, y + 40.0) is None
    x, y = SEEN.pixel(needle.entry)
    assert handle_at((needle,), SEEN, x, y) == Handle(needle.id, True)
    assert handle_at((mark(locked=True),), SEEN, x, y) is None


@given(st.floats(-80, 80), st.floats(-80, 80), st.floats(-80, 80), st.floats(-90, 90))
def test_that_a_point_dragged_in_3d_goes_where_the_mouse_went(x, y, z, by):
    start = PointLps(x, y, z)
    moved = EYE.dragged(start, (by, -by / 2.0), 500.0)
    was, now = SEEN.pixel(start), SEEN.pixel(moved)
    assert now[0] - was[0] == pytest.approx(by, abs=1e-6)
    assert now[1] - was[1] == pytest.approx(-by / 2.0, abs=1e-6)


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


def dragged(desk, grip, by):
    work, needle = desk.work, desk.work.edits.needle
    handle = Handle(needle.id, is_entry=False, grip=grip)
    work.act(lambda: work.edits.grab(handle))
    work.act(lambda: work.edits.drag(handle, needle.tip.moved(by)))
    work.act(work.edits.let_go)
    desk.settle()
    return needle, work.edits.needle


def test_that_a_whole_drag_keeps_the_needle_parallel_to_itself(planned):
    before, after = dragged(planned, Grip.WHOLE, (3.0, -2.0, 1.0))
    np.testing.assert_allclose(after.entry.array - before.entry.array, (3.0, -2.0, 1.0))
    np.testing.assert_allclose(after.tip.array - before.tip.array, (3.0, -2.0, 1.0))


def test_that_an_axial_drag_keeps_the_entry_and_the_direction(planned):
    before, after = dragged(planned, Grip.ALONG, (6.0, -9.0, 2.0))
    axis = NeedleAxis(before.entry, before.tip)
    assert after.entry == before.entry
    assert after.tip.distance_mm(axis.at_depth(axis.depth_mm(after.tip))) < 1e-9
    assert after.tip != before.tip


def test_that_snapping_lays_the_needle_along_its_pedicle(planned):
    work = planned.work
    work.needles.snap()
    planned.settle()
    course = course_of(work.edits.needle, work.edits.anatomy)
    direction = NeedleAxis(work.edits.needle.entry, work.edits.needle.tip).direction
    assert float(direction @ np.array(course.direction)) == pytest.approx(1.0)


def lines(desk):
    return {name: value for part in desk.work.plan_shown.card for name, value in part.lines}


def test_that_the_card_is_measured_and_gives_the_way_from_a_grid_mark(planned):
    work, needle = planned.work, planned.work.edits.needle
    assert lines(planned)["Skin to tip"] != "not given"
    assert {"From the vertical", "Gantry for one slice", "AP", "Down the needle"} <= set(
        lines(planned)
    )
    work.panes.move_cursor(needle.entry.moved((10.0, 0.0, -20.0)))
    work.room.mark_grid()
    planned.settle()
    words = lines(planned)["From the grid mark"]
    assert "right" in words
    assert "towards the head" in words
    assert work.edits.plan.grid_mark is not None
    work.act(work.edits.undo)
    assert work.edits.plan.grid_mark is None
    work.act(work.edits.redo)
    planned.settle()
    work.room.mark_grid()
    planned.settle()
    assert "From the grid mark" not in lines(planned)


def test_that_no_card_is_shown_of_a_needle_that_has_moved(planned):
    work, needle = planned.work, planned.work.edits.needle
    handle = Handle(needle.id, is_entry=False)
    work.act(lambda: work.edits.grab(handle))
    work.act(lambda: work.edits.drag(handle, needle.tip.moved((0.0, 1.0, 0.0))))
    assert planned.work.plan_shown.card == ()
    work.act(work.edits.let_go)
    planned.settle()
    assert lines(planned)


def test_that_the_correction_says_which_way_the_tip_has_to_go(planned):
    work, needle = planned.work, planned.work.edits.needle
    work.panes.move_cursor(needle.tip.moved((5.0, 0.0, 0.0)))
    work.room.say_correction()
    assert "towards the patient’s left" in planned.said.text
    work.panes.move_cursor(needle.tip)
    work.room.say_correction()
    assert planned.said.is_error


def test_that_the_skin_map_says_what_each_colour_is_and_goes_again(planned):
    work = planned.work
    work.room.toggle_skin()
    planned.settle()
    shown = planned.view.show_drawing.call_args.args[0].skin
    counts = {code: int(np.count_nonzero(shown.codes == code)) for code in (AMPLE, REACHED, HELD)}
    assert sum(counts.values()) > 0
    for count in counts.values():
        assert f" {count} " in shown.words
    assert "any way" in shown.words
    work.needles.choose_approach(Approach.TRANSPEDICULAR)
    assert planned.view.show_drawing.call_args.args[0].skin is None, "it was made for any way"
    work.room.toggle_skin()
    planned.settle()
    through = planned.view.show_drawing.call_args.args[0].skin
    assert "transpedicular only" in through.words
    assert (through.codes != shown.codes).any()
    work.needles.type_size("10 G 150")
    assert planned.view.show_drawing.call_args.args[0].skin is None, "it was of a thinner needle"
    work.room.toggle_skin()
    planned.settle()
    thick = planned.view.show_drawing.call_args.args[0].skin
    assert "needle 3.40 mm" in thick.words
    work.room.toggle_skin()
    assert planned.view.show_drawing.call_args.args[0].skin is None
