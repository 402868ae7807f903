"""Rules on the patient, the scan, the side and the level."""

from dataclasses import replace

import numpy as np
import pytest

from planner.domain.devices import Modality
from planner.domain.finding import Verdict
from planner.domain.levels import Level, Side
from planner.domain.protection import Agent
from planner.geometry.points import PointLps
from planner.safety import assess
from safety.cases import (
    CATALOG,
    acknowledged,
    check,
    found,
    good_plan,
    good_scene,
    spine,
    zone_for,
)
from safety.rule_cases import (
    BLOCK,
    INFO,
    NOT_EVALUATED,
    STOP,
    WARN,
    answered,
    exposed,
    layer,
    with_anatomy,
    with_device,
    with_vertebra,
)


def test_that_a_good_plan_leaves_at_most_three_findings_and_none_that_holds_it():
    assessment = check(good_plan())
    assert len(assessment.findings) <= 3
    assert assessment.verdict is Verdict.WARNED
    assert found(assessment) == {"N2": WARN, "C1": INFO, "C10": INFO}


def test_that_a_good_plan_is_clear_once_its_warnings_are_acknowledged():
    plan = good_plan()
    plan = acknowledged(plan, check(plan))
    assessment = check(plan)
    assert assessment.verdict is Verdict.CLEAR
    assert set(assessment.checked) == set(CATALOG.rules) - {"E12"}
    assert dict(assessment.evidence).keys() == set(assessment.checked)


CLINICAL = [
    ("E2", {"platelets_e9_per_l": 49.9}, STOP),
    ("E2", {"platelets_e9_per_l": 50.0}, None),
    ("E2", {"inr": 1.51}, STOP),
    ("E2", {"inr": 1.5}, None),
    ("E3", {"infection": True}, BLOCK),
    ("E4", {"cord_compression_symptoms": True}, BLOCK),
    ("E4", {"epidural_grade": "2"}, BLOCK),
    ("E4", {"epidural_grade": "3"}, BLOCK),
    ("E4", {"epidural_grade": "1c"}, None),
    ("E5", {"epidural_grade": "1c"}, STOP),
    ("E5", {"epidural_grade": "1a"}, STOP),
    ("E6", {"tumour_touches_root": True}, STOP),
    ("E7", {"sins": 6}, None),
    ("E7", {"sins": 7}, WARN),
    ("E7", {"sins": 12, "surgical_consult_date": "soon"}, WARN),
    ("E7", {"sins": 12, "surgical_consult_date": "2026-11-01"}, None),
    ("E7", {"sins": 13, "surgical_consult_date": "2026-11-01"}, STOP),
    ("E8", {"mdt_date": ""}, STOP),
    ("E8", {"mdt_date": "yes"}, STOP),
    ("E9", {"lesion_count": 4}, None),
    ("E9", {"lesion_count": 5}, INFO),
    ("E9", {"vas": 4.0}, INFO),
    ("E9", {"vas": 4.5}, None),
    ("E9", {"ecog": 3}, INFO),
    ("E9", {"ecog": 2}, None),
    ("E9", {"life_expectancy_months": 3.0}, INFO),
    ("E9", {"life_expectancy_months": 3.5}, None),
    ("E11", {"mr_date": "2026-11-13"}, WARN),
    ("E11", {"mr_date": "2026-11-14"}, None),
    ("E11", {"mr_date": " None "}, None),
    ("A17", {"protection": "CO2 gap"}, WARN),
    ("A17", {"protection": "CO2 on the non-dependent side"}, None),
    ("A17", {"protection": "CO2, nondependent"}, None),
    ("A17", {"protection": "CO2, non-dependent left, dependent right"}, WARN),
    ("A17", {"dissection_fluid": "gas"}, WARN),
]


@pytest.mark.parametrize(("rule", "answers", "severity"), CLINICAL)
def test_that_a_clinical_rule_fires_at_its_limit(rule, answers, severity):
    assert found(check(answered(**answers))).get(rule) is severity


@pytest.mark.parametrize("grade", ["1a", "1b"])
def test_that_low_epidural_tumour_without_cement_only_warns(grade):
    plan = replace(answered(epidural_grade=grade), cements=())
    assert found(check(plan))["E5"] is WARN


