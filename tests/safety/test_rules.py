"""Every rule, broken one at a time on a plan that otherwise leaves little open."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest

from planner.domain.anatomy import PosteriorWall, WallBreach
from planner.domain.devices import Modality
from planner.domain.finding import Severity, Verdict
from planner.domain.levels import Level, Side
from planner.domain.plan import Ablation, Approach, CementInjection
from planner.domain.prediction import Exposure, MissingZone, StructureExposure
from planner.domain.sourced import Interval, Sourced, Status
from planner.geometry.points import PointLps
from planner.safety import Scene, assess
from safety.cases import (
    CATALOG,
    LABEL,
    acknowledged,
    cement_for,
    check,
    found,
    good_plan,
    good_scene,
    needle,
    spine,
    zone_for,
)

BLOCK, STOP, WARN, INFO = Severity.BLOCK, Severity.STOP, Severity.WARN, Severity.INFO
NOT_EVALUATED = Severity.NOT_EVALUATED


def answered(**answers):
    plan = good_plan()
    return replace(plan, clinical=replace(plan.clinical, **answers))


def with_anatomy(plan, **changes):
    ct, anatomy = spine()
    return good_scene(plan, ct, replace(anatomy, **changes))


def with_vertebra(plan, level=Level.L3, **changes):
    _, anatomy = spine()
    vertebrae = dict(anatomy.vertebrae)
    vertebrae[level] = replace(vertebrae[level], **changes)
    return with_anatomy(plan, vertebrae=vertebrae)


def with_device(plan, **changes):
    devices = {**CATALOG.devices, "eco-mwa": replace(CATALOG.devices["eco-mwa"], **changes)}
    return good_scene(plan, catalog=replace(CATALOG, devices=devices))


def with_numbers(plan, **numbers):
    old = CATALOG.devices["eco-mwa"].numbers
    new = {key: Sourced(value=v, status=Status.VERIFIED, source="s") for key, v in numbers.items()}
    return with_device(plan, numbers={**old, **new})


def exposed(plan, *, peak=37.0, lowest=37.0, dose=0.0, band=0.0, names=None):
    """The plan's zone made large enough to matter, with a simulation of every structure."""
    names = names or ["canal"] + [
        f"foramen:{level}:{side}" for level in ("L2", "L3", "L4") for side in Side
    ]
    one = StructureExposure(
        peak_celsius=peak, lowest_celsius=lowest, cem43_min=dose, band_celsius=band
    )
    exposure = Exposure(ablation_id="a1", at_structures=dict.fromkeys(names, one), model=LABEL)
    zone = zone_for(plan, half_length=10.0, half_width=10.0)
    return {"zones": {"a1": zone}, "exposures": {"a1": exposure}}


def test_that_a_good_plan_leaves_at_most_three_findings_and_none_that_holds_it():
    assessment = check(good_plan())
    assert len(assessment.findings) <= 3
    assert assessment.verdict is Verdict.WARNED
    assert found(assessment) == {"N2": WARN, "D2": WARN, "C10": WARN}


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
    ("A17", {"protection": "CO2 gap"}, WARN),
    ("A17", {"protection": "CO2 on the non-dependent side"}, None),
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


def test_that_a_tip_in_another_level_stops():
    plan = good_plan()
    moved = replace(plan.trajectory("t1"), level=Level.L4)
    assert found(check(plan.with_trajectory(moved)))["P4"] is STOP
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


def shifted(dx, dz=0.0):
    """The good plan with its needle moved sideways and up."""
    plan = good_plan()
    step = np.array([dx, 0.0, dz])
    old = plan.trajectory("t1")
    moved = replace(old, entry=old.entry.moved(step), tip=old.tip.moved(step))
    return plan.with_trajectory(moved)


@pytest.mark.parametrize(
    ("dx", "expected"),
    [
        (0.0, {"N2": WARN}),
        (-3.0, {"N2": STOP}),
        (-4.5, {"N2": STOP, "N4": STOP}),
        (-6.5, {"N1": BLOCK, "N4": BLOCK}),
    ],
)
def test_that_a_needle_nearer_to_the_canal_weighs_more(dx, expected):
    plan = shifted(dx)
    rules = found(check(plan))
    assert {name: rules.get(name) for name in expected} == expected


@pytest.mark.parametrize(("dx", "severity"), [(3.0, None), (4.5, INFO), (6.5, WARN), (8.5, STOP)])
def test_that_a_lateral_breach_weighs_by_its_depth(dx, severity):
    assert found(check(shifted(dx))).get("N5") is severity


