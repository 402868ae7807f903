"""The tour walks along every step, holds nothing up, and comes once by itself."""

import pytest

from phantoms import easy_l3
from planner.session.actions import ACTIONS
from planner.session.tour import TOUR
from planner.session.window_states import Step
from planner.settings.preferences import Preferences, load_preferences, save_preferences
from planner.viewer.main_window import MainWindow
from window_services import PhantomServices

pytestmark = pytest.mark.qt


@pytest.fixture
def window(qtbot, tmp_path):
    easy_l3()
    made = MainWindow(PhantomServices(), tmp_path)
    made.ask.may_close = lambda: True
    qtbot.addWidget(made)
    made.show()
    return made


def test_that_the_first_start_begins_the_tour_and_later_ones_do_not(window, qtbot, tmp_path):
    assert window.tour.isVisible()
    window.tour.leave.click()
    assert not window.tour.isVisible()
    assert load_preferences(tmp_path).toured
    second = MainWindow(PhantomServices(), tmp_path)
    qtbot.addWidget(second)
    second.show()
    assert not second.tour.isVisible()
    second.actions_by_id["tour"].trigger()
    assert second.tour.isVisible()


def test_that_every_stop_shows_its_step_and_what_it_offers(window):
    known = {spec.id for spec in ACTIONS}
    assert {stop.step for stop in TOUR} == set(Step)
    for number, stop in enumerate(TOUR):
        assert window.tour.title.text().startswith(f"{number + 1} of {len(TOUR)}")
        assert window.steps.currentIndex() == list(Step).index(stop.step)
        offered = [name for name, act in window.tour._acts.items() if act.isVisible()]
        assert offered == [stop.action] * bool(stop.action)
        assert stop.action in known | {""}
        window.tour.on.click()
    assert not window.tour.isVisible()


def test_that_the_sample_case_opens_from_its_stop(window, qtbot):
    window.tour._acts["open_sample"].click()
    qtbot.waitUntil(lambda: window.desk.ct is not None, timeout=120_000)
    assert window.desk.edits.document is not None
    assert window.tour.title.text().startswith(f"2 of {len(TOUR)}")


def test_that_a_case_opened_otherwise_is_not_asked_to_make_way_for_the_sample(window, qtbot):
    window.go(Step.PLAN)
    window.desk.reception.open_sample()
    qtbot.waitUntil(lambda: window.desk.ct is not None, timeout=120_000)
    assert not window.tour._acts["open_sample"].isVisible()
    assert window.steps.currentIndex() == list(Step).index(Step.PLAN)


def test_that_a_window_without_a_folder_asks_nobody_to_tour(qtbot):
    window = MainWindow(PhantomServices())
    qtbot.addWidget(window)
    window.show()
    assert not window.tour.isVisible()


def test_that_a_preference_of_having_toured_is_yes_or_no(tmp_path):
    save_preferences(tmp_path, Preferences(toured=True))
    assert load_preferences(tmp_path).toured
    with pytest.raises(TypeError):
        Preferences(toured="often")
