from dataclasses import replace
from math import cos, radians, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.catalog import load_catalog
from planner.domain.anatomy import Quality, QualityVerdict
from planner.domain.cement import LeakChance, LeakForecast, LeakPath
from planner.domain.coverage import Coverage, MissedPart
from planner.domain.finding import Severity, Verdict
from planner.domain.levels import Level, Side
from planner.domain.limit_times import LimitTimes
from planner.domain.order import Order
from planner.domain.plan import (
    AblationId,
    Approach,
    NeedleSize,
    SideConfirmation,
    Trajectory,
    TrajectoryId,
)
from planner.domain.prediction import (
    Exposure,
    KilledTissue,
    MissingZone,
    ModelLabel,
    StructureExposure,
)
from planner.domain.sourced import Status
from planner.geometry.points import PointLps
from planner.geometry.volume_geometry import VolumeGeometry
from planner.planning.c_arm import c_arm_views
from planner.planning.ct_room import ct_room_card
from planner.planning.measure import measure
from planner.planning.measures import Direction
from planner.report.build import ReportScene, build_report, with_leaks
from planner.report.layout import layout
from planner.report.wording import millimetres, number
from report.cases import acknowledge, make_assessment, make_case, make_plan

EMPTY = ReportScene()


def test_that_level_and_side_stand_in_words() -> None:
    plan = make_plan(trajectories=make_plan().trajectories[:1], cements=())
    report = build_report(plan, EMPTY, None)
    assert report.headline == "Third lumbar vertebra (L3), patient’s LEFT"


def test_that_both_sides_and_several_levels_are_all_named() -> None:
    left, right = make_plan().trajectories
    other = replace(right, id=TrajectoryId("t3"), level=Level.T12)
    report = build_report(make_plan(trajectories=(left, right, other)), EMPTY, None)
    assert report.headline == (
        "Twelfth thoracic vertebra (T12), patient’s RIGHT; "
        "third lumbar vertebra (L3), patient’s LEFT and RIGHT"
    )


@given(inward=st.floats(-80, 80), upward=st.floats(-80, 80), side=st.sampled_from(list(Side)))
def test_that_angles_are_read_from_the_points(inward, upward, side) -> None:
    level = cos(radians(upward))
    step = (
        -side.sign * sin(radians(inward)) * level,
        -cos(radians(inward)) * level,
        sin(radians(upward)),
    )
    trajectory = Trajectory(
        id=TrajectoryId("t"),
        level=Level.L1,
        side=side,
        approach=Approach.TRANSPEDICULAR,
        entry=PointLps(0, 0, 0),
        tip=PointLps.of(100.0 * value for value in step),
    )
    angles = (trajectory.towards_midline_deg, trajectory.upward_deg)
    assert angles == pytest.approx((inward, upward), abs=1e-6)


def test_that_an_unchecked_plan_is_a_draft_that_says_nothing_was_looked_for() -> None:
    report = build_report(make_plan(), EMPTY, None)
    assert report.verdict is Verdict.NOT_EVALUATED
    assert report.is_draft
    assert any("No check has run" in alert for alert in report.alerts)


def test_that_findings_of_another_revision_are_left_out_and_said_to_be() -> None:
    plan = make_plan()
    old = make_assessment(replace(plan, revision=3))
    report = build_report(plan, EMPTY, old)
    assert report.verdict is Verdict.NOT_EVALUATED
    assert report.findings == ()
    assert any("belongs to revision 3" in alert for alert in report.alerts)


def test_that_only_a_clear_verdict_is_no_draft() -> None:
    plan = make_plan()
    for verdict in Verdict:
        checked = replace(make_assessment(plan), verdict=verdict, findings=())
        assert build_report(plan, EMPTY, checked).is_draft == (verdict is not Verdict.CLEAR)