def test_that_a_thoracic_lateral_breach_weighs_one_step_less():
    plan = shifted(6.5)
    thoracic = plan.with_trajectory(replace(plan.trajectory("t1"), level=Level.T8))
    _, anatomy = spine()
    vertebrae = {**anatomy.vertebrae, Level.T8: replace(anatomy.vertebrae[Level.L3])}
    rules = found(assess(thoracic, with_anatomy(thoracic, vertebrae=vertebrae)))
    assert rules["N5"] is INFO


@pytest.mark.parametrize(
    ("dz", "severity"), [(4.0, None), (6.5, INFO), (-7.5, INFO), (-8.5, WARN)]
)
def test_that_a_breach_above_or_below_is_seen(dz, severity):
    assert found(check(shifted(0.0, dz))).get("N5") is severity


@pytest.mark.parametrize(("width", "severity"), [(3.0, STOP), (3.7, None)])
def test_that_a_narrow_pedicle_stops_at_its_least_width(width, severity):
    plan = good_plan()
    _, anatomy = spine()
    pedicles = dict(anatomy.vertebrae[Level.L3].pedicles)
    pedicles[Side.LEFT] = replace(pedicles[Side.LEFT], width_mm=Interval(width, 10.0, 12.0))
    rules = found(assess(plan, with_vertebra(plan, pedicles=pedicles)))
    assert rules.get("N3") is severity


def test_that_pedicle_rules_ask_only_a_transpedicular_needle():
    plan = good_plan()
    beside = replace(plan.trajectory("t1"), approach=Approach.PARAPEDICULAR)
    scene = with_vertebra(plan, pedicles={})
    assert {"N3", "N4", "N5"} <= set(assess(plan.with_trajectory(beside), scene).checked)
    assert not {"N3", "N4", "N5"} & set(assess(plan, scene).checked)


def test_that_a_path_across_the_pedicle_is_not_evaluated():
    plan = good_plan()
    across = replace(plan.trajectory("t1"), entry=PointLps(50.0, 0.0, 4.0))
    assert not {"N3", "N4", "N5"} & set(check(plan.with_trajectory(across)).checked)


@pytest.mark.parametrize(("shaft", "severity"), [(116.0, BLOCK), (117.0, None)])
def test_that_a_shaft_must_reach_with_its_hub(shaft, severity):
    plan = good_plan()
    assert 116.0 < plan.trajectory("t1").length_mm + 20.0 < 117.0
    rules = found(assess(plan, with_numbers(plan, shaft_length_mm=shaft)))
    assert rules.get("N6") is severity


@pytest.mark.parametrize(("beyond", "severity"), [(14.9, STOP), (15.0, None)])
def test_that_the_cannula_stays_15_mm_back(beyond, severity):
    plan = good_plan()
    rules = found(assess(plan, with_numbers(plan, tip_beyond_cannula_mm=beyond)))
    assert rules.get("N7") is severity


def test_that_a_device_without_a_length_is_not_evaluated():
    plan = good_plan()
    assessment = assess(plan, with_device(plan, numbers={}))
    assert {"N6", "N7", "A9"} & set(assessment.checked) == set()


@pytest.mark.parametrize(("y", "severity"), [(-6.0, None), (-5.0, WARN)])
def test_that_the_cement_needle_ends_in_the_anterior_third(y, severity):
    plan = replace(good_plan(), ablations=())
    tip = replace(plan.trajectory("t1"), tip=PointLps(8.0, y, 4.0))
    scene = with_anatomy(plan.with_trajectory(tip), lesion=None)
    assert found(assess(plan.with_trajectory(tip), scene)).get("N8") is severity


def test_that_the_front_of_the_tumour_serves_as_well():
    plan = good_plan()
    tip = replace(plan.trajectory("t1"), tip=PointLps(9.0, -2.0, 4.0))
    plan = plan.with_trajectory(tip)
    assert "N8" not in found(check(plan))
    assert found(assess(plan, with_anatomy(plan, lesion=None)))["N8"] is WARN


def big_lesion():
    _, anatomy = spine()
    k, j, i = np.indices(anatomy.labels.shape)
    place = anatomy.geometry.lps_mm(np.stack([i, j, k], axis=-1))
    return (anatomy.bodies == Level.L3.verse_label) & (np.abs(place[..., 0]) <= 16.0)


