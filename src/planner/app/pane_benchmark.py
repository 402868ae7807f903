"""Times the panes of a planned case under the hand: scroll, crosshair, oblique, 3-D turn; memory.

The case is painted and outlined on the first run and kept in the cache folder of the user.
Run as a module it is the child that opens a long scan and tells how much memory it holds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from planner import __version__
from planner.app.window_benchmark import LONGEST_S, settle, turn, write_series
from planner.domain.benchmark import BenchmarkRow
from planner.domain.levels import Level, Side
from planner.domain.progress import unreported
from planner.session.planes import Plane
from planner.settings import user_cache_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PySide6.QtWidgets import QWidget

    from planner.viewer.main_window import MainWindow

MOVES = 100
WARM_MOVES = 10
LONG_SLICES = 600
LONG_BAR_MB = 1200.0
NOTCH = 120

PARTS = {
    "slice_picture:sample_slab": "slices",
    "slice_picture:shade": "greys",
    "slice_picture:outline_image": "outlines",
    "reslice:Clear.lay_over": "outlines laid",
    "slice_picture:draw_dots": "wall",
    "sheets:Sheet.paint": "marks",
    "sheets:compose": "layers laid",
    "slice_pane:words": "place in words",
    "scene:Scene.image": "VTK",
}
"""What a move is made of, by the function of the canvas that does it."""

LEAST_MS = 0.05
"""Parts that take less are not told."""


def benchmark() -> list[BenchmarkRow]:
    """Time each kind of movement over a digital spine with outlines and a needle."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from planner.app.services import Services  # noqa: PLC0415 - after the platform is chosen
    from planner.viewer.main_window import MainWindow  # noqa: PLC0415

    _application = QApplication.instance() or QApplication([])  # ends with its last name
    with TemporaryDirectory() as temporary:
        services = Services(user_cache_folder() / f"bench-{__version__}")
        window = MainWindow(services, Path(temporary))
        window.ask.may_close = lambda: True  # type: ignore[method-assign]
        window.resize(1500, 940)
        window.show()
        _plan(window, services.sample_scan(unreported))
        rows = _rows(window)
        window.close()
    return [*rows, _long_scan()]


def _plan(window: MainWindow, scan: Path) -> None:
    """Open a scan, outline it, and let a needle be proposed."""
    desk = window.desk
    window.open(scan)
    _until(window, lambda: desk.ct is not None)
    desk.outlines.segment()
    _until(window, lambda: desk.edits.anatomy is not None)
    desk.needles.choose_level(Level.L3)
    desk.needles.choose_side(Side.LEFT)
    desk.needles.suggest()
    _until(window, lambda: desk.edits.needle is not None)


