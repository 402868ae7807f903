"""What is read at a glance: nothing runs into anything else, and the next act leads."""

import numpy as np
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QMainWindow

from planner.session.drawing import MISSED, ZONE
from planner.session.window_states import AnatomyState, StudyState
from planner.viewer.canvas.overlay_painter import BELOW_WORDS_PX, LETTER_TOP_PX, letter_top
from planner.viewer.canvas.simulated_painter import simulated_image
from planner.viewer.panels.anatomy_panel import AnatomyPanel
from planner.viewer.panels.parts import CHOICE_EDGE_PX, Choice
from planner.viewer.panels.study_panel import StudyPanel
from planner.viewer.panels.window_actions import make_actions
from viewer.test_reslice import whole

pytestmark = pytest.mark.qt


def role_of(part):
    return part.property("role") or ""


def test_that_the_upper_letter_goes_below_words_that_reach_it_and_only_then():
    assert letter_top(400.0, 120.0) == LETTER_TOP_PX
    assert letter_top(400.0, 199.0) == BELOW_WORDS_PX
    assert letter_top(1000.0, 199.0) == LETTER_TOP_PX


def test_that_the_next_useful_act_of_a_study_is_the_one_that_leads(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    panel = StudyPanel(make_actions(window))
    qtbot.addWidget(panel)
    for state, leads in (
        (StudyState(), (True, False)),
        (StudyState(is_coming=True), (False, False)),
        (StudyState(is_open=True), (False, True)),
        (StudyState(is_open=True, side_confirmed="by A, today"), (False, False)),
    ):
        panel.show_study(state)
        found = tuple(role_of(part) == "primary" for part in (panel._open, panel._confirm))
        assert found == leads, state


def test_that_outlining_leads_until_there_are_outlines(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    panel = AnatomyPanel(make_actions(window))
    qtbot.addWidget(panel)
    panel.show_anatomy(AnatomyState())
    assert role_of(panel._segment) == "primary"
    panel.show_anatomy(AnatomyState(is_there=True))
    assert role_of(panel._segment) == ""


def test_that_what_lives_of_the_target_is_hatched_and_the_image_seen_between_the_lines():
    codes = np.zeros((60, 60), np.uint8)
    codes[5:30, 5:55] = MISSED
    codes[30:55, 5:55] = ZONE
    image = simulated_image(whole(codes), 1).pixels
    lives, dies = image[8:27, 8:52], image[33:52, 8:52]
    assert 0.05 < (lives != 0).mean() < 0.4, "lines, not an area that looks like cement"
    assert (dies != 0).all()
    assert not image[codes == 0].any()


def test_that_a_name_too_long_for_its_box_ends_in_dots(qtbot):
    long, cut = Choice(), Choice()
    name = "A device with a very long name indeed, of one maker"
    dots = long.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, 120 - CHOICE_EDGE_PX)
    for box, text in ((long, name), (cut, dots)):
        qtbot.addWidget(box)
        box.addItem(text)
        box.resize(QSize(120, 30))
    assert dots.endswith("…")
    assert long.grab().toImage() == cut.grab().toImage()
