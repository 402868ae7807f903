"""Run by a test in a process of its own: from a folder of slices to the PDF, by hand.

Arguments: the folder of the CT, a folder for what comes of it, the theme.
"""

from __future__ import annotations

import gc
import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QApplication, QFileDialog
from shiboken6 import isValid

from planner.app.commands.window import build_window, load_window
from planner.domain.levels import Level, Side
from planner.session.planes import Plane
from planner.session.window_states import CheckPhase
from planner.settings import user_data_folder
from planner.settings.preferences import Preferences, save_preferences
from viewer.test_random_hands import end
from viewer.x_hands import Hands

if TYPE_CHECKING:
    from planner.viewer.main_window import MainWindow

SIZE = (1500, 940)
OURS = ("job", "journal")
"""How the threads of the program are named."""


class Story:
    """What a radiologist does, act by act; a picture of the screen is taken after each."""

    def __init__(self, window: MainWindow, hands: Hands, scan: Path, out: Path) -> None:
        self.window, self.desk, self.hands = window, window.desk, hands
        self.scan, self.out = scan, out

    def tell(self) -> None:
        """Go from the folder to the paper."""
        for act in (
            self.open_the_scan, self.outline, self.plan_a_needle, self.drag_it_and_take_it_back,
            self.treat, self.check, self.write_it_down,
        ):  # fmt: skip
            act()
            self.show(act.__name__)
        self.hands.keys("ctrl+q")

    def settled(self) -> bool:
        """Whether nothing is worked on and the verdict is that of the plan."""
        desk = self.desk
        return not desk.jobs.busy and desk.checks.state.phase is CheckPhase.CURRENT

    def open_the_scan(self) -> None:
        """Open the folder through the dialog."""
        self.hands.wait(lambda: not self.window.is_loading, "the window is ready")
        self.hands.press("Open CT folder…")
        self.hands.wait(lambda: _dialog() is not None, "the dialog for a folder")
        self.hands.paste(str(self.scan))
        self.hands.keys("Return")
        self.hands.wait(lambda: self.desk.ct is not None and self.settled(), "the scan is open")

    def outline(self) -> None:
        """Outline the spine and accept L3."""
        hands, table = self.hands, self.window.anatomy._table
        hands.keys("alt+2")
        hands.press(hands.see(self.window.actions_by_id["segment"].text))
        hands.wait(
            lambda: self.desk.edits.anatomy is not None and self.settled(), "the spine is outlined"
        )
        row = hands.see(
            lambda: next(n for n in range(table.rowCount()) if table.item(n, 0).text() == "L3")
        )
        box = hands.see(lambda: table.visualItemRect(table.item(row, 3)))
        hands.click(table.viewport(), QPoint(box.left() + 12, box.center().y()))
        hands.wait(
            lambda: table.item(row, 3).checkState() is Qt.CheckState.Checked and self.settled(),
            "L3 is accepted",
        )

    def plan_a_needle(self) -> None:
        """Choose level and side and take the first proposal."""
        hands, panel = self.hands, self.window.plan
        hands.keys("alt+3")
        hands.pick(panel._level, "L3")
        hands.press("Left")
        hands.press(hands.see(self.window.actions_by_id["suggest"].text))
        hands.wait(
            lambda: self.desk.edits.needle is not None and self.settled(), "a needle is proposed"
        )
        needle = self.desk.edits.needle
        assert (needle.level, needle.side) == (Level.L3, Side.LEFT), needle

    def drag_it_and_take_it_back(self) -> None:
        """Drag the tip in the axial pane; the verdict is void at once; undo brings it back."""
        hands, pane = self.hands, self.window.panes.slices[Plane.AXIAL]
        before = self.desk.edits.needle
        x, y = hands.see(lambda: pane.pane_map().pixel(before.tip))
        hands.drag(pane, QPoint(round(x), round(y)), QPoint(0, 24))
        moved = self.desk.edits.needle
        assert moved.tip != before.tip, "the drag did not move the tip"
        hands.keys("ctrl+z")
        hands.wait(lambda: self.desk.edits.needle == before and self.settled(), "undo")

    def treat(self) -> None:
        """Plan heat and cement on the needle."""
        hands, panel = self.hands, self.window.treat
        hands.keys("alt+4")
        device = hands.see(lambda: self.desk.treatment.device_name("eco-mwa"))
        hands.pick(panel._device, device)
        hands.wait(lambda: self.desk.edits.plan.ablations and self.settled(), "an ablation")
        name = next(one.name for one in self.desk.treatment._services.cements.values())
        hands.pick(panel._cement, name)
        hands.wait(lambda: self.desk.edits.plan.cements and self.settled(), "cement")

    def check(self) -> None:
        """Confirm the side by name; choose the first finding and see where it is."""
        hands = self.hands
        hands.keys("alt+5")
        hands.press(hands.see(self.window.actions_by_id["confirm_side"].text))
        hands.press("I compared the picture with the patient and the request.")
        hands.keys("Tab")
        hands.write("A. Reader")
        hands.press("Confirm")
        hands.wait(
            lambda: bool(self.desk.checks.state.side_confirmed) and self.settled(),
            "the side is confirmed",
        )

    def write_it_down(self) -> None:
        """Save the plan and write the paper."""
        hands = self.hands
        hands.keys("alt+6")
        for key, name in (("ctrl+s", "case.plan"), ("ctrl+p", "plan.pdf")):
            hands.keys(key)
            hands.wait(lambda: _dialog() is not None, f"the dialog for {name}")
            hands.paste(str(self.out / name))
            hands.keys("Return")
            hands.wait(lambda: _dialog() is None, "the dialog closes")
            hands.wait(
                lambda name=name: (self.out / name).exists() and self.settled(), f"{name} is there"
            )

    def show(self, name: str) -> None:
        """Keep a picture of the screen."""
        self.hands.rest()
        picture = self.hands.see(lambda: self.window.screen().grabWindow(self.window.winId()))
        picture.save(str(self.out / f"{name}.png"))


def _dialog() -> QFileDialog | None:
    top = QApplication.activeModalWidget()
    return top if isinstance(top, QFileDialog) else None


def main(scan: Path, out: Path, theme: str) -> int:
    save_preferences(user_data_folder(), Preferences(theme=theme, toured=True))
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    application = QApplication([])
    load_window()
    window = build_window(None)
    window.resize(*SIZE)
    hands = Hands()
    story = Story(window, hands, scan, out)
    thread = hands.tell(story.tell)
    code = application.exec()
    thread.join(timeout=10)
    if hands.failure:
        sys.stderr.write(hands.failure)
        window.screen().grabWindow(0).save(str(out / "failed.png"))
        return 1
    story = None  # it holds the window
    end(window)
    del window
    gc.collect()
    timers = [one for one in gc.get_objects() if issubclass(type(one), QTimer)]
    left = {
        "threads": [
            t.name for t in threading.enumerate() if t.name.startswith(("job", "journal"))
        ],
        "timers": [one.interval() for one in timers if isValid(one) and one.isActive()],
        "widgets": [type(one).__name__ for one in QApplication.allWidgets()],
    }
    sys.stdout.write(json.dumps(left) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
