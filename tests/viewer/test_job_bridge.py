"""Reports of work reach the window, but never faster than it can show them."""

import threading

import pytest

from planner.session.jobs import Envelope, JobDone, JobProgress
from planner.viewer.qtbridge.job_bridge import JobBridge

pytestmark = pytest.mark.qt


def test_that_of_many_reports_only_the_newest_is_delivered_and_the_end_comes_last(qtbot):
    bridge, came = JobBridge(), []
    bridge.deliver_to(came.append)

    def work():
        for number in range(1000):
            bridge.carry(Envelope("a", 1, JobProgress(number / 1000, "going on")))
        bridge.carry(Envelope("b", 2, JobProgress(0.5, "another")))
        bridge.carry(Envelope("a", 1, JobDone("value")))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: any(isinstance(one.event, JobDone) for one in came), timeout=60_000)
    assert [(one.slot, type(one.event)) for one in came] == [
        ("a", JobProgress), ("b", JobProgress), ("a", JobDone)
    ]  # fmt: skip
    assert came[0].event.fraction == 0.999


def test_that_a_later_report_is_delivered_after_an_earlier_one(qtbot):
    bridge, came = JobBridge(), []
    bridge.deliver_to(came.append)
    for fraction in (0.1, 0.2):
        bridge.carry(Envelope("a", 1, JobProgress(fraction, "")))
        qtbot.waitUntil(lambda want=fraction: bool(came) and came[-1].event.fraction == want)
    assert len(came) == 2