def test_that_a_large_lesion_asks_for_two_applicators():
    plan = good_plan()
    rules = found(assess(plan, with_anatomy(plan, lesion=big_lesion())))
    assert (rules["N9"], rules["N10"], rules["A15"]) == (STOP, WARN, INFO)
    second = Ablation(id="a2", trajectory_id="t2", device_id="eco-mwa", power_w=20.0, time_s=90.0)
    both = replace(
        plan,
        trajectories=(*plan.trajectories, needle(2, Side.RIGHT)),
        ablations=(*plan.ablations, second),
    )
    assert "N9" not in found(assess(both, with_anatomy(both, lesion=big_lesion())))


def test_that_only_the_middle_third_counts_as_posterior_middle():
    plan = good_plan()
    _, anatomy = spine()
    k, j, i = np.indices(anatomy.labels.shape)
    place = anatomy.geometry.lps_mm(np.stack([i, j, k], axis=-1))
    behind = (place[..., 1] > 3.0) & (anatomy.bodies == Level.L3.verse_label)
    for x, severity in ((7.0, WARN), (8.0, None)):
        spot = behind & (np.abs(place[..., 0] + x) < 0.5)
        assert found(assess(plan, with_anatomy(plan, lesion=spot))).get("N10") is severity


def test_that_a_curative_plan_stops_when_the_lesion_is_not_covered():
    plan = answered(intent="curative")
    assert found(assess(plan, with_anatomy(plan, lesion=big_lesion())))["A15"] is STOP
    plan = answered(intent=None)
    assert "A15" not in assess(plan, with_anatomy(plan, lesion=big_lesion())).checked


def grown(radius, **options):
    plan = good_plan()
    zone = zone_for(plan, half_length=radius, half_width=radius, **options)
    return found(assess(plan, good_scene(plan, zones={"a1": zone})))


def canal_gap(radius):
    """The distance from a zone of this radius to the canal, as a rule reports it."""
    plan = good_plan()
    zone = zone_for(plan, half_length=radius, half_width=radius)
    scene = good_scene(plan, zones={"a1": zone})
    evidence = dict(assess(plan, scene).evidence)["A1"]
    return float(evidence.split("nearest ")[1].split(" ")[0])


def test_that_a_zone_weighs_by_its_distance_to_the_canal():
    gap = canal_gap(7.0)
    assert grown(7.0 + gap - 10.2).get("A3") is None
    assert grown(7.0 + gap - 9.8)["A3"] is WARN
    assert grown(7.0 + gap - 5.2)["A3"] is WARN
    near = grown(7.0 + gap - 4.8)
    assert near["A2"] is STOP
    assert "A1" not in near
    assert grown(7.0 + gap + 0.3)["A1"] is BLOCK


def broken(intact=False, breaches=()):
    _, anatomy = spine()
    wall = anatomy.vertebrae[Level.L3].posterior_wall
    return PosteriorWall(
        points_mm=wall.points_mm, cortex_hu=wall.cortex_hu, intact=intact, breaches=breaches
    )


@pytest.mark.parametrize(("gap", "severity"), [(7.0, STOP), (4.0, BLOCK), (12.0, None)])
def test_that_a_broken_wall_makes_the_distance_weigh_one_step_more(gap, severity):
    plan = good_plan()
    radius = 7.0 + canal_gap(7.0) - gap
    scene = with_vertebra(plan, posterior_wall=broken())
    zone = zone_for(plan, half_length=radius, half_width=radius)
    rules = found(assess(plan, replace(scene, zones={"a1": zone})))
    assert rules.get("A4") is severity


def test_that_a_breach_counts_even_where_the_wall_is_called_intact():
    plan = good_plan()
    breach = WallBreach(at=PointLps(0.0, 17.0, 0.0), area_mm2=9.0)
    scene = with_vertebra(plan, posterior_wall=broken(intact=True, breaches=(breach,)))
    zone = zone_for(plan, half_length=10.0, half_width=10.0)
    assert found(assess(plan, replace(scene, zones={"a1": zone})))["A4"] is STOP


@pytest.mark.parametrize("wall", [None, broken(intact=None)])
def test_that_a_wall_that_was_not_judged_is_not_evaluated(wall):
    plan = good_plan()
    assessment = assess(plan, with_vertebra(plan, posterior_wall=wall))
    assert not {"A4", "C7"} & set(assessment.checked)
    assert assessment.verdict is Verdict.HELD


