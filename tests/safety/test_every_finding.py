"""What a reader is told by each rule: how heavily, about what, how near, and what settles it."""

import re
from collections import defaultdict

import numpy as np
import pytest

from planner.domain.finding import Severity
from planner.domain.structures import in_words
from planner.safety.assessing import RULES
from planner.safety.measured import MissingInputError
from planner.safety.rule import PlanRule
from safety.cases import CATALOG
from safety.every_finding import everything_said, limits_of

BLOCK, STOP, WARN, INFO = Severity.BLOCK, Severity.STOP, Severity.WARN, Severity.INFO

HOW_HEAVY = {
    "P1": {BLOCK},
    "P2": {STOP},
    "P3": {BLOCK},
    "P4": {BLOCK, STOP},
    "P5": {WARN},
    "P7": {STOP},
    "E1": {BLOCK},
    "E2": {STOP},
    "E3": {BLOCK},
    "E4": {BLOCK},
    "E5": {STOP, WARN},
    "E6": {STOP},
    "E7": {WARN, STOP},
    "E8": {STOP},
    "E9": {INFO},
    "E10": {BLOCK},
    "E11": {WARN},
    "N1": {BLOCK},
    "N2": {STOP, WARN},
    "N3": {STOP},
    "N4": {STOP, BLOCK},
    "N5": {INFO, WARN, STOP},
    "N6": {BLOCK},
    "N7": {STOP},
    "N8": {WARN},
    "N9": {STOP},
    "N10": {WARN},
    "N11": {STOP, WARN},
    "A1": {BLOCK},
    "A2": {STOP},
    "A3": {WARN},
    "A4": {STOP, BLOCK},
    "A6": {STOP, BLOCK},
    "A7": {WARN, STOP},
    "A8": {STOP},
    "A9": {WARN, STOP},
    "A10": {STOP},
    "A11": {WARN},
    "A12": {WARN},
    "A13": {STOP, BLOCK},
    "A14": {INFO, WARN, STOP},
    "A15": {INFO, STOP},
    "A16": {BLOCK},
    "A17": {WARN},
    "A18": {WARN},
    "C1": {INFO},
    "C2": {WARN},
    "C3": {STOP},
    "C4": {WARN, STOP},
    "C5": {WARN, STOP},
    "C6": {INFO, WARN},
    "C7": {INFO, WARN},
    "C8": {STOP},
    "C9": {BLOCK},
    "C10": {INFO},
    "C11": {STOP, BLOCK},
    "D2": {WARN},
    "D3": {WARN},
}
"""The severities of the clinical rules, from their published triggers."""

SILENT = {"A5", "D1", "P6"}
"""They never find anything: they pass, or they are NOT EVALUATED."""

MEASURED = {"N1", "N2", "A1", "A2", "A3", "A4", "A6", "A7", "A9", "A13", "A18", "C2", "C3", "C9"}
MEASURED |= {"C11"}
"""Rules on a distance or on what happens at a structure."""

ELSEWHERE = "see C2|no balloon or stent"
"""Said where a rule on a distance has none to judge."""

LIMIT_NOT_IN_WORDS = {"P3", "A12", "N1", "N3", "N6", "C7"}
"""The limit is compared in mm with something that is named instead."""

ABBREVIATIONS = {
    "MR",
    "CT",
    "CTCAE",
    "HU",
    "SINS",
    "ESCC",
    "VAS",
    "ECOG",
    "INR",
    "STOP",
    "BLOCK",
    "PMMA",
    "RF",
    "YYYY",
    "MM",
    "DD",
}
ABBREVIATIONS |= {"HFS", "HFP"}


def findings(rules=None):
    for plan, scene, rule, part, outcome in everything_said():
        if not isinstance(outcome, MissingInputError) and (rules is None or rule in rules):
            for finding in outcome.findings:
                yield plan, scene, rule, part, finding


def named():
    """Words of the catalogue, which spell themselves as their makers do."""
    return {word for one in CATALOG.devices.values() for word in one.name.split()}


def is_written_well(text):
    """Words in small letters or with a capital at the front; abbreviations and units besides."""
    for word in re.split(r"[\s/;:,.()±%'°-]+", text):
        plain = word.isalpha() and word not in ABBREVIATIONS | named()
        unit = word in {"mL", "mm", "W", "C", "L"}
        if plain and not unit and word != word.lower() and word[1:] != word[1:].lower():
            return False
        if word == "None":
            return False
    return bool(text.strip()) and "  " not in text


