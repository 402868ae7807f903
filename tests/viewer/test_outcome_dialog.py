"""What became of the patient, as a person fills it in."""

import pytest
from PySide6.QtCore import Qt

from exchange.outcomes import recorded, treated_plan
from planner.domain.outcome import Outcome, Visit
from planner.session.register_desk import RegisterDesk
from planner.viewer.panels.outcome_dialog import OutcomeDialog

pytestmark = pytest.mark.qt


@pytest.fixture
def asked(qtbot):
    def ask(outcome):
        class Edits:
            plan = treated_plan(outcome)

        dialog = OutcomeDialog(RegisterDesk(None, Edits()).form())
        qtbot.addWidget(dialog)
        return dialog

    return ask


def test_that_what_was_recorded_stands_there_and_comes_back_as_it_was(asked):
    for outcome in (recorded(), Outcome()):
        dialog = asked(outcome)
        assert dialog.ok.isEnabled()
        assert dialog.entered() == outcome


def test_that_typed_numbers_are_recorded_and_one_out_of_range_holds_ok_back(asked):
    dialog = asked(Outcome())
    dialog.treated_on.setText("2026-01-10")
    dialog.visits.item(1, 1).setText("3,5")
    assert dialog.entered() == Outcome(
        treated_on="2026-01-10", visits=(Visit(time="day-3", vas=3.5),)
    )
    dialog.visits.item(1, 1).setText("35")
    assert not dialog.ok.isEnabled()
    assert "0 to 10" in dialog.refusal.text()


def test_that_pain_before_the_treatment_is_shown_and_cannot_be_typed_here(asked):
    cell = asked(Outcome()).visits.item(0, 1)
    assert cell.text() == "6"
    assert not cell.flags() & Qt.ItemFlag.ItemIsEditable


def test_that_no_grade_and_no_class_is_guessed(asked):
    dialog = asked(Outcome())
    dialog.add_complication()
    dialog.complications.item(0, 0).setText("sore root")
    assert not dialog.ok.isEnabled()
    assert "CIRSE" in dialog.refusal.text()
    grades = dialog.complications.cellWidget(0, 1)
    grades.setCurrentIndex(grades.findData("cirse-2017 3"))
    dialog.add_leak()
    assert "Leak 1" in dialog.refusal.text()
    for column, value in enumerate(("L3", "C", "disc")):
        box = dialog.leaks.cellWidget(0, column)
        box.setCurrentIndex(box.findData(value))
    outcome = dialog.entered()
    assert outcome.complications[0].cirse_scheme == "cirse-2017"
    assert (outcome.complications_asked, outcome.leaks_sought) == (True, True)
    assert outcome.leaks[0].had_symptoms is None
    dialog._remove(dialog.leaks)
    assert dialog.entered().leaks == ()
