"""What is on the screen before the program has loaded."""

import subprocess
import sys

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from planner.viewer.curtain import GROUND, Curtain

pytestmark = pytest.mark.qt


def test_that_the_window_takes_the_place_of_the_curtain_once_it_is_loaded(qtbot):
    steps = []
    window = QWidget()
    qtbot.addWidget(window)

    def build():
        steps.append("built")
        window.show()
        return window

    curtain = Curtain(lambda: steps.append("loaded"), build)
    qtbot.addWidget(curtain)
    curtain.show()
    qtbot.waitUntil(lambda: curtain.window_shown is window, timeout=10_000)
    assert steps == ["loaded", "built"]
    assert curtain.error is None
    assert not curtain.isVisible()


def test_that_the_curtain_paints_before_it_loads(qtbot):
    painted = []
    curtain = Curtain(lambda: painted.append(True), QWidget)
    qtbot.addWidget(curtain)
    assert curtain.grab().toImage().pixelColor(5, 5) == QColor(GROUND)
    assert painted == []


def test_that_a_program_that_cannot_load_says_why_and_shows_no_window(qtbot):
    def load():
        raise ImportError("no module named vtk")

    def build():
        raise AssertionError("nothing may be built")

    curtain = Curtain(load, build)
    qtbot.addWidget(curtain)
    curtain.show()
    qtbot.waitUntil(lambda: not curtain.isVisible(), timeout=10_000)
    assert isinstance(curtain.error, ImportError)
    assert curtain.window_shown is None


def test_that_the_first_thing_shown_needs_none_of_the_slow_libraries():
    script = (
        "import sys, planner.app.commands.window, planner.viewer.curtain\n"
        "slow = {'numba', 'scipy', 'skimage', 'SimpleITK', 'pydicom', 'vtkmodules', 'highdicom'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.strip() == "[]"


def test_that_the_window_needs_neither_vtk_nor_numba_nor_the_rooms_of_paper_to_be_built():
    script = (
        "import sys, planner.viewer.main_window, planner.app.services\n"
        "slow = {'numba', 'scipy', 'skimage', 'SimpleITK', 'pydicom', 'vtkmodules', 'highdicom'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.strip() == "[]"
