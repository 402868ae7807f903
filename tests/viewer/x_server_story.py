"""Run by a test in a process of its own, because a Qt platform is chosen once per process."""

import sys
import time
from pathlib import Path

from PySide6.QtWidgets import QApplication

from planner.domain.levels import Level, Side
from planner.session.window_states import CheckPhase
from planner.viewer.main_window import MainWindow
from planner.viewer.theme.chrome import dress
from window_services import PhantomServices


def wait(application, until):
    deadline = time.monotonic() + 60
    while not until():
        application.processEvents()
        time.sleep(0.01)
        if time.monotonic() > deadline:
            raise TimeoutError("the window did not get there")


def main(picture: str) -> None:
    application = QApplication([])
    dress(application, "dark")
    window = MainWindow(PhantomServices())
    window.resize(1280, 820)
    window.show()
    desk = window.desk
    window.open(Path("scan"))
    wait(application, lambda: desk.ct is not None and not desk.jobs.busy)
    desk.outlines.segment()
    wait(application, lambda: desk.edits.anatomy is not None and not desk.jobs.busy)
    desk.needles.choose_level(Level.L3)
    desk.needles.choose_side(Side.RIGHT)
    desk.needles.suggest()
    wait(application, lambda: desk.edits.needle is not None and not desk.jobs.busy)
    desk.treatment.choose_device("eco-mwa")
    wait(application, lambda: desk.checks.state.phase is CheckPhase.CURRENT)
    window.grab().save(picture)
    sys.stdout.write(f"{application.platformName()} {window.findings.verdict.text()}\n")
    window.ask.may_close = lambda: True
    window.close()


if __name__ == "__main__":
    main(sys.argv[1])
