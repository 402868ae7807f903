"""The pane of the straightened spine: labelled, clicked, and holding no measuring tool."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from phantoms import easy_l3
from planner.session.drawing import Drawing
from planner.session.straightened import straighten
from planner.session.view_state import ViewState
from planner.session.window_presets import BONE
from planner.viewer.canvas.straight_pane import StraightPane

pytestmark = pytest.mark.qt


@pytest.fixture
def pane(qtbot):
    made = StraightPane("straight side", 0)
    qtbot.addWidget(made)
    made.resize(400, 600)
    made.show_view(ViewState.of(easy_l3().ct.geometry, BONE))
    made.show_drawing(Drawing(straight=straighten(easy_l3().ct, easy_l3().truth)))
    return made


def test_that_a_click_asks_for_the_patient_point_that_is_shown_there(pane):
    asked = []
    pane.cursor_wanted.connect(asked.append)
    box = pane._box(pane._shown)
    QTest.mouseClick(pane, Qt.MouseButton.LeftButton, pos=box.center().toPoint())
    (point,) = asked
    row, column = pane._shown.place(point)
    back = pane._pixel(pane._shown, row, column)
    assert (back - box.center()).manhattanLength() < 4.0
    QTest.mouseClick(pane, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    assert len(asked) == 1, "beside the picture there is nowhere to go"


def test_that_it_takes_no_tool_and_says_that_it_is_no_place_to_measure(pane):
    assert not hasattr(pane, "tool_pressed")
    with_words = pane.grab().toImage()
    pane.show_words("PRONE")
    assert pane.grab().toImage() != with_words
    letters = np.array(
        [with_words.pixelColor(x, y).getRgb()[:3] for x in range(10, 220) for y in range(26, 42)]
    )
    warm = (letters[:, 0] > 180) & (letters[:, 2] < 140)
    assert warm.sum() > 60, "the words are there, in the colour of warnings"