@pytest.mark.parametrize(
    ("name", "rules"),
    [
        ("platelets_e9_per_l", {"E2"}),
        ("inr", {"E2"}),
        ("infection", {"E3"}),
        ("cord_compression_symptoms", {"E4"}),
        ("epidural_grade", {"E4", "E5", "D1"}),
        ("sins", {"E7", "D1"}),
        ("mdt_date", {"E8", "D1"}),
        ("lesion_count", {"E9"}),
        ("vas", {"E9"}),
        ("ecog", {"E9"}),
        ("life_expectancy_months", {"E9"}),
        ("mr_date", {"E11"}),
        ("tumour_touches_root", {"E6"}),
        ("histology", {"D1"}),
        ("lesion_type", {"D1"}),
        ("thermocouple_planned", {"D1"}),
        ("protection", {"D1", "A17"}),
    ],
)
def test_that_a_question_nobody_answered_is_not_evaluated(name, rules):
    assessment = check(answered(**{name: None}))
    (finding,) = [item for item in assessment.findings if item.severity is NOT_EVALUATED]
    assert finding.rule == "E12"
    assert set(finding.also) == rules
    assert assessment.verdict is Verdict.HELD
    assert not rules & set(assessment.checked)


def test_that_no_answers_at_all_make_one_finding():
    plan = good_plan()
    plan = replace(plan, clinical=replace(type(plan.clinical)()))
    holding = [item for item in check(plan).findings if item.severity.holds_the_plan]
    assert [item.severity for item in holding] == [NOT_EVALUATED]


@pytest.mark.parametrize(
    "answers",
    [
        {"platelets_e9_per_l": float("nan")},
        {"inr": float("nan")},
        {"sins": 19},
        {"sins": -1},
        {"epidural_grade": "4"},
        {"infection": "no"},
        {"vas": "7"},
        {"inr": True},
    ],
)
def test_that_an_answer_that_is_none_is_not_evaluated(answers):
    assert found(check(answered(**answers)))["E12"] is NOT_EVALUATED


def test_that_a_level_the_maker_excludes_is_blocked():
    plan = good_plan()
    scene = with_device(plan, forbidden_levels=(Level.L3,))
    assert found(assess(plan, scene))["E1"] is BLOCK


@pytest.mark.parametrize("modality", [Modality.BIPOLAR_RF, Modality.MONOPOLAR_RF])
def test_that_radiofrequency_asks_for_pacemaker_and_fluid(modality):
    plan = answered(pacemaker=True, dissection_fluid="0.9 % NaCl")
    rules = found(assess(plan, with_device(plan, modality=modality)))
    assert (rules["E10"], rules["A16"]) == (BLOCK, BLOCK)
    plan = answered(dissection_fluid="Saline")
    rules = found(assess(plan, with_device(plan, modality=modality)))
    assert "E10" not in rules
    assert rules["A16"] is BLOCK
    plan = answered(pacemaker=None, dissection_fluid=None)
    assessment = assess(plan, with_device(plan, modality=modality))
    assert {"E10", "A16"} <= set(found(assessment))
    assert not {"E10", "A16"} & set(assessment.checked)


@pytest.mark.parametrize(
    ("fluid", "severity"),
    [
        ("Ringer's lactate", BLOCK),
        ("sodium chloride 0.9 %", BLOCK),
        ("D5W in saline", BLOCK),
        ("physiological solution", BLOCK),
        ("D5W", None),
        ("Glucose 5 %", None),
        ("CO2", None),
        ("none", None),
        ("contrast mixture", NOT_EVALUATED),
        ("dextrose in NS", NOT_EVALUATED),
        ("CO2 or NS", NOT_EVALUATED),
        ("D5W, then NS", NOT_EVALUATED),
        ("", NOT_EVALUATED),
    ],
)
def test_that_a_fluid_nobody_knows_is_no_pass_with_radiofrequency(fluid, severity):
    plan = answered(dissection_fluid=fluid)
    assessment = assess(plan, with_device(plan, modality=Modality.BIPOLAR_RF))
    assert found(assessment).get("A16") is severity
    assert ("A16" in assessment.checked) is (severity is not NOT_EVALUATED)


