"""Every drag of a needle in every pane, with a real mouse, over a real window."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from phantoms import easy_l3
from planner.domain.levels import Level, Side
from planner.session.drawing import HANDLE_RADIUS_PX
from planner.session.needle_axis import NeedleAxis
from planner.session.planes import Plane
from planner.session.window_states import CheckPhase
from planner.viewer.canvas.turntable import SeenBy
from planner.viewer.canvas.xray_pane import Sight
from planner.viewer.main_window import MainWindow
from window_services import PhantomServices

pytestmark = pytest.mark.qt

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier
BY = QPoint(14, -9)
"""Where the hand goes, in pixels: neither along nor across any needle."""


def quiet(window, qtbot):
    qtbot.waitUntil(
        lambda: not window.desk.jobs.busy and window.desk.checks.state.phase is not
        CheckPhase.CHECKING, timeout=120_000
    )  # fmt: skip


@pytest.fixture
def window(qtbot):
    easy_l3()
    made = MainWindow(PhantomServices())
    made.ask.may_close = lambda: True
    qtbot.addWidget(made)
    made.resize(1500, 1100)
    with qtbot.waitExposed(made):
        made.show()
    made.open(Path("scan"))
    qtbot.waitUntil(lambda: made.desk.ct is not None, timeout=120_000)
    quiet(made, qtbot)
    made.actions_by_id["segment"].trigger()
    qtbot.waitUntil(lambda: made.desk.edits.anatomy is not None, timeout=120_000)
    quiet(made, qtbot)
    made.desk.needles.choose_level(Level.L3)
    made.desk.needles.choose_side(Side.LEFT)
    made.actions_by_id["suggest"].trigger()
    qtbot.waitUntil(lambda: made.desk.edits.needle is not None, timeout=120_000)
    quiet(made, qtbot)
    return made


def sight_of(window, name):
    """Return a pane, where it shows a point, and the direction it looks in."""
    grid = window.panes
    if name in grid.xrays:
        pane = grid.xrays[name]
        view = pane._picture.view
        looks = np.cross(np.array(view.right), np.array(view.down))
        return pane, Sight(view, pane._box()).pixel, looks
    if name == "3d":
        eye = grid.scene._eye
        seen = SeenBy(eye, float(grid.scene.width()), float(grid.scene.height()))
        return grid.scene, seen.pixel, eye.axes[2]
    pane = grid.slices[Plane(name)]
    return pane, pane.pane_map().pixel, np.array(pane.pane_map().frame.normal)


def drag(qtbot, pane, start, modifier=Qt.KeyboardModifier.NoModifier):
    qtbot.mousePress(pane, LEFT, modifier, pos=start)
    qtbot.mouseMove(pane, start + BY / 2)
    qtbot.mouseMove(pane, start + BY)
    qtbot.mouseRelease(pane, LEFT, modifier, pos=start + BY)


def at(pixel, point):
    return QPoint(*(round(value) for value in pixel(point)))


def along_the_needle(needle, share):
    return needle.entry.moved(share * (needle.tip.array - needle.entry.array))


def shown(window, qtbot, name):
    """Show the pane alone and whole, so that a hand can reach what is to be dragged."""
    desk = window.desk
    if name in window.panes.xrays:
        if not desk.panes.state.xray:
            window.actions_by_id["xray_view"].trigger()
        qtbot.waitUntil(lambda: window.panes.xrays[name]._picture is not None, timeout=120_000)
    else:
        desk.panes.reset()
    pane = sight_of(window, name)[0]
    desk.panes.toggle_maximised(getattr(pane, "name", name))
    quiet(window, qtbot)
    qtbot.waitUntil(lambda: pane.width() > 0.9 * window.panes.width(), timeout=120_000)
    return sight_of(window, name)


def moved_in_the_picture(before, after, pixel, looks):
    """Tell that a point went with the mouse and not towards the eye."""
    way = np.array(pixel(after)) - np.array(pixel(before))
    np.testing.assert_allclose(way, (BY.x(), BY.y()), atol=1.6)
    assert abs(float((after.array - before.array) @ looks)) < 1e-6


def taken_back(window, name, first):
    """Take back a drag, which is one step; panes along a needle have turned with it."""
    window.desk.act(window.desk.edits.undo)
    assert window.desk.edits.needle == first
    return sight_of(window, name)


def try_every_grip(window, qtbot, name):
    """Drag tip, entry, whole needle and the tip along its axis; return what could be held."""
    pane, pixel, looks = shown(window, qtbot, name)
    edits, first = window.desk.edits, window.desk.edits.needle
    held = set()
    seen_px = np.hypot(*np.subtract(pixel(first.entry), pixel(first.tip)))
    if seen_px > HANDLE_RADIUS_PX:
        drag(qtbot, pane, at(pixel, first.tip))
        assert edits.needle.entry == first.entry
        moved_in_the_picture(first.tip, edits.needle.tip, pixel, looks)
        pane, pixel, looks = taken_back(window, name, first)
        held.add("tip")

    if pane.rect().contains(at(pixel, first.entry)):
        drag(qtbot, pane, at(pixel, first.entry))
        assert edits.needle.tip == first.tip
        moved_in_the_picture(first.entry, edits.needle.entry, pixel, looks)
        pane, pixel, looks = taken_back(window, name, first)
        held.add("entry")

    if seen_px > 4.0 * HANDLE_RADIUS_PX:
        drag(qtbot, pane, at(pixel, along_the_needle(first, 0.6)))
        whole = edits.needle
        moved_in_the_picture(first.tip, whole.tip, pixel, looks)
        by = (whole.entry.array - first.entry.array, whole.tip.array - first.tip.array)
        np.testing.assert_allclose(*by, atol=1e-9)
        pane, pixel, looks = taken_back(window, name, first)

        drag(qtbot, pane, at(pixel, along_the_needle(first, 0.6)), CTRL)
        along, axis = edits.needle, NeedleAxis(first.entry, first.tip)
        assert along.entry == first.entry
        assert along.tip.distance_mm(axis.at_depth(axis.depth_mm(along.tip))) < 1e-9
        assert along.tip != first.tip
        taken_back(window, name, first)
        held |= {"whole", "along"}
    return held


ALL = {"entry", "tip", "whole", "along"}


def test_that_all_of_a_needle_is_dragged_in_every_slice_in_3d_and_along_itself(window, qtbot):
    for name in (*(str(plane) for plane in Plane), "3d"):
        assert try_every_grip(window, qtbot, name) == ALL, name
    window.actions_by_id["needle_view"].trigger()
    for name in ("axial", "sagittal"):
        assert try_every_grip(window, qtbot, name) == ALL, name
    quiet(window, qtbot)


def test_that_all_of_a_needle_is_dragged_on_xray_pictures(window, qtbot):
    held = {name: try_every_grip(window, qtbot, name) for name in ("ap", "lateral")}
    window.desk.needles.snap()
    quiet(window, qtbot)
    held["oblique"] = try_every_grip(window, qtbot, "oblique")
    assert held["ap"] == ALL
    assert held["lateral"] >= {"tip", "whole", "along"}, "the skin may lie outside the picture"
    assert held["oblique"] == {"entry"}, "snapped to its pedicle, the needle is seen end on"

    pane, pixel, looks = shown(window, qtbot, "down the barrel")
    before, sight = window.desk.edits.needle, Sight(pane._picture.view, pane._box())
    spot = at(pixel, before.entry)
    qtbot.mousePress(pane, LEFT, pos=spot)
    for share in (1, 2, 3):
        qtbot.mouseMove(pane, spot + BY * share / 3)
        quiet(window, qtbot)
    qtbot.mouseRelease(pane, LEFT, pos=spot + BY)
    assert window.desk.edits.needle.tip == before.tip, "end on, the hand steers the skin point"
    moved_in_the_picture(before.entry, window.desk.edits.needle.entry, sight.pixel, looks)
    quiet(window, qtbot)

    pane, pixel, _ = shown(window, qtbot, "ap")
    window.actions_by_id["lock"].trigger()
    locked = window.desk.edits.needle
    drag(qtbot, pane, at(pixel, locked.tip))
    assert window.desk.edits.needle == locked
    quiet(window, qtbot)
