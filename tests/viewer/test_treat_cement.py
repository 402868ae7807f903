"""How cement is given, as fields of the fourth step."""

import pytest
from PySide6.QtGui import QAction

from planner.domain.plan import CementTechnique
from planner.session.window_states import TreatState
from planner.viewer.panels.treat_panel import TreatPanel

GIVEN = {"needle": "L3 left", "cements": (("x", "X"),), "cement_id": "x", "cement_ml": 2.0}


@pytest.fixture
def panel(qtbot):
    made = TreatPanel({name: QAction(name) for name in ("device_table", "simulate", "tissue_map")})
    qtbot.addWidget(made)
    return made


def test_that_technique_and_drawing_back_wait_for_cement_and_a_cavity_for_a_balloon(panel):
    panel.show_treatment(TreatState(needle="L3 left"))
    fields = (panel.technique, panel.cavity, panel.pull_back)
    assert [field.isEnabled() for field in fields] == [False, False, False]
    panel.show_treatment(TreatState(**GIVEN))
    assert [field.isEnabled() for field in fields] == [True, False, True]
    assert panel.cavity.toolTip() == "This technique makes no cavity."
    balloon = CementTechnique.BALLOON_KYPHOPLASTY
    panel.show_treatment(TreatState(**GIVEN, technique=balloon, cavity_ml=3.0, pull_back_mm=5.0))
    assert [field.isEnabled() for field in fields] == [True, True, True]
    assert panel.technique.currentText() == "Balloon kyphoplasty"
    assert (panel.cavity.value(), panel.pull_back.value()) == (3.0, 5.0)


def test_that_every_field_asks_for_the_whole_way_and_showing_asks_for_nothing(panel, qtbot):
    panel.show_treatment(TreatState(**GIVEN))
    with qtbot.waitSignal(panel.way_wanted) as asked:
        panel.pull_back.setValue(7.0)
    assert asked.args == [CementTechnique.VERTEBROPLASTY, 0.0, 7.0]
    place = panel.technique.findData(CementTechnique.VERTEBRAL_STENT)
    with qtbot.waitSignal(panel.way_wanted) as asked:
        panel.technique.setCurrentIndex(place)
        panel.technique.activated.emit(place)
    assert asked.args == [CementTechnique.VERTEBRAL_STENT, 0.0, 7.0]
    assert asked.args[0].makes_cavity, "what Qt keeps of a technique is a string"
    with qtbot.assertNotEmitted(panel.way_wanted):
        panel.show_treatment(TreatState(**GIVEN, pull_back_mm=3.0))


def test_that_the_time_line_is_there_once_something_is_simulated_and_ends_at_its_end(panel, qtbot):
    panel.show_treatment(TreatState(needle="L3 left"))
    assert panel.heated.isHidden()
    state = {"heat_total_s": 303.0, "heat_at_s": 303.0, "heat_lines": ("whole",)}
    panel.show_treatment(TreatState(needle="L3 left", **state))
    slider = panel.heated.slider
    assert not panel.heated.isHidden()
    assert slider.value() == slider.maximum() == 61
    with qtbot.waitSignal(panel.heat_played) as asked:
        slider.setValue(20)
    assert asked.args == [100.0]
    with qtbot.waitSignal(panel.heat_played) as asked:
        slider.setValue(61)
    assert asked.args == [303.0], "the end is the end of the run, not the next whole step"
