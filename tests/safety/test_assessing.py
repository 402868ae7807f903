"""What the run over all rules makes of a rule that fails, and of a run that loses something."""

import logging
from dataclasses import replace

import pytest

from planner.domain.finding import Severity, Verdict
from planner.safety import assess, assessing, stopped
from planner.safety.beating import heard_by
from planner.safety.case import Outcome
from planner.safety.measured import MissingInputError
from planner.safety.rule import PlanRule
from safety.cases import CATALOG, check, good_plan, good_scene

RULES = assessing.RULES
FIRST = RULES[0].id


def with_first(monkeypatch, judge):
    """The check of the good plan with another judge for the first rule."""
    monkeypatch.setattr(assessing, "RULES", (PlanRule(FIRST, judge), *RULES[1:]))
    return check(good_plan())


def fails(case):
    raise ZeroDivisionError("with words of a patient")


def lacks(case):
    raise MissingInputError("the moon", kind="scan", structure="moon")


@pytest.mark.parametrize(
    ("judge", "words"),
    [
        (fails, "Stopped with a fault: ZeroDivisionError. P1 could not run."),
        (lambda case: None, "Stopped with a fault: TypeError. P1 could not run."),
        (lambda case: Outcome("x", (1,)), "Stopped with a fault: TypeError. P1 could not run."),
        (
            lambda case: Outcome("x", (), (ValueError("x"),)),
            "Stopped with a fault: TypeError. P1 could not run.",
        ),
        (lambda case: Outcome(" "), "Stopped with a fault: ValueError. P1 could not run."),
        (lacks, "Not seen by the scan: the moon. P1 could not run."),
    ],
)
def test_that_a_rule_that_fails_is_named_and_holds_the_plan_and_the_others_run(
    monkeypatch, judge, words
):
    sound = check(good_plan())
    assessment = with_first(monkeypatch, judge)
    (said,) = [one for one in assessment.findings if one.rule == "E12"]
    assert (said.message, said.severity) == (words, Severity.NOT_EVALUATED)
    assert said.also == (FIRST,)
    assert said.structure == ("moon" if judge is lacks else "")
    assert said.source == "project rule: a rule without its input has not passed (derived)"
    assert assessment.verdict is Verdict.HELD
    assert assessment.checked == tuple(rule for rule in sound.checked if rule != FIRST)
    assert dict(assessment.evidence).keys() == set(assessment.checked)
    others = [one for one in assessment.findings if one.rule != "E12"]
    assert others == list(sound.findings)


def test_that_a_log_names_the_rule_and_the_kind_of_fault_and_no_words(monkeypatch, caplog):
    with caplog.at_level(logging.ERROR):
        with_first(monkeypatch, fails)
        assess(good_plan(), None)
    assert caplog.messages == [
        "rule P1 stopped: ZeroDivisionError",
        "the check stopped: AttributeError",
    ]


def test_that_what_a_rule_found_stands_beside_what_it_could_not_look_at(monkeypatch):
    def half(case):
        finding = case.finding(Severity.STOP, "Half of it is wrong.")
        return Outcome("half", (finding,), (MissingInputError("one"), MissingInputError("two")))

    assessment = with_first(monkeypatch, half)
    said = {one.rule: one for one in assessment.findings}
    assert said[FIRST].message == "Half of it is wrong."
    assert said["E12"].message.endswith("one; two. P1 could not run.")
    assert FIRST not in assessment.checked
    assert FIRST not in dict(assessment.evidence)


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("input_digest", lambda *_: "0" * 63),
        ("input_digest", lambda *_: "0" * 65),
        ("_judgements", lambda *_: iter(())),
        ("_run_rule", lambda *_: None),
        ("grouped", lambda *_: ()),
        ("verdict_of", lambda *_: None),
        ("_assess", lambda *_: None),
    ],
)
def test_that_a_run_that_loses_something_stops_the_check(monkeypatch, name, broken):
    monkeypatch.setattr(assessing, name, broken)
    plan = good_plan()
    assert assess(plan, good_scene(plan)) == stopped(plan)


def test_that_a_missing_input_that_is_lost_stops_the_check(monkeypatch):
    plan = replace(good_plan(), clinical=replace(good_plan().clinical, vas=None))
    scene = good_scene(plan)
    assert assess(plan, scene).verdict is Verdict.HELD
    monkeypatch.setattr(assessing, "missing_findings", lambda _: ())
    assert assess(plan, scene) == stopped(plan)


def test_that_a_digest_of_64_digits_and_every_rule_in_its_order_make_a_check(monkeypatch):
    monkeypatch.setattr(assessing, "input_digest", lambda *_: "0" * 64)
    assessment = check(good_plan())
    assert assessment.input_sha256 == "0" * 64
    assert assessment.checked == tuple(rule.id for rule in RULES)
    assert [rule for rule, _ in assessment.evidence] == list(assessment.checked)


def test_that_each_part_of_a_plan_is_judged_and_said_to_go_on():
    plan, beats = good_plan(), []
    scene = good_scene(plan)
    assess(plan, scene)
    with heard_by(lambda _: beats.append(1)):
        assess(plan, scene)
    burns = (plan.ablations[0], replace(plan.ablations[0], id="a2"))
    fills = (plan.cements[0], replace(plan.cements[0], id="c2"))
    needles = (*plan.trajectories, replace(plan.trajectories[0], id="t2"))
    two = replace(plan, trajectories=needles, ablations=burns, cements=fills)
    evidence = [rule for rule, _ in assess(two, good_scene(two)).evidence]
    for rule in RULES:
        assert evidence.count(rule.id) == (1 if isinstance(rule, PlanRule) else 2), rule.id
    assert len(beats) >= len(RULES)


def test_that_a_rule_without_a_text_leaves_the_others_to_run():
    plan = good_plan()
    rules = {key: one for key, one in CATALOG.rules.items() if key != "N1"}
    scene = good_scene(plan, catalog=replace(CATALOG, rules=rules))
    assessment = assess(plan, scene)
    assert set(CATALOG.rules) - {"E12", *assessment.checked} == {"N1"}
    (said,) = [one for one in assessment.findings if one.rule == "E12"]
    assert said.message == (
        "Not in the catalogue: rule N1 has no text and limits. N1 could not run."
    )
