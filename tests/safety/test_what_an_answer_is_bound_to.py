"""An answer counts for what was judged; what nobody measured is never taken for measured."""

from dataclasses import replace

import pytest

from planner.domain.devices import Modality
from planner.domain.finding import Severity, Verdict
from planner.domain.levels import Level, Side
from planner.domain.prediction import MissingZone
from planner.domain.protection import Agent, LayerId, ProtectionLayer
from planner.geometry.points import PointLps
from planner.safety import assess
from planner.safety.grouping import grouped
from planner.safety.resolving import is_settled
from safety.cases import acknowledged, check, found, good_plan, good_scene, needle, spine, zone_for
from safety.every_finding import ball
from safety.rule_cases import answered, with_anatomy, with_device


def overridden(plan, scene):
    """Every finding of a plan taken on by a person."""
    taken = acknowledged(plan, assess(plan, scene))
    assert assess(taken, scene).verdict is Verdict.CLEAR
    return taken


def moved(plan, dx):
    on = plan.trajectory("t1")
    tip = PointLps(on.tip.x_mm + dx, on.tip.y_mm, on.tip.z_mm)
    return plan.with_trajectory(replace(on, tip=tip))


def test_that_what_could_not_be_judged_is_taken_on_for_this_place_only():
    plan = good_plan()
    scene = with_anatomy(plan, lesion=None)
    taken = overridden(plan, scene)
    assert assess(moved(taken, 0.5), scene).verdict is Verdict.HELD
    other = needle(2, level=Level.L2, tip=(8.0, -7.0, 34.0), entry=(38.0, 84.0, 40.0))
    more = replace(taken, trajectories=(*taken.trajectories, other))
    assert assess(more, good_scene(more, scene.ct, scene.anatomy)).verdict is not Verdict.CLEAR


def test_that_a_setting_without_a_zone_is_taken_on_for_this_place_only():
    plan = good_plan()
    gone = {"a1": MissingZone(ablation_id="a1", reason="The setting is not in its table.")}
    scene = good_scene(plan, zones=gone)
    assessment = assess(plan, scene)
    (a10,) = [one for one in assessment.findings if one.rule == "A10"]
    taken = acknowledged(plan, assessment)
    assert is_settled(taken, a10)
    (again,) = [one for one in assess(moved(taken, 0.5), scene).findings if one.rule == "A10"]
    assert again.message == a10.message
    assert not is_settled(taken, again)


def test_that_an_answer_to_a_question_outlives_a_moved_needle():
    plan = answered(ecog=None)
    (asked,) = [one for one in check(plan).findings if one.rule == "E12"]
    (later,) = [one for one in check(moved(plan, 0.2)).findings if one.rule == "E12"]
    assert later.fingerprint == asked.fingerprint


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_that_a_record_with_gaps_is_final_for_nobody(blank):
    plan = answered(histology=blank)
    assessment = check(plan)
    (gap,) = [one for one in assessment.findings if one.rule == "E12"]
    assert "histology" in gap.message
    assert not is_settled(acknowledged(plan, assessment), gap)
    assert check(acknowledged(plan, assessment)).verdict is Verdict.HELD


def test_that_a_fault_is_taken_on_by_nobody(monkeypatch):
    plan, scene = good_plan(), good_scene(good_plan())

    monkeypatch.setattr("planner.safety.eligibility.ESCC_GRADES", None)
    assessment = assess(plan, scene)
    (fault,) = [one for one in assessment.findings if "Stopped with a fault" in one.message]
    taken = acknowledged(plan, assessment)
    assert not is_settled(taken, fault)
    assert assess(taken, scene).verdict is Verdict.HELD


def test_that_an_aorta_is_measured_beside_whatever_level_it_was_outlined():
    plan = good_plan()
    tip = plan.trajectory("t1").tip
    scene = with_anatomy(plan, masks={**spine()[1].masks, "aorta": ball(tip.array)})
    beside_l2 = replace(scene.anatomy, seen_at={"aorta": frozenset({Level.L2})})
    assert found(assess(plan, replace(scene, anatomy=beside_l2)))["N1"] is Severity.BLOCK


def test_that_a_pleura_outlined_at_a_low_level_is_measured():
    plan = good_plan()
    way = plan.trajectory("t1").entry.array * 0.7 + plan.trajectory("t1").tip.array * 0.3
    scene = with_anatomy(plan, masks={**spine()[1].masks, "pleura": ball(way)})
    assert found(assess(plan, scene))["N1"] is Severity.BLOCK


def test_that_levels_accepted_on_outlines_of_another_program_are_not_accepted():
    plan = good_plan()
    older = replace(plan, anatomy=replace(plan.anatomy, backend="tiny spine 0"))
    assert "P5" not in found(check(plan))
    (p5,) = [one for one in check(older).findings if "P5" in (one.rule, *one.also)]
    assert "What was accepted were outlines by tiny spine 0; these are by tiny spine 1." in (
        p5.message
    )


def test_that_a_needle_that_begins_under_the_skin_is_not_evaluated():
    plan, (_, anatomy) = good_plan(), spine()
    skin = anatomy.masks.get("skin")
    assert skin is not None
    on = plan.trajectory("t1")
    for share, judged in ((0.0, True), (0.5, False)):
        entry = PointLps.of(on.entry.array * (1.0 - share) + on.tip.array * share)
        deeper = plan.with_trajectory(replace(on, entry=entry))
        assessment = check(deeper)
        assert ({"N1", "N2"} <= set(assessment.checked)) is judged
        assert any("under the skin" in one.message for one in assessment.findings) is not judged