def test_that_an_intact_cortex_never_lowers_a_level():
    plan = good_plan()
    for radius in (8.0, 11.0, 13.0, 17.0):
        zone = zone_for(plan, half_length=radius, half_width=radius)
        intact = replace(good_scene(plan), zones={"a1": zone})
        unknown = replace(
            with_vertebra(plan, posterior_wall=broken(intact=None)), zones={"a1": zone}
        )
        rules = found(assess(plan, intact)), found(assess(plan, unknown))
        for name in ("A1", "A2", "A3"):
            assert rules[0].get(name) is rules[1].get(name)


@pytest.mark.parametrize(
    ("peak", "band", "severity"),
    [(41.0, 0.9, None), (41.0, 1.0, STOP), (42.0, 0.0, STOP), (44.0, 1.0, BLOCK)],
)
def test_that_predicted_heat_counts_with_its_doubt(peak, band, severity):
    plan = good_plan()
    scene = good_scene(plan, **exposed(plan, peak=peak, band=band))
    assert found(assess(plan, scene)).get("A6") is severity


@pytest.mark.parametrize(("dose", "severity"), [(9.9, None), (10.0, WARN), (18.0, STOP)])
def test_that_predicted_dose_counts(dose, severity):
    plan = good_plan()
    scene = good_scene(plan, **exposed(plan, dose=dose))
    assert found(assess(plan, scene)).get("A7") is severity


def test_that_heat_near_a_nerve_without_a_simulation_is_not_evaluated():
    plan = good_plan()
    seen = exposed(plan)
    bare = good_scene(plan, zones=seen["zones"])
    partial = good_scene(plan, **exposed(plan, names=["canal"]))
    for scene in (bare, partial):
        assert not {"A6", "A7"} & set(assess(plan, scene).checked)


@pytest.mark.parametrize(
    ("lowest", "severity"), [(10.0, None), (9.9, STOP), (0.1, STOP), (0.0, BLOCK)]
)
def test_that_predicted_cold_counts(lowest, severity):
    plan = good_plan()
    frozen = with_device(plan, modality=Modality.CRYO)
    scene = replace(frozen, **exposed(plan, lowest=lowest))
    assert found(assess(plan, scene)).get("A13") is severity
    assert "A13" not in assess(plan, frozen).checked


@pytest.mark.parametrize(
    ("apart", "duty", "severity"),
    [(15.0, 70.0, None), (16.0, 70.0, INFO), (20.5, 70.0, STOP), (15.0, 69.0, WARN)],
)
def test_that_cryoprobes_stand_close_and_freeze_long(apart, duty, severity):
    plan = good_plan()
    step = np.array([-apart, 0.0, 0.0])
    first = plan.trajectory("t1")
    second = replace(first, id="t2", entry=first.entry.moved(step), tip=first.tip.moved(step))
    frozen = [replace(plan.ablations[0], duty_percent=duty)]
    frozen.append(replace(frozen[0], id="a2", trajectory_id="t2"))
    plan = replace(plan, trajectories=(first, second), ablations=tuple(frozen))
    assert found(assess(plan, with_device(plan, modality=Modality.CRYO))).get("A14") is severity


def test_that_a_cryoprobe_without_a_duty_is_not_evaluated():
    plan = good_plan()
    assert "A14" not in assess(plan, with_device(plan, modality=Modality.CRYO)).checked


@pytest.mark.parametrize(
    ("offset", "power", "time", "severity"),
    [
        (0.0, 20.0, 90.0, None),
        (0.0, 31.0, 90.0, WARN),
        (0.0, 20.0, 91.0, WARN),
        (0.0, 40.0, 60.0, STOP),
        (-12.0, 40.0, 300.0, None),
    ],
)
def test_that_microwave_near_the_posterior_wall_is_kept_weak_and_short(
    offset, power, time, severity
):
    plan = good_plan()
    burn = replace(plan.ablations[0], active_offset_mm=offset, power_w=power, time_s=time)
    plan = replace(plan, ablations=(burn,))
    assert found(check(plan)).get("A9") is severity


def test_that_microwave_without_power_is_not_evaluated():
    plan = good_plan()
    burn = replace(plan.ablations[0], power_w=None)
    assert "A9" not in check(replace(plan, ablations=(burn,))).checked


def test_that_no_zone_stops_and_judges_nothing_of_it():
    plan = good_plan()
    scene = good_scene(plan, zones={"a1": MissingZone(ablation_id="a1", reason="no table")})
    assessment = assess(plan, scene)
    assert found(assessment)["A10"] is STOP
    assert not {"A1", "A2", "A3", "A18"} & set(assessment.checked)


