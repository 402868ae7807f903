"""What the dialog for a control reading takes, and why it waits."""

from pathlib import Path

import pytest

from planner.geometry.points import PointLps
from planner.viewer.panels.control_dialog import ControlDialog


@pytest.mark.parametrize(
    "places", ["1.5; -2; 3", "1.5 -2 3", "1.5, -2, 3", "1.5,-2,3", "1,5; -2; 3"]
)
def test_that_three_numbers_are_read_however_they_are_apart(qtbot, places):
    dialog = ControlDialog()
    qtbot.addWidget(dialog)
    dialog.folder.setText("control")
    dialog.entry.setText("0; 0; 0")
    dialog.tip.setText(places)
    found = dialog.entered()
    assert found.tip == PointLps(1.5, -2.0, 3.0)
    assert (found.scan, found.offset) == (Path("control"), None)
    assert dialog.ok.isEnabled()


def test_that_it_waits_for_every_part_and_says_which(qtbot):
    dialog = ControlDialog()
    qtbot.addWidget(dialog)
    waits = [dialog.ok.toolTip()]
    for field, words in (
        (dialog.folder, "control"),
        (dialog.entry, "0; 0; 0"),
        (dialog.tip, "0; 50; 0"),
        (dialog.offset, "1; 2"),
    ):
        field.setText(words)
        waits.append(dialog.ok.toolTip())
    assert waits == [
        "Choose the folder of the control scan.",
        "Type three numbers for the entry: left; back; head, in mm.",
        "Type three numbers for the tip: left; back; head, in mm.",
        "",
        "Type three numbers for the offset: left; back; head, in mm.",
    ]
    assert not dialog.ok.isEnabled()
    dialog.offset.setText("1; 2; nan")
    assert not dialog.ok.isEnabled()
