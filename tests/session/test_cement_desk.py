"""Chances of a leak in the background, and the injection played in the pictures."""

import numpy as np
import pytest

from planner.domain.cement import LeakChance, LeakForecast, LeakPath
from planner.domain.levels import Level, Side
from planner.domain.plan import CementTechnique
from planner.session.cement_words import leak_lines
from planner.session.plan_desk import USUAL_CAVITY_ML
from presenter_desk import Desk


@pytest.fixture(scope="module")
def cemented():
    """A needle with 2 mL; one desk for all tests, each of which leaves it as it was."""
    desk = Desk()
    desk.outline_a_scan()
    desk.work.needles.choose_level(Level.L3)
    desk.work.needles.choose_side(Side.LEFT)
    desk.work.needles.suggest()
    desk.settle()
    desk.work.act(lambda: desk.work.edits.set_cement("pmma-medium-viscosity", 2.0))
    desk.settle()
    yield desk
    desk.work.close()


def drawn(desk):
    return desk.view.show_drawing.call_args.args[0].cements[0]


def treatment(desk):
    return desk.view.show_treatment.call_args.args[0]


def test_that_chances_come_by_themselves_once_the_check_is_current(cemented):
    lines = treatment(cemented).cement_lines
    assert any("20 runs" in line for line in lines)
    assert any(line.startswith("canal, through the wall: 3 of 20") for line in lines)


def test_that_playing_shows_less_cement_and_no_other_verdict(cemented):
    whole, before = drawn(cemented), cemented.check
    cemented.work.cement.play(0.8)
    part = drawn(cemented)
    assert (whole.moment, part.moment) == ("", "CEMENT AFTER 0.8 mL OF 2.0 mL")
    assert 0 < (part.codes > 0).sum() < (whole.codes > 0).sum()
    assert not (part.codes[whole.codes == 0]).any()
    assert treatment(cemented).cement_given_ml == pytest.approx(0.8)
    assert cemented.check is before or cemented.check == before
    cemented.work.cement.play(2.0)
    assert drawn(cemented) is whole


def test_that_every_ml_is_a_shell_of_its_own(cemented):
    codes = drawn(cemented).codes
    assert set(np.unique(codes)) == {0, 1, 2}
    counts = [(codes == number).sum() for number in (1, 2)]
    assert counts[0] == pytest.approx(counts[1], rel=0.15)


def test_that_chances_of_another_plan_are_not_shown(cemented):
    work = cemented.work
    work.act(lambda: work.edits.set_cement("pmma-medium-viscosity", 2.5))
    assert not any("20 runs" in line for line in treatment(cemented).cement_lines)
    cemented.settle()
    assert any("2.5 mL" in line for line in treatment(cemented).cement_lines)
    work.act(lambda: work.edits.set_cement("pmma-medium-viscosity", 2.0))
    cemented.settle()


def test_that_the_way_of_giving_is_an_edit_like_any_other(cemented):
    work = cemented.work
    way = CementTechnique.BALLOON_KYPHOPLASTY
    work.act(lambda: work.edits.set_cement_way(way, 0.0, 6.0))
    cemented.settle()
    shown = treatment(cemented)
    assert (shown.technique, shown.cavity_ml, shown.pull_back_mm) == (way, USUAL_CAVITY_ML, 6.0)
    assert cemented.work.edits.plan.cements[0].technique is way
    work.act(lambda: work.edits.set_cement_way(CementTechnique.VERTEBROPLASTY, 3.0, 0.0))
    cemented.settle()
    assert treatment(cemented).cavity_ml == 0.0


def test_that_no_leak_in_any_run_is_still_no_promise(cemented):
    never = LeakChance(leaking=0, runs=20, first_ml=(None, None, None))
    forecast = LeakForecast(
        cement_injection_id="c1", asked_ml=2.0, chances=dict.fromkeys(LeakPath, never)
    )
    words = " ".join(leak_lines(cemented.work.checks.evaluation.cements[0], forecast))
    assert "in none" in words
    assert "Veins" in words


def test_that_a_chance_says_first_and_half_and_never_yes_or_no():
    assert LeakChance(leaking=12, runs=20, first_ml=(1.2, 3.0, None)).words == (
        "12 of 20, first 1.2 mL, half by 3.0 mL"
    )
    assert LeakChance(leaking=2, runs=20, first_ml=(1.2, None, None)).words == (
        "2 of 20, first 1.2 mL"
    )
