"""What findings call the parts of a plan, and which of several leads."""

from dataclasses import replace

import numpy as np
import pytest

from planner.domain.finding import Finding, Severity
from planner.domain.levels import Level, Side
from planner.domain.protection import Agent
from planner.domain.structures import bone, in_words, is_structure
from planner.geometry.points import PointLps
from planner.safety import assess
from planner.safety.grouping import check_nothing_was_lost, danger_of, grouped
from planner.safety.measured import Measured
from planner.safety.naming import names, parts_digest
from planner.safety.ruler import _agreed
from safety.cases import check, good_plan, good_scene, needle
from safety.rule_cases import layer


def renamed(plan):
    """The plan with the ids the command line gives, which look like rules."""
    (on,), (burn,), (fill,) = plan.trajectories, plan.ablations, plan.cements
    return replace(
        plan,
        trajectories=(replace(on, id="N1"),),
        ablations=(replace(burn, id="A1", trajectory_id="N1"),),
        cements=(replace(fill, id="C1", trajectory_id="N1"),),
    )


def test_that_no_finding_or_evidence_shows_an_id():
    plan = good_plan()
    near = replace(plan.trajectory("t1"), tip=PointLps(4.0, 6.0, 4.0))
    for item in (good_plan(), plan.with_trajectory(near)):
        plan = renamed(item)
        for scene in (good_scene(plan), good_scene(plan, zones={}, cements={})):
            assessment = assess(plan, scene)
            words = [finding.message for finding in assessment.findings]
            words += [text for _, text in assessment.evidence]
            for text in words:
                said = text.split(" could not run")[0].rsplit(". ", 1)[0]
                assert not {"N1", "A1", "C1"} & set(said.replace(":", " ").split()), text


def test_that_parts_of_one_place_are_told_apart_by_their_number():
    plan = good_plan()
    assert [names(plan)[name] for name in ("t1", "a1", "c1", "plan")] == [
        "L3 left needle",
        "L3 left zone",
        "L3 left cement",
        "plan",
    ]
    right, again = needle(2, Side.RIGHT), needle(3, tip=(9.0, -7.0, 4.0))
    three = replace(plan, trajectories=(*plan.trajectories, right, again))
    assert names(three)["t1"] == "L3 left needle 1"
    assert names(three)["t2"] == "L3 right needle"
    assert names(three)["t3"] == "L3 left needle 3"
    assert names(three)["a1"] == "L3 left zone"


def finding(rule="N1", severity=Severity.BLOCK, structure="canal", distance=-1.0, subject="t1"):
    return Finding(
        rule=rule,
        severity=severity,
        message=f"{structure} {distance}.",
        subject=subject,
        source="test",
        structure=structure,
        distance_mm=distance,
    )


@pytest.mark.parametrize("other", ["foramen:L3:left", "root:L3:left", "aorta", "pleura", "skin"])
def test_that_a_touched_canal_leads_whatever_is_touched_more_deeply(other):
    raw = [finding(structure=other, distance=-6.0), finding(structure="canal", distance=-0.1)]
    (lead,) = grouped(raw, str)
    assert lead.structure == "canal"
    assert f"Also: t1 -6.0 mm to the {in_words(other)}" in lead.message


def test_that_what_is_touched_leads_before_what_is_near_and_then_the_nearest():
    raw = [
        finding(structure="canal", distance=3.0),
        finding(structure="foramen:L3:left", distance=0.0),
        finding(structure="aorta", distance=1.0),
    ]
    (lead,) = grouped(raw, str)
    assert lead.structure == "foramen:L3:left"
    (lead,) = grouped(raw[::2], str)
    assert lead.structure == "aorta"
    (lead,) = grouped([finding(distance=None), finding(distance=4.0)], str)
    assert lead.distance_mm == 4.0


def test_that_an_answer_to_findings_of_one_rule_is_of_all_that_was_judged():
    raw = [replace(finding(distance=one), judged=f"place {one:g}") for one in (3.0, 1.0, 2.0)]
    (lead,) = grouped([*raw, finding(distance=4.0)], str)
    assert lead.judged == "place 3 place 1 place 2"


def test_that_a_layer_is_part_of_what_the_whole_plan_is_judged_by_and_of_no_needle():
    plan = good_plan()
    layered = replace(plan, protection=(layer(Agent.CO2, 1.0),))
    assert parts_digest(plan) != parts_digest(layered)
    for part in ("t1", "a1", "c1"):
        assert parts_digest(plan, part) == parts_digest(layered, part)


