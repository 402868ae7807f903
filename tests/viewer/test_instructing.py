"""What an instructor does in the window: give out, collect, compare a group, see one again."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from planner.document.commands import set_tip
from planner.domain.levels import Side
from planner.domain.plan import TrajectoryId
from planner.session.training_states import TrainingPhase
from planner.session.training_work import TrainingWork
from planner.training.attempt import Move, save_attempt
from planner.training.group import load_assignment
from planner.training.standard import load_standard
from training.scripted import attempt, needle, plan, reading
from viewer.test_training_window import (  # noqa: F401 - a fixture is used by its name
    begin,
    press,
    quiet,
    texts,
    window,
)

pytestmark = pytest.mark.qt

LEFT = Qt.MouseButton.LeftButton
SHALLOW, DEEP = needle(depth_mm=10.0), needle(depth_mm=26.0)


def with_moves(**changes):
    """An attempt whose needle was laid, looked at with a hint, and pushed deeper."""
    moves = (
        Move(at_s=12.0, words="Reading: L3, lesion both. Treat."),
        Move(at_s=65.0, words="Add needle", plan=plan(SHALLOW)),
        Move(at_s=70.5, words="Hint: canal"),
        Move(at_s=130.0, words="Move tip", plan=plan(DEEP)),
    )
    return attempt(moves=moves, **changes)


def choose_file(monkeypatch, path):
    for name in ("getSaveFileName", "getOpenFileName"):
        monkeypatch.setattr(QFileDialog, name, lambda *_words, **_more: (str(path), ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_words: str(path))


def instruct(qtbot, window):  # noqa: F811
    press(qtbot, window, "Training…")
    press(qtbot, window, "For instructors…")
    return window.training.instructor


def test_that_an_instructor_gives_cases_out_by_seed(window, qtbot, monkeypatch, tmp_path):  # noqa: F811
    part = instruct(qtbot, window)
    choose_file(monkeypatch, tmp_path / "monday.json")
    press(qtbot, window, "Save the assignment…")
    assert "has a title" in texts(window), "nothing is given out without one"
    qtbot.keyClicks(part.title, "Monday")
    for name in ("easy-l3", "t8-pedicle"):
        part.cases[name].click()
    part.first.setValue(7)
    part.count.setValue(2)
    part.xray.click()
    press(qtbot, window, "Save the assignment…")
    given = load_assignment(tmp_path / "monday.json")
    assert given.exercises == ("easy-l3.7", "easy-l3.8", "t8-pedicle.7", "t8-pedicle.8")
    assert given.is_xray
    assert "4 exercises given out" in texts(window)
    press(qtbot, window, "Other exercises")
    press(qtbot, window, "Open an assignment…")
    assert window.training.xray.isChecked(), "the trainee gets it as it was given out"
    assert "Monday" in texts(window)


def test_that_a_group_is_collected_compared_and_seen_again(window, qtbot, monkeypatch, tmp_path):  # noqa: F811
    files = tmp_path / "class"
    save_attempt(files / "ann" / "1.attempt", with_moves(by="Ann", id="a"))
    wrong = reading(side=Side.RIGHT, lesion_side="left")
    save_attempt(files / "bob" / "1.attempt", with_moves(by="Bob", id="b", reading=wrong))
    save_attempt(files / "bob" / "copy.attempt", with_moves(by="Bob", id="b", reading=wrong))
    (files / "broken.attempt").write_text("{}")
    scored = window.desk.training._services.training.score
    monkeypatch.setattr(
        TrainingWork,
        "score_all",
        lambda _self, attempts, _report, _refused: tuple(scored(one) for one in attempts),
    )
    part = instruct(qtbot, window)
    assert not part.csv.isEnabled()
    choose_file(monkeypatch, files)
    press(qtbot, window, "Collect attempts from a folder…")
    quiet(window, qtbot)
    shown = texts(window)
    assert "easy-l3" in shown
    assert "broken.attempt is not an attempt" in shown
    (group,) = window.desk.training.state.instructor.groups
    assert [one.by for one in group.results] == ["Ann", "Bob"], "the better first, each once"
    assert group.hardest
    choose_file(monkeypatch, tmp_path / "group.csv")
    press(qtbot, window, "Save the group as CSV…")
    assert len((tmp_path / "group.csv").read_text("utf-8").splitlines()) == 3
    press(qtbot, window, "See again")
    qtbot.waitUntil(
        lambda: window.desk.training.state.phase is TrainingPhase.REPLAYING, timeout=60_000
    )
    quiet(window, qtbot)
    assert "Ann" in texts(window)
    assert window.training.replay.list.count() == 4


def test_that_each_move_is_seen_with_its_time_unless_its_scan_is_another(
    window,  # noqa: F811
    qtbot,
    monkeypatch,
    tmp_path,
):
    save_attempt(tmp_path / "ann.attempt", with_moves(by="Ann"))
    instruct(qtbot, window)
    choose_file(monkeypatch, tmp_path / "ann.attempt")
    press(qtbot, window, "See an attempt again…")
    qtbot.waitUntil(
        lambda: window.desk.training.state.phase is TrainingPhase.REPLAYING, timeout=60_000
    )
    quiet(window, qtbot)
    desk, replay = window.desk, window.training.replay
    before = desk.edits.plan
    assert [replay.list.item(n).text()[:4] for n in range(4)] == ["0:12", "1:05", "1:10", "2:10"]
    assert not replay.back.isEnabled()
    needles = []
    for _ in range(4):
        qtbot.mouseClick(replay.next, LEFT)
        needles.append(desk.edits.plan.trajectories)
    assert needles == [(), (SHALLOW,), (SHALLOW,), (DEEP,)]
    assert not replay.next.isEnabled()
    assert desk.panes.state.cursor.distance_mm(DEEP.tip) < 1.0, "the pictures go with the needle"
    replay.slider.setValue(2)
    assert desk.edits.plan.trajectories == (SHALLOW,)
    assert not window.findings.isVisible()
    for name in ("save", "save_as", "report", "export", "unlock_plan", "undo", "suggest", "entry"):
        assert not window.actions_by_id[name].isEnabled(), name
    assert window.actions_by_id["layout_quarters"].isEnabled()
    desk.act(lambda: desk.edits.do(set_tip(TrajectoryId("T1"), DEEP.entry)))
    assert desk.edits.plan.trajectories == (SHALLOW,), "a hand on the needle changes nothing"
    press(qtbot, window, "Leave training")
    assert desk.edits.plan == before
    assert not desk.case.has_unsaved_work
    assert window.findings.isVisible()
    made = with_moves(by="Ann")
    far = replace(made.plan, scan=replace(made.plan.scan, sha256="0" * 64))
    moved = (*made.moves[:3], replace(made.moves[3], plan=far))
    save_attempt(tmp_path / "ann.attempt", replace(made, moves=moved))
    instruct(qtbot, window)
    press(qtbot, window, "See an attempt again…")
    qtbot.waitUntil(lambda: "another scan" in window.status.message.text(), timeout=60_000)
    quiet(window, qtbot)
    assert desk.training.state.phase is TrainingPhase.IDLE
    assert desk.edits.plan.trajectories == (), "its points mean other places"


def test_that_what_counts_is_changed_by_hand_and_kept_with_its_words(window, qtbot, tmp_path):  # noqa: F811
    part = instruct(qtbot, window)
    work = window.desk.training._services.training
    before = work.standard
    part.pass_percent.setValue(85)
    part.weights["level"].setValue(20)
    part.fatal["wrong-level"].click()
    press(qtbot, window, "Keep what counts")
    assert work.standard.pass_percent == 85.0
    assert work.standard.criteria["level"].weight == 20.0
    assert not work.standard.fatal["wrong-level"].counts
    assert work.standard.criteria["level"].hint == before.criteria["level"].hint
    assert work.standard.criteria["side"] == before.criteria["side"]
    own = tmp_path / "training" / "standard.toml"
    assert "An instructor may put a changed copy" in own.read_text("utf-8"), "its words stay"
    assert load_standard(tmp_path) == work.standard
    for box in part.weights.values():
        box.setValue(0)
    press(qtbot, window, "Keep what counts")
    assert "at least one criterion must weigh something" in texts(window)
    assert load_standard(tmp_path).criteria["level"].weight == 20.0, "a wrong one is not kept"
