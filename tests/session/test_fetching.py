"""What is asked of an archive and what arrives, with no window and no network."""

from pathlib import Path

import pytest

from planner.domain.errors import InputRefusedError, UsageError
from planner.pacs.peer import SeriesFound, StudyFound
from planner.pacs.watched import Seen
from planner.session.chooser import NAMES_HIDDEN
from planner.session.fetch_desk import NOBODY, NOT_SET_UP
from planner.session.fetch_states import (
    NO_SCAN_HERE,
    ONLY_CT,
    content_rows,
    spoken,
    wanted_dates,
    wanted_name,
)
from planner.session.fetching import ArchiveSetup, Fetching, PlanOffer, StudyContents
from presenter_desk import Desk
from session.test_reception import series

HERE = Path("/watched")


def study(number: int, name: str = "PHANTOM^ADA") -> StudyFound:
    return StudyFound(
        study_uid=f"1.{number}", patient_id=f"P-{name[8:]}", patient_name=name,
        birth_date="19510203", date="20261101", description="CT spine", accession="",
        modalities=("CT",),
    )  # fmt: skip


CONTENTS = StudyContents(
    series=(
        SeriesFound(
            series_uid="s.9", modality="PLAN", number="9", description="", instances=1
        ),
        SeriesFound(
            series_uid="s.1", modality="SR", number="1", description="dose", instances=1
        ),
        SeriesFound(
            series_uid="s.2", modality="CT", number="2", description="thin", instances=318
        ),
    ),
    plans=(
        PlanOffer(data=b"", plan_id="a", revision=4, treated="L3 left", series_uid="s.2"),
        PlanOffer(data=b"", plan_id="b", revision=1, treated="T9 right", series_uid="gone"),
    ),
)  # fmt: skip


class Shown:
    """Keeps what the desks show."""

    def __init__(self, desk):
        self.states, self.offers, self.finished = [], [], 0
        desk.work.fetching.shown_by(self)
        desk.work.arrivals.shown_by(self)

    def show_state(self, state):
        self.states.append(state)

    def show_arrival(self, state):
        self.offers.append(state)

    def finish(self):
        self.finished += 1


@pytest.fixture
def desk():
    made = Desk()
    made.services.fetching.archives = ArchiveSetup(archives=("archive",), watched=HERE)
    made.services.fetching.studies = (study(1),)
    made.services.fetching.lies_there = CONTENTS
    made.work.arrivals.look()
    made.settle()
    yield made
    made.work.close()


def search(desk, **words):
    said = {"patient_id": "", "name": "", "dates": "", "modality": "CT"} | words
    desk.work.fetching.search("archive", *said.values())
    desk.settle()


def reasons(desk):
    return desk.view.show_availability.call_args.args[0]


def test_that_nothing_can_be_asked_until_an_archive_is_set_up():
    desk = Desk()
    desk.settle()
    assert reasons(desk)["fetch"] == NOT_SET_UP
    desk.services.fetching.archives = UsageError("pacs.toml cannot be used: port is no port.")
    desk.work.arrivals.look()
    desk.settle()
    assert "port is no port" in reasons(desk)["fetch"]
    desk.services.fetching.archives = ArchiveSetup(archives=("archive",))
    desk.work.arrivals.look()
    desk.settle()
    assert reasons(desk)["fetch"] == ""
    assert reasons(desk)["send"] == "Open a CT first."
    desk.work.close()


def test_that_a_single_study_is_looked_into_and_a_series_of_it_opens(desk):
    shown = Shown(desk)
    search(desk, name="Phantom, A", dates="2026-11-01")
    asked = desk.services.fetching.asked[0][2]
    assert (asked.patient_name, asked.date, asked.modality) == ("Phantom^A*", "20261101", "CT")
    state = shown.states[-1]
    assert state.study == "1.1"
    assert state.studies[0].cells[:4] == ("PHANTOM, ADA", "P-ADA", "1951-02-03", "2026-11-01")
    desk.work.fetching.open("s.2")
    desk.settle()
    assert "159 of 318 images received" in {one.asking for one in shown.states}
    assert "All 318 images came" in shown.states[-1].hint
    assert shown.finished == 1
    assert desk.work.ct is not None
    assert desk.services.fetching.asked[-1] == ("fetch", "archive", "1.1", "s.2")


def test_that_plans_come_first_then_ct_and_the_rest_says_why_it_stays_shut():
    rows = content_rows(CONTENTS)
    assert [(row.cells[0], row.word, row.refused) for row in rows] == [
        ("Plan", "Reopen plan", ""),
        ("Plan", "Reopen plan", NO_SCAN_HERE),
        ("CT", "Open", ""),
        ("SR", "Open", ONLY_CT),
    ]
    assert rows[0].cells[2] == "Revision 4 · L3 left, made on series 2"


def test_that_a_plan_is_reopened_on_the_series_it_was_made_on(desk, monkeypatch):
    search(desk, patient_id="P-ADA")
    opened = []
    monkeypatch.setattr(desk.work.reception, "open_plan", lambda *paths: opened.append(paths))
    desk.work.fetching.open("PLAN 1")
    desk.settle()
    assert desk.work.fetching.state.error == NO_SCAN_HERE
    desk.work.fetching.open("PLAN 0")
    desk.settle()
    assert desk.services.fetching.asked[-2:] == [("fetch", "archive", "1.1", "s.2"), ("keep", "a")]
    assert opened == [(Path("fetched.plan"), Path("fetched"))]