@pytest.mark.parametrize(
    ("acquired", "severity"),
    [
        ("20261114", None),
        ("20261113", WARN),
        ("20261122", NOT_EVALUATED),
        ("", NOT_EVALUATED),
        ("yesterday", NOT_EVALUATED),
    ],
)
def test_that_an_old_or_undated_scan_is_named(acquired, severity):
    ct, anatomy = spine()
    ct = replace(ct, record=replace(ct.record, acquired=acquired))
    plan = good_plan()
    assert found(assess(plan, good_scene(plan, ct, anatomy))).get("E11") is severity


@pytest.mark.parametrize(("thickness", "severity"), [(1.0, None), (1.1, WARN)])
def test_that_a_thick_slice_is_named(thickness, severity):
    ct, anatomy = spine()
    ct = replace(ct, record=replace(ct.record, slice_thickness_mm=thickness))
    plan = good_plan()
    assert found(assess(plan, good_scene(plan, ct, anatomy))).get("E11") is severity


def test_that_a_plan_or_outlines_of_another_scan_are_blocked():
    plan = good_plan()
    other = replace(plan, scan=replace(plan.scan, sha256="1" * 64))
    assert found(check(other))["P1"] is BLOCK
    assert found(assess(plan, with_anatomy(plan, ct_sha256="1" * 64)))["P1"] is BLOCK
    ct, anatomy = spine()
    nameless = replace(ct, record=replace(ct.record, sha256=""))
    assert found(assess(plan, good_scene(plan, nameless, anatomy)))["P1"] is NOT_EVALUATED


def test_that_an_unconfirmed_side_stops():
    plan = good_plan()
    assert found(check(replace(plan, side_confirmation=None)))["P2"] is STOP
    for change in ({"by": " "}, {"patient_position": "HFP"}):
        word = replace(plan.side_confirmation, **change)
        assert found(check(replace(plan, side_confirmation=word)))["P2"] is STOP


def test_that_a_needle_on_the_other_side_is_blocked():
    plan = good_plan()
    wrong = replace(plan.trajectory("t1"), side=Side.RIGHT)
    assert found(check(plan.with_trajectory(wrong)))["P3"] is BLOCK


@pytest.mark.parametrize(("x", "severity"), [(1.9, BLOCK), (2.1, None)])
def test_that_an_entry_on_the_midline_has_no_side(x, severity):
    plan = good_plan()
    wrong = replace(plan.trajectory("t1"), entry=PointLps(x, 84.0, 10.0))
    assert found(check(plan.with_trajectory(wrong))).get("P3") is severity


def test_that_a_tip_in_another_level_blocks():
    plan = good_plan()
    moved = replace(plan.trajectory("t1"), level=Level.L4)
    assert found(check(plan.with_trajectory(moved)))["P4"] is BLOCK
    outside = replace(plan.trajectory("t1"), tip=PointLps(0.0, -200.0, 0.0))
    assert found(check(plan.with_trajectory(outside)))["P4"] is NOT_EVALUATED


def test_that_an_unaccepted_level_is_named_once():
    plan = good_plan()
    waiting = replace(plan, anatomy=replace(plan.anatomy, accepted_levels=()))
    assessment = check(waiting)
    assert found(assessment)["P5"] is WARN
    assert len(assessment.findings) == 2
    accepted = with_vertebra(waiting, accepted=True)
    assert "P5" not in found(assess(waiting, accepted))


def test_that_an_empty_plan_is_never_clear():
    plan = good_plan(trajectories=(), ablations=(), cements=())
    assessment = check(acknowledged(plan, check(plan)))
    assert check(plan).verdict is Verdict.HELD
    assert "P5" not in assessment.checked


@pytest.mark.parametrize(
    "change",
    [
        {"entry": PointLps(38.0, 200.0, 10.0)},
        {"tip": PointLps(8.0, -60.0, 4.0)},
        {"entry": PointLps(38.0, 84.0, 100.0)},
    ],
)
def test_that_a_needle_that_leaves_the_scan_is_not_evaluated(change):
    plan = good_plan()
    plan = plan.with_trajectory(replace(plan.trajectory("t1"), **change))
    assert found(check(plan))["P6"] is NOT_EVALUATED


