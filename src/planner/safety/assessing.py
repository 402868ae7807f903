"""Runs every rule and gives the verdict; whatever fails to run becomes NOT EVALUATED."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from planner.domain.finding import Assessment, Finding, Severity, Verdict
from planner.domain.plan import Ablation, CementInjection, Trajectory
from planner.safety import (
    ablation,
    cement,
    documentation,
    eligibility,
    identity,
    needle,
    temperature,
)
from planner.safety.beating import beat
from planner.safety.case import Case, Outcome
from planner.safety.digest import input_digest
from planner.safety.grouping import check_nothing_was_lost, grouped, missing_findings
from planner.safety.measured import MissingInputError
from planner.safety.naming import PLAN_SUBJECT, names, parts_digest
from planner.safety.resolving import verdict_of
from planner.safety.rule import AblationRule, CementRule, NeedleRule, PlanRule, Rule
from planner.safety.ruler import ruler_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from planner.domain.plan import Plan
    from planner.safety.ruler import Ruler
    from planner.safety.scene import Scene

RULES: tuple[Rule, ...] = (
    *identity.RULES,
    *eligibility.RULES,
    *needle.RULES,
    *ablation.RULES,
    *temperature.RULES,
    *cement.RULES,
    *documentation.RULES,
)
"""Every rule there is. E12 has no function: it is what a missing input becomes."""

DIGEST_LENGTH = 64
"""Hex digits of a SHA-256."""

_Part = TypeVar("_Part", Trajectory, Ablation, CementInjection)

FAULT_SOURCE = "this program"

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class _Notes:
    """What the rules said so far."""

    names: Mapping[str, str]
    findings: list[Finding] = field(default_factory=list)
    missing: list[tuple[str, MissingInputError]] = field(default_factory=list)
    evidence: list[tuple[str, str]] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    ran: list[str] = field(default_factory=list)

    def missed(self, rule: str, missing: MissingInputError) -> None:
        """Note that a rule could not run."""
        self.missing.append((rule, missing))
        self.failed.add(rule)


def assess(plan: Plan, scene: Scene) -> Assessment:
    """Check a plan.

    Never raises: a fault anywhere gives the verdict NOT EVALUATED. Pure: the same plan and
    scene always give the same assessment.
    """
    try:
        assessment: object = _assess(plan, scene)
    except Exception as fault:  # noqa: BLE001  # the border: no fault may look like silence
        _LOG.error("the check stopped: %s", type(fault).__name__)
        return stopped(plan)
    return assessment if isinstance(assessment, Assessment) else stopped(plan)


def stopped_check(message: str) -> Finding:
    """Return the one finding of a check that did not finish."""
    return Finding(
        rule="E12",
        severity=Severity.NOT_EVALUATED,
        message=message,
        subject=PLAN_SUBJECT,
        source=FAULT_SOURCE,
        is_final=True,
        resolve="Run the check again; report the fault if it stays.",
    )


STOPPED = stopped_check("The check stopped with a fault; nothing was judged.")
"""Made beforehand, so that even a fault in making findings cannot keep it from being shown."""


def stopped(plan: Plan, finding: Finding = STOPPED) -> Assessment:
    """Return the assessment of a check that did not finish; it counts for no state."""
    return Assessment(
        verdict=Verdict.NOT_EVALUATED,
        findings=(finding,),
        checked=(),
        input_sha256="",
        revision=plan.revision,
    )


def _assess(plan: Plan, scene: Scene) -> Assessment:
    digest = input_digest(plan, scene)
    if len(digest) != DIGEST_LENGTH:
        raise ValueError("the digest of the inputs is no digest")
    ruler = ruler_for(scene.anatomy)
    notes = _Notes(names(plan))
    for rule in RULES:
        _run_rule(rule, plan, scene, ruler, notes)
    if notes.ran != [rule.id for rule in RULES]:
        raise ValueError("not every rule was run")
    raw = (*notes.findings, *missing_findings(notes.missing, parts_digest(plan)))
    if notes.missing and raw[-1].severity is not Severity.NOT_EVALUATED:
        raise ValueError("a missing input was lost")
    findings = grouped(raw, notes.names.__getitem__)
    check_nothing_was_lost(raw, findings)
    verdict = verdict_of(plan, findings)
    if not isinstance(verdict, Verdict):
        raise TypeError("the verdict is none")
    return Assessment(
        verdict=verdict,
        findings=findings,
        checked=tuple(rule for rule in notes.ran if rule not in notes.failed),
        input_sha256=digest,
        revision=plan.revision,
        evidence=tuple(notes.evidence),
    )


def _run_rule(rule: Rule, plan: Plan, scene: Scene, ruler: Ruler, notes: _Notes) -> None:
    """Run one rule on everything it judges, and count that all of it was judged."""
    text = scene.catalog.rules.get(rule.id)
    expected = _count(rule, plan)
    judged = 0
    if text is None:
        absent = MissingInputError(f"rule {rule.id} has no text and limits", kind="catalogue")
        notes.missed(rule.id, absent)
        judged = expected
    else:
        for judge in _judgements(rule, plan):
            said = len(notes.evidence) + len(notes.missing)
            _judge_once(judge, Case(plan, scene, ruler, text, notes.names), notes)
            judged += len(notes.evidence) + len(notes.missing) > said
    if judged != expected:
        raise ValueError(f"rule {rule.id} judged {judged} of {expected}")
    notes.ran.append(rule.id)


def _judge_once(judge: Callable[[Case], Outcome], case: Case, notes: _Notes) -> None:
    rule = case.rule.id
    beat()
    try:
        outcome = _outcome(judge, case)
    except MissingInputError as missing:
        notes.missed(rule, missing)
    except Exception as fault:  # noqa: BLE001  # a rule that fails must never look like a pass
        _LOG.error("rule %s stopped: %s", rule, type(fault).__name__)
        notes.missed(rule, MissingInputError(type(fault).__name__, kind="fault"))
    else:
        notes.findings += outcome.findings
        if not outcome.missing:
            notes.evidence.append((rule, outcome.evidence))
        for missing_part in outcome.missing:
            notes.missed(rule, missing_part)


def _outcome(judge: Callable[[Case], Outcome], case: Case) -> Outcome:
    """Return what a rule gave, if it gave what a rule must give."""
    outcome = judge(case)
    if not isinstance(outcome, Outcome):
        raise TypeError("a rule gave no outcome")
    if any(not isinstance(finding, Finding) for finding in outcome.findings):
        raise TypeError("a rule gave something else than findings")
    if any(not isinstance(part, MissingInputError) for part in outcome.missing):
        raise TypeError("a rule gave something else than missing inputs")
    if case.recalled and not outcome.findings:
        raise MissingInputError(
            f"a sourced limit ({', '.join(dict.fromkeys(case.recalled))} is from memory)",
            kind="catalogue",
        )
    return outcome


def _count(rule: Rule, plan: Plan) -> int:
    match rule:
        case PlanRule():
            return 1
        case NeedleRule():
            return len(plan.trajectories)
        case AblationRule():
            return len(plan.ablations)
        case CementRule():
            return len(plan.cements)


def _judgements(rule: Rule, plan: Plan) -> Iterator[Callable[[Case], Outcome]]:
    """Yield one judgement for everything the rule looks at."""
    match rule:
        case PlanRule():
            yield rule.judge
        case NeedleRule():
            for needle in plan.trajectories:
                yield partial(_on, rule.judge, needle)
        case AblationRule():
            for ablation in plan.ablations:
                yield partial(_on, rule.judge, ablation)
        case CementRule():
            for injection in plan.cements:
                yield partial(_on, rule.judge, injection)


def _on(judge: Callable[[Case, _Part], Outcome], part: _Part, case: Case) -> Outcome:
    return judge(case, part)
