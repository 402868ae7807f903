"""Whatever nobody caught, wherever it failed, stops the checks."""

import sys
import threading
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject

from planner.viewer.qtbridge.fault_hooks import FaultHooks

pytestmark = pytest.mark.qt


@pytest.fixture
def heard(qapp, monkeypatch):
    """Hooks over hooks that only note what reached them."""
    notes = SimpleNamespace(faults=[], before=[])
    for place, name in ((sys, "excepthook"), (threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(place, name, lambda *seen, name=name: notes.before.append(name))
    owner = QObject()
    notes.hooks = FaultHooks(notes.faults.append, owner)
    notes.owner = owner
    yield notes
    notes.hooks.remove()


def test_that_a_fault_in_a_slot_is_heard_in_the_same_call(heard):
    error = KeyError("lost")
    sys.excepthook(KeyError, error, None)
    assert heard.faults == [error]
    assert heard.before == ["excepthook"]


def test_that_a_fault_in_a_worker_thread_is_heard_in_the_gui_thread(heard, qtbot):
    places = []
    heard.hooks._fault = lambda error: places.append((threading.current_thread(), error))

    def fails():
        raise ZeroDivisionError

    worker = threading.Thread(target=fails)
    worker.start()
    worker.join()
    qtbot.waitUntil(lambda: bool(places), timeout=5000)
    (thread, error) = places[0]
    assert thread is threading.main_thread()
    assert isinstance(error, ZeroDivisionError)
    assert heard.before == ["excepthook"]


def test_that_a_fault_while_an_object_goes_is_heard(heard, qtbot):
    class Goes:
        def __del__(self):
            raise OSError("gone")

    Goes()
    qtbot.waitUntil(lambda: bool(heard.faults), timeout=5000)
    assert isinstance(heard.faults[0], OSError)
    assert heard.before == ["unraisablehook"]


def test_that_a_fault_in_saying_it_does_not_come_back_without_end(heard):
    def fails(error):
        heard.faults.append(error)
        sys.excepthook(RuntimeError, RuntimeError("again"), None)

    heard.hooks._fault = fails
    sys.excepthook(KeyError, KeyError("lost"), None)
    assert len(heard.faults) == 1
    assert heard.before == ["excepthook", "excepthook"]


def test_that_hooks_are_given_back(heard):
    mine = sys.excepthook
    heard.hooks.remove()
    assert sys.excepthook is not mine
