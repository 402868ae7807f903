"""What happens between pointing at a folder and a case on the desk, with no window."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from phantoms import easy_l3
from planner.domain.errors import CancelledByUserError, InputRefusedError
from planner.domain.levels import Level, Side
from planner.domain.volume import GateFinding, GateVerdict, PatientIdentity
from planner.imaging.inspection import Inspection, SeriesInspection
from planner.session.chooser import chooser_state, opens_straight
from planner.session.incoming import SliceFeed
from planner.session.jobs import JobProgress
from planner.session.opened_case import CT_GONE, OTHER_CT
from presenter_desk import Desk

ADA = PatientIdentity(name="PHANTOM^ADA", patient_id="P-1", birth_date="19510203")
BELA = PatientIdentity(name="PHANTOM^BELA", patient_id="P-2")


def series(uid: str, **changes: object) -> SeriesInspection:
    usual = {
        "series_uid": uid,
        "study_uid": "study",
        "patient": ADA,
        "modality": "CT",
        "verdict": GateVerdict.LOAD,
        "slices": 300,
        "size_ijk": (512, 512, 300),
        "spacing_mm": (0.7, 0.7, 1.0),
        "patient_position": "HFS",
        "series_description": f"series {uid}",
        "study_description": "CT spine",
        "acquired": "20260102",
        "convolution_kernel": "B60f",
        "slice_thickness_mm": 1.0,
        "findings": (),
        "advice": ("thin slices", "covers 300 mm"),
    }
    return SeriesInspection(**(usual | changes))


def refused(uid: str, **changes: object) -> SeriesInspection:
    found = GateFinding(
        code="DCM-MISSING-SLICE", severity=GateVerdict.REFUSE, message="A slice is missing."
    )
    return series(uid, verdict=GateVerdict.REFUSE, findings=(found,), **changes)


def folder(*found: SeriesInspection) -> Inspection:
    ranked = tuple(replace(one, rank=place) for place, one in enumerate(found))
    return Inspection(path=Path("folder"), series=ranked, findings=())


@pytest.fixture
def desk():
    made = Desk()
    yield made
    made.work.close()


def rows(state):
    return [row for group in state.groups for row in group.rows]


def test_that_one_series_of_one_patient_opens_without_a_question(desk):
    desk.services.found = folder(series("1"))
    desk.work.reception.open_scan(Path("folder"))
    desk.settle()
    assert desk.services.opened == ["1"]
    assert desk.work.ct is easy_l3().ct
    shown = [call.args[0] for call in desk.view.show_chooser.call_args_list]
    assert all(state is None for state in shown)


def test_that_several_series_wait_for_a_choice_with_the_best_offered(desk):
    desk.services.found = folder(series("1"), series("2"), refused("3"))
    desk.work.reception.open_scan(Path("folder"))
    desk.settle()
    assert desk.services.opened == []
    state = desk.view.show_chooser.call_args.args[0]
    assert state.chosen == "1"
    assert [bool(row.best) for row in rows(state)] == [True, False, False]
    assert "thin slices" in rows(state)[0].best
    desk.work.reception.choose("2")
    desk.settle()
    assert desk.services.opened == ["2"]
    assert desk.view.show_chooser.call_args.args[0] is None


def test_that_a_refused_series_stays_in_sight_with_its_reason_and_stays_shut(desk):
    desk.services.found = folder(series("1"), refused("3"))
    desk.work.reception.open_scan(Path("folder"))
    desk.settle()
    last = rows(desk.view.show_chooser.call_args.args[0])[-1]
    assert last.refused == "A slice is missing."
    assert "DCM-MISSING-SLICE" in last.remarks[0]
    assert "refused" in last.spoken
    desk.work.reception.choose("3")
    assert desk.said.text == "A slice is missing."
    assert desk.services.opened == []


def test_that_a_folder_with_one_refused_series_says_so_in_the_chooser(desk):
    desk.services.found = folder(refused("3"))
    desk.work.reception.open_scan(Path("folder"))
    desk.settle()
    state = desk.view.show_chooser.call_args.args[0]
    assert state.chosen == ""
    assert rows(state)[0].refused == "A slice is missing."


def test_that_between_two_patients_nobody_is_chosen_for_the_user():
    state = chooser_state(folder(series("1"), series("2", patient=BELA)), names_hidden=False)
    assert state.chosen == ""
    assert [group.patient for group in state.groups] == ["PHANTOM ADA", "PHANTOM BELA"]
    assert "2 patients" in state.hint


def test_that_hidden_names_keep_two_patients_apart_and_shut():
    state = chooser_state(folder(series("1"), series("2", patient=BELA)), names_hidden=True)
    assert "PHANTOM" not in repr(state)
    assert "P-1" not in repr(state)
    assert all("Names are hidden" in row.refused for row in rows(state))


def test_that_series_stand_under_their_own_patient_and_study():
    found = folder(
        series("1"), series("2", patient=BELA), series("3", study_uid="other"), series("4")
    )
    groups = chooser_state(found, names_hidden=False).groups
    assert [[row.series_uid for row in group.rows] for group in groups] == [
        ["1", "4"], ["3"], ["2"],
    ]  # fmt: skip


def test_that_only_a_single_series_that_may_be_used_opens_straight():
    assert opens_straight(folder(series("1"))) == "1"
    assert opens_straight(folder(refused("1"))) is None
    assert opens_straight(folder(series("1"), refused("2"))) is None


def test_that_the_chooser_shows_the_pictures_it_was_given_and_can_be_declined(desk):
    grey = np.zeros((4, 4), dtype=np.uint8)
    desk.services.found = folder(series("1", thumbnail=grey), series("2"))
    desk.work.reception.open_scan(Path("folder"))
    desk.settle()
    state = desk.view.show_chooser.call_args.args[0]
    assert [row.thumbnail is grey for row in rows(state)] == [True, False]
    desk.work.reception.decline()
    assert desk.work.reception.choice is None
    desk.work.reception.choose("1")
    assert desk.services.opened == []


class Streaming:
    """Delivers an easy scan in slices, then ends as it is told."""

    def __init__(self, ending: BaseException | None = None) -> None:
        self.ending = ending

    def __call__(self, _path, report, _series_uid=None, on_slices=None):
        ct = easy_l3().ct
        hu = np.array(ct.hu)
        for k in range(3):
            on_slices(ct.geometry, hu, k + 1)
            report(0.1 * k, "Reading slices")
        if self.ending is not None:
            raise self.ending
        return ct


def until_coming(desk) -> None:
    while desk.work.reception.coming is None:
        desk.runner.deliver(desk.box.get(timeout=120))


def test_that_slices_on_their_way_in_are_shown_as_loading_and_nothing_can_be_planned(
    desk, monkeypatch
):
    monkeypatch.setattr(desk.services, "open_scan", Streaming())
    desk.work.reception.open_scan(Path("folder"))
    until_coming(desk)
    incoming = desk.view.show_incoming.call_args.args[0]
    total = easy_l3().ct.geometry.size_ijk[2]
    assert incoming.words == f"LOADING, {incoming.ready} OF {total} SLICES"
    assert incoming.hu.shape[0] == incoming.ready < total
    assert not incoming.hu.flags.writeable
    study = desk.view.show_study.call_args.args[0]
    assert study.is_coming
    assert not study.is_open
    why = desk.view.show_availability.call_args.args[0]
    assert "every slice" in why["segment"]
    assert "every slice" in why["entry"]
    desk.settle()
    assert desk.work.ct is easy_l3().ct
    assert desk.work.reception.coming is None


def test_that_nothing_of_the_open_case_stands_beside_slices_of_another(desk, monkeypatch):
    desk.work.reception.open_scan(Path("folder"))
    desk.settle()
    desk.work.outlines.segment()
    desk.settle()
    monkeypatch.setattr(desk.services, "open_scan", Streaming())
    desk.work.reception.open_scan(Path("folder"))
    until_coming(desk)
    assert desk.view.show_outlines.call_args.args[0] is None
    assert desk.view.show_surfaces.call_args.args[0] == ()
    drawing = desk.view.show_drawing.call_args.args[0]
    assert drawing.levels == ()
    assert desk.view.show_study.call_args.args[0].name == ""
    assert desk.work.probe(easy_l3().truth.vertebrae["L3"].body_centre) == ""
    before = desk.work.edits.plan
    desk.work.answer("inr", 1.1)
    assert desk.work.edits.plan is before
    desk.settle()


def test_that_a_stack_that_turns_out_refused_is_taken_off_the_screen_with_the_reason(
    desk, monkeypatch
):
    desk.work.reception.open_scan(Path("folder"))
    desk.settle()
    seen = desk.work.panes.state
    gap = InputRefusedError("DCM-PIXELS-SHORT", "A slice is cut short.")
    monkeypatch.setattr(desk.services, "open_scan", Streaming(gap))
    desk.work.reception.open_scan(Path("folder"))
    until_coming(desk)
    desk.settle()
    assert desk.said.text == "A slice is cut short."
    assert desk.view.show_study.call_args.args[0].refusal == "A slice is cut short."
    assert desk.view.show_scan.call_args.args[0] is easy_l3().ct
    assert desk.work.panes.state == seen


def test_that_stopping_a_load_leaves_no_slice_on_the_screen(desk, monkeypatch):
    monkeypatch.setattr(desk.services, "open_scan", Streaming(CancelledByUserError("stopped")))
    desk.work.reception.open_scan(Path("folder"))
    until_coming(desk)
    desk.work.cancel("open")
    assert desk.view.show_scan.call_args.args[0] is None
    assert desk.view.show_view.call_args.args[0] is None
    assert "incomplete" in desk.said.text
    desk.settle()
    assert desk.work.ct is None


def test_that_a_feed_gives_each_state_once():
    geometry, feed = easy_l3().ct.geometry, SliceFeed()
    assert feed.newer() is None
    hu = np.array(easy_l3().ct.hu)
    feed(geometry, hu, 1)
    feed(geometry, hu, 5)
    assert feed.newer().ready == 5
    assert feed.newer() is None
    feed(geometry, hu, 6)
    newest = feed.newer()
    place = newest.whole.ijk(newest.newest.array)
    assert place[2] == pytest.approx(5.0)
    assert hu.flags.writeable


def saved_plan(desk, tmp_path) -> Path:
    desk.work.reception.open_scan(Path("folder"))
    desk.settle()
    path = tmp_path / "case.plan"
    assert desk.work.case.save(path)
    return path


@pytest.mark.parametrize(("code", "is_other"), [(OTHER_CT, True), (CT_GONE, False)])
def test_that_a_plan_without_its_own_ct_asks_where_it_is(
    desk, tmp_path, monkeypatch, code, is_other
):
    path = saved_plan(desk, tmp_path)

    def reopen(*_asked):
        raise InputRefusedError(code, "The CT is not the one.")

    monkeypatch.setattr(desk.services, "reopen", reopen)
    before = desk.work.edits.plan
    desk.work.reception.open_plan(path, Path("elsewhere"))
    desk.settle()
    asked = desk.view.show_missing_scan.call_args.args[0]
    assert asked.plan_file == path
    assert asked.sentence == "The CT is not the one."
    assert asked.other == (Path("elsewhere") if is_other else None)
    assert desk.work.edits.plan is before


def test_that_a_plan_opens_where_its_first_needle_ends(desk, tmp_path):
    desk.work.reception.open_scan(Path("folder"))
    desk.settle()
    desk.work.outlines.segment()
    desk.settle()
    desk.work.needles.choose_level(Level.L3)
    desk.work.needles.choose_side(Side.LEFT)
    desk.work.needles.suggest()
    desk.settle()
    tip = desk.work.edits.needle.tip
    assert desk.work.case.save(tmp_path / "case.plan")
    desk.work.panes.reset()
    desk.work.reception.open_plan(tmp_path / "case.plan")
    desk.settle()
    assert desk.work.panes.state.cursor.distance_mm(tip) < 1e-6
    assert desk.work.edits.needle.tip == tip


def test_that_progress_without_a_new_slice_shows_nothing_new(desk, monkeypatch):
    monkeypatch.setattr(desk.services, "open_scan", Streaming())
    desk.work.reception.open_scan(Path("folder"))
    until_coming(desk)
    shown = desk.view.show_incoming.call_count
    while not isinstance((envelope := desk.box.get(timeout=120)).event, JobProgress):
        desk.runner.deliver(envelope)
    desk.settle()
    assert desk.view.show_incoming.call_count <= shown + 2