@pytest.mark.parametrize(("thermocouple", "counts"), [(True, True), (False, False), (None, False)])
def test_that_a_zone_within_a_centimetre_is_taken_on_only_with_a_thermocouple(
    thermocouple, counts
):
    plan = answered(thermocouple_planned=thermocouple)
    scene = good_scene(plan, zones={"a1": zone_for(plan, half_length=11.0, half_width=11.0)})
    assessment = check(plan, scene)
    (near,) = [one for one in assessment.findings if one.rule == "A3"]
    assert is_settled(acknowledged(plan, assessment), near) is counts


@pytest.mark.parametrize(
    ("fluid", "severity"),
    [
        ("D5W", None),
        ("D5W and CO\u2082", None),
        ("dextrose 5 % in water", None),
        ("hartmann and co2", Severity.NOT_EVALUATED),
        ("plasma-lyte with d5w", Severity.NOT_EVALUATED),
        ("repair gel", Severity.NOT_EVALUATED),
        ("saline and D5W", Severity.BLOCK),
    ],
)
def test_that_every_part_of_a_mixture_must_be_known_not_to_conduct(fluid, severity):
    plan = answered(dissection_fluid=fluid)
    scene = with_device(plan, modality=Modality.BIPOLAR_RF)
    assert found(assess(plan, scene)).get("A16") is severity


@pytest.mark.parametrize("gap", ["carbon dioxide", "CO\u2082", "air", "Gas"])
def test_that_every_name_of_a_gas_warns_of_its_rising(gap):
    assert found(check(answered(protection=gap)))["A17"] is Severity.WARN


def test_that_a_board_or_consult_yet_to_come_has_not_been():
    assert found(check(answered(mdt_date="2026-11-22")))["E8"] is Severity.STOP
    late = answered(sins=9, surgical_consult_date="2026-11-22")
    assert found(check(late))["E7"] is Severity.WARN
    assert "E8" not in found(check(answered(mdt_date="2026-11-21")))


def test_that_cryoprobes_at_two_levels_are_no_pair():
    plan = good_plan()
    other = needle(2, level=Level.L2, tip=(8.0, -7.0, 34.0), entry=(38.0, 84.0, 40.0))
    burns = [replace(plan.ablations[0], duty_percent=90.0)]
    burns.append(replace(burns[0], id="a2", trajectory_id="t2"))
    two = replace(plan, trajectories=(*plan.trajectories, other), ablations=tuple(burns))
    assert "A14" not in found(assess(two, with_device(two, modality=Modality.CRYO)))


def test_that_several_remarks_stand_in_one_line():
    plan = replace(answered(lesion_count=5), cements=())
    (e9,) = [one for one in check(plan).findings if one.rule == "E9"]
    other = replace(e9, rule="A15", message="80 % of the lesion of L3 lie inside the zones.")
    (one,) = grouped([e9, other], str)
    assert (one.severity, {one.rule, *one.also}) == (Severity.INFO, {"E9", "A15"})
    assert e9.message in one.message
    assert other.message in one.message


def pair(dx_mm):
    """Two zones at one level, the first needle moved aside."""
    plan = good_plan()
    burns = (plan.ablations[0], replace(plan.ablations[0], id="a2", trajectory_id="t2"))
    right = needle(2, Side.RIGHT)
    two = replace(plan, trajectories=(*plan.trajectories, right), ablations=burns)
    return moved(two, dx_mm)


def test_that_an_answer_to_two_zones_that_heat_each_other_is_void_where_either_moves():
    before, after = pair(0.0), pair(1.0)
    said = [
        next(one for one in check(plan).findings if one.rule == "A12") for plan in (before, after)
    ]
    assert said[0].message == said[1].message
    assert said[0].fingerprint != said[1].fingerprint


def test_that_an_answer_to_a_layer_of_gas_is_void_where_the_layer_moves():
    plan = answered(protection="CO2 gap")
    said = []
    for z_mm in (4.0, 9.0):
        gap = ProtectionLayer(
            id=LayerId("layer1"),
            agent=Agent.CO2,
            centre=PointLps(0.0, 40.0, z_mm),
            across=(0.0, 1.0, 0.0),
            thickness_mm=5.0,
            width_mm=20.0,
        )
        findings = check(replace(plan, protection=(gap,))).findings
        said.append(next(one for one in findings if one.rule == "A17"))
    assert said[0].message == said[1].message
    assert said[0].fingerprint != said[1].fingerprint


@pytest.mark.parametrize("edited", [0, 1])
def test_that_an_answer_to_several_in_one_line_is_void_where_any_of_them_is_edited(edited):
    plan = pair(0.0)

    def line(burns):
        now = replace(plan, ablations=burns)
        zones = {one.id: zone_for(now, one.id, tissue="liver") for one in burns}
        (label,) = [
            one
            for one in assess(now, good_scene(now, zones=zones)).findings
            if "A11" in (one.rule, *one.also)
        ]
        return label

    burns = list(plan.ablations)
    burns[edited] = replace(burns[edited], time_s=60.0)
    before, after = line(plan.ablations), line(tuple(burns))
    assert before.message == after.message
    assert before.fingerprint != after.fingerprint


@pytest.mark.parametrize(
    ("words", "counts"),
    [
        ("CO2", True),
        ("D5W, epidural", True),
        ("nonionic contrast, D5W", True),
        ("no protection", False),
        ("None.", False),
        ("not yet", False),
        ("nothing", False),
        ("?", False),
        ("-", False),
        ("N/A", False),
        ("без", True),
    ],
)
def test_that_words_for_no_protection_are_none(words, counts):
    plan = answered(protection=words)
    assessment = assess(
        plan, good_scene(plan, zones={"a1": zone_for(plan, half_length=15.0, half_width=15.0)})
    )
    near = next(one for one in assessment.findings if one.rule == "A2")
    assert is_settled(acknowledged(plan, assessment), near) is counts