@pytest.mark.parametrize("zones", [{}, {"a1": replace(zone_for(good_plan()), ablation_id="a2")}])
def test_that_a_zone_that_was_not_predicted_is_not_evaluated(zones):
    plan = good_plan()
    assert not {"A1", "A10"} & set(assess(plan, good_scene(plan, zones=zones)).checked)


@pytest.mark.parametrize(
    ("tissue", "severity"),
    [("porcine liver", WARN), ("gel", WARN), ("", WARN), ("pig vertebra in vivo", None)],
)
def test_that_a_zone_from_other_tissue_is_labelled(tissue, severity):
    plan = good_plan()
    scene = good_scene(plan, zones={"a1": zone_for(plan, tissue=tissue)})
    assert found(assess(plan, scene)).get("A11") is severity


@pytest.mark.parametrize(("gap", "severity"), [(9.5, WARN), (10.5, None)])
def test_that_near_heat_zones_are_not_just_added(gap, severity):
    plan = good_plan()
    first = plan.trajectory("t1")
    step = np.array([0.0, 0.0, -(14.0 + gap)])
    second = replace(first, id="t2", entry=first.entry.moved(step), tip=first.tip.moved(step))
    burns = (plan.ablations[0], replace(plan.ablations[0], id="a2", trajectory_id="t2"))
    plan = replace(plan, trajectories=(first, second), ablations=burns)
    assert found(check(plan)).get("A12") is severity


@pytest.mark.parametrize(("y", "severity"), [(67.0, None), (69.0, WARN), (90.0, WARN)])
def test_that_a_zone_near_the_skin_is_named(y, severity):
    plan = good_plan()
    zone = zone_for(plan)
    zone = replace(zone, shape=replace(zone.shape, centre=PointLps(10.0, y, 0.0)))
    assert found(assess(plan, good_scene(plan, zones={"a1": zone}))).get("A18") is severity


def injected(volume=1.4, radius=7.0, centre=None, **changes):
    plan = good_plan()
    plan = replace(plan, cements=(replace(plan.cements[0], volume_ml=volume),))
    _, anatomy = spine()
    cement = cement_for(plan, anatomy.geometry, radius=radius, centre=centre)
    return plan, good_scene(plan, cements={"c1": replace(cement, **changes)})


def test_that_cement_weighs_by_its_distance_to_the_posterior_edge():
    def rules(y):
        return found(assess(*injected(radius=5.0, centre=PointLps(0.0, y, 0.0))))

    assert "C2" not in rules(6.0)
    assert rules(8.0)["C2"] is WARN
    assert "C3" not in rules(8.0)
    inside = rules(15.0)
    assert (inside["C3"], inside["C9"]) == (STOP, BLOCK)
    assert inside["C2"] is WARN


@pytest.mark.parametrize(
    ("volume", "severity"), [(7.0, None), (7.1, WARN), (8.0, WARN), (8.1, STOP)]
)
def test_that_the_volume_of_a_level_counts(volume, severity):
    assert found(assess(*injected(volume))).get("C4") is severity


def test_that_all_cement_of_a_level_counts_together():
    plan = good_plan()
    two = (
        replace(plan.cements[0], volume_ml=4.1),
        replace(plan.cements[0], id="c2", volume_ml=4.0),
    )
    assert found(check(replace(plan, cements=two)))["C4"] is STOP


@pytest.mark.parametrize(("count", "severity"), [(2, None), (3, WARN), (4, WARN), (5, STOP)])
def test_that_many_levels_in_one_session_count(count, severity):
    levels = [Level.T12, Level.L1, Level.L2, Level.L3, Level.L4][:count]
    plan = good_plan()
    needles = tuple(
        replace(plan.trajectory("t1"), id=f"t{level}", level=level) for level in levels
    )
    cements = tuple(
        CementInjection(id=f"c{level}", trajectory_id=f"t{level}", cement_id="x", volume_ml=1.0)
        for level in levels
    )
    plan = replace(plan, trajectories=needles, cements=cements, ablations=())
    assert found(check(plan)).get("C5") is severity


@pytest.mark.parametrize(
    ("fraction", "severity"), [(0.3, None), (0.31, INFO), (0.4, INFO), (0.41, WARN)]
)
def test_that_the_filled_share_of_the_body_counts(fraction, severity):
    assert found(assess(*injected(fill_fraction=fraction))).get("C6") is severity


