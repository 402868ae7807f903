"""The real window, driven by mouse and keys, with no screen."""

import itertools
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage, QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QTableWidgetItem, QToolButton

from phantoms import easy_l3
from planner.domain.finding import Verdict
from planner.domain.levels import Level, Side
from planner.domain.plan import Approach
from planner.session.actions import ACTIONS
from planner.session.needle_numbers import NeedleNumber
from planner.session.planes import Plane
from planner.session.window_states import CheckPhase, Step
from planner.viewer.main_window import MainWindow
from planner.viewer.panels.dialogs import AcknowledgeDialog, DeviceTableDialog, SideDialog
from planner.viewer.panels.palette import Palette
from planner.viewer.panels.questions import PICTURE_WIDTH_PX
from planner.viewer.theme import clinical
from planner.viewer.theme.chrome import DARK, LIGHT
from window_services import PhantomServices

pytestmark = pytest.mark.qt


@pytest.fixture
def window(qtbot):
    easy_l3()  # made here once, so that no wait below depends on how fast a phantom is painted
    made = MainWindow(PhantomServices())
    made.ask.may_close = lambda: True
    qtbot.addWidget(made)
    made.resize(1280, 860)
    with qtbot.waitExposed(made):
        made.show()
    return made


def quiet(window, qtbot):
    qtbot.waitUntil(
        lambda: not window.desk.jobs.busy and window.desk.checks.state.phase is not
        CheckPhase.CHECKING, timeout=120_000
    )  # fmt: skip


@pytest.fixture
def opened(window, qtbot):
    window.open(Path("scan"))
    qtbot.waitUntil(lambda: window.desk.ct is not None, timeout=120_000)
    quiet(window, qtbot)
    return window


@pytest.fixture
def planned(opened, qtbot):
    opened.actions_by_id["segment"].trigger()
    qtbot.waitUntil(lambda: opened.desk.edits.anatomy is not None, timeout=120_000)
    quiet(opened, qtbot)
    opened.desk.needles.choose_level(Level.L3)
    opened.desk.needles.choose_side(Side.LEFT)
    opened.actions_by_id["suggest"].trigger()
    qtbot.waitUntil(lambda: opened.desk.edits.needle is not None, timeout=120_000)
    quiet(opened, qtbot)
    return opened


def pixels(widget) -> np.ndarray:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


def wheel(pane, notches, modifiers=Qt.KeyboardModifier.NoModifier):
    at = QPointF(pane.width() / 2, pane.height() / 2)
    event = QWheelEvent(
        at,
        pane.mapToGlobal(at),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, event)


def drag(qtbot, pane, button, start, end):
    qtbot.mousePress(pane, button, pos=start)
    qtbot.mouseMove(pane, (start + end) / 2)
    qtbot.mouseMove(pane, end)
    qtbot.mouseRelease(pane, button, pos=end)


def test_that_an_empty_window_says_what_it_is_not(window):
    assert window.banner.not_a_device.text() == "NOT A MEDICAL DEVICE"
    assert window.banner.not_a_device.isVisible()
    assert window.banner.draft.isVisible()
    assert window.findings.verdict.text() == "NO PLAN"


def test_that_a_level_and_an_approach_chosen_from_a_list_are_what_they_are(opened):
    panel, heard = opened.plan, []
    panel.level_chosen.connect(heard.append)
    panel.approach_chosen.connect(heard.append)
    level, approach = panel._level, panel._approach
    level.activated.emit(level.findText("L3"))
    approach.activated.emit(approach.findText(Approach.TRANSPEDICULAR.value.capitalize()))
    assert heard[0] is opened.desk.edits.level is Level.L3
    assert heard[1] is Approach.TRANSPEDICULAR
    level.activated.emit(0)
    approach.activated.emit(0)
    assert heard[2:] == [None, None]


def test_that_every_disabled_button_says_why(window, opened):
    silent = [
        button.text()
        for button in window.findChildren(QAbstractButton)
        if button.text() and not button.isEnabled() and not button.toolTip()
    ]
    assert silent == []


