"""Run by hand: random hands on the window for so many seconds, with a line on each minute.

After each 150 events a scan is opened anew, so that the figures are of the same state.

PYTHONPATH=src:tests python tests/viewer/monkey.py SECONDS SEED
"""

import os
import random
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from planner.app.pane_benchmark import resident_mb
from viewer.test_random_hands import end, plan_anew, planned_window, press_often


def main(seconds: float, seed: int) -> None:
    application = QApplication([])
    hand, begun, rounds = random.Random(seed), time.monotonic(), 0
    with TemporaryDirectory() as folder:
        window = planned_window(Path(folder))
        said = begun
        while time.monotonic() - begun < seconds:
            press_often(window, hand)
            rounds += 1
            plan_anew(window)
            if time.monotonic() - said > 60 or rounds == 1:
                said = time.monotonic()
                sys.stdout.write(
                    f"{said - begun:.0f} s, {rounds} rounds, {resident_mb():.0f} MB, "
                    f"{len(application.allWidgets())} widgets, {threading.active_count()} threads"
                    "\n"
                )
                sys.stdout.flush()
        end(window)
    sys.stdout.write(f"done: {rounds} rounds, no exception\n")


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
