"""The correction tools in the real window, by mouse and keys."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QToolButton

from phantoms import easy_l3
from planner.domain.anatomy import SpineGuides
from planner.domain.corrections import (
    BoneScribble,
    BoneThreshold,
    BrushStroke,
    CanalPoint,
    DiscMoved,
    DiscPlane,
    LevelCount,
    WallLine,
)
from planner.domain.levels import Level
from planner.geometry.points import PointLps
from planner.session.planes import Plane
from planner.session.touch import Tool
from planner.session.window_states import Message, Step
from planner.viewer.canvas.tool_painter import faded
from planner.viewer.main_window import MainWindow
from window_services import PhantomServices

pytestmark = pytest.mark.qt

LEFT = Qt.MouseButton.LeftButton


def guided():
    truth = easy_l3().truth
    a, b = (truth.vertebrae[level].body_centre.array for level in (Level.L4, Level.L3))
    line = np.zeros((2, 3))
    disc = DiscPlane(middle=PointLps.of((a + b) / 2), normal=(0.0, 0.0, 1.0))
    guides = SpineGuides(
        discs=(disc,), canal_mm=line, posterior_wall_mm=line, anterior_wall_mm=line
    )
    return replace(truth, guides=guides)


class GuidedServices(PhantomServices):
    def segment(self, ct, seeds, report):
        return guided()

    def redo_outlines(self, ct, binding, report):
        return guided()


@pytest.fixture
def window(qtbot):
    made = MainWindow(GuidedServices())
    made.ask.may_close = lambda: True
    qtbot.addWidget(made)
    made.resize(1280, 860)
    with qtbot.waitExposed(made):
        made.show()
    made.open(Path("scan"))
    qtbot.waitUntil(lambda: made.desk.ct is not None, timeout=120_000)
    made.desk.outlines.segment()
    qtbot.waitUntil(lambda: made.desk.edits.anatomy is not None, timeout=60_000)
    made.desk.panes.jump(guided().guides.discs[0].middle)
    made.go(Step.ANATOMY)
    QApplication.processEvents()
    yield made
    made.close()


def corrected(window, qtbot):
    qtbot.waitUntil(lambda: not window.desk.outlines.is_stale, timeout=60_000)
    return window.desk.edits.plan.anatomy.corrections


def pixel(pane, point) -> QPoint:
    x, y = pane.pane_map().pixel(point)
    return QPoint(round(x), round(y))


def drag(qtbot, pane, start, end):
    qtbot.mousePress(pane, LEFT, pos=start)
    qtbot.mouseMove(pane, (start + end) / 2)
    qtbot.mouseMove(pane, end)
    qtbot.mouseRelease(pane, LEFT, pos=end)


def test_that_a_disc_line_is_dragged_in_the_sagittal_pane(window, qtbot):
    window.actions_by_id["tool_disc"].trigger()
    pane = window.panes.slices[Plane.SAGITTAL]
    disc = guided().guides.discs[0]
    start = pixel(pane, disc.middle)
    drag(qtbot, pane, start, start + QPoint(0, 20))
    (word,) = corrected(window, qtbot)
    assert isinstance(word, DiscMoved)
    lower_mm = disc.middle.z_mm - word.plane.middle.z_mm
    assert lower_mm == pytest.approx(20 * pane.pane_map().mm_per_pixel, rel=0.05)


def test_that_a_click_with_a_tool_leaves_the_crosshair_where_it_is(window, qtbot):
    window.actions_by_id["tool_canal"].trigger()
    pane = window.panes.slices[Plane.AXIAL]
    before = window.desk.panes.state.cursor
    at = pixel(pane, before) + QPoint(30, 25)
    wanted = pane.pane_map().lps(at.x(), at.y())
    qtbot.mouseClick(pane, LEFT, pos=at)
    (word,) = corrected(window, qtbot)
    assert isinstance(word, CanalPoint)
    assert word.at.distance_mm(wanted) < 1e-6
    assert window.desk.panes.state.cursor == before


def test_that_the_brush_paints_on_the_slice_it_is_drawn_on(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_B)
    assert window.desk.corrections.tool is Tool.PAINT
    pane = window.panes.slices[Plane.CORONAL]
    start = pixel(pane, window.desk.panes.state.cursor)
    drag(qtbot, pane, start, start + QPoint(60, 0))
    (word,) = corrected(window, qtbot)
    assert isinstance(word, BrushStroke)
    assert not word.erase
    assert np.abs(word.normal) == pytest.approx((0.0, 1.0, 0.0))
    depths = {round(point.y_mm, 6) for point in word.points}
    assert len(depths) == 1


def test_that_escape_puts_the_tool_down_and_a_click_moves_the_crosshair_again(window, qtbot):
    window.actions_by_id["tool_body"].trigger()
    assert window.actions_by_id["tool_body"].isChecked()
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.actions_by_id["tool_body"].isChecked()
    pane = window.panes.slices[Plane.AXIAL]
    before = window.desk.panes.state.cursor
    qtbot.mouseClick(pane, LEFT, pos=pixel(pane, before) + QPoint(25, 10))
    assert window.desk.panes.state.cursor != before
    assert window.desk.edits.plan.anatomy.corrections == ()


def test_that_a_level_is_renamed_from_the_list(window, qtbot):
    tools = window.anatomy.tools
    assert not tools.name.isEnabled()
    assert tools.name.toolTip() == "Mark a level in the list first."
    window.anatomy._clicked(1, 0)
    assert tools.name.currentText() == "L3"
    tools.name.activated.emit(tools.name.findText("L4"))
    assert [name for name, _ in window.desk.edits.plan.anatomy.seeds] == [Level.L4]
    corrected(window, qtbot)


def test_that_a_wall_is_drawn_by_its_key_and_a_scribble_waits_for_a_level(window, qtbot):
    assert not window.actions_by_id["tool_mine"].isEnabled()
    assert window.actions_by_id["tool_mine"].toolTip().endswith("Mark a level in the list first.")
    window.anatomy._clicked(1, 0)
    assert window.actions_by_id["tool_mine"].isEnabled()
    qtbot.keyClick(window, Qt.Key.Key_W)
    assert window.desk.corrections.tool is Tool.WALL
    pane = window.panes.slices[Plane.SAGITTAL]
    start = pixel(pane, window.desk.panes.state.cursor)
    drag(qtbot, pane, start, start + QPoint(0, 60))
    (word,) = corrected(window, qtbot)
    assert isinstance(word, WallLine)
    window.actions_by_id["tool_mine"].trigger()
    drag(qtbot, pane, start, start + QPoint(0, 30))
    _, word = corrected(window, qtbot)
    assert isinstance(word, BoneScribble)
    assert word.owner == guided().vertebrae[Level.L3].body_centre


def test_that_brush_threshold_and_count_are_chosen_beside_the_tools(window, qtbot):
    tools = window.anatomy.tools
    window.anatomy._clicked(1, 0)
    QApplication.processEvents()
    tools.paint.setCurrentIndex(tools.paint.findData("vertebra"))
    tools.paint.activated.emit(tools.paint.currentIndex())
    tools.ball.click()
    qtbot.keyClick(window, Qt.Key.Key_X)
    pane = window.panes.slices[Plane.AXIAL]
    at = pixel(pane, window.desk.panes.state.cursor)
    qtbot.mouseClick(pane, LEFT, pos=at)
    (wiped,) = corrected(window, qtbot)
    assert (wiped.paint, wiped.erase, wiped.normal) == ("vertebra", True, None)
    assert tools.threshold.text() == "automatic"
    tools.threshold.setValue(210)
    tools.threshold.editingFinished.emit()
    *_, threshold = corrected(window, qtbot)
    assert threshold == BoneThreshold(at=wiped.owner, threshold_hu=210.0)
    tools.counts["Lumbar"].setCurrentText("6")
    tools.counts["Lumbar"].activated.emit(2)
    *_, count = corrected(window, qtbot)
    assert count == LevelCount(lumbar=6)
    window.desk.act(window.desk.edits.undo)
    corrected(window, qtbot)
    assert tools.counts["Lumbar"].currentText() == "5"
    assert tools.threshold.value() == 210


def test_that_limits_beside_the_tools_hold_for_the_next_lesion_that_is_grown(window, qtbot):
    tools = window.anatomy.tools
    assert tools.lesion_low.text() == tools.lesion_high.text() == "automatic"
    for box, value in ((tools.lesion_high, 90), (tools.lesion_low, 120), (tools.lesion_reach, 12)):
        box.setValue(value)
        box.editingFinished.emit()
    window.desk.measures.correct(Tool.GROW)
    pane = window.panes.slices[Plane.AXIAL]
    at = pixel(pane, window.desk.panes.state.cursor)
    qtbot.mouseClick(pane, LEFT, pos=at)
    assert "must lie below" in window.status.message.text()
    assert not corrected(window, qtbot)
    tools.lesion_low.setValue(tools.lesion_low.minimum())
    tools.lesion_low.editingFinished.emit()
    qtbot.mouseClick(pane, LEFT, pos=at)
    (grown,) = corrected(window, qtbot)
    assert (grown.low_hu, grown.high_hu, grown.reach_mm) == (None, 90.0, 12.0)


def test_that_a_long_sentence_does_not_make_the_window_wider(window, qtbot):
    before = window.minimumSizeHint().width()
    window.show_message(Message(text="This does not fit, and it says at length why. " * 8))
    assert window.minimumSizeHint().width() == before


def test_that_every_tool_that_is_off_says_why_and_fits_its_column(window, qtbot):
    for tool in window.anatomy.tools.findChildren(QToolButton):
        assert tool.isEnabled() or ":" in tool.toolTip()
    panel = window.steps.currentWidget()
    assert panel.widget().width() <= panel.viewport().width()


def test_that_void_outlines_are_drawn_faintly():
    pixels = np.array([[0xFF804020, 0x00000000]], dtype=np.uint32)
    thin = faded(pixels, 0.5)
    assert [f"{value:08X}" for value in thin[0]] == ["7F402010", "00000000"]