def test_that_the_share_is_counted_from_the_volume_as_well():
    plan, scene = injected(volume=13.0)
    assert scene.anatomy.vertebrae[Level.L3].body_volume_ml * 0.4 < 13.0
    assert found(assess(plan, scene))["C6"] is WARN


def test_that_reasons_for_a_leak_are_counted():
    plan = good_plan()
    assert found(assess(plan, with_vertebra(plan, posterior_wall=broken())))["C7"] is WARN
    collapsed = with_vertebra(plan, body_size_mm=(44.0, 34.0, 20.0))
    assert found(assess(plan, collapsed))["C7"] is INFO
    plan, scene = injected(volume=5.5)
    assert found(assess(plan, scene))["C7"] is INFO
    plan, scene = injected(volume=5.4)
    assert "C7" not in found(assess(plan, scene))
    behind = injected(radius=4.0, centre=PointLps(0.0, -1.0, 0.0))
    assert "C7" not in found(assess(*behind))
    behind = injected(radius=4.0, centre=PointLps(0.0, 6.0, 0.0))
    assert found(assess(*behind))["C7"] is INFO
    plan, scene = injected(volume=5.5)
    wide = replace(scene, anatomy=replace(scene.anatomy, lesion=big_lesion()))
    assert found(assess(plan, wide))["C7"] is WARN


def test_that_a_thoracic_posterior_defect_weighs_one_step_more():
    plan = good_plan()
    plan = plan.with_trajectory(replace(plan.trajectory("t1"), level=Level.T8))
    _, anatomy = spine()
    for wall, severity in ((broken(), STOP), (broken(intact=True), None)):
        vertebra = replace(anatomy.vertebrae[Level.L3], posterior_wall=wall, level=Level.T8)
        scene = with_anatomy(plan, vertebrae={**anatomy.vertebrae, Level.T8: vertebra})
        assert found(assess(plan, scene)).get("C8") is severity
    lumbar = good_plan()
    assert "C8" not in found(assess(lumbar, with_vertebra(lumbar, posterior_wall=broken())))


def test_that_a_predicted_fill_of_nothing_is_not_evaluated():
    plan, scene = injected(radius=0.0, centre=PointLps(0.25, 0.25, 0.25))
    assert not {"C2", "C3", "C9", "P6"} & set(assess(plan, scene).checked)


def test_that_cement_pictures_are_labelled_only_where_there_is_cement():
    assert "C10" in found(check(good_plan()))
    assert "C10" not in found(check(good_plan(cements=())))


def test_that_numbers_from_memory_are_named():
    plan = good_plan()
    zone = replace(zone_for(plan), model=replace(LABEL, status=Status.RECALLED))
    assessment = assess(plan, good_scene(plan, zones={"a1": zone}))
    (label,) = [item for item in assessment.findings if item.rule == "D2"]
    assert "diameter 2.41 mm of needle t1" in label.message
    assert "zone of a1" in label.message


def test_that_a_limit_from_memory_never_makes_a_pass():
    plan = good_plan()
    for name in ("N3", "A2", "A18", "C4", "E2"):
        text = CATALOG.rules[name]
        recalled = {
            key: replace(value, status=Status.RECALLED) for key, value in text.thresholds.items()
        }
        rules = {**CATALOG.rules, name: replace(text, thresholds=MappingProxyType(recalled))}
        scene: Scene = good_scene(plan, catalog=replace(CATALOG, rules=rules))
        assessment = assess(plan, scene)
        assert name not in assessment.checked
        assert assessment.verdict is Verdict.HELD


def test_that_a_limit_from_memory_still_warns():
    plan = answered(inr=2.0)
    text = CATALOG.rules["E2"]
    recalled = {key: replace(v, status=Status.RECALLED) for key, v in text.thresholds.items()}
    rules = {**CATALOG.rules, "E2": replace(text, thresholds=recalled)}
    assert (
        found(assess(plan, good_scene(plan, catalog=replace(CATALOG, rules=rules))))["E2"] is STOP
    )


def test_that_a_rule_without_its_text_or_limit_is_not_evaluated():
    plan = good_plan()
    rules = dict(CATALOG.rules)
    del rules["A1"]
    rules["A2"] = replace(rules["A2"], thresholds={})
    assessment = assess(plan, good_scene(plan, catalog=replace(CATALOG, rules=rules)))
    assert not {"A1", "A2"} & set(assessment.checked)
    assert assessment.verdict is Verdict.HELD
