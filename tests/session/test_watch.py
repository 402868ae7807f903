import sys
import threading
import time

import pytest

from planner.geometry.kernels import kernel
from planner.session import watch
from planner.session.watch import Beat, OverdueError, watched


def test_that_watched_work_gives_its_value_or_its_error():
    assert watched(lambda beat: 7, 5.0) == 7
    with pytest.raises(ZeroDivisionError):
        watched(lambda beat: 1 // 0, 5.0)


def test_that_silent_work_is_given_up_and_its_late_value_goes_nowhere():
    gate = threading.Event()
    with pytest.raises(OverdueError, match=r"0\.05 s"):
        watched(lambda beat: gate.wait(60), 0.05)
    gate.set()


def test_that_work_that_says_it_goes_on_may_take_long():
    def work(beat):
        for _ in range(30):
            time.sleep(0.01)
            beat()
        return "done"

    assert watched(work, 0.25) == "done"


class Clocks:
    wall_s, cpu_s, own_s = 0.0, 0.0, 0.0

    def thread_time(self):
        return self.own_s

    def pthread_getcpuclockid(self, thread):
        return thread

    def clock_gettime(self, clock):
        assert clock == threading.get_ident()
        return self.own_s

    def monotonic(self):
        return self.wall_s

    def process_time(self):
        return self.cpu_s


@pytest.mark.parametrize(
    ("wall_s", "cpu_s", "silent"),
    [
        (0.99, 0.99, False),
        (1.0, 1.0, True),
        (1.0, 0.5, True),
        (1.0, 0.0, True),
        (1.0, 0.05, True),
        (1.0, 0.06, False),
        (1.0, 0.49, False),
        (3.0, 0.9, False),
        (3.0, 1.0, True),
    ],
)
def test_that_silence_on_a_starved_machine_is_counted_in_processor_time(
    monkeypatch, wall_s, cpu_s, silent
):
    clocks = Clocks()
    monkeypatch.setattr(watch, "time", clocks)
    beat = Beat()
    clocks.wall_s, clocks.cpu_s, clocks.own_s = wall_s, cpu_s, cpu_s
    assert beat.is_silent(1.0) is silent
    beat()
    assert not beat.is_silent(1.0)


@pytest.mark.parametrize(
    ("wall_s", "cpu_s", "own_s", "silent"),
    [
        (1.0, 1.0, 0.5, True),
        (1.0, 1.0, 0.49, False),
        (3.99, 3.99, 0.0, False),
        (4.0, 4.0, 0.0, True),
        (3.0, 1.0, 0.49, False),
        (3.0, 1.0, 0.5, True),
        (4.0, 1.0, 0.0, True),
    ],
)
def test_that_silence_beside_other_work_of_the_program_is_excused_for_a_while(
    monkeypatch, wall_s, cpu_s, own_s, silent
):
    clocks = Clocks()
    monkeypatch.setattr(watch, "time", clocks)
    monkeypatch.setattr(sys, "platform", "linux")
    beat = Beat()
    clocks.wall_s, clocks.cpu_s, clocks.own_s = wall_s, cpu_s, own_s
    assert beat.is_silent(1.0) is silent


def test_that_a_piece_that_was_announced_as_long_is_waited_for():
    def work(beat):
        beat(30.0)
        time.sleep(0.2)
        return 7

    assert watched(work, 0.05) == 7


def test_that_a_kernel_that_is_compiled_on_the_way_is_not_a_hang():
    def work(beat):
        return kernel(lambda number: number + 1)(1)  # some 0.3 s, and no beat

    assert watched(work, 0.02) == 2


def test_that_a_compiler_that_does_not_come_back_is_one(monkeypatch):
    monkeypatch.setattr(watch, "compiling_for_s", lambda: watch.COMPILING_S)
    with pytest.raises(OverdueError):
        watched(lambda beat: time.sleep(5.0), 0.05)


def test_that_work_that_could_run_but_is_given_no_processor_is_waited_for(monkeypatch):
    gate = threading.Event()
    monkeypatch.setattr(watch, "_could_run", gate.is_set)
    gate.set()
    threading.Timer(0.5, gate.clear).start()
    started_s = time.monotonic()
    with pytest.raises(OverdueError):
        watched(lambda beat: time.sleep(5.0), 0.05)
    assert time.monotonic() - started_s > 0.45


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what its threads wait for")
def test_that_a_thread_that_works_is_told_from_one_that_waits():
    gate, ended = threading.Event(), threading.Event()

    def works():
        while not ended.is_set():
            pass

    threading.Thread(target=gate.wait, daemon=True).start()
    assert not all(watch._could_run() for _ in range(20))
    threading.Thread(target=works, daemon=True).start()
    assert any(watch._could_run() for _ in range(20))
    ended.set()
    gate.set()