def is_sentence(text):
    first = text[:1]
    return is_written_well(text) and (first.isupper() or first.isdigit()) and text.endswith(".")


def test_that_every_rule_weighs_what_its_source_says_and_no_rule_is_dumb():
    heard = defaultdict(set)
    for _, _, rule, _, finding in findings():
        heard[rule].add(finding.severity)
        assert finding.rule == rule
    assert dict(heard) == HOW_HEAVY
    assert set(HOW_HEAVY) | SILENT == {rule.id for rule in RULES} == set(CATALOG.rules) - {"E12"}


def test_that_every_finding_says_in_sentences_what_it_is_and_what_settles_it():
    for _, _, _, _, finding in findings():
        assert is_sentence(finding.message), finding.message
        if finding.severity is not INFO or finding.resolve:
            assert is_sentence(finding.resolve), (finding.rule, finding.resolve)
        assert is_written_well(finding.threshold or "none"), finding.threshold


def test_that_all_that_was_looked_at_and_all_that_is_missing_is_said_in_words():
    for _, _, rule, _, outcome in everything_said():
        missing = (outcome,) if isinstance(outcome, MissingInputError) else outcome.missing
        for one in missing:
            assert is_written_well(str(one)), (rule, str(one))
        if not isinstance(outcome, MissingInputError):
            assert is_written_well(outcome.evidence), (rule, outcome.evidence)


def test_that_every_finding_is_about_the_part_that_was_judged():
    kinds = {rule.id: rule for rule in RULES}
    for plan, _, rule, part, finding in findings():
        if rule == "N11":
            assert finding.subject in {one.id for one in plan.trajectories[1:]}
        elif isinstance(kinds[rule], PlanRule):
            assert finding.subject == ("a2" if rule == "A12" else "plan")
        else:
            assert finding.subject == part.id


def test_that_every_finding_of_a_rule_with_limits_names_one():
    for _, _, rule, _, finding in findings(set(HOW_HEAVY) - LIMIT_NOT_IN_WORDS):
        if not limits_of(rule) or rule == "N10":
            continue
        numbers = set(re.findall(r"-?\d+(?:\.\d+)?", finding.threshold))
        assert numbers & limits_of(rule), (rule, finding.threshold)


def test_that_a_source_and_its_standing_are_given_with_every_finding():
    for _, _, rule, _, finding in findings():
        text = CATALOG.rules[rule]
        assert finding.source.startswith(f"{text.source} (")
        assert is_written_well(finding.source.removeprefix(text.source))


@pytest.mark.parametrize("rule", sorted(MEASURED))
def test_that_a_distance_is_said_and_shown_where_it_is(rule):
    """The words, the number and the place are of one structure; a click jumps there."""
    seen = 0
    for _, scene, _, _, finding in findings({rule}):
        if rule in {"A6", "A7", "A13"} and finding.at is None:
            continue  # no zone is drawn to measure from
        seen += 1
        bone = finding.structure.startswith("bone:")
        assert in_words(finding.structure) in finding.message or rule == "A9"
        assert np.isfinite(finding.distance_mm)
        said = [float(one) for one in re.findall(r"-?\d+\.\d", finding.message)]
        if rule in {"N2", "A2", "A3", "A4", "A9", "A18"}:
            assert round(finding.distance_mm, 1) in said
        if rule == "C2":
            assert round(max(finding.distance_mm, 0.0), 1) in said
        ct = scene.ct.geometry
        assert bone or ct.contains(finding.at.array).all()
    assert seen


def test_that_what_stays_below_a_limit_says_how_near_it_came():
    """CLEAR says with what margin: each rule on a distance gives the number it saw."""
    for _, _, rule, _, outcome in everything_said():
        if rule in MEASURED - {"A6", "A7", "A13", "C9", "A4", "A9"}:
            if isinstance(outcome, MissingInputError) or re.search(ELSEWHERE, outcome.evidence):
                continue
            assert re.search(r"-?\d+(\.\d)? mm to the ", outcome.evidence), outcome.evidence
