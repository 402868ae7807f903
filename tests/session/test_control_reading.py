"""Where a control scan shows a needle: taken into the plan's frame, kept, or refused."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from document.strategies import simple_plan
from phantoms import easy_l3
from planner.app.main import main
from planner.document.commands import remove_trajectory
from planner.document.control_commands import drop_control, keep_control
from planner.document.plan_document import PlanDocument
from planner.document.plan_file import load_plan, save_plan
from planner.domain.errors import UsageError
from planner.domain.levels import Level, Side
from planner.domain.volume import GateVerdict, PatientIdentity
from planner.geometry.points import PointLps
from planner.imaging import inspect, write_ct_series
from planner.imaging.inspection import Inspection, SeriesInspection
from planner.report.control import control_facts
from planner.session.control_reading import control_reading, control_series
from presenter_desk import Desk

NOW = "2026-11-21T22:40:00+00:00"
FRAME = "1.2.3.4"


def series(**changes) -> SeriesInspection:
    usual = {
        "series_uid": "1.2.9",
        "study_uid": "1.2",
        "patient": PatientIdentity(),
        "modality": "CT",
        "verdict": GateVerdict.LOAD,
        "slices": 40,
        "size_ijk": (512, 512, 40),
        "spacing_mm": (0.8, 0.8, 2.0),
        "patient_position": "HFP",
        "series_description": "Control 1",
        "study_description": "",
        "acquired": "20261121",
        "convolution_kernel": "",
        "slice_thickness_mm": 2.0,
        "findings": (),
        "frame_of_reference_uid": FRAME,
    }
    return SeriesInspection(**(usual | changes))


@pytest.fixture
def plan():
    made = simple_plan()
    return replace(made, scan=replace(made.scan, frame_of_reference_uid=FRAME))


def read(plan, scan=None, **changes):
    needle = plan.trajectories[0]
    usual = {
        "entry": needle.entry,
        "tip": needle.tip.moved((3.0, 20.0, 0.0)),
        "offset": None,
        "at_utc": NOW,
    }
    return control_reading(plan, needle.id, scan or series(), **(usual | changes))


def test_that_a_reading_in_the_same_frame_is_kept_as_it_is(plan) -> None:
    needle, found = plan.trajectories[0], read(plan)
    assert found.entry == needle.entry
    assert found.tip == needle.tip.moved((3.0, 20.0, 0.0))
    assert (found.offset, found.scan_uid, found.at_utc) == (None, "1.2.9", NOW)
    assert found.scan_words == "Control 1, 2026-11-21"


@given(st.tuples(*[st.floats(-40.0, 40.0)] * 3))
def test_that_a_registered_offset_carries_the_places_over(by) -> None:
    plan = simple_plan()
    needle, offset = plan.trajectories[0], PointLps(*by)
    back = -offset.array
    found = read(
        plan,
        series(frame_of_reference_uid="9.9"),
        entry=needle.entry.moved(back),
        tip=needle.tip.moved((3.0, 20.0, 0.0)).moved(back),
        offset=offset,
    )
    assert found.entry.distance_mm(needle.entry) < 1e-9
    assert found.tip.distance_mm(needle.tip.moved((3.0, 20.0, 0.0))) < 1e-9
    assert found.offset == offset


@pytest.mark.parametrize("frame", ["9.9", ""])
def test_that_another_frame_is_refused_without_an_offset(plan, frame) -> None:
    with pytest.raises(UsageError, match="not in the frame of reference"):
        read(plan, series(frame_of_reference_uid=frame))


def test_that_two_scans_that_name_no_frame_are_not_taken_for_one(plan) -> None:
    silent = replace(plan, scan=replace(plan.scan, frame_of_reference_uid=""))
    with pytest.raises(UsageError, match="not in the frame of reference"):
        read(silent, series(frame_of_reference_uid=""))


def test_that_an_offset_within_one_frame_is_refused(plan) -> None:
    with pytest.raises(UsageError, match="leave the offset out"):
        read(plan, offset=PointLps(0.0, 0.0, 5.0))


def test_that_another_patient_is_refused_whatever_the_frame_and_the_offset(plan) -> None:
    mine = replace(plan, scan=replace(plan.scan, patient=PatientIdentity(patient_id="A")))
    other = series(patient=PatientIdentity(patient_id="B"))
    for offset in (None, PointLps(0.0, 0.0, 0.0)):
        with pytest.raises(UsageError, match="ANOTHER PATIENT"):
            read(mine, other, offset=offset)


def test_that_places_of_other_coordinates_are_refused(plan) -> None:
    tip = plan.trajectories[0].tip
    with pytest.raises(UsageError, match="from its target"):
        read(plan, tip=tip.moved((0.0, 0.0, 400.0)))
    with pytest.raises(UsageError, match="same place"):
        read(plan, tip=plan.trajectories[0].entry)


def test_that_one_series_is_asked_for() -> None:
    folder = Path("control")
    with pytest.raises(UsageError, match="no DICOM series"):
        control_series(None)
    with pytest.raises(UsageError, match="No series"):
        control_series(Inspection(path=folder, series=(), findings=()))
    both = Inspection(path=folder, series=(series(), series(series_uid="1.2.10")), findings=())
    with pytest.raises(UsageError, match="2 series"):
        control_series(both)


def test_that_a_reading_is_an_edit_that_is_undone_saved_and_opened_again(plan, tmp_path) -> None:
    document = PlanDocument(plan)
    document.do(keep_control(read(plan)))
    document.do(keep_control(read(plan, at_utc="later")))
    assert [one.at_utc for one in document.plan.controls] == [NOW, "later"]
    saved = save_plan(tmp_path / "a.plan", document.plan)
    assert load_plan(tmp_path / "a.plan").controls == saved.controls == document.plan.controls
    document.do(drop_control(plan.trajectories[0].id))
    assert [one.at_utc for one in document.plan.controls] == [NOW]
    document.undo()
    document.undo()
    document.undo()
    assert document.plan.controls == ()
    with pytest.raises(UsageError, match="no control reading"):
        document.do(drop_control(plan.trajectories[0].id))


def test_that_readings_go_with_their_needle_and_a_locked_needle_is_read(plan) -> None:
    first = plan.trajectories[0]
    locked = plan.with_trajectory(replace(first, locked=True))
    kept = keep_control(read(locked)).apply(locked)
    assert len(kept.controls) == 1
    free = kept.with_trajectory(first)
    assert remove_trajectory(first.id).apply(free).controls == ()
    with pytest.raises(ValueError, match="no trajectory"):
        replace(plan, controls=(replace(read(plan), trajectory_id="none"),))


def test_that_the_card_says_the_triangle_of_the_last_reading(plan) -> None:
    needle = plan.trajectories[0]
    assert control_facts(needle, plan) == ()
    plan = keep_control(read(plan, tip=needle.tip.moved((9.0, 9.0, 9.0)))).apply(plan)
    plan = keep_control(read(plan)).apply(plan)
    facts = {fact.label: fact.value for fact in control_facts(needle, plan)}
    # From (30, 80) the tip seen lies at (13, 30), the target at (10, 10); no place out of plane.
    turn = math.degrees(math.atan2(20.0, 70.0) - math.atan2(17.0, 50.0))
    assert turn < 0.0, "the needle seen leans more to the right than it should"
    assert facts["Move the tip"] == f"{-turn:.1f}° towards the patient’s left"
    assert facts["Turn about the skin"] == f"{-turn:.1f}°"
    assert facts["To the planned tip"].startswith(f"{math.hypot(3.0, 20.0):.1f} mm")
    miss = math.hypot(20.0, 70.0) * math.sin(math.radians(-turn))
    assert facts["Pushed on as it lies"] == f"passes {miss:.1f} mm from the planned tip"
    assert facts["Readings kept"] == "2"
    assert "same frame of reference" in facts["Control scan"]


def test_that_a_tip_pushed_too_deep_is_said_loudly(plan) -> None:
    needle = plan.trajectories[0]
    way = (needle.tip.array - needle.entry.array) / needle.length_mm
    plan = keep_control(read(plan, tip=needle.tip.moved(4.0 * way))).apply(plan)
    facts = {fact.label: fact.value for fact in control_facts(needle, plan)}
    assert facts["Pushed on as it lies"].startswith("DRAW BACK: the tip seen lies 4.0 mm DEEPER")


def test_that_the_window_keeps_a_reading_in_plan_and_card_and_undoes_it() -> None:
    desk = Desk()
    desk.outline_a_scan()
    work = desk.work
    work.control.keep(Path("control"), PointLps(0, 0, 0), PointLps(0, 1, 0), None, NOW)
    assert desk.said.is_error, "no needle is selected"
    work.needles.choose_level(Level.L3)
    work.needles.choose_side(Side.LEFT)
    work.needles.suggest()
    desk.settle()
    needle = work.edits.needle
    before = desk.services.found
    control = series(patient=work.edits.plan.scan.patient, frame_of_reference_uid="9.9")
    desk.services.found = Inspection(path=Path("control"), series=(control,), findings=())
    seen = needle.tip.moved(-0.3 * (needle.tip.array - needle.entry.array))
    work.control.keep(Path("control"), needle.entry, seen, None, NOW)
    desk.settle()
    assert desk.said.is_error
    assert "frame of reference" in desk.said.text
    assert work.edits.plan.controls == ()
    work.control.keep(Path("control"), needle.entry, seen, PointLps(0.0, 0.0, 0.0), NOW)
    desk.settle()
    assert len(work.edits.plan.controls) == 1
    parts = {part.title: dict(part.lines) for part in work.plan_shown.card}
    card = parts["Correction from the control scan"]
    assert card["Move the tip"] == "points at the planned tip"
    assert "as registered by hand" in card["Control scan"]
    work.act(work.edits.undo)
    desk.settle()
    assert work.edits.plan.controls == ()
    assert "Correction from the control scan" not in {p.title for p in work.plan_shown.card}
    desk.services.found = before


def test_that_the_command_line_keeps_a_reading_of_a_control_ct_on_disk(tmp_path, capsys) -> None:
    case = easy_l3()
    folder = tmp_path / "control"
    write_ct_series(folder, case.ct)
    scan = control_series(inspect(folder, pixels=False))
    made = simple_plan()
    binding = replace(
        made.scan, patient=scan.patient, frame_of_reference_uid=scan.frame_of_reference_uid
    )
    save_plan(tmp_path / "a.plan", replace(made, scan=binding))
    words = ["control", str(tmp_path / "a.plan"), "--scan", str(folder), "--needle", "t1"]
    words += ["--skin=30,80,0", "--tip=13,30,0", "--out", str(tmp_path / "b.plan")]
    assert main([*words, "--offset=0,0,1"]) == 2
    assert "leave the offset out" in capsys.readouterr().err
    assert not (tmp_path / "b.plan").exists()
    assert main([*words, "--json"]) == 0
    lines = dict(json.loads(capsys.readouterr().out)["correction"])
    assert lines["Move the tip"].endswith("towards the patient’s left")
    (kept,) = load_plan(tmp_path / "b.plan").controls
    assert (kept.scan_uid, kept.tip) == (scan.series_uid, PointLps(13.0, 30.0, 0.0))
