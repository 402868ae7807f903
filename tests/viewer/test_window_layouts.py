"""Layouts, bars, keys, level map and kept work in the real window, by mouse and keys."""

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QPushButton, QToolButton

from phantoms import easy_l3
from planner.domain.levels import Level, Side
from planner.session.keymap import FIXED
from planner.session.planes import Plane
from planner.session.view_state import Layout
from planner.session.window_states import CheckPhase
from planner.settings.preferences import load_preferences
from planner.viewer.main_window import MainWindow
from planner.viewer.panels.pane_grid import OTHER_PLAN, THIS_PLAN
from planner.viewer.panels.shortcuts_dialog import ShortcutsDialog
from window_services import PhantomServices

pytestmark = pytest.mark.qt


def quiet(window, qtbot):
    qtbot.waitUntil(
        lambda: not window.desk.jobs.busy and window.desk.checks.state.phase is not
        CheckPhase.CHECKING, timeout=120_000
    )  # fmt: skip


@pytest.fixture
def window(qtbot, tmp_path):
    easy_l3()
    made = MainWindow(PhantomServices(), tmp_path)
    made.ask.may_close = lambda: True
    qtbot.addWidget(made)
    made.resize(1400, 900)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def planned(window, qtbot):
    desk = window.desk
    window.open(Path("scan"))
    qtbot.waitUntil(lambda: desk.ct is not None, timeout=120_000)
    desk.outlines.segment()
    qtbot.waitUntil(lambda: desk.edits.anatomy is not None, timeout=120_000)
    quiet(window, qtbot)
    desk.needles.choose_level(Level.L3)
    desk.needles.choose_side(Side.LEFT)
    desk.needles.suggest()
    qtbot.waitUntil(lambda: desk.edits.needle is not None, timeout=120_000)
    desk.treatment.choose_device("eco-mwa")
    quiet(window, qtbot)
    return window


def shown(window):
    panes = {pane.name: pane for pane in window.panes.every_slice}
    panes |= {"3d": window.panes.scene}
    panes |= {pane.name: pane for pane in window.panes.xrays.values()}
    return {name for name, pane in panes.items() if pane.isVisible()}


def press(qtbot, window, key):
    qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)


def test_that_every_layout_shows_its_panes_and_ticks_its_button(planned, qtbot, tmp_path):
    planned.desk.case.save(tmp_path / "a.plan")
    planned.desk.compare.with_saved()
    quiet(planned, qtbot)
    slices = {"axial", "sagittal", "coronal", "3d"}
    expected = {
        Qt.Key.Key_1: (Layout.PLANNING, slices),
        Qt.Key.Key_2: (Layout.QUARTERS, slices),
        Qt.Key.Key_3: (Layout.NEEDLE, slices),
        Qt.Key.Key_4: (Layout.PAIR, {"AP", "Lateral"}),
        Qt.Key.Key_6: (Layout.COMPARE, {"axial", "sagittal", "other axial", "other sagittal"}),
    }
    for key, (layout, panes) in expected.items():
        press(qtbot, planned, key)
        quiet(planned, qtbot)
        assert planned.desk.panes.state.layout is layout
        assert shown(planned) == panes
        ticked = [
            name
            for name, action in planned.actions_by_id.items()
            if name.startswith("layout_") and action.isChecked()
        ]
        assert len(ticked) == 1
    assert planned.panes.slices[Plane.AXIAL]._caption == THIS_PLAN
    assert planned.panes.others[Plane.AXIAL]._caption == OTHER_PLAN
    press(qtbot, planned, Qt.Key.Key_2)
    assert planned.panes.slices[Plane.AXIAL]._caption == ""


