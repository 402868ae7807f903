"""A newcomer's way through the first real case: its scan, outlines, heat and score, by events.

Takes some five minutes: the same way over a small exercise is in ``test_training_window``.
"""

import os

import numpy as np
import pytest
from PySide6.QtCore import Qt

from planner.app.services import Services
from planner.domain.levels import Level, Side
from planner.session.training_states import TrainingPhase
from planner.session.window_states import CheckPhase, Step
from planner.viewer.main_window import MainWindow
from viewer.test_training_window import (
    answer_the_chart,
    commit,
    confirm_the_side,
    pick,
    press,
    put_crosshair,
    texts,
)

pytestmark = [
    pytest.mark.qt,
    pytest.mark.timeout(1800),
    pytest.mark.skipif("PLANNER_SLOW" not in os.environ, reason="by hand with PLANNER_SLOW=1"),
]

LONG_MS = 600_000
SKIN_HU = -300.0
PAST_ISTHMUS_MM = 24.0


def at_rest(window, qtbot):
    qtbot.waitUntil(
        lambda: (
            not window.desk.jobs.busy and window.desk.checks.state.phase is not CheckPhase.CHECKING
        ),
        timeout=LONG_MS,
    )


def way_seen_in_the_panes(window):
    """Return where a line through the left pedicle of L3 meets the skin, and its end."""
    pedicle = window.desk.edits.anatomy.vertebrae[Level.L3].pedicles[Side.LEFT]
    axis = np.array(pedicle.axis)
    back = pedicle.isthmus.array - np.arange(10.0, 140.0)[:, None] * axis
    ct = window.desk.ct
    i, j, k = np.rint(ct.geometry.ijk(back)).astype(int).T
    skin = int(np.argmax(ct.hu[k, j, i] < SKIN_HU))
    assert skin, "the line leaves the body within the scan"
    return pedicle.isthmus.moved(back[skin] - pedicle.isthmus.array), pedicle.isthmus.moved(
        PAST_ISTHMUS_MM * axis
    )


def test_that_a_newcomer_gets_from_the_first_screen_to_a_score_on_case_one(qtbot, tmp_path):
    window = MainWindow(Services(tmp_path), tmp_path)
    window.ask.may_close = lambda: True
    qtbot.addWidget(window)
    window.resize(1500, 1000)
    with qtbot.waitExposed(window):
        window.show()
    pictures = iter(("1-story", "2-planning", "3-needle", "4-score", "5-reference"))

    def keep_picture():
        if folder := os.environ.get("PLANNER_PICTURES"):
            window.grab().save(f"{folder}/{next(pictures)}.png")

    press(qtbot, window, "Training…")
    (case_one, *_) = window.desk.training.state.exercises
    press(qtbot, window, case_one.title)
    qtbot.waitUntil(lambda: window.desk.ct is not None, timeout=LONG_MS)
    at_rest(window, qtbot)
    assert window.desk.training.state.phase is TrainingPhase.READING
    assert not window.tour.isVisible()
    keep_picture()
    commit(qtbot, window)
    press(qtbot, window, "Outline the spine")
    qtbot.waitUntil(lambda: window.desk.edits.anatomy is not None, timeout=LONG_MS)
    at_rest(window, qtbot)
    keep_picture()
    entry, tip = way_seen_in_the_panes(window)
    put_crosshair(qtbot, window, entry)
    press(qtbot, window, "Entry at crosshair")
    put_crosshair(qtbot, window, tip)
    press(qtbot, window, "Tip at crosshair")
    at_rest(window, qtbot)
    qtbot.mouseClick(window.rail.buttons[Step.TREAT], Qt.MouseButton.LeftButton)
    pick(qtbot, window.treat._device, "eco-mwa")
    pick(qtbot, window.treat._cement, "pmma-medium-viscosity")
    at_rest(window, qtbot)
    keep_picture()
    qtbot.mouseClick(window.rail.buttons[Step.CHECK], Qt.MouseButton.LeftButton)
    chart = window.desk.training._services.training.exercise(case_one.id).chart
    answer_the_chart(qtbot, window.check, chart)
    confirm_the_side(qtbot, window)
    at_rest(window, qtbot)
    qtbot.keyClicks(window.training.name, "A. Newcomer")
    press(qtbot, window, "Submit and see the score")
    qtbot.waitUntil(
        lambda: window.desk.training.state.phase is TrainingPhase.SCORED, timeout=LONG_MS
    )
    at_rest(window, qtbot)
    keep_picture()
    shown = texts(window)
    assert "Level: 8.0 of 8" in shown
    (result,) = window.desk.training._services.training.results()
    assert result.percent > 50.0
    assert not result.fatal
    press(qtbot, window, "Show the reference plan")
    at_rest(window, qtbot)
    keep_picture()
    assert window.comparison.isVisible()
