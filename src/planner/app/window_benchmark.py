"""Times the window: from the start to something on the screen, and from a folder to a picture.

Run as a module it is the child that times its own start; ``benchmark`` starts it.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from planner.app.commands.window import raise_curtain
from planner.app.main import read
from planner.domain.benchmark import BenchmarkRow

if TYPE_CHECKING:
    from planner.viewer.main_window import MainWindow

SLICES, MATRIX = 400, 512
RUNS = 5
LONGEST_S = 120.0


class _FirstPaint(QObject):
    """Notes when a widget has been asked to paint for the first time."""

    def __init__(self, watched: QWidget) -> None:
        super().__init__(watched)
        self.at: float | None = None
        watched.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt names it
        """Look at every event and swallow none."""
        if event.type() is QEvent.Type.Paint and self.at is None:
            self.at = time.time()
        return False


class _FirstPaints(QObject):
    """Notes when the first widget of each class was asked to paint."""

    def __init__(self, application: QApplication) -> None:
        super().__init__(application)
        self.at: dict[str, float] = {}
        application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt names it
        """Look at every event and swallow none."""
        if event.type() is QEvent.Type.Paint:
            self.at.setdefault(type(watched).__name__, time.time())
        return False


def benchmark() -> list[BenchmarkRow]:
    """Time three starts in processes of their own, then five openings of one folder."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return [*_starts(), *_openings()]


def _starts(runs: int = 3) -> list[BenchmarkRow]:
    """Time from the start of the process to its first paint, and to the window; and its work."""
    seconds = []
    for _ in range(runs + 1):
        answer = subprocess.run(
            [sys.executable, "-m", "planner.app.window_benchmark", repr(time.time())],
            capture_output=True,
            text=True,
            check=True,
        )
        seconds.append([float(part) for part in answer.stdout.split()])
    first, usable, worked = zip(*seconds[1:], strict=True)
    return [
        _row("start, first thing on the screen", first),
        _row("start, the window itself", usable),
        _row("start, the window itself, processor time", worked, "of all threads"),
    ]


def _row(name: str, seconds: tuple[float, ...] | list[float], note: str = "") -> BenchmarkRow:
    return BenchmarkRow(
        name=name,
        median_s=statistics.median(seconds),
        best_s=min(seconds),
        n=len(seconds),
        note=note,
    )


def _child(started: float) -> None:
    """Start as the program does, print both times and the processor time until then, and end."""
    read(["view"])
    application = QApplication([])
    painted = _FirstPaints(application)
    curtain = raise_curtain(application, None)
    deadline = time.monotonic() + LONGEST_S
    while "PaneGrid" not in painted.at:
        turn(application, deadline)
        if curtain.error is not None:
            raise curtain.error
    worked = time.process_time()
    first, usable = painted.at["Curtain"], painted.at["PaneGrid"]
    sys.stdout.write(f"{first - started} {usable - started} {worked}\n")
    if isinstance(curtain.window_shown, QWidget):
        curtain.window_shown.close()


def turn(application: QCoreApplication, deadline: float) -> float:
    """Let the window work once; return how long it was deaf to the user, in seconds."""
    begun = time.perf_counter()
    loop = QEventLoop(application)
    QTimer.singleShot(0, loop.quit)
    loop.exec()
    busy_s = time.perf_counter() - begun
    if time.monotonic() > deadline:
        raise TimeoutError("the window did not get there")
    time.sleep(0.001)
    return busy_s


def _openings() -> list[BenchmarkRow]:
    """Time from choosing a folder to the first painted slice, and to the whole scan."""
    from planner.app.services import Services  # noqa: PLC0415 - after the starts were timed
    from planner.viewer.main_window import MainWindow  # noqa: PLC0415

    application = QApplication.instance() or QApplication([])
    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / "ct"
        write_series(folder, SLICES)
        window = MainWindow(Services(Path(temporary)))
        window.resize(1500, 940)
        window.show()
        settle(application, window)
        timed = [_open(application, window, folder) for _ in range(RUNS + 1)][1:]
        window.close()
    first, whole, pause = (list(column) for column in zip(*timed, strict=True))
    size = f"{SLICES} x {MATRIX} x {MATRIX}"
    return [
        _row(f"first picture, {size}", first, "from choosing the folder to a painted slice"),
        _row(f"whole scan in the panes, {size}", whole, "gate's verdict known"),
        _row("longest pause of the window meanwhile", pause),
    ]


def settle(application: QCoreApplication, window: MainWindow) -> None:
    """Wait until the window is warm and nothing is under way."""
    deadline = time.monotonic() + LONGEST_S
    while window.is_loading or window.desk.jobs.busy:
        turn(application, deadline)


def _open(
    application: QCoreApplication, window: MainWindow, folder: Path
) -> tuple[float, float, float]:
    """Open the folder once; return seconds to a painted slice, to the scan, and of no answer."""
    pane = next(iter(window.panes.slices.values()))
    before, deadline = window.desk.ct, time.monotonic() + LONGEST_S
    paint: _FirstPaint | None = None
    pauses = []
    started = time.time()
    window.desk.reception.open_scan(folder)
    while window.desk.ct is before:
        pauses.append(turn(application, deadline))
        if paint is None and window.desk.reception.coming is not None:
            paint = _FirstPaint(pane)
            pane.update()
    ended = time.time()
    settle(application, window)
    first = paint.at if paint is not None and paint.at is not None else ended
    return first - started, ended - started, max(pauses)


def write_series(folder: Path, slices: int) -> None:
    """Write a noisy cylinder as a DICOM series of 512 x 512."""
    import numpy as np  # noqa: PLC0415 - a start that is timed must not import what it would not

    from planner.domain.volume import CtVolume, GateVerdict, ScanRecord  # noqa: PLC0415
    from planner.geometry.volume_geometry import VolumeGeometry  # noqa: PLC0415
    from planner.imaging import scan_sha256, write_ct_series  # noqa: PLC0415

    geometry = VolumeGeometry.axis_aligned((MATRIX, MATRIX, slices), (0.7, 0.7, 1.0))
    j, i = np.indices((MATRIX, MATRIX)) - MATRIX / 2
    body = np.where((i / 200) ** 2 + (j / 150) ** 2 < 1.0, 40.0, -1000.0)
    noise = np.random.default_rng(1).normal(0.0, 20.0, (8, MATRIX, MATRIX))
    hu = np.rint(body + noise).astype(np.int16)[np.arange(slices) % 8]
    record = ScanRecord(
        sha256=scan_sha256(geometry, hu),
        verdict=GateVerdict.LOAD,
        findings=(),
        locator="",
        patient_position="HFS",
    )
    write_ct_series(folder, CtVolume(geometry=geometry, hu=hu, record=record))


if __name__ == "__main__":
    _child(float(sys.argv[1]))
