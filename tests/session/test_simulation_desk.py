"""Simulating from the window: on demand, in the background, and never shown for another plan."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from planner.domain.levels import Level, Side
from planner.session.simulation_desk import CERTAIN, ICE, LETHAL, POSSIBLE, ZONE, mark_of
from presenter_desk import Desk
from window_services import made_up_simulation


@pytest.fixture
def desk():
    made = Desk()
    yield made
    made.work.close()


@pytest.fixture
def planned(desk):
    work = desk.work
    work.reception.open_scan(Path("scan"))
    desk.settle()
    work.outlines.segment()
    desk.settle()
    work.needles.choose_level(Level.L3)
    work.needles.choose_side(Side.LEFT)
    work.needles.suggest()
    desk.settle()
    return desk


def drawn(desk):
    return desk.view.show_drawing.call_args.args[0].simulated


def treatment(desk):
    return desk.view.show_treatment.call_args.args[0]


def reason(desk):
    return desk.view.show_availability.call_args.args[0]["simulate"]


def test_that_the_action_says_what_it_waits_for(planned):
    assert reason(planned) == "Plan an ablation first."
    planned.work.treatment.choose_device("eco-mwa")
    planned.settle()
    assert reason(planned) == ""


def test_that_a_simulation_is_drawn_and_said_until_the_plan_changes(planned):
    work = planned.work
    work.treatment.choose_device("eco-mwa")
    planned.settle()
    assert drawn(planned) == ()
    work.simulation.start()
    planned.settle()
    (mark,) = drawn(planned)
    assert set(np.unique(mark.codes)) == {0, POSSIBLE, ZONE, CERTAIN}
    words = " ".join(treatment(planned).simulated_lines)
    assert "20 x 20 x 20 mm ± 3 mm" in words
    assert "canal: up to 46 °C" in words
    assert "80 %" in words
    assert "L3: anterior" in words
    # The very call that edits takes it off.
    work.act(lambda: work.edits.set_ablation(None))
    assert drawn(planned) == ()
    assert treatment(planned).simulated_lines == ()
    planned.settle()
    assert drawn(planned) == ()
    # Undo finds the result of that very plan again.
    work.act(work.edits.undo)
    planned.settle()
    assert len(drawn(planned)) == 1


def test_that_cold_is_drawn_as_ice_and_lethal_isotherms(planned):
    planned.work.treatment.choose_device("eco-mwa")
    hot = made_up_simulation(planned.work.edits.plan)
    lowest = np.linspace(-60.0, 37.0, hot.zone.size, dtype=np.float32).reshape(hot.zone.shape)
    mark = mark_of(replace(hot, is_cold=True, lowest_celsius=lowest))
    assert (mark.codes[lowest > 0.0] == 0).all()
    assert (mark.codes[(lowest <= 0.0) & (lowest > -20.0)] == ICE).all()
    assert (mark.codes[(lowest <= -20.0) & (lowest > -40.0)] == LETHAL).all()