def test_that_findings_come_heaviest_first_with_their_acknowledgement() -> None:
    plan = make_plan()
    checked = make_assessment(plan)
    warning = checked.findings[1]
    plan = replace(plan, acknowledgements=(acknowledge(plan, warning),))
    rows = build_report(plan, EMPTY, checked).findings
    assert [row.severity for row in rows] == [
        Severity.STOP,
        Severity.NOT_EVALUATED,
        Severity.WARN,
        Severity.INFO,
    ]
    assert rows[2].acknowledged.startswith("Dr A. Example")
    assert rows[0].acknowledged == ""
    assert (rows[0].about, rows[2].about) == ("needle 1", "needle 2")


def test_that_no_word_of_a_finding_is_cut() -> None:
    plan = make_plan()
    checked = make_assessment(plan)
    rules = ", ".join(f"N{n}" for n in range(300))
    words = replace(
        checked.findings[2],
        message=f"{rules} could not run.",
        threshold=rules,
        source=rules,
        resolve=rules,
    )
    checked = replace(checked, findings=(words,), evidence=(("N1", rules),))
    report = build_report(plan, EMPTY, checked)
    (row,) = report.findings
    assert row.message == f"{rules} could not run."
    assert row.threshold == row.source == row.resolve == rules
    assert report.evidence[0].value == rules


def test_that_page_one_alerts_of_what_speaks_against_a_treated_outline() -> None:
    case = make_case()
    metal = "metal within 15 mm: streaks may have moved the outline"
    doubtful = Quality(
        verdict=QualityVerdict.CHECK, flags=(metal, "the pedicles differ in width: check both.")
    )
    treated = replace(case.anatomy.vertebrae[Level.L3], quality=doubtful)
    other = replace(treated, level=Level.L2)
    anatomy = replace(case.anatomy, vertebrae={Level.L3: treated, Level.L2: other})
    alerts = build_report(case.plan, replace(case, anatomy=anatomy), None).alerts
    (alert,) = [alert for alert in alerts if metal in alert]
    assert alert.startswith("L3: the count starts from a partly seen sacrum; metal")
    assert alert.endswith("the pedicles differ in width: check both.")  # one full stop


def test_that_an_answer_to_a_finding_that_changed_no_longer_counts() -> None:
    plan = make_plan()
    checked = make_assessment(plan)
    answer = acknowledge(plan, replace(checked.findings[1], message="It was 9 mm then."))
    rows = build_report(replace(plan, acknowledgements=(answer,)), EMPTY, checked).findings
    assert all(row.acknowledged == "" for row in rows)


def test_that_a_prone_scan_is_said_in_words() -> None:
    plan = make_plan()
    prone = replace(plan, scan=replace(plan.scan, patient_position="HFP"))
    report = build_report(prone, EMPTY, None)
    assert any("PRONE" in alert for alert in report.alerts)
    assert "head first, PRONE (HFP)" in {fact.value for fact in report.scan}


def test_that_sides_confirmed_for_another_position_do_not_count() -> None:
    confirmed = SideConfirmation(by="A", at_utc="2026-11-20T00:00:00Z", patient_position="HFP")
    report = build_report(make_plan(side_confirmation=confirmed), EMPTY, None)
    assert any("another patient position" in alert for alert in report.alerts)


def test_that_pictures_of_another_scan_are_called_so() -> None:
    case = make_case()
    scan = replace(case.plan.scan, sha256="00" * 32)
    other = replace(case.plan, scan=scan, trajectories=(), ablations=(), cements=())
    alerts = build_report(other, case, None).alerts
    assert any("ANOTHER scan" in alert for alert in alerts)


def test_that_a_missing_zone_gives_its_reason_and_no_numbers() -> None:
    plan = make_plan()
    reason = "the table of eco-mwa has no row for 25 W"
    zones = {plan.ablations[0].id: MissingZone(ablation_id=plan.ablations[0].id, reason=reason)}
    row = build_report(plan, ReportScene(zones=zones), None).ablations[0]
    assert row.missing == reason
    assert row.length_mm is None


def test_that_a_prediction_nobody_made_is_said_to_be_missing() -> None:
    report = build_report(make_plan(), EMPTY, None)
    assert report.ablations[0].missing
    assert report.cements[0].missing
    assert report.cements[0].asked_ml == 4.5