def test_that_every_action_is_connected_and_has_words(window):
    for spec in ACTIONS:
        action = window.actions_by_id[spec.id]
        assert action.text()
        assert action.toolTip()
        heard = [action.receivers(name) for name in ("2toggled(bool)", "2triggered(bool)")]
        assert max(heard) > 0, spec.id


def test_that_the_bright_side_of_the_patient_is_where_the_letter_says(opened):
    """The liver side is not symmetric; here a needle on the left must lie by the letter L."""
    pane = opened.panes.slices[Plane.AXIAL].pane_map()
    centre = opened.desk.panes.state.cursor
    left = centre.moved(np.array((30.0, 0.0, 0.0)))
    assert pane.pixel(left)[0] > pane.pixel(centre)[0]
    assert pane.frame.letters[1] == "L"


def test_that_a_pane_shows_the_grey_of_the_voxel_under_the_mouse(opened):
    pane = opened.panes.slices[Plane.AXIAL]
    image, window = pixels(pane), opened.desk.panes.state.window
    ct, shown = easy_l3().ct, pane.pane_map()
    for x, y in ((60, 200), (120, 150), (180, 230)):
        i, j, k = np.round(ct.geometry.ijk(shown.lps(x + 0.5, y + 0.5).array)).astype(int)
        block = ct.hu[k, j - 1 : j + 2, i - 1 : i + 2]
        low, high = (
            255 * np.clip((hu - window.level_hu) / window.width_hu + 0.5, 0, 1)
            for hu in (block.min(), block.max())
        )
        assert low - 3 <= image[y, x, 0] <= high + 3


def test_that_the_wheel_scrolls_and_with_ctrl_zooms(opened):
    pane = opened.panes.slices[Plane.AXIAL]
    before = opened.desk.panes.state
    wheel(pane, 1)
    after = opened.desk.panes.state
    assert after.cursor.z_mm - before.cursor.z_mm == pytest.approx(
        easy_l3().ct.geometry.spacing_mm[2]
    )
    wheel(pane, 2, Qt.KeyboardModifier.ControlModifier)
    assert opened.desk.panes.state.cameras[Plane.AXIAL].zoom == pytest.approx(1.15**2)


def test_that_a_click_links_the_crosshair_of_all_panes(opened, qtbot):
    pane = opened.panes.slices[Plane.AXIAL]
    at = QPoint(pane.width() // 2 + 40, pane.height() // 2 - 30)
    wanted = pane.pane_map().lps(at.x(), at.y())
    qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=at)
    assert opened.desk.panes.state.cursor.distance_mm(wanted) < 1e-6
    sagittal = opened.panes.slices[Plane.SAGITTAL].pane_map()
    assert sagittal.depth_mm(wanted.array)[0] == pytest.approx(0.0, abs=1e-6)


def test_that_a_right_drag_changes_width_across_and_level_down(opened, qtbot):
    pane = opened.panes.slices[Plane.CORONAL]
    before = opened.desk.panes.state.window
    drag(qtbot, pane, Qt.MouseButton.RightButton, QPoint(80, 80), QPoint(120, 100))
    after = opened.desk.panes.state.window
    assert after.width_hu > before.width_hu
    assert after.level_hu < before.level_hu


def test_that_a_middle_drag_pans(opened, qtbot):
    pane = opened.panes.slices[Plane.AXIAL]
    point = opened.desk.panes.state.cursor
    x, y = pane.pane_map().pixel(point)
    drag(qtbot, pane, Qt.MouseButton.MiddleButton, QPoint(100, 100), QPoint(130, 90))
    assert pane.pane_map().pixel(point) == pytest.approx((x + 30, y - 10), abs=1.5)


@pytest.mark.parametrize(("key", "window_hu"), [("1", (1800, 400)), ("4", (4000, 1000))])
def test_that_number_keys_choose_the_preset(opened, qtbot, key, window_hu):
    opened.activateWindow()
    qtbot.keyClick(opened, key)
    shown = opened.desk.panes.state.window
    assert (shown.width_hu, shown.level_hu) == window_hu


