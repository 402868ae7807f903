"""The window's own way to a verdict over the tiny spine: services, jobs and desk are real.

Only what the models predict is given, because with real zones no plan on the tiny spine is clear.
"""

import queue
from dataclasses import replace
from functools import cache
from types import SimpleNamespace

from planner.app.services import Services
from planner.safety import assess
from planner.session import cases
from planner.session.check_desk import CheckDesk
from planner.session.jobs import JobRunner
from planner.session.ports import Evaluation
from safety.cases import acknowledged, good_plan, good_scene, spine


class Room:
    """A check desk with its worker, and everything it ever showed."""

    def __init__(self, folder):
        self.ct, self.anatomy = spine()
        self.services = Services(folder)
        self.box = queue.Queue()
        self.runner = JobRunner(self.box.put)
        self.desk = CheckDesk(self.services, self.runner, self.note)
        self.shown = []

    def note(self):
        self.shown.append(self.desk.state)

    def check(self, plan):
        """Edit, then deliver until the check has answered."""
        self.desk.invalidate(plan, self.ct, self.anatomy)
        return self.settle()

    def settle(self):
        while self.runner.is_busy("check"):
            self.runner.deliver(self.box.get(timeout=10))
        return self.desk.state

    def close(self):
        self.runner.shutdown()


@cache
def predictions(plan):
    """The good zone and cement; made once, so that a fault put in later is not in them."""
    scene = good_scene(plan)
    return SimpleNamespace(zones=scene.zones, cements=scene.cements, unfilled={}, simulations=())


def give_predictions(monkeypatch):
    """Let the models predict the good zone and the good cement."""
    monkeypatch.setattr(cases, "predict", lambda plan, case, **_how: predictions(plan))


def clear_plan():
    """A plan that is clear today, whatever day that is: its findings are acknowledged."""
    plan = good_plan()
    today = cases.datetime.now(cases.UTC).date()
    return acknowledged(plan, assess(plan, good_scene(plan, today=today)))


class Inline:
    """Runs a job where it is submitted; its answer still waits in the box to be delivered."""

    def submit(self, run, job):
        run(job)

    def shutdown(self, *, wait, cancel_futures):
        pass


class Answers:
    """Services that know the assessment of every plan beforehand, so that edits cost nothing."""

    def __init__(self, known, scene, digest):
        self.known, self.scene, self.digest = known, scene, digest

    def evaluate(self, plan, ct, anatomy, report):
        assessment = self.known[plan]
        return Evaluation(
            plan=plan, zones=(), cements=(), assessment=assessment, unfilled={}, scene=self.scene
        )

    def state_sha256(self, plan, ct, anatomy, evaluation):
        return self.digest(plan, replace(evaluation.scene, ct=ct, anatomy=anatomy))
