"""A comma and a point are both decimal signs, whatever the language: 1.5 never becomes 15."""

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtGui import QValidator

from planner.viewer.language.number_box import NumberBox
from planner.viewer.language.spoken import speak
from planner.viewer.panels.needle_fields import PlaceBox

pytestmark = pytest.mark.qt


@pytest.fixture(params=["en", "de", "zh"])
def language(request):
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    speak(request.param)
    yield request.param
    speak("en")
    QLocale.setDefault(before)


def typed(qtbot, box, text):
    qtbot.addWidget(box)
    box.show()
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, text)
    box.interpretText()
    return box.value()


def number_box():
    box = NumberBox()
    box.setRange(-200.0, 2000.0)
    box.setDecimals(1)
    box.setSuffix(" mm")
    box.setValue(7.0)
    return box


@pytest.mark.parametrize("text", ["1.5", "1,5"])
def test_that_one_and_a_half_is_one_and_a_half_in_every_language(qtbot, language, text):
    box = number_box()
    assert typed(qtbot, box, text) == 1.5
    assert box.text() == ("1,5 mm" if language == "de" else "1.5 mm")


@pytest.mark.parametrize("text", ["1.5", "1,5"])
def test_that_a_coordinate_is_read_with_either_sign(qtbot, language, text):
    box = PlaceBox(("L", "R"))
    assert typed(qtbot, box, f"R{text}") == -1.5
    assert box.text() == ("R 1,5" if language == "de" else "R 1.5")


@pytest.mark.parametrize("text", ["1.000", "1,000", "1.5.2", "1 500", "a", "9999"])
def test_that_what_may_mean_two_things_cannot_be_typed(language, text):
    box = number_box()
    assert box.validate(text, len(text))[0] is QValidator.State.Invalid


def test_that_a_whole_number_takes_no_decimal_sign(language):
    box = NumberBox()
    box.setDecimals(0)
    box.setRange(0.0, 2000.0)
    assert box.validate("1.5", 3)[0] is QValidator.State.Invalid
    assert box.validate("1500", 4)[0] is QValidator.State.Acceptable


def test_that_half_a_number_waits_and_nothing_typed_keeps_the_number(qtbot, language):
    box = number_box()
    assert box.validate("-", 1)[0] is QValidator.State.Intermediate
    assert typed(qtbot, box, "-") == 7.0


def test_that_the_words_for_no_answer_stand_for_the_lowest_step(language):
    box = number_box()
    box.setSpecialValueText("not answered")
    box.setValue(box.minimum())
    assert box.text() == "not answered"
    assert box.valueFromText("not answered") == box.minimum()