@pytest.fixture(scope="module")
def measured():
    """One needle measured, and the report that prints it, made once."""
    case = make_case(cements=())
    needle = case.plan.trajectories[0]
    measures = measure(needle, case.ct, case.anatomy, outer_diameter_mm=3.05)
    catalog = load_catalog()
    report = build_report(case.plan, case, None, measures={needle.id: measures}, catalog=catalog)
    return case, measures, catalog, report


def test_that_measures_stand_with_their_doubt(measured) -> None:
    _, measures, _, report = measured
    needle = report.needles[0]
    lines = {fact.label: fact.value for fact in (*needle.measures, *needle.distances)}
    assert lines["Outer diameter"] == "3.05 mm"
    near = measures.clearance("foramen:L3:left").distance_mm
    expected = f"{near.best:.1f} mm ({near.low:.1f} to {near.high:.1f})"
    assert lines["To L3 left foramen"] == expected
    assert "of the way to the front" in lines["Tip"]
    room = measures.pedicle.shift_mm[Direction.MEDIAL]
    expected = f"medial {number(room.best)} ({number(room.low)} to {number(room.high)})"
    assert lines["Room each way"].startswith(expected)
    assert all(str(way) in lines["Room each way"] for way in Direction)
    assert lines["HU in bone"].startswith(f"{measures.bone_hu.best:.0f} (")
    assert lines["HU in bone"].count(" at ") == len(measures.crossings)
    assert lines["Intervals hold"].startswith("half a voxel and 0.0 mm")
    kinds = [item.structure.partition(":")[0] for item in measures.clearances]
    shown = [label for label in lines if label.startswith("To ")]
    assert len(shown) == len(set(kinds)) < len(kinds)
    assert report.needles[1].measures == ()


@pytest.mark.parametrize(
    ("apart", "words"), [(9.0, "5.6 mm between surfaces"), (1.5, "THEY COLLIDE by 1.9 mm")]
)
def test_that_two_needles_are_set_against_each_other_on_both_pages(apart, words) -> None:
    plan = make_plan(ablations=(), cements=())
    first = replace(
        plan.trajectories[0], entry=PointLps(20.0, 90.0, 0.0), tip=PointLps(20.0, 0.0, 0.0)
    )
    second = replace(
        plan.trajectories[1],
        entry=PointLps(20.0 + apart, 90.0, 0.0),
        tip=PointLps(20.0 + apart, 0.0, 0.0),
    )
    plan = replace(plan, trajectories=(first, second))
    report = build_report(plan, EMPTY, None, catalog=load_catalog())
    (pair,) = report.together
    assert pair.label == "Needles 1 and 2"
    assert words in pair.value
    assert f"tips {apart:.1f} mm apart, 0° to each other" in pair.value
    assert "hubs not compared" in pair.value
    (beside,) = report.needles[0].others
    assert beside.label == f"Needle 2, {second.level} {second.side}"
    assert beside.value == pair.value
    sized = [
        replace(item, size=NeedleSize(outer_diameter_mm=2.41, length_mm=150.0, gauge=13))
        for item in (first, second)
    ]
    report = build_report(
        replace(plan, trajectories=tuple(sized)), EMPTY, None, catalog=load_catalog()
    )
    assert "OUT OF THE SKIN THEY COLLIDE" in report.together[0].value
    assert report.needles[0].size == "13 G, 2.41 × 150 mm"
    assert build_report(plan, EMPTY, None).together == ()


def test_that_the_paper_says_when_two_devices_work_or_that_nobody_said() -> None:
    plan = make_plan()
    burn = plan.ablations[0]
    one, other = plan.trajectories[:2]
    both = tuple(
        replace(burn, id=AblationId(f"a{n}"), trajectory_id=item.id)
        for n, item in enumerate((one, other))
    )
    for order, words in (
        (None, "NOT SAID"),
        (Order.TOGETHER, "same time"),
        (Order.IN_TURN, "after the other"),
    ):
        asked = replace(plan, ablations=both, ablation_order=order)
        report = build_report(asked, EMPTY, None, catalog=load_catalog())
        assert words in {fact.label: fact.value for fact in report.together}["Ablations"]
    single = replace(plan, ablations=both[:1], ablation_order=Order.IN_TURN)
    report = build_report(single, EMPTY, None, catalog=load_catalog())
    assert "Ablations" not in {fact.label for fact in report.together}


