"""The list of older revisions: both answers name the one that is marked."""

from pathlib import Path

import pytest

from planner.session.kept_states import RevisionRow
from planner.viewer.panels.revisions_dialog import RevisionsDialog

pytestmark = pytest.mark.qt

ROWS = tuple(
    RevisionRow(path=Path(f"r{n}.plan"), title=f"Revision {n} · L3 left", detail="kept today")
    for n in (3, 2, 1)
)


@pytest.mark.parametrize("word", ["Compare", "Open read-only"])
def test_that_each_button_answers_with_the_marked_revision(qtbot, word):
    dialog = RevisionsDialog(ROWS)
    qtbot.addWidget(dialog)
    assert dialog.list.currentRow() == 1, "the newest is what is in the file already"
    dialog.list.setCurrentRow(2)
    heard = {"Compare": [], "Open read-only": []}
    dialog.compared.connect(heard["Compare"].append)
    dialog.opened.connect(heard["Open read-only"].append)
    next(one for one in dialog._buttons.buttons() if one.text() == word).click()
    assert heard.pop(word) == [Path("r1.plan")]
    assert list(heard.values()) == [[]]
