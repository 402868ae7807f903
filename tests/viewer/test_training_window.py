"""A newcomer's way through an exercise, by mouse and keys, and nothing read elsewhere."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from phantoms import easy_l3
from planner.domain.errors import SaveFailedError
from planner.domain.levels import Level, Side
from planner.domain.plan import Approach
from planner.session.planes import Plane
from planner.session.training_states import TrainingPhase
from planner.session.training_work import Scored, TrainingWork
from planner.session.window_states import CheckPhase, Step
from planner.training.attempt import LesionSide, load_attempt
from planner.training.progress import result_of
from planner.training.scoring import score
from planner.viewer.main_window import MainWindow
from training.scripted import WORST_AT, judged, needle, plan, small_exercise
from window_services import CATALOG, PhantomServices

pytestmark = pytest.mark.qt

LEFT = Qt.MouseButton.LeftButton
SKIN = needle(Side.LEFT).entry
TARGET = needle(Side.LEFT).tip


class SmallTraining(TrainingWork):
    """The real exercises, files and scores; the scan is at hand and heat is given."""

    refusal = None

    def exercise(self, name):
        return small_exercise() if name == "easy-l3" else super().exercise(name)

    def scan(self, name, report):
        report(0.5, "Making")
        return Path("scan")

    def score(self, attempt, report=None):
        if self.refusal is not None:
            raise self.refusal
        needles = attempt.plan.trajectories if attempt.plan else ()
        case = judged(*needles, read=attempt.reading, plan=attempt.plan if needles else None)
        card = score(replace(case, attempt=attempt))
        self._progress.keep(result_of(attempt, card))
        truth = easy_l3().truth
        return Scored(attempt=attempt, card=card, reference=plan(needle()), truth=truth)


@pytest.fixture
def window(qtbot, tmp_path):
    easy_l3()
    services = PhantomServices()
    services.training = SmallTraining(tmp_path, CATALOG)
    made = MainWindow(services)
    made.ask.may_close = lambda: True
    qtbot.addWidget(made)
    made.resize(1500, 1000)
    with qtbot.waitExposed(made):
        made.show()
    return made


def quiet(window, qtbot):
    qtbot.waitUntil(
        lambda: not window.desk.jobs.busy and window.desk.checks.state.phase is not
        CheckPhase.CHECKING, timeout=120_000
    )  # fmt: skip


def press(qtbot, window, words):
    """Press the button that says so, where it is to be seen."""
    found = [
        one
        for one in window.findChildren(QPushButton)
        if one.text() == words and one.isVisible() and one.isEnabled()
    ]
    assert found, f"nothing says {words!r}"
    qtbot.mouseClick(found[0], LEFT)


def choose(qtbot, box, value):
    """Choose by keys, as a hand does that goes down a list."""
    box.setFocus()
    for _ in range(box.count()):
        if box.currentData() == value:
            return
        qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.currentData() == value


def pick(qtbot, box, value):
    """Choose one entry of an open list by keys, so that nothing on the way to it is chosen."""
    box.showPopup()
    view = box.view()
    view.setCurrentIndex(box.model().index(0, 0))
    for _ in range(box.findData(value)):
        qtbot.keyClick(view, Qt.Key.Key_Down)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert box.currentData() == value


def answer_the_chart(qtbot, check, chart):
    """Type what the chart says into the check list, field by field."""
    for name, value in chart.items():
        if name in check._choices:
            choose(qtbot, check._choices[name], value)
            continue
        field = check._numbers.get(name) or check._lines[name]
        field.setFocus()
        field.selectAll()
        qtbot.keyClicks(field, f"{value:g}" if isinstance(value, float) else str(value))
        qtbot.keyClick(field, Qt.Key.Key_Return)


def confirm_the_side(qtbot, window):
    """Say that the picture was compared, with a name, in the question that stands in the way."""

    def answered():
        asked = QApplication.activeModalWidget()
        asked.agreed.click()
        qtbot.keyClicks(asked.by, "A. Newcomer")
        press(qtbot, asked, "Confirm")

    QTimer.singleShot(0, answered)
    press(qtbot, window, "Confirm side…")


def texts(window):
    return "\n".join(one.text() for one in window.training.findChildren(QLabel) if one.isVisible())


def put_crosshair(qtbot, window, point):
    """Click the point in two slices, as one finds a place in three dimensions."""
    for plane in (Plane.SAGITTAL, Plane.AXIAL, Plane.SAGITTAL, Plane.AXIAL):
        pane = window.panes.slices[plane]
        x, y = pane.pane_map().pixel(point)
        qtbot.mouseClick(pane, LEFT, pos=QPoint(round(x), round(y)))
    cursor = window.desk.panes.state.cursor
    assert cursor.distance_mm(point) < 4.0


def begin(qtbot, window):
    press(qtbot, window, "Training…")
    press(qtbot, window, small_exercise().title)
    qtbot.waitUntil(lambda: window.desk.ct is not None, timeout=60_000)
    quiet(window, qtbot)
    assert window.desk.training.state.phase is TrainingPhase.READING


def commit(qtbot, window):
    panel = window.training
    choose(qtbot, panel.level, Level.L3)
    choose(qtbot, panel.lesion_side, LesionSide.BOTH)
    choose(qtbot, panel.treat, "treat")
    choose(qtbot, panel.approach, Approach.TRANSPEDICULAR)
    choose(qtbot, panel.side, Side.LEFT)
    press(qtbot, window, "Commit the reading")


def test_that_a_newcomer_gets_from_the_first_screen_to_a_score(window, qtbot, tmp_path):
    begin(qtbot, window)
    assert small_exercise().story in texts(window)
    assert not window.actions_by_id["segment"].isEnabled()
    press(qtbot, window, "Level")
    assert "Count from a level" in texts(window)
    press(qtbot, window, "Commit the reading")
    assert "Answer level" in texts(window)
    commit(qtbot, window)
    assert window.desk.training.state.phase is TrainingPhase.PLANNING
    press(qtbot, window, "Outline the spine")
    qtbot.waitUntil(lambda: window.desk.edits.anatomy is not None, timeout=60_000)
    quiet(window, qtbot)
    assert not window.actions_by_id["suggest"].isEnabled()
    assert "Hidden until you submit" in window.actions_by_id["suggest"].toolTip()
    put_crosshair(qtbot, window, SKIN)
    press(qtbot, window, "Entry at crosshair")
    put_crosshair(qtbot, window, TARGET)
    press(qtbot, window, "Tip at crosshair")
    quiet(window, qtbot)
    assert len(window.desk.edits.plan.trajectories) == 1
    put_crosshair(qtbot, window, WORST_AT)
    press(qtbot, window, "Thermocouple at crosshair")
    qtbot.mouseClick(window.rail.buttons[Step.TREAT], LEFT)
    pick(qtbot, window.treat._device, "eco-mwa")
    pick(qtbot, window.treat._cement, "pmma-high-viscosity")
    qtbot.mouseClick(window.rail.buttons[Step.CHECK], LEFT)
    answer_the_chart(qtbot, window.check, small_exercise().chart)
    confirm_the_side(qtbot, window)
    quiet(window, qtbot)
    qtbot.keyClicks(window.training.name, "A. Newcomer")
    press(qtbot, window, "Submit and see the score")
    qtbot.waitUntil(
        lambda: window.desk.training.state.phase is TrainingPhase.SCORED, timeout=120_000
    )
    quiet(window, qtbot)
    shown = texts(window)
    assert "Level: 8.0 of 8" in shown
    assert small_exercise().lesson in shown
    (file,) = (tmp_path / "training" / "attempts").glob("*.attempt")
    kept = load_attempt(file)
    assert kept.by == "A. Newcomer"
    assert kept.hints == ("level",)
    assert kept.plan.trajectories == window.desk.edits.plan.trajectories
    assert kept.moves[-1].plan == kept.plan
    assert [one.device_id for one in kept.plan.ablations] == ["eco-mwa"]
    assert [one.cement_id for one in kept.plan.cements] == ["pmma-high-viscosity"]
    asked = small_exercise().chart
    assert {name: getattr(kept.plan.clinical, name) for name in asked} == asked
    assert kept.plan.side_confirmation.by == "A. Newcomer"
    assert "Check list: 6.0 of 6" in shown
    (result,) = window.desk.training._services.training.results()
    assert result.percent == pytest.approx(window.desk.training._scored.card.percent)
    line = next(one for one in window.training.lines if "thermocouple" in one._row.head.lower())
    qtbot.mouseClick(line.findChild(QPushButton), LEFT)
    assert window.desk.panes.state.cursor == WORST_AT
    assert "Hidden" not in window.actions_by_id["suggest"].toolTip()
    press(qtbot, window, "Show the reference plan")
    quiet(window, qtbot)
    assert window.desk.compare.drawing is not None
    assert window.comparison.isVisible()


def test_that_nothing_automatic_shows_before_its_time_and_all_does_after(window, qtbot):
    window.tour.go(0)
    begin(qtbot, window)
    assert not window.tour.isVisible()  # it tells where the lesion of the first case is
    held = {
        name: action.toolTip()
        for name, action in window.actions_by_id.items()
        if not action.isEnabled()
    }
    early = ("segment", "suggest", "entry", "tip", "skin_map", "simulate", "import_labels", "tour")
    for name in early:
        assert "Commit your reading first" in held[name], name
    assert not window.findings.isVisible()
    commit(qtbot, window)
    assert window.actions_by_id["segment"].isEnabled()
    assert window.actions_by_id["entry"].isEnabled()
    press(qtbot, window, "Findings")
    assert window.findings.isVisible()
    press(qtbot, window, "Training")
    assert not window.findings.isVisible()
    press(qtbot, window, "Leave training")
    assert window.findings.isVisible()
    assert window.desk.training.state.phase is TrainingPhase.IDLE


def test_that_do_not_treat_asks_for_no_plan_and_a_refusal_lets_one_submit_again(window, qtbot):
    begin(qtbot, window)
    panel = window.training
    choose(qtbot, panel.level, Level.L3)
    choose(qtbot, panel.lesion_side, LesionSide.BOTH)
    choose(qtbot, panel.treat, "do not treat")
    press(qtbot, window, "Commit the reading")
    assert "Now plan it" not in texts(window).replace("NOW PLAN IT", "Now plan it")
    training = window.desk.training._services.training
    training.refusal = SaveFailedError("The table could not be written.")
    press(qtbot, window, "Submit and see the score")
    quiet(window, qtbot)
    assert "could not be written" in texts(window)
    training.refusal = None
    press(qtbot, window, "Submit and see the score")
    qtbot.waitUntil(
        lambda: window.desk.training.state.phase is TrainingPhase.SCORED, timeout=60_000
    )
    assert "NOT PASSED" in texts(window)
    press(qtbot, window, "See my moves again")
    qtbot.waitUntil(
        lambda: window.desk.training.state.phase is TrainingPhase.REPLAYING, timeout=60_000
    )
    assert "Do not treat" in window.training.replay.list.item(0).text()


def test_that_another_scan_ends_the_exercise_and_says_so(window, qtbot):
    begin(qtbot, window)
    window.open(Path("other"))
    quiet(window, qtbot)
    qtbot.waitUntil(lambda: window.desk.training.state.phase is TrainingPhase.IDLE, timeout=60_000)
    assert window.findings.isVisible()
    assert "not scored" in window.status.message.text()