def test_that_a_pane_of_the_other_plan_maximises_itself_and_moves_no_needle(
    planned, qtbot, tmp_path
):
    planned.desk.case.save(tmp_path / "a.plan")
    planned.desk.compare.with_saved()
    quiet(planned, qtbot)
    before = planned.desk.edits.plan
    other = planned.panes.others[Plane.AXIAL]
    tip = other.pane_map().pixel(planned.desk.edits.needle.tip)
    at = QPoint(*(round(value) for value in tip))
    qtbot.mousePress(other, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseMove(other, at + QPoint(30, 10))
    qtbot.mouseRelease(other, Qt.MouseButton.LeftButton, pos=at + QPoint(30, 10))
    assert planned.desk.edits.plan is before
    qtbot.mouseDClick(other, Qt.MouseButton.LeftButton, pos=at)
    assert shown(planned) == {"other axial"}


def test_that_a_small_pane_changes_places_with_the_large_one_and_each_may_fill_all(window, qtbot):
    window.open(Path("scan"))
    qtbot.waitUntil(lambda: window.desk.ct is not None, timeout=120_000)
    quiet(window, qtbot)
    press(qtbot, window, Qt.Key.Key_1)
    slices, scene = window.panes.slices, window.panes.scene
    axial, sagittal = slices[Plane.AXIAL], slices[Plane.SAGITTAL]

    def area(pane):
        return pane.width() * pane.height()

    qtbot.waitUntil(lambda: area(axial) > 2 * area(sagittal), timeout=10_000)
    was = sagittal.geometry()
    # The pane that was pressed has the keyboard, and F asks for it.
    qtbot.mouseClick(sagittal, Qt.MouseButton.LeftButton, pos=sagittal.rect().center())
    qtbot.keyClick(sagittal, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: area(sagittal) > 2 * area(axial), timeout=10_000)
    assert axial.height() == pytest.approx(was.height(), abs=2)
    assert shown(window) == {"axial", "sagittal", "coronal", "3d"}
    # A double click on any of them, small or large, fills the window and gives it back.
    for pane, name in ((sagittal, "sagittal"), (axial, "axial"), (scene, "3d")):
        qtbot.mouseDClick(pane, Qt.MouseButton.LeftButton, pos=pane.rect().center())
        assert shown(window) == {name}
        qtbot.mouseDClick(pane, Qt.MouseButton.LeftButton, pos=pane.rect().center())
        assert shown(window) == {"axial", "sagittal", "coronal", "3d"}
    assert window.desk.panes.state.large == "sagittal"
    # So does Ctrl+M for the pane that has the keyboard.
    sagittal.setFocus()
    press(qtbot, window, Qt.Key.Key_M)
    assert shown(window) == {"sagittal"}
    press(qtbot, window, Qt.Key.Key_M)
    qtbot.keyClick(sagittal, Qt.Key.Key_F)
    assert window.desk.panes.state.layout is Layout.QUARTERS


def test_that_a_measuring_hand_measures_over_a_needle_and_leaves_it(planned, qtbot):
    pane = planned.panes.slices[Plane.AXIAL]
    qtbot.keyClick(planned, Qt.Key.Key_D)
    before = planned.desk.edits.plan
    at = QPoint(*(round(v) for v in pane.pane_map().pixel(planned.desk.edits.needle.tip)))
    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=at)
    qtbot.mouseMove(pane, at + QPoint(20, 5))
    qtbot.mouseMove(pane, at + QPoint(40, 10))
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=at + QPoint(40, 10))
    assert planned.desk.edits.plan is before
    (measure,) = planned.desk.measures.marks
    wanted = (40**2 + 10**2) ** 0.5 * pane.pane_map().mm_per_pixel
    assert float(measure.words.split()[0]) == pytest.approx(wanted, rel=0.02)
    assert planned.actions_by_id["measure_distance"].isChecked()
    qtbot.keyClick(planned, Qt.Key.Key_Escape)
    assert not planned.actions_by_id["measure_distance"].isChecked()


def test_that_the_bar_over_the_panes_follows_its_actions(planned, qtbot):
    two_plans = next(one for one in planned.bar.findChildren(QToolButton) if one.text() == "Plans")
    assert not two_plans.isEnabled()
    assert "Compare with another plan" in two_plans.toolTip()
    mip = next(one for one in planned.bar.findChildren(QToolButton) if one.text() == "MIP")
    qtbot.mouseClick(mip, Qt.MouseButton.LeftButton)
    assert mip.isChecked()
    assert planned.desk.panes.state.slab.words == "MIP 10 mm"
    qtbot.mouseClick(mip, Qt.MouseButton.LeftButton)
    assert not mip.isChecked()
    presets = planned.bar.presets
    presets.activated.emit(presets.findData("2"))
    assert planned.desk.panes.state.window.width_hu == 400.0
    assert presets.currentData() == "2"


