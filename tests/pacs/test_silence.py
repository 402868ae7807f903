"""An archive that says nothing holds nobody: neither the next request nor the closing window."""

import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from pacs.archives import LEAVES_SOCKETS, Archive, listening
from planner import pacs
from planner.domain.errors import CancelledByUserError
from planner.domain.progress import unreported
from planner.session.jobs import JobRunner
from planner.settings.nodes import Limits, PacsSettings, WebNode

pytestmark = LEAVES_SOCKETS
SILENCE_S, AT_ONCE_S = 60.0, 5.0
"""What the settings allow, and what a user gets; the second is for a machine that is busy."""


@dataclass
class Silent(Archive):
    """It answers nothing once ``after`` objects of a series were sent; -1: no question either."""

    after: int = -1
    reached: threading.Event = field(default_factory=threading.Event)
    end: threading.Event = field(default_factory=threading.Event)

    def find(self, event):
        if self.after < 0:
            self._wait()
        yield from super().find(event)

    def give(self, event):
        for number, one in enumerate(super().give(event)):
            if number == self.after:
                self._wait()
            yield one

    def _wait(self):
        self.reached.set()
        self.end.wait(SILENCE_S)


@contextmanager
def silent(archive):
    with listening(archive):
        try:
            yield archive
        finally:
            archive.end.set()


@contextmanager
def deaf():
    """A port that takes calls and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def stopping_once(reached):
    def report(_fraction, _message):
        if reached.is_set():
            raise CancelledByUserError("stopped as asked")

    return report


def gone(thread="pacs-asking"):
    """Wait until nobody waits for the archive any more; tell whether it came to that."""
    until = time.monotonic() + AT_ONCE_S
    while any(one.name == thread for one in threading.enumerate()):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("retrieve", ["get", "move"])
def test_that_a_stop_in_the_middle_of_a_series_is_heard_at_once(scan, tmp_path, retrieve) -> None:
    place = tmp_path / "out" / "ct"
    with silent(Silent(scan.objects, after=4)) as archive:
        settings = archive.settings(retrieve, silence_s=SILENCE_S)
        start = time.monotonic()
        with pytest.raises(CancelledByUserError):
            pacs.stoppable(
                lambda follow: pacs.get_series(
                    settings, scan.study, scan.series, place, report=follow
                ),
                stopping_once(archive.reached),
            )
        assert time.monotonic() - start < AT_ONCE_S
        assert gone(), "the transfer goes on behind the user's back"
        assert list((tmp_path / "out").iterdir()) == []
        archive.after = len(scan.files) + 1
        again = pacs.get_series(settings, scan.study, scan.series, place)
    assert again.series[0].slices == len(scan.files)


def test_that_a_stop_of_a_question_is_heard_at_once(scan) -> None:
    with silent(Silent(scan.objects)) as archive:
        settings, query = archive.settings(silence_s=SILENCE_S), pacs.StudyQuery(patient_id="1")
        start = time.monotonic()
        with pytest.raises(CancelledByUserError):
            pacs.stoppable(
                lambda _follow: pacs.find_studies(settings, query), stopping_once(archive.reached)
            )
        assert time.monotonic() - start < AT_ONCE_S
        assert gone()


@pytest.mark.parametrize("kind", ["dimse", "web"])
def test_that_closing_does_not_wait_for_a_port_that_never_speaks(scan, kind) -> None:
    with deaf() as port:
        settings = Archive(scan.objects, port=port).settings(silence_s=SILENCE_S)
        if kind == "web":
            node = WebNode(name="archive", url=f"http://127.0.0.1:{port}/dicom-web")
            settings = PacsSettings(nodes={"archive": node}, limits=Limits(silence_s=SILENCE_S))
        runner, query = JobRunner(lambda _envelope: None), pacs.StudyQuery(patient_id="1")
        runner.submit(
            "archive",
            lambda report: pacs.stoppable(
                lambda _follow: pacs.find_studies(settings, query), report
            ),
            lambda _event: None,
        )
        until = time.monotonic() + AT_ONCE_S
        while not any(one.name == "pacs-asking" for one in threading.enumerate()):
            assert time.monotonic() < until
        start = time.monotonic()
        runner.shutdown()
        assert time.monotonic() - start < AT_ONCE_S
    assert gone()


def test_that_an_answer_and_a_refusal_come_through_as_they_are() -> None:
    heard = []

    def work(follow):
        follow(0.5, "half")
        time.sleep(0.3)
        return 7

    assert pacs.stoppable(work, lambda *said: heard.append(said)) == 7
    assert (0.5, "half") in heard
    with pytest.raises(TimeoutError, match="mine"):
        pacs.stoppable(lambda _follow: _raise(TimeoutError("mine")), unreported)


def _raise(error):
    raise error
