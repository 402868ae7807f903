"""The presenter alone: an autospecced view, real desks, services over a digital spine."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from phantoms import easy_l3
from planner.domain.errors import InputRefusedError
from planner.domain.finding import Verdict
from planner.domain.levels import Level, Side
from planner.domain.volume import GateFinding, GateVerdict
from planner.geometry.points import PointLps
from planner.session import state_words
from planner.session.drawing import Handle
from planner.session.jobs import JobProgress
from planner.session.planes import Plane
from planner.session.state_words import study_state
from planner.session.window_states import CheckPhase, Message
from presenter_desk import Desk
from window_services import pedicle_path


@pytest.fixture
def desk():
    made = Desk()
    yield made
    made.work.close()


@pytest.fixture
def outlined(desk):
    desk.outline_a_scan()
    return desk


@pytest.fixture
def planned(outlined):
    outlined.work.needles.choose_level(Level.L3)
    outlined.work.needles.choose_side(Side.LEFT)
    outlined.work.needles.suggest()
    outlined.settle()
    return outlined


def test_that_an_empty_desk_says_why_nothing_can_be_done(desk):
    reasons = desk.view.show_availability.call_args.args[0]
    assert reasons["segment"] == reasons["entry"] == "Open a CT first."
    assert reasons["open_folder"] == ""


def test_that_opening_shows_the_scan_and_who_it_is(desk):
    desk.work.reception.open_scan(Path("scan"))
    desk.settle()
    assert desk.view.show_scan.call_args.args[0] is easy_l3().ct
    assert desk.view.show_study.call_args.args[0].name == "PHANTOM SEED 3"


def test_that_hidden_names_leave_no_name_id_or_birth_date(desk):
    desk.work.reception.open_scan(Path("scan"))
    desk.settle()
    desk.work.hide_names(hidden=True)
    shown = repr(desk.view.show_study.call_args.args[0])
    assert "PHANTOM" not in shown


def test_that_a_refused_scan_is_said_and_what_was_open_stays(outlined, monkeypatch):
    def refuse(*_asked):
        raise InputRefusedError("DCM-MISSING-SLICE", "A slice is missing.")

    monkeypatch.setattr(outlined.services, "open_scan", refuse)
    outlined.work.reception.open_scan(Path("broken"))
    outlined.settle()
    assert outlined.said == Message(text="A slice is missing.", is_error=True)
    assert outlined.work.ct is easy_l3().ct


def test_that_an_edit_voids_the_verdict_in_the_same_call(planned):
    assert planned.check.phase is CheckPhase.CURRENT
    needle = planned.work.edits.needle
    handle = Handle(needle.id, is_entry=False)
    planned.work.edits.grab(handle)
    planned.work.act(lambda: planned.work.edits.drag(handle, PointLps(0.0, 0.0, -150.0)))
    assert planned.check.phase is CheckPhase.CHECKING
    assert planned.check.verdict is Verdict.NOT_EVALUATED
    assert planned.check.findings == ()
    planned.settle()
    assert planned.check.phase is CheckPhase.CURRENT


def test_that_an_answer_about_an_older_plan_is_never_shown(planned):
    needle = planned.work.edits.needle
    first = replace(needle, tip=needle.tip.moved(np.array((0.0, 0.0, 1.0))))
    planned.work.checks.invalidate(
        planned.work.edits.plan.with_trajectory(first), planned.work.ct, None
    )
    planned.work.act(planned.work.edits.delete)
    planned.settle()
    assert planned.work.checks.evaluation.plan is planned.work.edits.plan
    assert planned.check.findings == ()


def test_that_a_check_that_fails_voids_the_verdict_and_says_so(planned):
    planned.services.fail_check = ZeroDivisionError("division by zero")
    planned.work.checks.retry()
    planned.settle()
    assert planned.check.phase is CheckPhase.STOPPED
    assert planned.check.verdict is Verdict.NOT_EVALUATED
    assert "ZeroDivisionError" in planned.check.detail
    planned.services.fail_check = None
    planned.work.checks.retry()
    planned.settle()
    assert planned.check.phase is CheckPhase.CURRENT


def test_that_zones_that_cannot_be_predicted_void_the_verdict(planned, monkeypatch):
    def broken(_plan):
        raise ArithmeticError("no zone")

    monkeypatch.setattr(planned.services, "predict_zones", broken)
    planned.work.derive()
    planned.settle()
    assert planned.check.phase is CheckPhase.STOPPED
    assert planned.check.verdict is Verdict.NOT_EVALUATED
    assert "ArithmeticError" in planned.check.detail


def test_that_a_retry_after_such_a_fault_never_judges_the_plan_before_it(planned, monkeypatch):
    def broken(_plan):
        raise ArithmeticError("no zone")

    monkeypatch.setattr(planned.services, "predict_zones", broken)
    planned.work.act(planned.work.edits.delete)
    monkeypatch.undo()
    planned.work.checks.retry()  # as a simulation that ends meanwhile does
    planned.settle()
    assert planned.check.phase is CheckPhase.STOPPED
    assert planned.check.verdict is Verdict.NOT_EVALUATED


@pytest.mark.parametrize("part", ["preview", "outlines"])
def test_that_the_verdict_is_void_before_anything_else_can_fail(planned, monkeypatch, part):
    def broken(**_options):
        raise ArithmeticError("cannot follow")

    assert planned.check.phase is CheckPhase.CURRENT
    monkeypatch.setattr(getattr(planned.work, part), "follow", broken)
    with suppress(ArithmeticError):
        planned.work.derive()
    assert planned.check.phase in {CheckPhase.CHECKING, CheckPhase.STOPPED}
    assert planned.check.verdict is Verdict.NOT_EVALUATED


def test_that_a_fault_anywhere_stops_the_checks(planned):
    planned.work.fault(RuntimeError("somewhere else"))
    assert planned.check.phase is CheckPhase.STOPPED
    assert planned.view.show_drawing.call_args.args[0].zones == ()


def as_the_window_does(desk, intent):
    """Do something; whatever nobody catches goes to ``fault``, and what fails there is dropped."""
    try:
        intent()
    except Exception as failure:  # noqa: BLE001 - the hook of the window catches everything too
        with suppress(Exception):
            desk.work.fault(failure)


STATES = ("study_state", "anatomy_state", "plan_state", "treat_state", "drawing_of")


@pytest.mark.parametrize("broken", STATES)
def test_that_a_state_that_cannot_be_made_never_leaves_the_old_verdict(
    planned, monkeypatch, broken
):
    def breaks(*_asked, **_named):
        raise ZeroDivisionError("no state")

    assert planned.check.phase is CheckPhase.CURRENT
    monkeypatch.setattr(state_words, broken, breaks)
    as_the_window_does(planned, lambda: planned.work.answer("inr", 1.1))
    assert planned.check.phase is CheckPhase.STOPPED
    assert planned.check.verdict is Verdict.NOT_EVALUATED
    as_the_window_does(planned, planned.work.checks.retry)
    as_the_window_does(planned, planned.settle)
    assert planned.check.phase is CheckPhase.STOPPED
    assert "ZeroDivisionError" in planned.said.text
    monkeypatch.undo()
    planned.work.checks.retry()
    planned.settle()
    assert planned.check.phase is CheckPhase.CURRENT


@pytest.mark.parametrize("broken", ["show_check", "show_study", "show_plan", "show_treatment"])
def test_that_what_could_not_be_shown_is_shown_again(planned, broken):
    shows = getattr(planned.view, broken)
    planned.work._shown.clear()
    shows.side_effect = ZeroDivisionError("a widget")
    with pytest.raises(ZeroDivisionError):
        planned.work.refresh()
    shows.side_effect = None
    shows.reset_mock()
    planned.work.refresh()
    shows.assert_called_once()


def test_that_a_state_that_is_not_current_cannot_hold_a_verdict(planned):
    with pytest.raises(ValueError, match="only a current check"):
        replace(planned.check, phase=CheckPhase.STOPPED)


def test_that_an_undone_drag_is_one_step(planned):
    work = planned.work
    start = work.edits.needle
    handle = Handle(start.id, is_entry=True)
    work.edits.grab(handle)
    for step in range(5):
        point = start.entry.moved(np.array((float(step + 1), 0.0, 0.0)))
        work.act(lambda point=point: work.edits.drag(handle, point))
    assert work.edits.needle.entry != start.entry
    work.act(work.edits.undo)
    assert work.edits.needle == start
    work.act(work.edits.redo)
    assert work.edits.needle.entry.x_mm == pytest.approx(start.entry.x_mm + 5.0)


def test_that_entry_and_tip_at_the_crosshair_make_a_needle_on_the_side_of_its_entry(outlined):
    work = outlined.work
    path = pedicle_path(easy_l3().truth, Level.L3, Side.RIGHT)
    work.panes.move_cursor(path.entry)
    work.needles.place(is_entry=True)
    assert outlined.view.show_plan.call_args.args[0].pending
    work.panes.move_cursor(path.tip)
    work.needles.place(is_entry=False)
    needle = work.edits.needle
    assert (needle.level, needle.side) == (Level.L3, Side.RIGHT)
    assert needle.entry.distance_mm(path.entry) < 1e-6


def test_that_entry_and_tip_at_one_place_are_a_slip_and_not_a_needle(outlined):
    outlined.work.needles.place(is_entry=True)
    outlined.work.needles.place(is_entry=False)
    assert outlined.work.edits.plan.trajectories == ()
    assert "same place" in outlined.said.text
    assert outlined.check.phase is not CheckPhase.STOPPED


def test_that_no_path_is_proposed_to_a_level_that_is_not_outlined(outlined):
    outlined.work.needles.choose_level(Level.T3)
    outlined.work.needles.choose_side(Side.LEFT)
    outlined.work.needles.suggest()
    assert "T3 is not outlined" in outlined.said.text


def test_that_an_entry_on_the_midline_asks_for_the_side(outlined):
    work = outlined.work
    body = easy_l3().truth.vertebrae[Level.L3]
    work.panes.move_cursor(body.body_centre)
    work.needles.place(is_entry=False)
    work.panes.move_cursor(body.body_centre.moved(-40.0 * np.array(body.anterior)))
    work.needles.place(is_entry=True)
    assert work.edits.plan.trajectories == ()
    assert "left or right" in outlined.said.text


def test_that_a_device_starts_with_its_first_table_row_and_draws_a_zone(planned):
    planned.work.treatment.choose_device("eco-mwa")
    assert planned.work.edits.plan.ablations[0].power_w == 40.0
    assert len(planned.view.show_drawing.call_args.args[0].zones) == 1
    state = planned.view.show_treatment.call_args.args[0]
    assert "30 × 30 mm" in state.zone_lines[0]


def test_that_a_device_without_a_table_draws_nothing_and_says_why(planned):
    planned.work.treatment.choose_device("osteocool-10")
    state = planned.view.show_treatment.call_args.args[0]
    assert state.zone_lines == ()
    assert state.zone_missing
    assert planned.view.show_drawing.call_args.args[0].zones == ()


def test_that_a_fill_disappears_with_the_needle_it_was_computed_for(planned):
    work = planned.work
    work.act(lambda: work.edits.set_cement("pmma-medium-viscosity", 1.0))
    planned.settle()
    assert len(planned.view.show_drawing.call_args.args[0].cements) == 1
    needle = work.edits.needle
    handle = Handle(needle.id, is_entry=False)
    work.edits.grab(handle)
    work.act(lambda: work.edits.drag(handle, needle.tip.moved(np.array((0.0, 1.0, 0.0)))))
    assert planned.view.show_drawing.call_args.args[0].cements == ()


def test_that_a_fill_disappears_with_the_burn_it_was_computed_after(planned):
    """Cement runs otherwise through dead bone, so a fill is of the burns of its level too."""
    work = planned.work
    work.treatment.choose_device("eco-mwa")
    work.act(lambda: work.edits.set_cement("pmma-medium-viscosity", 1.0))
    planned.settle()
    assert len(planned.view.show_drawing.call_args.args[0].cements) == 1
    burn = work.edits.plan.ablations[0]
    work.act(lambda: work.edits.set_ablation(replace(burn, active_offset_mm=2.0)))
    assert planned.view.show_drawing.call_args.args[0].cements == ()
    planned.settle()
    assert len(planned.view.show_drawing.call_args.args[0].cements) == 1


def test_that_showing_a_finding_moves_the_crosshair_to_it(planned):
    row = planned.check.findings[0]
    planned.work.show_finding(row.fingerprint)
    assert planned.work.panes.state.cursor.distance_mm(row.at) < 1e-9
    assert planned.view.show_drawing.call_args.args[0].focus.at == row.at
    assert planned.check.selected == row.fingerprint


def test_that_a_plan_is_saved_and_opened_again(planned, tmp_path):
    path = tmp_path / "case.plan.json"
    assert planned.work.case.unsaved
    assert planned.work.case.save(path)
    assert not planned.work.case.unsaved
    needles = planned.work.edits.plan.trajectories
    planned.work.reception.drop(path)
    planned.settle()
    assert planned.work.edits.plan.trajectories == needles
    assert planned.work.case.path == path


def test_that_no_report_is_written_without_a_current_check(planned, tmp_path):
    planned.work.act(planned.work.edits.delete)
    planned.work.paper.write_report(tmp_path / "early.pdf")
    assert planned.services.written == []
    planned.settle()
    planned.work.paper.write_report(tmp_path / "plan.pdf")
    planned.settle()
    assert planned.services.written == [tmp_path / "plan.pdf"]


def test_that_nothing_is_sent_without_an_archive_or_a_current_check(planned):
    paper, services = planned.work.paper, planned.services
    assert paper.archives() == ()
    assert "No PACS is set up" in planned.said.text
    services.known_archives = ("archive",)
    assert paper.archives() == ("archive",)
    planned.work.act(planned.work.edits.delete)
    paper.send("archive")
    assert services.sent == []
    planned.settle()
    paper.send("archive")
    planned.settle()
    assert services.sent == [("archive", planned.work.edits.plan)]
    assert planned.said.text == "archive has all 3 objects of this plan."


def test_that_a_cancelled_outline_leaves_the_case_as_it_was(desk, monkeypatch):
    desk.work.reception.open_scan(Path("scan"))
    desk.settle()

    def endless(_ct, _seeds, report):
        while True:
            report(0.2, "Outlining")

    monkeypatch.setattr(desk.services, "segment", endless)
    desk.work.outlines.segment()
    while not isinstance((envelope := desk.box.get(timeout=10)).event, JobProgress):
        desk.runner.deliver(envelope)
    desk.work.cancel("segment")
    assert desk.work.edits.anatomy is None
    assert desk.view.show_jobs.call_args.args[0] == ()
    assert desk.view.show_availability.call_args.args[0]["segment"] == ""


def test_that_the_first_report_of_the_crosshair_has_its_hu(planned):
    text = planned.work.probe(planned.work.panes.state.cursor)
    assert text.endswith("HU")
    assert "outside" in planned.work.probe(PointLps(5000.0, 0.0, 0.0))


def test_that_a_preset_the_scan_does_not_carry_changes_nothing(outlined):
    before = outlined.work.panes.state
    outlined.work.panes.use_preset("9")
    assert outlined.work.panes.state == before
    assert "no grey window" in outlined.said.text


def test_that_presets_and_scrolling_reach_the_view(outlined):
    outlined.work.panes.use_preset("3")
    outlined.work.panes.scroll(Plane.AXIAL, 2.0)
    shown = outlined.view.show_view.call_args.args[0]
    assert (shown.window.width_hu, shown.window.level_hu) == (1500.0, -600.0)


def test_that_confirming_a_side_needs_a_name(planned):
    planned.work.act(lambda: planned.work.edits.confirm_side("  ", "2026-01-01T00:00:00+00:00"))
    assert planned.work.edits.plan.side_confirmation is None
    assert planned.said.is_error


def test_that_the_side_is_confirmed_once_for_the_scan_and_said_with_the_study(outlined):
    study = outlined.view.show_study.call_args.args[0]
    assert study.side_confirmed == ""
    assert outlined.view.show_availability.call_args.args[0]["confirm_side"] == ""
    work = outlined.work
    work.act(lambda: work.edits.confirm_side("Dr Example", "2026-01-01T00:00:00+00:00"))
    study = outlined.view.show_study.call_args.args[0]
    assert "Dr Example" in study.side_confirmed
    work.needles.choose_level(Level.L3)
    work.needles.choose_side(Side.LEFT)
    work.needles.suggest()
    outlined.settle()
    assert work.edits.plan.side_confirmation.by == "Dr Example"


@pytest.mark.parametrize("code", ["DCM-POSTERIOR-SIDE", "DCM-NO-PATIENT-POSITION", "DCM-LOSSY"])
def test_that_what_the_gate_says_of_the_side_is_seen_as_a_doubt_of_the_side(code):
    ct = easy_l3().ct
    found = GateFinding(code=code, severity=GateVerdict.WARN, message="Look at the side.")
    doubtful = replace(ct, record=replace(ct.record, findings=(found,)))
    study = study_state(doubtful, names_hidden=False)
    assert bool(study.side_doubts) is (code != "DCM-LOSSY")
    assert study.gate[0].message == "Look at the side."