def test_that_ids_in_findings_are_explained() -> None:
    names = {fact.label: fact.value for fact in build_report(make_plan(), EMPTY, None).names}
    assert names == {
        "t1": "needle 1",
        "t2": "needle 2",
        "a1": "the ablation on needle 1",
        "c1": "the cement through needle 2",
    }


def test_that_simulated_heat_is_listed_for_each_structure() -> None:
    plan = make_plan()
    felt = StructureExposure(
        peak_celsius=43.2, lowest_celsius=37.0, cem43_min=1.4, band_celsius=2.0,
        times=LimitTimes(stop_celsius=42.0, to_stop_s=90.0, past_stop_s=132.0, past_harm_s=0.0),
    )  # fmt: skip
    label = ModelLabel(
        tier="full", name="Pennes", version="2", inputs=(), source="s", status=Status.DERIVED
    )
    grid = VolumeGeometry.axis_aligned((1, 1, 1), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    alive = np.zeros((1, 1, 1), np.bool_)
    exposure = Exposure(
        ablation_id=plan.ablations[0].id,
        at_structures={"canal": felt},
        killed=KilledTissue(geometry=grid, dead=alive, certain=alive),
        model=label,
    )
    rows = build_report(plan, ReportScene(exposures={plan.ablations[0].id: exposure}), None)
    (row,) = rows.exposures
    assert (row.needle, row.structure, row.peak_celsius) == (1, "canal", 43.2)
    assert (row.dose, row.beyond) == ("1.4 min", False)
    assert row.model == "full: Pennes 2"
    assert row.times == "1.5 / 2.2 / 0.0"
    far = replace(felt, peak_celsius=38.0, beyond=True, times=None)
    more = replace(exposure, at_structures={"canal": felt, "skin": far, "aorta": far})
    rows = build_report(plan, ReportScene(exposures={plan.ablations[0].id: more}), None)
    near, beyond = rows.exposures
    assert near == row
    assert beyond.structure == "beyond the simulated volume: skin, aorta"
    assert (beyond.peak_celsius, beyond.beyond, beyond.times) == (38.0, True, "-")
    times = LimitTimes(stop_celsius=42.0, to_stop_s=None, past_stop_s=0.0, past_harm_s=0.0)
    cool = replace(exposure, at_structures={"canal": replace(felt, times=times)})
    (never,) = build_report(
        plan, ReportScene(exposures={plan.ablations[0].id: cool}), None
    ).exposures
    assert never.times == "-"


def test_that_the_minutes_of_heat_and_of_cold_are_told_apart() -> None:
    words = str(layout(build_report(make_plan(), EMPTY, None))["minutes"])
    heat, cold = words.split(", and of cold ")
    assert heat == "until 42 °C, above 42 °C and above 45 °C"
    assert cold == "until 10 °C, below 10 °C and below 0 °C"


def test_that_the_coverage_of_targets_is_told_once_with_what_lives_and_its_curve() -> None:
    plan = make_plan()
    covered = Coverage(
        of="clinical target volume",
        volume_ml=12.34,
        percent=79.9,
        sure_percent=60.2,
        least_margin_mm=-3.6,
        curve=((10.0, 95.0), (240.0, 79.9)),
        missed_parts=(MissedPart(words="L3 pedicle left", volume_ml=0.84),),
    )
    grid = VolumeGeometry.axis_aligned((1, 1, 1), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0))
    none = np.zeros((1, 1, 1), np.bool_)
    label = ModelLabel(
        tier="full", name="Pennes", version="2", inputs=(), source="s", status=Status.DERIVED
    )
    exposures = {
        item.id: Exposure(
            ablation_id=item.id,
            at_structures={},
            killed=KilledTissue(geometry=grid, dead=none, certain=none),
            model=label,
            coverage=(covered,),
        )
        for item in plan.ablations
    }
    (row,) = build_report(plan, ReportScene(exposures=exposures), None).coverage
    assert row.name == "clinical target volume"
    assert row.dies == "79 % (60 % in every run)"  # never rounded up
    assert row.margin == "sticks out 4 mm"
    assert row.lives == "L3 pedicle left 0.8 mL"
    assert row.curve == (("10", 0.95), ("240", 0.799))
    assert "CEM43" in row.unit


