"""What a person's answer settles, and what a check that stopped says."""

from dataclasses import replace

import pytest

from planner.domain.finding import Severity, Verdict
from planner.safety import stopped, stopped_check
from planner.safety.resolving import is_settled, verdict_of
from safety.cases import acknowledged, check, good_plan, good_scene, zone_for
from safety.rule_cases import answered


def near_nerve(**answers):
    """A plan with an A2 finding, and every finding answered."""
    plan = answered(**answers)
    scene = good_scene(plan, zones={"a1": zone_for(plan, half_length=16.0, half_width=16.0)})
    assessment = check(plan, scene)
    (finding,) = [item for item in assessment.findings if item.rule == "A2"]
    return acknowledged(plan, assessment), finding


@pytest.mark.parametrize(
    ("thermocouple", "protection", "counts"),
    [
        (True, "D5W 20 mL", True),
        (True, " CO2 ", True),
        (True, "none", False),
        (True, " NONE", False),
        (True, "  ", False),
        (True, "", False),
        (True, None, False),
        (False, "D5W 20 mL", False),
        (None, "D5W 20 mL", False),
        (False, "none", False),
    ],
)
def test_that_an_override_near_a_nerve_counts_only_with_thermocouple_and_protection(
    thermocouple, protection, counts
):
    plan, finding = near_nerve(thermocouple_planned=thermocouple, protection=protection)
    assert finding.severity is Severity.STOP
    assert is_settled(plan, finding) is counts


def test_that_an_override_of_a_joined_finding_still_needs_protection():
    plan, finding = near_nerve(thermocouple_planned=True, protection="none")
    joined = replace(finding, rule="A6", also=("A3", "A2"))
    word = replace(plan.acknowledgements[0], rule="A6", fingerprint=joined.fingerprint)
    plan = replace(plan, acknowledgements=(word,))
    assert not is_settled(plan, joined)
    protected = replace(plan, clinical=replace(plan.clinical, protection="D5W"))
    assert is_settled(protected, joined)


def test_that_a_block_is_never_settled_and_an_info_always_is():
    plan, finding = near_nerve(thermocouple_planned=True, protection="D5W")
    block = replace(finding, severity=Severity.BLOCK)
    word = replace(plan.acknowledgements[0], rule=block.rule, fingerprint=block.fingerprint)
    assert not is_settled(replace(plan, acknowledgements=(word,)), block)
    assert is_settled(good_plan(), replace(finding, severity=Severity.INFO))


@pytest.mark.parametrize("change", [{"by": " "}, {"reason": ""}, {"rule": "A3"}])
def test_that_an_answer_needs_name_reason_and_rule(change):
    plan, finding = near_nerve(thermocouple_planned=True, protection="D5W")
    words = tuple(replace(word, **change) for word in plan.acknowledgements)
    assert is_settled(plan, finding)
    assert not is_settled(replace(plan, acknowledgements=words), finding)


@pytest.mark.parametrize(
    ("severity", "verdict"),
    [
        (Severity.BLOCK, Verdict.HELD),
        (Severity.STOP, Verdict.HELD),
        (Severity.NOT_EVALUATED, Verdict.HELD),
        (Severity.WARN, Verdict.WARNED),
        (Severity.INFO, Verdict.CLEAR),
    ],
)
def test_that_the_heaviest_open_finding_makes_the_verdict(severity, verdict):
    one = replace(stopped_check("x"), severity=severity)
    info = replace(one, severity=Severity.INFO)
    assert verdict_of(good_plan(), [info, one]) is verdict


def test_that_a_stopped_check_says_so_and_counts_for_no_state():
    plan = replace(good_plan(), revision=7)
    assessment = stopped(plan)
    (said,) = assessment.findings
    assert said.message == "The check stopped with a fault; nothing was judged."
    assert (said.rule, said.severity, said.subject) == ("E12", Severity.NOT_EVALUATED, "plan")
    assert said.source == "this program"
    assert said.resolve == "Run the check again; report the fault if it stays."
    assert assessment.verdict is Verdict.NOT_EVALUATED
    assert (assessment.checked, assessment.input_sha256, assessment.revision) == ((), "", 7)
    other = stopped_check("another reason")
    assert stopped(plan, other).findings == (other,)
    assert other.message == "another reason"