def test_that_every_refusal_is_a_sentence_and_leaves_what_is_open(desk):
    search(desk)
    assert "A list of everybody is not asked for" in desk.work.fetching.state.error
    search(desk, dates="yesterday")
    assert "2026-11-22" in desk.work.fetching.state.error
    desk.services.fetching.studies = ()
    search(desk, name="Nobody")
    assert desk.work.fetching.state.hint == NOBODY
    desk.services.fetching.studies = (study(1),)
    search(desk, name="Phantom")
    desk.services.fetching.refusal = InputRefusedError("PACS-LOST", "The connection broke off.")
    desk.work.fetching.open("s.2")
    desk.settle()
    assert desk.work.fetching.state.error == "The connection broke off."
    assert desk.work.fetching.state.fraction is None
    assert desk.work.ct is None


def test_that_a_transfer_can_be_stopped_and_another_waits_for_it(desk):
    search(desk, name="Phantom")
    desk.work.fetching.open("s.2")
    assert desk.work.fetching.state.fraction == 0.0
    desk.work.fetching.search("archive", "P", "", "", "")
    assert "Stop it first" in desk.work.fetching.state.error
    desk.work.fetching.stop()
    desk.settle()
    assert desk.work.fetching.state.hint == "Stopped. Nothing was kept."
    assert desk.work.ct is None


def test_that_hidden_names_name_nobody_and_nobody_chooses_between_patients(desk):
    desk.services.fetching.studies = (study(1), study(2, "PHANTOM^BELA"))
    search(desk, name="Phantom")
    desk.work.hide_names(hidden=True)
    state = desk.work.fetching.state
    assert "PHANTOM" not in repr(state)
    assert "P-ADA" not in repr(state)
    assert [row.refused for row in state.studies] == [NAMES_HIDDEN] * 2
    desk.work.fetching.choose_study("1.1")
    assert desk.work.fetching.state.error == NAMES_HIDDEN
    assert len(desk.services.fetching.asked) == 1
    desk.work.hide_names(hidden=False)
    desk.work.fetching.choose_study("1.2")
    desk.settle()
    assert desk.work.fetching.state.study == "1.2"


def test_that_unsaved_work_is_not_replaced_by_what_arrives(desk):
    shown = Shown(desk)
    desk.outline_a_scan()
    desk.work.edits.write_notes("mine")
    search(desk, name="Phantom")
    desk.work.fetching.open("s.2")
    desk.settle()
    assert shown.offers[-1].words.startswith("PHANTOM, ADA · CT · CT spine · thin")
    assert desk.work.edits.plan.notes == "mine"
    desk.work.arrivals.open_newest()
    desk.settle()
    assert desk.work.edits.plan.notes == ""
    assert shown.offers[-1] is None


def test_that_a_scan_in_the_watched_folder_is_offered_once_and_opens_in_one_act(desk):
    shown = Shown(desk)
    desk.services.fetching.seen = Seen(complete=(series("a"), series("b", acquired="20260103")))
    for _ in range(2):
        desk.work.arrivals.look()
        desk.settle()
    assert shown.offers[-1].words.startswith("PHANTOM, ADA · CT spine · series b · 300 slices")
    assert shown.offers[-1].more == 1
    desk.work.hide_names(hidden=True)
    assert "PHANTOM" not in shown.offers[-1].words
    desk.work.arrivals.open_newest()
    desk.settle()
    assert desk.services.opened == ["b"]
    desk.work.arrivals.let_be()
    assert shown.offers[-1] is None
    desk.work.arrivals.look()
    desk.settle()
    assert shown.offers[-1] is None
    desk.services.fetching.seen = Seen(complete=(series("a", slices=310),))
    desk.work.arrivals.look()
    desk.settle()
    assert "310 slices" in shown.offers[-1].words


def test_that_a_watched_folder_that_is_gone_is_said_once(desk):
    desk.services.fetching.seen = Seen(missing="/watched cannot be looked at.")
    for _ in range(3):
        desk.work.arrivals.look()
        desk.settle()
    said = [one.args[0].text for one in desk.view.show_message.call_args_list]
    assert said.count("/watched cannot be looked at.") == 1


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("", ""),
        ("20261122", "20261122"),
        (" 2026-11-01 to 2026-11-22 ", "20261101-20261122"),
        ("20261101-20261122", "20261101-20261122"),
    ],
)
def test_that_dates_are_read_as_people_type_them(typed, wanted):
    assert wanted_dates(typed) == wanted


@pytest.mark.parametrize("typed", ["2026", "2026-13-01", "2026-11-22 to 2026-11-01", "x 20261122"])
def test_that_what_is_no_date_is_never_asked_for(typed):
    with pytest.raises(UsageError, match="Type a study date"):
        wanted_dates(typed)


def test_that_names_are_asked_for_by_their_beginning_and_shown_as_written():
    assert [wanted_name(one) for one in ("", "Doe", "Doe, J", "D?e")] == [
        "", "Doe*", "Doe^J*", "D?e",
    ]  # fmt: skip
    assert [spoken(one) for one in ("DOE^JANE^^DR", "DOE=X", "")] == [
        "DOE, JANE DR", "DOE", "No name",
    ]  # fmt: skip


def test_that_a_fetched_plan_never_takes_the_place_of_another(tmp_path):
    fetching = Fetching(tmp_path)
    first, second = (fetching.keep_plan(CONTENTS.plans[0]) for _ in range(2))
    assert first != second
    assert first.exists()
    assert second.exists()