def test_that_a_needle_zone_or_cement_where_the_scanner_padded_is_not_evaluated():
    ct, anatomy = spine()
    plan = good_plan()
    for point in (plan.trajectory("t1").entry, PointLps(10.3, -6.0, 4.5)):
        padded = np.zeros(ct.hu.shape, dtype=bool)
        i, j, k = np.rint(ct.geometry.ijk(point.array)).astype(int)
        padded[k - 1 : k + 2, j - 1 : j + 2, i - 1 : i + 2] = True
        scene = good_scene(plan, replace(ct, outside_scan=padded), anatomy)
        assert found(assess(plan, scene))["P6"] is NOT_EVALUATED


def test_that_a_zone_that_leaves_the_outlines_is_not_evaluated():
    plan = good_plan()
    _, anatomy = spine()
    far = PointLps(10.0, -30.0, 0.0)
    zone = zone_for(plan)
    zone = replace(zone, shape=replace(zone.shape, centre=far))
    assert found(assess(plan, good_scene(plan, zones={"a1": zone})))["P6"] is NOT_EVALUATED
    assert anatomy.geometry.contains(far.array)


def test_that_a_planned_layer_of_saline_is_blocked_with_radiofrequency_whatever_was_answered():
    plan = replace(answered(dissection_fluid="D5W"), protection=(layer(Agent.SALINE, 1.0),))
    rules = found(assess(plan, with_device(plan, modality=Modality.BIPOLAR_RF)))
    assert rules["A16"] is BLOCK
    dextrose = replace(plan, protection=(layer(Agent.DEXTROSE, 1.0),))
    assert "A16" not in found(assess(dextrose, with_device(plan, modality=Modality.BIPOLAR_RF)))


@pytest.mark.parametrize(
    ("position", "side", "severity"),
    [("HFP", 1.0, None), ("HFP", -1.0, WARN), ("HFS", 1.0, WARN), ("HFS", -1.0, None)],
)
def test_that_a_layer_of_gas_is_judged_by_the_side_it_lies_on(position, side, severity):
    ct, anatomy = spine()
    ct = replace(ct, record=replace(ct.record, patient_position=position))
    plan = replace(answered(protection="CO2 gap"), protection=(layer(Agent.CO2, side),))
    assert found(assess(plan, good_scene(plan, ct, anatomy))).get("A17") is severity


def test_that_words_that_count_on_gas_below_are_heard_beside_a_layer_that_stays():
    ct, anatomy = spine()
    ct = replace(ct, record=replace(ct.record, patient_position="HFP"))
    plan = replace(answered(protection="CO2 dependent"), protection=(layer(Agent.CO2, 1.0),))
    assert found(assess(plan, good_scene(plan, ct, anatomy)))["A17"] is WARN


@pytest.mark.parametrize(
    ("protection", "severity"), [("saline epidurally", BLOCK), ("D5W", None), ("none", None)]
)
def test_that_saline_recorded_as_protection_is_blocked_with_radiofrequency(protection, severity):
    plan = answered(protection=protection, dissection_fluid="none")
    scene = with_device(plan, modality=Modality.BIPOLAR_RF)
    assert found(assess(plan, scene)).get("A16") is severity


@pytest.mark.parametrize(
    ("agent", "side", "counts"),
    [(Agent.CO2, 1.0, False), (Agent.CO2, -1.0, True), (Agent.DEXTROSE, -1.0, False)],
)
def test_that_a_simulation_clears_nothing_by_a_layer_that_does_not_stay(agent, side, counts):
    """The patient of these lies supine: gas stays in front of the canal, fluid behind it."""
    plan = replace(answered(protection="gap"), protection=(layer(agent, side),))
    cool = assess(plan, good_scene(plan, **exposed(plan, peak=38.0)))
    assert ({"A6", "A7"} <= set(cool.checked)) is counts
    assert ("is not known to stay where it protects" in str(cool.findings)) is not counts
    hot = assess(plan, good_scene(plan, **exposed(plan, peak=50.0)))
    assert found(hot)["A6"] is BLOCK
