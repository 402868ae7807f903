"""The strip over the panes cuts no word short, however narrow the window."""

import pytest
from PySide6.QtWidgets import QMainWindow, QToolButton

from planner.viewer.panels.pane_bar import PRESETS_PX, ROW_PX, PaneBar
from planner.viewer.panels.window_actions import make_actions

pytestmark = pytest.mark.qt


@pytest.mark.parametrize(("width_px", "rows"), [(460, 2), (608, 2), (1100, 1)])
def test_that_every_word_has_its_room_in_one_row_or_in_two(qtbot, width_px, rows):
    owner = QMainWindow()
    qtbot.addWidget(owner)
    bar = PaneBar(make_actions(owner))
    qtbot.addWidget(bar)
    bar.resize(width_px, ROW_PX)
    bar.show()
    qtbot.waitUntil(lambda: (bar.height() > ROW_PX) == (rows == 2))
    for made in bar.findChildren(QToolButton):
        assert made.width() >= made.sizeHint().width(), made.text()
        assert bar.rect().contains(made.geometry()), made.text()
    assert bar.presets.width() == PRESETS_PX
    assert bar.rect().contains(bar.presets.geometry())