def test_that_a_folder_dropped_on_the_window_is_opened(window, qtbot, tmp_path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    event = QDropEvent(
        QPointF(10, 10),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    window.dropEvent(event)
    qtbot.waitUntil(lambda: window.desk.ct is not None, timeout=120_000)
    quiet(window, qtbot)


def test_that_dragging_a_tip_voids_the_verdict_before_the_next_picture(planned, qtbot):
    pane = planned.panes.slices[Plane.AXIAL]
    tip = planned.desk.edits.needle.tip
    start = QPoint(*(round(value) for value in pane.pane_map().pixel(tip)))
    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(pane, start + QPoint(12, 6))
    assert planned.findings.verdict.text() == "NOT EVALUATED"
    assert planned.findings._list.count() == 0
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=start + QPoint(12, 6))
    assert planned.desk.edits.needle.tip.distance_mm(tip) > 1.0
    quiet(planned, qtbot)
    assert planned.findings.verdict.text() == "WARNED"


def test_that_a_depth_typed_moves_the_tip_and_voids_the_verdict(planned, qtbot):
    box = planned.plan.fields.boxes[NeedleNumber.DEPTH]
    before = planned.desk.edits.needle
    box.setValue(box.value() + 3.0)
    assert planned.findings.verdict.text() == "NOT EVALUATED"
    after = planned.desk.edits.needle
    assert after.entry == before.entry
    assert after.length_mm == pytest.approx(round(before.length_mm, 1) + 3.0)
    quiet(planned, qtbot)


def test_that_an_exception_in_the_window_stops_the_checks(planned, qtbot, monkeypatch):
    seen = []
    before = (lambda *args: seen.append(args[0]), *planned._hooks._before[1:])
    monkeypatch.setattr(planned._hooks, "_before", before)
    sys.excepthook(KeyError, KeyError("lost"), None)
    assert planned.findings.verdict.text() == "CHECKS STOPPED"
    assert planned.desk.checks.state.verdict is Verdict.NOT_EVALUATED
    assert seen == [KeyError]


def test_that_a_click_on_a_finding_shows_it_in_all_panes(planned, qtbot):
    card = planned.findings._list.itemAt(0).widget()
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    at = planned.desk.checks.state.findings[0].at
    for pane in planned.panes.slices.values():
        x, y = pane.pane_map().pixel(at)
        assert (x, y) == pytest.approx((pane.width() / 2, pane.height() / 2), abs=1.0)


def test_that_zone_cement_and_needle_are_drawn_in_their_colours(planned, qtbot):
    planned.desk.treatment.choose_device("eco-mwa")
    planned.desk.act(lambda: planned.desk.edits.set_cement("pmma-medium-viscosity", 2.0))
    quiet(planned, qtbot)
    image = pixels(planned.panes.slices[Plane.AXIAL]).astype(int)
    for colour in (clinical.ZONE, clinical.CEMENT, clinical.NEEDLE):
        wanted = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
        assert (np.abs(image - wanted).max(axis=2) < 14).sum() > 15, colour


def test_that_what_works_beyond_the_cannula_is_drawn_in_the_colour_of_its_zone(planned, qtbot):
    planned.desk.treatment.choose_device("eco-mwa")
    planned.actions_by_id["needle_view"].trigger()
    quiet(planned, qtbot)
    pane, needle = planned.panes.slices[Plane.AXIAL], planned.desk.edits.needle
    seen = {}
    for back_mm in (10.0, 25.0):
        share = back_mm / needle.length_mm
        at = needle.tip.moved(share * (needle.entry.array - needle.tip.array))
        x, y = (round(value) for value in pane.pane_map().pixel(at))
        near = pixels(pane)[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3).astype(int)
        wanted = [int(clinical.ZONE[place : place + 2], 16) for place in (1, 3, 5)]
        seen[back_mm] = bool((np.abs(near - wanted).max(axis=1) < 14).any())
    assert seen == {10.0: True, 25.0: False}


def test_that_the_3d_pane_shows_bone_and_turns(planned, qtbot):
    scene = planned.panes.scene
    first = pixels(scene)
    assert first.std() > 15
    drag(qtbot, scene, Qt.MouseButton.LeftButton, QPoint(100, 100), QPoint(160, 110))
    qtbot.waitUntil(lambda: not scene._settle.isActive(), timeout=5000)
    turned = pixels(scene)
    assert np.abs(turned.astype(int) - first).mean() > 2


def test_that_double_click_shows_one_pane_alone(opened, qtbot):
    pane = opened.panes.slices[Plane.SAGITTAL]
    qtbot.mouseDClick(pane, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    assert pane.isVisible()
    assert not opened.panes.scene.isVisible()
    opened.desk.panes.toggle_maximised("sagittal")
    assert opened.panes.scene.isVisible()


def test_that_a_large_pane_stands_beside_three_small_ones(opened):
    opened.desk.panes.toggle_large("coronal")
    QApplication.processEvents()
    large = opened.panes.slices[Plane.CORONAL]
    others = [
        pane for pane in (*opened.panes.slices.values(), opened.panes.scene) if pane is not large
    ]
    assert large.width() > 1.7 * max(pane.width() for pane in others)
    assert large.height() > 2.5 * max(pane.height() for pane in others)
    opened.desk.panes.toggle_large("coronal")
    QApplication.processEvents()
    assert large.width() == pytest.approx(opened.panes.scene.width(), abs=2)


def test_that_a_distance_is_never_shortened(planned, qtbot):
    planned.desk.treatment.choose_device("eco-mwa")
    quiet(planned, qtbot)
    QApplication.processEvents()
    cells = [
        cell
        for cell in planned.findings.findChildren(QToolButton)
        if cell.property("role") == "margin" and cell.isVisible()
    ]
    assert len(cells) == 6
    for cell in cells:
        assert cell.width() > cell.fontMetrics().horizontalAdvance(cell.text()) + 4


def test_that_the_palette_finds_and_runs_an_action(opened, qtbot):
    palette = Palette(opened.actions_by_id)
    qtbot.addWidget(palette)
    before = opened.desk.panes.state.invert
    palette.text.setText("black white")
    assert palette.found.count() == 1
    palette.run_current()
    assert opened.desk.panes.state.invert is not before
    palette.text.setText("delete needle")
    assert "Select a needle first" in palette.found.item(0).text()


def test_that_no_word_of_reassurance_and_no_green_is_anywhere(planned):
    words = " ".join(label.text().lower() for label in planned.findChildren(QLabel))
    words += " ".join(f"{spec.text} {spec.help}".lower() for spec in ACTIONS)
    assert "safe" not in words
    colours = [*clinical.LAYER_COLOURS.values(), *clinical.SEVERITY_COLOURS.values()]
    colours += [*clinical.VERDICT_COLOURS.values()]
    colours += [getattr(theme, name) for theme in (DARK, LIGHT) for name in DARK.__slots__]
    for colour in colours:
        red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
        assert not (green > red + 20 and green > blue + 20), colour


def test_that_the_side_dialog_waits_for_a_look_and_a_name(planned, qtbot):
    picture = planned.panes.slices[Plane.AXIAL].grab()
    dialog = SideDialog(picture, "Prone, head first", ["L3 left"])
    qtbot.addWidget(dialog)
    assert not dialog.ok.isEnabled()
    assert dialog.ok.toolTip()
    dialog.agreed.setChecked(True)
    dialog.by.setText("Dr Example")
    assert dialog.ok.isEnabled()


def test_that_no_word_of_the_side_dialog_lies_over_its_picture(planned, qtbot):
    picture = planned.panes.slices[Plane.AXIAL].grab().scaledToWidth(PICTURE_WIDTH_PX)
    doubts = ("The stated patient position does not fit the image orientation. " * 2,)
    dialog = SideDialog(picture, "Prone, head first. " * 4, ["L3 left"] * 3, doubts=doubts)
    qtbot.addWidget(dialog)
    dialog.show()
    parts = [dialog.column.itemAt(n).widget() for n in range(dialog.column.count())]
    places = [part.geometry() for part in parts if part.isVisible()]
    assert all(one.bottom() < two.top() for one, two in itertools.pairwise(places))


def test_that_an_acknowledgement_waits_for_a_name_and_a_reason(planned, qtbot):
    dialog = AcknowledgeDialog(planned.desk.checks.state.findings[0])
    qtbot.addWidget(dialog)
    dialog.by.setText("Dr Example")
    assert not dialog.ok.isEnabled()
    dialog.reason.setText("Discussed")
    assert dialog.ok.isEnabled()


def test_that_a_typed_table_becomes_rows_marked_as_entered_by_a_user(planned, qtbot):
    dialog = DeviceTableDialog("Probe")
    qtbot.addWidget(dialog)
    dialog.document.setText("IFU 123 rev 4, page 9")
    values = ("", "70", "420", "420", "22", "17,5", "6", "ex vivo liver")
    for column, text in enumerate(values):
        dialog.table.setItem(0, column, QTableWidgetItem(text))
    (row,) = dialog.entered().rows
    assert (row.setpoint_celsius, row.width_mm.value, row.time_s) == (70.0, 17.5, (420.0, 420.0))
    assert row.width_mm.status == "user-entered"
    assert dialog.ok.isEnabled()
    dialog.table.item(0, 4).setText("wide")
    assert not dialog.ok.isEnabled()
    assert "Row 1" in dialog.ok.toolTip()


@pytest.mark.render
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_that_pictures_stay_dark_in_both_themes(planned, qtbot, theme):
    """A look at the real window: the surroundings follow the theme, the images do not."""
    planned._prefer(theme=theme)
    planned.go(Step.TREAT)
    qtbot.wait(50)
    image = pixels(planned).astype(float)
    corner, size = planned.panes.mapTo(planned, QPoint(0, 0)), planned.panes.size()
    middle = image[corner.y() :, corner.x() :][: size.height(), : size.width()]
    side = image[200:700, 90:300]
    assert middle.mean() < 90
    assert middle.std() > 8
    assert (side.mean() < 70) if theme == "dark" else (side.mean() > 180)


def test_that_no_panel_is_wider_than_its_column(planned):
    planned.desk.treatment.choose_device("eco-mwa")
    for step in Step:
        planned.go(step)
        QApplication.processEvents()
        panel = planned.steps.currentWidget()
        assert panel.widget().width() <= panel.viewport().width(), step


def test_that_closing_ends_every_thread_and_gives_the_hook_back(qtbot):
    before = sys.excepthook
    made = MainWindow(PhantomServices())
    qtbot.addWidget(made)
    made.show()
    made.open(Path("scan"))
    made.close()
    assert sys.excepthook is before


def test_that_the_toolkit_does_not_eat_references_of_none_and_true(qtbot):
    """Qt for Python 6.12.0 does on Python 3.11, and the program then dies while it is used."""
    label = QLabel()
    qtbot.addWidget(label)
    before = sys.getrefcount(None), sys.getrefcount(True)
    for _ in range(300):
        label.update()
        label.windowTitleChanged.emit("title")
    lost = before[0] - sys.getrefcount(None), before[1] - sys.getrefcount(True)
    assert max(lost) < 100


def test_that_preferences_are_kept_for_the_next_window(qtbot, tmp_path):
    first = MainWindow(PhantomServices(), tmp_path)
    qtbot.addWidget(first)
    for name in ("light", "hide_names", "slicer_mouse"):
        first.actions_by_id[name].trigger()
    first.close()
    second = MainWindow(PhantomServices(), tmp_path)
    qtbot.addWidget(second)
    assert second.desk.names_hidden
    assert second.panes.slices[Plane.AXIAL].scheme == "Slicer"
    assert QApplication.instance().palette().window().color().name() == LIGHT.ground.lower()
    second.actions_by_id["light"].trigger()
    assert QApplication.instance().palette().window().color().name() == DARK.ground.lower()
    second.close()
