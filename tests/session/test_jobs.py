import threading

from planner.session.jobs import (
    Envelope,
    JobDone,
    JobFailed,
    JobProgress,
    JobRunner,
    JobStopped,
)


class Post:
    """Keeps envelopes until the test delivers them, as a Qt queue would."""

    def __init__(self) -> None:
        self.box: list[Envelope] = []
        self.came = threading.Condition()
        self.runner = JobRunner(self.carry)

    def carry(self, envelope: Envelope) -> None:
        with self.came:
            self.box.append(envelope)
            self.came.notify_all()

    def deliver(self, count: int) -> None:
        """Wait for ``count`` envelopes, then deliver them."""
        with self.came:
            assert self.came.wait_for(lambda: len(self.box) >= count, timeout=10)
        for _ in range(count):
            self.runner.deliver(self.box.pop(0))


def test_that_a_result_comes_back():
    post, events = Post(), []
    post.runner.submit("zone", lambda report: 42, events.append)
    post.deliver(1)
    post.runner.shutdown()
    assert events == [JobDone(42)]


def test_that_progress_is_reported_before_the_result():
    post, events = Post(), []

    def work(report):
        report(0.5, "half")
        return "done"

    post.runner.submit("seg", work, events.append)
    post.deliver(2)
    post.runner.shutdown()
    assert events == [JobProgress(0.5, "half"), JobDone("done")]


def test_that_a_newer_job_hides_the_answer_of_the_older_one():
    post, old, new = Post(), [], []
    post.runner.submit("zone", lambda report: "old", old.append)
    post.runner.submit("zone", lambda report: "new", new.append)
    post.deliver(1)
    post.deliver(1)
    post.runner.shutdown()
    assert (old, new) == ([], [JobDone("new")])


def test_that_a_drag_never_builds_a_queue():
    post, ran, gate = Post(), [], threading.Event()
    done = []
    post.runner.submit("check", lambda report: gate.wait(10), done.append)
    for step in range(20):
        post.runner.submit("check", lambda report, step=step: ran.append(step), done.append)
    gate.set()
    post.deliver(1)
    post.deliver(1)
    post.runner.shutdown()
    assert ran == [19]


def test_that_a_cancelled_job_stops_at_its_next_report_and_says_so_at_once():
    post, events, started = Post(), [], threading.Event()

    def work(report):
        started.set()
        while True:
            report(0.1, "working")

    post.runner.submit("seg", work, events.append)
    assert started.wait(10)
    post.runner.cancel("seg")
    assert events == [JobStopped()]
    post.runner.shutdown()
    assert not post.runner.is_busy("seg")


def test_that_an_exception_arrives_as_an_event():
    post, events = Post(), []
    post.runner.submit("seg", lambda report: 1 / 0, events.append)
    post.deliver(1)
    post.runner.shutdown()
    assert isinstance(events[0], JobFailed)
    assert isinstance(events[0].error, ZeroDivisionError)


def test_that_what_waits_for_jobs_is_called_once_when_the_last_of_them_has_ended():
    post, held, called = Post(), threading.Event(), []
    post.runner.when_ended(post.runner.under_way(), lambda: called.append("none runs"))
    assert called == ["none runs"]
    post.runner.submit("quick", lambda report: "quick", lambda event: None)
    post.runner.submit("slow", lambda report: held.wait(10), lambda event: None)
    jobs = post.runner.under_way()
    post.runner.cancel("slow")  # it runs on all the same
    post.runner.when_ended(jobs, lambda: called.append("both ended"))
    post.deliver(1)
    assert called == ["none runs"]
    held.set()
    post.deliver(1)
    assert called == ["none runs", "both ended"]
    post.runner.submit("quick", lambda report: "again", lambda event: None)
    post.deliver(1)
    post.runner.shutdown()
    assert called == ["none runs", "both ended"]
