"""The numbers of a needle as they are typed."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QMainWindow

from planner.domain.plan import Approach
from planner.session.needle_numbers import ENTRY, TIP, NeedleNumber, NeedleNumbers
from planner.session.window_states import NeedleRow, PlanState
from planner.viewer.main_window import SIDE_WIDTH
from planner.viewer.panels.needle_fields import NeedleFields
from planner.viewer.panels.parts import CHOICE_EDGE_PX
from planner.viewer.panels.plan_panel import PlanPanel
from planner.viewer.panels.window_actions import make_actions

ITEM_EDGE_PX = 16
"""What the style sheet leaves beside the words of a row."""

VALUES = dict(
    zip(NeedleNumber, (88.46, 12.04, -3.5, -41.2, 70.0, 11.9, -6.2, -12.6, 2.4), strict=True)
)


SIZES = ("As the device asks, any length", "13 G, 2.41 × 150 mm", "11 G, 3.05 × 100 mm")
NUMBERS = NeedleNumbers(values=VALUES, locked=False, size=SIZES[0], sizes=SIZES)


@pytest.fixture
def fields(qtbot):
    made = NeedleFields()
    qtbot.addWidget(made)
    made.show_numbers(NUMBERS)
    made.show()
    return made


def type_into(qtbot, fields, name, words):
    box = fields.boxes[name]
    got = []
    fields.number_typed.connect(lambda *sent: got.append(sent))
    box.selectAll()
    qtbot.keyClicks(box.lineEdit(), words)
    qtbot.keyClick(box, Qt.Key.Key_Return)
    return got


def test_that_sides_are_written_as_letters_and_no_sign_stands_for_one(fields):
    shown = [fields.boxes[name].text() for name in (*ENTRY, *TIP)]
    assert shown == ["R 41.2", "P 70.0", "S 11.9", "R 6.2", "A 12.6", "S 2.4"]
    assert fields.boxes[NeedleNumber.DEPTH].text() == "88.5 mm"


@pytest.mark.parametrize(
    ("name", "words", "value"),
    [
        (NeedleNumber.TIP_LEFT, "L 5.3", 5.3),
        (NeedleNumber.TIP_LEFT, "r5", -5.0),
        (NeedleNumber.TIP_LEFT, "9.5", -9.5),
        (NeedleNumber.ENTRY_BACK, "A 3", -3.0),
        (NeedleNumber.DEPTH, "91.2", 91.2),
        (NeedleNumber.UPWARD, "4.5", 4.5),
    ],
)
def test_that_a_number_counts_once_it_is_entered(fields, qtbot, name, words, value):
    assert type_into(qtbot, fields, name, words) == [(name, value)]


def test_that_the_letter_of_another_axis_cannot_be_typed(fields, qtbot):
    assert type_into(qtbot, fields, NeedleNumber.TIP_LEFT, "S 4") in (
        [],
        [(NeedleNumber.TIP_LEFT, -4.0)],
    )


def test_that_showing_or_leaving_a_rounded_number_changes_nothing(fields, qtbot):
    got = []
    fields.number_typed.connect(lambda *sent: got.append(sent))
    fields.show_numbers(NeedleNumbers(values=VALUES | {NeedleNumber.DEPTH: 90.04}, locked=False))
    for box in fields.boxes.values():
        box.setFocus()
        qtbot.keyClick(box, Qt.Key.Key_Return)
    assert got == []


def test_that_a_locked_needle_takes_no_numbers_and_says_so(fields):
    fields.show_numbers(NeedleNumbers(values=VALUES, locked=True))
    assert not any(box.isEnabled() for box in fields.boxes.values())
    assert {box.toolTip() for box in fields.boxes.values()} == {"The needle is locked."}
    fields.show_numbers(None)
    assert not fields.isVisible()


def test_that_a_size_is_chosen_from_the_list_or_typed(fields, qtbot):
    got = []
    fields.size_typed.connect(got.append)
    box = fields.needle_size
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert got == [SIZES[1]]
    box.lineEdit().selectAll()
    qtbot.keyClicks(box.lineEdit(), "2.5 x 120")
    qtbot.keyClick(box.lineEdit(), Qt.Key.Key_Return)
    assert got == [SIZES[1], "2.5 x 120"]


def test_that_a_refused_size_or_number_is_not_left_standing(fields, qtbot):
    box = fields.needle_size
    box.lineEdit().selectAll()
    qtbot.keyClicks(box.lineEdit(), "150 x 2.5")
    qtbot.keyClick(box.lineEdit(), Qt.Key.Key_Return)
    assert box.currentText() == SIZES[0]
    assert type_into(qtbot, fields, NeedleNumber.DEPTH, "91.2") == [(NeedleNumber.DEPTH, 91.2)]
    assert fields.boxes[NeedleNumber.DEPTH].text() == "88.5 mm"


def test_that_the_approach_of_a_needle_is_shown_and_handed_on(fields):
    got = []
    fields.approach_changed.connect(got.append)
    assert fields.approach.currentText() == "Transpedicular"
    place = list(Approach).index(Approach.POSTEROLATERAL)
    fields.approach.setCurrentIndex(place)
    fields.approach.activated.emit(place)
    assert got == [Approach.POSTEROLATERAL]
    assert fields.approach.currentText() == "Transpedicular", "until the plan holds it"
    fields.show_numbers(replace(NUMBERS, approach=Approach.POSTEROLATERAL))
    assert fields.approach.currentText() == "Posterolateral"
    fields.show_numbers(replace(NUMBERS, locked=True))
    assert not fields.approach.isEnabled()


def test_that_no_approach_and_no_needle_row_is_cut_off_in_the_panel(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    panel = PlanPanel(make_actions(window))
    window.setCentralWidget(panel)
    panel.setFixedWidth(SIDE_WIDTH)
    rows = tuple(
        NeedleRow(
            id=f"t{number}",
            title="T10 right",
            detail="transcostovertebral, 104 mm\n13 G, 2.41 × 150 mm needle",
            selected=number == 1,
            locked=True,
        )
        for number in (1, 2)
    )
    panel.show_plan(PlanState(is_there=True, needles=rows, numbers=NUMBERS))
    window.show()
    for choice in (panel._approach, panel.fields.approach):
        room = choice.width() - CHOICE_EDGE_PX
        for place in range(choice.count()):
            assert choice.fontMetrics().horizontalAdvance(choice.itemText(place)) <= room
    shown = panel._needles
    assert shown.horizontalScrollBar().maximum() == 0
    for row in range(shown.count()):
        box, item = shown.visualItemRect(shown.item(row)), shown.item(row)
        lines = Qt.TextFlag.TextExpandTabs  # breaks at new lines alone
        words = shown.fontMetrics().boundingRect(QRect(0, 0, 1000, 1000), lines, item.text())
        assert words.width() <= shown.viewport().width() - ITEM_EDGE_PX
        assert words.height() <= box.height()
        assert shown.viewport().rect().contains(box)
