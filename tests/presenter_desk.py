"""A workstation without a window: an autospecced view, real desks, a digital spine."""

from __future__ import annotations

import queue
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import create_autospec

from phantoms import easy_l3
from planner.session.jobs import JobRunner
from planner.session.view_protocols import WorkstationView
from planner.session.workstation import Workstation
from window_services import PhantomServices

if TYPE_CHECKING:
    from planner.session.window_states import CheckState, Message

SLOTS = (
    "open",
    "segment",
    "redo",
    "prepare",
    "surfaces",
    "lesion",
    "check",
    "suggest",
    "report",
    "send",
    "simulate",
    "xray",
    "skin",
    "card",
    "control",
    "compare",
    "leaks",
    "tissue",
    "straight",
    "warm",
    "thermometers",
    "archive",
    "fetch",
    "watch",
)


class Desk:
    """A workstation whose background answers arrive when the test says so."""

    def __init__(self, user_folder: Path | None = None) -> None:
        easy_l3()  # painted here once, so that no wait below depends on how long that takes
        self.services = PhantomServices()
        self.view = create_autospec(WorkstationView, instance=True)
        self.box = queue.Queue()
        self.runner = JobRunner(self.box.put)
        self.work = Workstation(self.services, self.view, self.runner, user_folder)
        self.work.start()

    def settle(self) -> None:
        """Deliver until no job is under way."""
        while any(self.runner.is_busy(slot) for slot in SLOTS):
            self.runner.deliver(self.box.get(timeout=120))

    def outline_a_scan(self) -> None:
        """Open a scan and outline it, as most of what a person does begins."""
        self.work.reception.open_scan(Path("scan"))
        self.settle()
        self.work.outlines.segment()
        self.settle()

    @property
    def check(self) -> CheckState:
        return self.view.show_check.call_args.args[0]

    @property
    def said(self) -> Message:
        return self.view.show_message.call_args.args[0]
