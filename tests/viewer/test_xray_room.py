"""Under X-ray alone: nothing else of the patient is seen, and what was done is scored."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLabel

from planner.domain.levels import Level
from planner.geometry.points import PointLps
from planner.session.training_states import TrainingPhase
from planner.session.training_words import STAYS_ON
from planner.training.attempt import load_attempt
from training.scripted import small_exercise
from viewer.test_training_window import (  # noqa: F401 - a fixture is used by its name
    commit,
    easy_l3,
    press,
    quiet,
    texts,
    window,
)

pytestmark = pytest.mark.qt

LEFT = Qt.MouseButton.LeftButton


def enter(qtbot, window):  # noqa: F811
    press(qtbot, window, "Training…")
    window.training.findChild(QCheckBox).click()
    press(qtbot, window, small_exercise().title)
    qtbot.waitUntil(lambda: window.desk.ct is not None, timeout=60_000)
    quiet(window, qtbot)
    assert "Put the crosshair on the vertebra" in texts(window)
    window.desk.panes.move_cursor(easy_l3().truth.vertebrae[Level.L3].body_centre)
    commit(qtbot, window)
    quiet(window, qtbot)
    assert window.desk.training.state.phase is TrainingPhase.XRAY


def typed(qtbot, box, number):
    """Type a number as a hand does."""
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, f"{number}")
    qtbot.keyClick(box, Qt.Key.Key_Return)


def shoot(qtbot, window, name):  # noqa: F811
    qtbot.mouseClick(window.xray_room.shoot[name], LEFT)
    quiet(window, qtbot)


def test_that_pictures_are_all_that_is_seen_and_what_really_happened_comes_after(
    window,  # noqa: F811
    qtbot,
    tmp_path,
):
    enter(qtbot, window)
    room = window.xray_room
    seen = [window.panes, window.rail, window.steps, window.bar, window.findings]
    assert room.isVisible()
    assert not any(part.isVisible() for part in seen)
    assert any("No rule checks this needle" in one.text() for one in room.findChildren(QLabel))
    on = {name for name, action in window.actions_by_id.items() if action.isEnabled()}
    assert on <= STAYS_ON
    typed(qtbot, room._left, 34)
    typed(qtbot, room._midline, 16)
    assert window.desk.training.room.state.needle.towards_midline_deg == 16.0
    shoot(qtbot, window, "ap")
    before = room.panes["ap"]._shot
    assert window.desk.training.room.state.shots == 1
    for _ in range(15):
        qtbot.mouseClick(room.advance[5.0], LEFT)
    assert room.panes["ap"]._shot is before, "nothing moves in a picture that was taken"
    assert not room._midline.isEnabled()
    assert window.desk.edits.plan.trajectories == (), "no margin is measured on it meanwhile"
    shoot(qtbot, window, "lateral")
    shoot(qtbot, window, "ap")
    now = room.panes["ap"]._shot
    assert now.needle.end.distance_mm(before.needle.end) == pytest.approx(75.0)
    press(qtbot, window, "See what really happened")
    qtbot.waitUntil(
        lambda: window.desk.training.state.phase is TrainingPhase.SCORED, timeout=60_000
    )
    quiet(window, qtbot)
    assert not room.isVisible()
    assert window.panes.isVisible()
    assert window.desk.panes.state.large == "3d"
    (lies,) = window.desk.edits.plan.trajectories
    assert lies.tip.distance_mm(now.needle.end) < 1e-6
    assert window.desk.edits.anatomy is easy_l3().truth
    assert "X-ray pictures taken: 6.0 of 6" in texts(window)
    assert "Temperature at the nerves" not in texts(window)
    (file,) = (tmp_path / "training" / "attempts").glob("*.attempt")
    kept = load_attempt(file)
    assert kept.shots == 3
    assert kept.plan.trajectories == (lies,)
    pictures = [one for one in kept.moves if one.words.startswith("X-ray picture")]
    assert len(pictures) == 3
    assert pictures[0].plan.trajectories == ()
    assert pictures[-1].plan.trajectories == (lies,)


def test_that_a_skin_point_not_in_the_scan_is_said_and_leaving_lays_no_needle(window, qtbot):  # noqa: F811
    enter(qtbot, window)
    room = window.desk.training.room
    middle, room._middle = room._middle, PointLps(0.0, 0.0, 9999.0)
    shoot(qtbot, window, "ap")
    assert "shows no skin there" in texts(window)
    assert room.state.shots == 0
    room._middle = middle
    window.desk.training.in_room(lambda here: here.shoot("ap"))
    press(qtbot, window, "Leave training")
    quiet(window, qtbot)
    assert room.state is None
    assert window.panes.isVisible()
    assert window.findings.isVisible()
    assert window.desk.edits.plan.trajectories == ()
    assert window.actions_by_id["layout_quarters"].isEnabled()
