"""``planner assess``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.app.commands.anatomy import xyz
from planner.app.main import FINDINGS_HOLD
from planner.app.output import Json, Outcome, progress
from planner.catalog import load_catalog
from planner.document.plan_file import load_plan
from planner.domain.finding import Verdict
from planner.session.answering import answer_words, answers_without_finding
from planner.session.cases import check, reopen_case
from planner.settings import user_data_folder

if TYPE_CHECKING:
    import argparse

    from planner.domain.finding import Finding
    from planner.domain.plan import Plan
    from planner.session.cases import Case


def plan_and_case(arguments: argparse.Namespace) -> tuple[Plan, Case]:
    """Open the plan of a command and the scan it was made on."""
    plan = load_plan(arguments.plan)
    catalog = load_catalog(user_data_folder())
    return plan, reopen_case(plan, catalog, ct_path=arguments.ct, report=progress)


def assess(arguments: argparse.Namespace) -> Outcome:
    """Run every rule on a plan."""
    plan, case = plan_and_case(arguments)
    _, assessment = check(plan, case)
    held = assessment.verdict in {Verdict.HELD, Verdict.NOT_EVALUATED}
    return Outcome(
        {
            "verdict": assessment.verdict,
            "revision": assessment.revision,
            "findings": [
                finding_document(finding) | {"answer": answer_words(plan, finding)}
                for finding in assessment.findings
            ],
            "checked": list(assessment.checked),
            "evidence": [{"rule": rule, "seen": seen} for rule, seen in assessment.evidence],
            "void_answers": list(answers_without_finding(plan, assessment.findings)),
            "input_sha256": assessment.input_sha256,
        },
        exit_code=FINDINGS_HOLD if arguments.strict and held else 0,
    )


def finding_document(finding: Finding) -> dict[str, Json]:
    """Return a finding with the keys of the command line."""
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "structure": finding.structure,
        "distance_mm": finding.distance_mm,
        "at_mm": None if finding.at is None else xyz(finding.at),
        "threshold": finding.threshold,
        "source": finding.source,
        "resolve": finding.resolve,
        "subject": finding.subject,
        "fingerprint": finding.fingerprint,
    }