def _until(window: MainWindow, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONGEST_S
    while window.desk.jobs.busy or not done():
        _turn(deadline)


def _turn(deadline: float) -> None:
    """Let the window do what waits."""
    application = QApplication.instance()
    if application is None:
        raise RuntimeError("there is no application")
    turn(application, deadline)


def _rows(window: MainWindow) -> list[BenchmarkRow]:
    panes = window.panes
    axial, three = panes.slices[Plane.AXIAL], [panes.slices[plane] for plane in list(Plane)[:3]]
    middle = QPointF(axial.width() / 2, axial.height() / 2)

    def scroll(number: int) -> None:
        _wheel(axial, middle, NOTCH if number % 20 < 10 else -NOTCH)
        axial.repaint()

    def cross(number: int) -> None:
        at = middle + QPointF(40.0 * np.sin(number / 5), 40.0 * np.cos(number / 5))
        _mouse(axial, QEvent.Type.MouseMove, at)
        for pane in three:
            pane.repaint()

    def scroll_all(number: int) -> None:
        scroll(number)
        for pane in three[1:]:
            pane.repaint()

    found = [
        _timed("scroll a slice, its pane painted", scroll, 2.0),
        _timed("scroll a slice, all panes painted", scroll_all, 2.0),
    ]
    _mouse(axial, QEvent.Type.MouseButtonPress, QPointF(20.0, axial.height() - 60.0))
    before = window.desk.panes.state
    found.append(_timed("crosshair, three panes painted", cross, 10.0))
    _mouse(axial, QEvent.Type.MouseButtonRelease, middle)
    if before is None or window.desk.panes.state == before or window.desk.edits.is_dragging:
        raise RuntimeError("the hand did not hold the crosshair")
    window.actions_by_id["layout_needle"].trigger()
    _until(window, lambda: True)
    eye = panes.slices[list(Plane)[-1]]

    def oblique(number: int) -> None:
        _wheel(eye, QPointF(20.0, 20.0), NOTCH if number % 20 < 10 else -NOTCH)
        eye.repaint()

    found.append(_timed("oblique across a needle, painted", oblique, 6.0))
    scene = panes.scene
    spot = QPointF(4.0, scene.height() - 4.0)
    _mouse(scene, QEvent.Type.MouseButtonPress, spot)

    def turn_solid(number: int) -> None:
        _mouse(scene, QEvent.Type.MouseMove, spot + QPointF(7.0 * number, 0.0))
        scene.repaint()

    found.append(_timed("3-D turn, painted by the processor", turn_solid, 33.0))
    _mouse(scene, QEvent.Type.MouseButtonRelease, spot)
    return found


def _timed(name: str, act: Callable[[int], None], bar_ms: float) -> BenchmarkRow:
    """Time one movement many times, from the hand to the painted pane.

    To paint one pane at once paints everything of the window that waits to be painted, as
    labels; linked panes wait for the next turn of the event loop, and are in a figure whose name
    says so. Seconds of this thread alone are told too, because other programs on the machine add
    nothing to them.
    """
    seconds, own, begun_all = [], [], time.monotonic()
    for number in range(WARM_MOVES + MOVES):
        begun, begun_own = time.perf_counter(), time.thread_time()
        act(number)
        seconds.append(time.perf_counter() - begun)
        own.append(time.thread_time() - begun_own)
        _turn(begun_all + LONGEST_S)
    seconds, own = seconds[WARM_MOVES:], own[WARM_MOVES:]
    p95_ms, own_ms = (1e3 * float(np.percentile(values, 95)) for values in (seconds, own))
    parts = _parts(act, begun_all + LONGEST_S)
    return BenchmarkRow(
        name=name,
        median_s=float(np.median(seconds)),
        best_s=min(seconds),
        n=len(seconds),
        note=f"p95 {p95_ms:.1f} ms, its own {own_ms:.1f} ms; bar {bar_ms:g} ms; of a move {parts}",
    )


def _parts(act: Callable[[int], None], deadline: float) -> str:
    """Return what the parts of a move take on the average, in ms of this thread.

    Taken in moves of their own, because looking at the clock takes time too.
    """
    spent = dict.fromkeys((*PARTS.values(), "all"), 0.0)
    with _clocked(spent):
        for number in range(MOVES // 4):
            begun = time.thread_time()
            act(number)
            spent["all"] += time.thread_time() - begun
            _turn(deadline)
    each = {name: 1e3 * seconds / (MOVES // 4) for name, seconds in spent.items()}
    rest = 2.0 * each["all"] - sum(each.values())
    told = [f"{name} {ms:.1f}" for name, ms in each.items() if name != "all" and ms >= LEAST_MS]
    return ", ".join((*told, f"Qt and the rest {rest:.1f} ms"))


@contextmanager
def _clocked(spent: dict[str, float]) -> Iterator[None]:
    """Add up what each part takes while it lasts; no part lies in another."""
    kept = []
    for place, name in PARTS.items():
        module, _, path = place.partition(":")
        owner: Any = import_module(f"planner.viewer.canvas.{module}")
        *inside, last = path.split(".")
        for one in inside:
            owner = getattr(owner, one)
        sound = getattr(owner, last)
        kept.append((owner, last, sound))
        setattr(owner, last, _clock(sound, spent, name))
    try:
        yield
    finally:
        for owner, last, sound in kept:
            setattr(owner, last, sound)


def _clock(sound: Callable[..., Any], spent: dict[str, float], name: str) -> Callable[..., Any]:
    @wraps(sound)
    def clocked(*given: Any, **options: Any) -> Any:
        begun = time.thread_time()
        try:
            return sound(*given, **options)
        finally:
            spent[name] += time.thread_time() - begun

    return clocked


def _wheel(pane: QWidget, at: QPointF, angle: int) -> None:
    event = QWheelEvent(
        at,
        QPointF(pane.mapToGlobal(at.toPoint())),
        QPoint(0, 0),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, event)


def _mouse(pane: QWidget, kind: QEvent.Type, at: QPointF) -> None:
    left = Qt.MouseButton.LeftButton
    held = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseButtonRelease else left
    place = QPointF(pane.mapToGlobal(at.toPoint()))
    event = QMouseEvent(kind, at, place, left, held, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(pane, event)


def _long_scan() -> BenchmarkRow:
    """Tell how much memory the window holds with a long scan open, in a process of its own."""
    answer = subprocess.run(
        [sys.executable, "-m", "planner.app.pane_benchmark"],
        capture_output=True,
        text=True,
        check=True,
    )
    resident_mb, seconds = (float(part) for part in answer.stdout.split())
    return BenchmarkRow(
        name=f"scan of {LONG_SLICES} x 512 x 512 open",
        median_s=seconds,
        best_s=seconds,
        n=1,
        note=f"{resident_mb:.0f} MB resident; bar {LONG_BAR_MB:g} MB",
    )


def _child() -> None:
    """Open a long scan, wait until nothing is under way, and print MB and seconds."""
    from planner.app.services import Services  # noqa: PLC0415
    from planner.viewer.main_window import MainWindow  # noqa: PLC0415

    application = QApplication([])
    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / "ct"
        write_series(folder, LONG_SLICES)
        window = MainWindow(Services(Path(temporary)))
        window.show()
        settle(application, window)
        begun = time.perf_counter()
        window.open(folder)
        _until(window, lambda: window.desk.ct is not None)
        seconds = time.perf_counter() - begun
        settle(application, window)
        sys.stdout.write(f"{resident_mb()} {seconds}\n")
        window.close()


def resident_mb() -> float:
    """Return how much memory this process holds, MB; Linux only."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    _child()