def test_that_findings_of_one_cause_are_one_as_heavy_as_the_heaviest_and_lose_nothing():
    raw = [
        finding("A3", Severity.WARN, distance=6.0, subject="a2"),
        finding("A6", Severity.STOP, "foramen:L3:left", distance=4.0, subject="a1"),
        finding("A2", Severity.STOP, "cord", distance=3.0, subject="a1"),
        finding("A9", Severity.WARN, "posterior_wall", distance=2.0, subject="a1"),
        finding("A15", Severity.INFO, "", distance=None, subject="a1"),
    ]
    raw = [replace(one, threshold=f"limit of {one.rule}", resolve="Move it.") for one in raw]
    nerve, wall, left_out = grouped(raw, str)
    assert (nerve.rule, nerve.severity, nerve.structure) == ("A2", Severity.STOP, "cord")
    assert (nerve.also, nerve.also_about) == (("A6", "A3"), ("a2",))
    assert nerve.message == "cord 3.0. foramen:L3:left 4.0. canal 6.0."
    assert nerve.threshold == "limit of A2; limit of A6; limit of A3"
    assert nerve.resolve == "Move it."
    assert (wall.rule, left_out.rule) == ("A9", "A15")


def test_that_cement_advice_joins_its_line_only_while_it_is_advice():
    step, leak = finding("C1", Severity.WARN), finding("C7", Severity.INFO, "aorta")
    (line,) = grouped([step, leak], str)
    assert (line.rule, line.also, line.severity) == ("C1", ("C7",), Severity.WARN)
    assert len(grouped([step, replace(leak, severity=Severity.WARN)], str)) == 2


def test_that_danger_falls_from_the_cord_to_what_has_no_name():
    order = ["cord", "dural_sac", "canal", "root:L3:left", "foramen:L3:left", "aorta"]
    order += ["vena_cava", "pleura", "skin"]
    places = [danger_of(name) for name in order]
    assert places == sorted(set(places))
    assert danger_of("skin") == danger_of("bone:L3") == danger_of("")


def test_that_an_id_that_looks_like_a_rule_does_not_hide_a_lost_finding():
    lost = finding(rule="A1")
    said = replace(finding(rule="N2"), also_about=("A1",))
    with pytest.raises(ValueError, match="rule A1 was lost"):
        check_nothing_was_lost([lost], [said])
    check_nothing_was_lost([lost], [replace(said, also=("A1",))])


def test_that_a_canal_contact_of_a_whole_check_leads():
    plan = good_plan()
    through = replace(plan.trajectory("t1"), tip=PointLps(-2.0, 20.0, 16.0))
    plan = plan.with_trajectory(through)
    (said,) = [item for item in check(plan).findings if item.rule == "N1"]
    assert said.structure == "canal"


def test_that_distance_to_bone_is_not_named_after_the_vessel_it_stands_for():
    plan = good_plan()
    tip = replace(plan.trajectory("t1"), tip=PointLps(8.0, -9.0, 4.0))
    plan = plan.with_trajectory(tip)
    (said,) = [item for item in assess(plan, good_scene(plan)).findings if item.rule == "N2"]
    assert said.structure == bone(Level.L3)
    assert "surface of the L3 bone, beyond which no aorta or vena cava is outlined" in said.message
    assert not is_structure(said.structure)


def test_that_touching_is_zero_and_not_the_rounding_of_a_float():
    at = np.zeros(3)
    for value in (-1.8e-15, 4e-16, 0.0, -0.0):
        measured = _agreed("canal", value, 0.1, at)
        assert str(measured.distance_mm) == "0.0"
    assert _agreed("canal", -0.001, 0.1, at) == Measured(
        structure="canal", distance_mm=-0.001, at=PointLps(0.0, 0.0, 0.0)
    )


@pytest.mark.parametrize(
    "change",
    [
        {"message": "other"},
        {"distance_mm": 3.2},
        {"threshold": "at least 8 mm"},
        {"source": "another"},
        {"severity": Severity.STOP},
        {"structure": "cord"},
        {"subject": "t2"},
        {"rule": "N1"},
        {"also": ("A3",)},
        {"also_about": ("t2",)},
    ],
)
def test_that_any_change_a_reader_sees_makes_another_fingerprint(change):
    one = finding(rule="N2", severity=Severity.WARN, distance=3.1)
    assert replace(one, **change).fingerprint != one.fingerprint


def test_that_what_no_reader_sees_leaves_the_fingerprint():
    one = finding(rule="N2", distance=3.1)
    assert replace(one, distance_mm=3.14).fingerprint == one.fingerprint
    assert replace(one, at=PointLps(1.0, 0.0, 0.0)).fingerprint == one.fingerprint
    zero = replace(one, distance_mm=0.0)
    assert replace(one, distance_mm=-0.04).fingerprint == zero.fingerprint