def test_that_the_room_gets_its_numbers_only_where_something_was_measured(measured) -> None:
    case, measures, catalog, report = measured
    needle = case.plan.trajectories[0]
    vertebra = case.anatomy.vertebrae[needle.level]
    card = ct_room_card(needle, measures, case.ct, vertebra, catalog.needles.values())
    at_ct = {fact.label: fact.value for fact in report.needles[0].at_ct}
    assert at_ct["Patient lies"] == card.lying
    assert at_ct["Tip in slice"] == str(card.tip_slice)
    slices = f"slice {card.entry_slice} of {case.ct.geometry.size_ijk[2]} from the feet, z "
    assert at_ct["Skin at"].startswith(slices)
    assert at_ct["Skin at"].endswith(f"patient’s {card.entry_side} of the middle of L3’s body")
    assert f"; then {card.gantry.in_plane_deg:.1f}° from" in at_ct["Gantry for one slice"]
    assert "exactly as in this scan" in at_ct["Mind"]
    at_c_arm = {fact.label: fact.value for fact in report.needles[0].at_c_arm}
    assert at_c_arm["Patient lies"] == "supine"
    views = {view.name: view.words for view in c_arm_views(needle, vertebra, "HFS")}
    assert at_c_arm["Down the needle"] == views["down the barrel"]
    assert report.needles[1].at_ct == ()
    assert build_report(case.plan, EMPTY, None).needles[0].at_c_arm == ()


def test_that_an_entry_is_not_called_skin_where_the_scan_shows_none(measured) -> None:
    case, measures, catalog, _ = measured
    needle = case.plan.trajectories[0]
    unseen = replace(measures, skin=None, skin_to_tip_mm=None)
    report = build_report(case.plan, case, None, measures={needle.id: unseen}, catalog=catalog)
    at_ct = {fact.label: fact.value for fact in report.needles[0].at_ct}
    assert "Skin at" not in at_ct
    assert f"z {millimetres(needle.entry.z_mm)}" in at_ct["Planned entry (skin NOT SEEN)"]


def test_that_the_way_from_the_grid_mark_of_the_plan_is_on_paper(measured) -> None:
    case, measures, _, report = measured
    needle = case.plan.trajectories[0]
    assert "From the grid mark" not in {fact.label for fact in report.needles[0].at_ct}
    skin = measures.skin or needle.entry
    mark = skin.moved(np.array([-12.0, 0.0, 20.0]))
    marked = build_report(
        replace(case.plan, grid_mark=mark),
        ReportScene(ct=case.ct, anatomy=case.anatomy),
        None,
        measures={needle.id: measures},
    )
    facts = {fact.label: fact.value for fact in marked.needles[0].at_ct}
    assert facts["From the grid mark"] == "12.0 mm to the patient’s left, 20.0 mm towards the feet"


def test_that_the_chance_of_a_leak_stands_with_the_cement_or_that_nobody_estimated_it() -> None:
    case = make_case()
    (item,) = case.plan.cements
    chance = LeakChance(leaking=6, runs=20, first_ml=(1.2, None, None))
    never = LeakChance(leaking=0, runs=20, first_ml=(None, None, None))
    forecast = LeakForecast(
        cement_injection_id=item.id,
        asked_ml=4.5,
        chances=dict.fromkeys(LeakPath, never) | {LeakPath.DISCAL: chance},
    )
    bare = build_report(case.plan, case, None)
    told = with_leaks(bare, case.plan, {item.id: forecast}).cements[0].leaks
    assert "disc: 6 of 20, first 1.2 mL" in told
    assert "foramen" not in told
    assert "not estimated" in bare.cements[0].leaks
