"""Make the pictures of docs/ by the program itself, on a digital spine. Run by hand.

    python packaging/pictures.py [FOLDER]

Needs the environment of the program (start.py makes it) and no display. The window is driven by
its own actions, over the services it really uses; what is seen is what a user sees. FOLDER is
docs/pictures unless another is named. Look at each picture before you keep it.
"""

from __future__ import annotations

import io
import os
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PIL import Image
from PySide6.QtCore import QBuffer, QEventLoop, QIODevice, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from planner.app.commands.window import build_window, load_window
from planner.domain.levels import Level, Side
from planner.imaging import write_ct_series
from planner.phantom import make_phantom
from planner.phantom.recipe import FieldOfView, Lesion, Matter, Place, Recipe
from planner.session.window_states import CheckPhase, Step
from planner.settings.preferences import Preferences, save_preferences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from planner.viewer.main_window import MainWindow

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
SIZE = (1280, 800)
GREYS, TINTS, TINTED = 44, 52, 28
"""How many greys and tints a picture may have, and how far a tint's channels lie apart: with one
palette for both either CT turns brown or the colours of findings fade."""

LONGEST_S = 300
LOOK_MS = 50
ASKED_MS = 1500
"""Until a question is on the screen."""

CASE = Recipe(
    seed=3,
    levels=(Level.L2, Level.L4),
    field_of_view=FieldOfView.SPINE,
    lesions=(Lesion(level=Level.L3, kind=Matter.LYTIC, r_mm=7.0, place=Place.ANTERIOR),),
)
"""A small spine, so that the pictures take a minute and not ten."""


class Camera:
    """Waits for the window and keeps what it shows."""

    def __init__(self, window: MainWindow, folder: Path) -> None:
        self.window, self.desk, self.folder = window, window.desk, folder
        self._loop = QEventLoop()

    def wait(self, done: Callable[[], object], what: str) -> None:
        """Let the window work until something is so."""
        left = [LONGEST_S * 1000 // LOOK_MS]
        look = QTimer()

        def see() -> None:
            left[0] -= 1
            if done() or left[0] < 0:
                self._loop.quit()

        look.timeout.connect(see)
        look.start(LOOK_MS)
        self._loop.exec()
        look.stop()
        if left[0] < 0:
            sys.exit(f"waited {LONGEST_S} s in vain: {what}")

    def settle(self) -> None:
        """Wait until nothing is worked on and the verdict is that of the plan.

        A check that a busy machine gave no time is given up, as it is for a user, and asked again.
        """

        def checked() -> bool:
            if self.desk.checks.state.phase is CheckPhase.STOPPED:
                self.desk.checks.retry()
            return not self.desk.jobs.busy and self.desk.checks.state.phase is CheckPhase.CURRENT

        self.wait(checked, "the plan is checked")
        self.pause()

    def pause(self) -> None:
        """Let what was changed be painted."""
        QTimer.singleShot(600, self._loop.quit)
        self._loop.exec()

    def press(self, action: str) -> None:
        """Do what a button or a menu does."""
        made = self.window.actions_by_id[action]
        if not made.isEnabled():
            sys.exit(f"{action} is off: {made.toolTip()}")
        made.trigger()

    def take(self, name: str, shown: QWidget | None = None) -> None:
        """Keep what a widget shows, the window unless another is named."""
        self.folder.mkdir(parents=True, exist_ok=True)
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        (shown or self.window).grab().save(buffer, "PNG")
        picture = Image.open(io.BytesIO(bytes(buffer.data().data()))).convert("RGB")
        file = self.folder / f"{name}.png"
        in_few_colours(picture).save(file, optimize=True)
        print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB", flush=True)

    def take_question(self, name: str) -> None:
        """Keep the question that waits for an answer, and leave it unanswered."""
        asked = QApplication.activeModalWidget()
        if not isinstance(asked, QDialog):
            sys.exit(f"{name}: nothing is asked")
        self.take(name, asked)
        asked.reject()


def in_few_colours(picture: Image.Image) -> Image.Image:
    """Return a picture with a palette of greys by how often they are and tints by their range."""
    pixels = np.asarray(picture)
    apart = pixels.max(axis=-1).astype(int) - pixels.min(axis=-1)
    palette: list[int] = []
    for wanted, count, method in (
        (apart <= TINTED, GREYS, Image.Quantize.MEDIANCUT),
        (apart > TINTED, TINTS, Image.Quantize.MAXCOVERAGE),
    ):
        part = Image.fromarray(pixels[wanted][None]).quantize(count, method)
        palette += (part.getpalette() or [])[: 3 * count]
    whole = Image.new("P", (1, 1))
    whole.putpalette(palette + palette[-3:] * (256 - len(palette) // 3))
    return picture.quantize(palette=whole, dither=Image.Dither.NONE)


def story(camera: Camera, scan: Path) -> Iterator[str]:
    """Go from the folder to the report; say each step that is done."""
    window, desk = camera.window, camera.desk
    camera.wait(lambda: not window.is_loading, "the window is ready")
    window.open(scan)
    camera.wait(lambda: desk.ct is not None, "the scan is open")
    camera.settle()
    camera.take("study")
    yield "the scan is open"

    window.go(Step.ANATOMY)
    camera.press("segment")
    camera.wait(lambda: desk.edits.anatomy is not None, "the spine is outlined")
    camera.settle()
    window.anatomy.level_shown.emit(Level.L3)
    camera.pause()
    camera.take("anatomy")
    desk.act(lambda: desk.edits.accept(Level.L3, accepted=True))
    camera.settle()
    yield "the spine is outlined"

    window.go(Step.PLAN)
    desk.needles.choose_level(Level.L3)
    desk.needles.choose_side(Side.LEFT)
    camera.press("suggest")
    camera.wait(lambda: desk.edits.needle is not None, "a needle is proposed")
    camera.settle()
    camera.take("plan")
    yield "a needle is proposed"

    window.go(Step.TREAT)
    desk.treatment.choose_device("eco-mwa")
    camera.settle()
    desk.act(lambda: desk.edits.set_cement("pmma-high-viscosity", 2.0))
    camera.settle()
    camera.press("simulate")
    camera.wait(
        lambda: desk.checks.evaluation is not None and desk.checks.evaluation.simulations,
        "heat is simulated",
    )
    camera.settle()
    camera.take("treat")
    yield "heat is simulated"

    window.go(Step.CHECK)
    camera.settle()
    camera.take("check")
    QTimer.singleShot(ASKED_MS, lambda: camera.take_question("confirm-the-side"))
    camera.press("confirm_side")
    yield "the plan is checked"

    camera.press("layout_pair")
    camera.pause()
    camera.settle()
    window.go(Step.REPORT)
    camera.pause()
    camera.take("xray-pair")
    yield "the X-ray pair is shown"


def main() -> int:
    """Make every picture."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        os.environ |= {"PLANNER_DATA": str(place / "data"), "PLANNER_CACHE": str(place / "cache")}
        (place / "data").mkdir()
        save_preferences(place / "data", Preferences(toured=True, language="en"))
        ct = make_phantom(CASE).ct
        today = datetime.now(UTC).strftime("%Y%m%d")
        write_ct_series(place / "ct", replace(ct, record=replace(ct.record, acquired=today)))
        application = QApplication(sys.argv[:1])
        load_window()
        window = build_window(None)
        window.resize(*SIZE)
        window.ask.may_close = lambda: True
        for done in story(Camera(window, folder), place / "ct"):
            print(done, flush=True)
        window.close()
        application.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