def test_that_a_key_can_be_changed_is_kept_and_does_what_it_says(planned, qtbot, tmp_path):
    dialog = ShortcutsDialog((), planned)
    dialog.chosen_changed.connect(lambda keys: planned._prefer(keys=keys))
    dialog.text.setText("swap black")
    dialog.key.setKeySequence(QKeySequence("Ctrl+S"))
    qtbot.mouseClick(dialog.set_key, Qt.MouseButton.LeftButton)
    assert "Save plan" in dialog.trouble.text()
    dialog.key.setKeySequence(QKeySequence("1"))
    qtbot.mouseClick(dialog.set_key, Qt.MouseButton.LeftButton)
    assert FIXED["1"] in dialog.trouble.text()
    dialog.key.setKeySequence(QKeySequence("Q"))
    qtbot.mouseClick(dialog.set_key, Qt.MouseButton.LeftButton)
    dialog.close()
    assert load_preferences(tmp_path).keys == (("invert", "Q"),)
    before = planned.desk.panes.state.invert
    qtbot.keyClick(planned, Qt.Key.Key_Q)
    assert planned.desk.panes.state.invert is not before
    qtbot.keyClick(planned, Qt.Key.Key_I)
    assert planned.desk.panes.state.invert is not before
    assert planned.actions_by_id["invert"].toolTip().endswith("(Q)")


def test_that_the_level_map_has_a_row_for_each_treated_level(planned, qtbot):
    (row,) = planned.check.levels.rows
    assert (row.level, row.sides) == (Level.L3, "left")
    assert row.volumes.startswith("zone ")
    assert row.verdict == "WARN"
    planned.desk.treatment.choose_device("")
    assert planned.check.levels.rows[0].verdict == "NOT EVALUATED"
    quiet(planned, qtbot)
    assert planned.check.levels.rows[0].treatment == "no device yet"
    planned.desk.act(planned.desk.edits.delete)
    assert planned.check.levels.rows == ()


def test_that_typed_notes_are_in_the_plan_before_it_is_saved(planned, qtbot, tmp_path):
    planned.desk.case.save(tmp_path / "a.plan")
    planned.report.notes.setPlainText("Ask for an MR.")
    planned.actions_by_id["save"].setEnabled(True)
    planned.actions_by_id["save"].trigger()
    assert PhantomServices().load_plan(tmp_path / "a.plan").notes == "Ask for an MR."
    planned.report.notes.setPlainText("Ask again.")
    qtbot.waitUntil(lambda: planned.desk.edits.plan.notes == "Ask again.", timeout=60_000)


def test_that_a_locked_plan_shows_it_and_takes_no_notes(planned, qtbot):
    planned.desk.act(lambda: planned.desk.edits.lock("Dr Doe", "2026-01-02T03:04:05"))
    assert planned.banner.lock.isVisible()
    assert planned.report.notes.isReadOnly()
    assert "Locked by Dr Doe" in planned.actions_by_id["delete"].toolTip()
    planned.actions_by_id["unlock_plan"].trigger()
    assert not planned.banner.lock.isVisible()
    assert not planned.report.notes.isReadOnly()


def test_that_work_left_by_a_crash_is_recovered_by_a_button(planned, qtbot, tmp_path):
    before = planned.desk.edits.plan
    keeping = planned.desk.keeping
    keeping._journal.settle()
    keeping._journal.close()
    keeping._journal = None
    planned.close()
    second = MainWindow(PhantomServices(), tmp_path)
    second.ask.may_close = lambda: True
    qtbot.addWidget(second)
    second.show()
    recover = next(
        one for one in second.study.kept.findChildren(QPushButton) if one.text() == "Recover"
    )
    qtbot.mouseClick(recover, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: second.desk.ct is not None, timeout=120_000)
    quiet(second, qtbot)
    assert second.desk.edits.plan.trajectories == before.trajectories
    assert not second.study.kept.isVisible()
