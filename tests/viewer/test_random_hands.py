"""Random hands on the real window: whatever is pressed, nothing raises and nothing is stale."""

import gc
import random
import threading
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from phantoms import easy_l3
from planner.domain.finding import Verdict
from planner.domain.levels import Level, Side
from planner.session.actions import ACTIONS
from planner.session.window_states import CheckPhase, Step
from planner.viewer.main_window import MainWindow
from window_services import PhantomServices

pytestmark = pytest.mark.qt

EVENTS = 150
ASKS = {spec.id for spec in ACTIONS if spec.text.endswith("…")} | {"quit", "save"}
"""What opens a dialog, by the dots of its name (a first save asks too); no test answers one."""

BUTTONS = (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton)
DEVICES = ("", "eco-mwa", "osteocool-10", "cryo-17g")


def press_something(window: MainWindow, hand: random.Random) -> None:
    desk, kind = window.desk, hand.randrange(8)
    panes = [*window.panes.slices.values(), window.panes.scene]
    if kind == 0:
        action = window.actions_by_id[hand.choice(sorted(window.actions_by_id.keys() - ASKS))]
        if action.isEnabled():
            action.trigger()
    elif kind in (1, 2):
        pane, button = hand.choice(panes), hand.choice(BUTTONS)
        at = QPoint(hand.randrange(20, 200), hand.randrange(20, 200))
        QTest.mousePress(pane, button, pos=at)
        for _ in range(3):
            step = QPoint(hand.randrange(-60, 60), hand.randrange(-60, 60))
            QTest.mouseMove(pane, at + step)
        QTest.mouseRelease(pane, button, pos=at)
    elif kind == 3:
        QTest.keyClick(window, hand.choice("1234590etnlgirfz"))
    elif kind == 4:
        desk.needles.choose_level(hand.choice((None, Level.L2, Level.L3, Level.L4)))
        desk.needles.choose_side(hand.choice((None, *Side)))
    elif kind == 5 and desk.edits.needle is not None:
        desk.treatment.choose_device(hand.choice(DEVICES))
    elif kind == 6 and desk.checks.state.findings:
        desk.show_finding(hand.choice(desk.checks.state.findings).fingerprint)
    else:
        window.go(hand.choice(list(Step)))


def planned_window(folder: Path | None, services: PhantomServices | None = None) -> MainWindow:
    """A window on a phantom with one needle, where no dialog waits for an answer."""
    easy_l3()
    window = MainWindow(services or PhantomServices(), folder)
    window.ask.may_close = lambda: True
    window.show()
    plan_anew(window)
    return window


def plan_anew(window: MainWindow) -> None:
    """Open a scan in the place of what is open, outline it and plan one needle."""
    desk = window.desk
    before = desk.edits.document
    window.open(Path("scan"))
    until(lambda: desk.edits.document is not before and not desk.jobs.busy)
    desk.outlines.segment()
    until(lambda: desk.edits.anatomy is not None)
    desk.needles.choose_level(Level.L3)
    desk.needles.choose_side(Side.RIGHT)
    desk.needles.suggest()
    until(lambda: desk.edits.needle is not None)


def until(done: Callable[[], bool]) -> None:
    while not done():
        QApplication.processEvents()
        QTest.qWait(5)


def press_often(window: MainWindow, hand: random.Random) -> int:
    """Press ``EVENTS`` times and see nothing stale; return how many plans came of it."""
    desk = window.desk
    plans: set[int] = set()
    for _ in range(EVENTS):
        press_something(window, hand)
        turn()
        state = desk.checks.state
        assert state.phase is not CheckPhase.STOPPED, state.detail
        plans.add(id(desk.edits.plan))
        if desk.checks.evaluation is None:
            assert state.verdict is Verdict.NOT_EVALUATED
        else:
            assert desk.checks.evaluation.plan is desk.edits.plan
    return len(plans)


def turn() -> None:
    """Let the window work; outside an event loop Qt deletes nothing by itself."""
    QApplication.processEvents()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def end(window: MainWindow) -> None:
    """Close a window as Qt does when its user has gone."""
    window.close()
    window.deleteLater()
    for _ in range(3):
        turn()


def test_that_random_hands_raise_nothing_and_see_nothing_stale(qapp):
    window = planned_window(None)
    assert press_often(window, random.Random(20)) > 3
    end(window)


def test_that_a_window_that_was_used_and_closed_leaves_nothing(qapp, tmp_path):
    seen: list[tuple[int, int, set[str]]] = []
    for _ in range(2):
        window = planned_window(tmp_path)
        for name in ("layout_planning", "layout_needle", "layout_pair", "slab_mip"):
            window.actions_by_id[name].trigger()
            QApplication.processEvents()
        end(window)
        gc.collect()
        # By type: a proxy of what is gone, as a library may hold, raises when it is asked.
        timers = [one for one in gc.get_objects() if issubclass(type(one), QTimer)]
        timers = [one for one in timers if isValid(one) and one.isActive()]
        threads = {t.name for t in threading.enumerate() if t.name.startswith(("journal", "job"))}
        seen.append((len(QApplication.allWidgets()), len(timers), threads))
    assert seen[0] == seen[1], "the second window left something more than the first"
    assert seen[1][1:] == (0, set())


class Copies(PhantomServices):
    """Every scan and all outlines are others, as they are for files."""

    def open_scan(self, path, report, series_uid=None, on_slices=None):
        ct = super().open_scan(path, report, series_uid, on_slices)
        return replace(ct, hu=ct.hu.copy())

    def segment(self, ct, seeds, report):
        truth = super().segment(ct, seeds, report)
        return replace(truth, labels=truth.labels.copy(), canal=truth.canal.copy())

    def warm(self, ct, report):
        pass


def test_that_a_scan_that_was_worked_on_is_let_go_when_another_is_opened(qapp, tmp_path):
    window = planned_window(tmp_path, Copies())
    desk = window.desk
    desk.treatment.choose_device("eco-mwa")
    for name in ("layout_needle", "layout_xray", "layout_straight", "layout_quarters", "simulate"):
        window.actions_by_id[name].trigger()
        until(lambda: not desk.jobs.busy)
    until(lambda: desk.checks.evaluation is not None)
    arrays = (desk.ct.hu, desk.edits.anatomy.labels, desk.edits.anatomy.canal)
    there = [weakref.ref(array) for array in arrays]
    del arrays
    window.open(Path("another"))
    until(lambda: desk.ct.hu is not there[0]() and not desk.jobs.busy)
    desk.outlines.segment()
    until(lambda: desk.edits.anatomy is not None)
    until(lambda: not desk._runner.under_way())  # no job of the first scan either
    gc.collect()
    assert [one() is None for one in there] == [True, True, True]
    end(window)
