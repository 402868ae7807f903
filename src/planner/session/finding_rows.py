"""Findings in the words and numbers that the window shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from planner.domain.finding import Assessment, Finding, Severity, Verdict
from planner.domain.structures import in_words
from planner.safety.naming import names
from planner.safety.resolving import is_settled
from planner.session.answering import CANNOT_ANSWER, answer_words
from planner.session.window_states import FindingRow, MarginCell, MarginRow

if TYPE_CHECKING:
    from planner.domain.plan import Plan
    from planner.session.margins import Margin

SEVERITY_WORDS = {
    Severity.BLOCK: "BLOCK",
    Severity.STOP: "STOP",
    Severity.NOT_EVALUATED: "NOT EVALUATED",
    Severity.WARN: "WARN",
    Severity.INFO: "INFO",
}


def subject_words(plan: Plan, subject: str) -> str:
    """Return what a finding is about, such as ``L3 left needle``."""
    words: str = names(plan)[subject]
    return words[0].upper() + words[1:]


_STRUCTURE = re.compile(r"(root|foramen):([CTLS]\d+):(left|right)")


def _in_words(message: str) -> str:
    named = _STRUCTURE.sub(lambda found: in_words(found.group()), message)
    return named.replace("posterior_wall", "posterior wall")


def finding_rows(plan: Plan, assessment: Assessment) -> tuple[FindingRow, ...]:
    """Return every finding, heaviest first."""
    ordered = sorted(assessment.findings, key=lambda item: item.severity.rank)
    return tuple(
        FindingRow(
            fingerprint=item.fingerprint,
            rule=item.rule,
            severity=item.severity,
            message=_in_words(item.message),
            subject=subject_words(plan, item.subject),
            numbers=_numbers(item),
            resolve=item.resolve,
            source=item.source,
            at=item.at,
            acknowledged=item.severity is not Severity.INFO and is_settled(plan, item),
            answer=answer_words(plan, item),
            cannot_answer=CANNOT_ANSWER.get(item.severity, ""),
        )
        for item in ordered
    )


def _numbers(finding: Finding) -> str:
    parts = []
    if finding.distance_mm is not None:
        where = f" to {in_words(finding.structure)}" if finding.structure else ""
        parts.append(f"{finding.distance_mm:.1f} mm{where}")
    if finding.threshold:
        measured = finding.distance_mm is not None
        parts.append(f"{'limit' if measured else 'Held against:'} {finding.threshold}")
    return " · ".join(parts)


def margin_rows(
    plan: Plan, assessment: Assessment, margins: tuple[Margin, ...]
) -> tuple[MarginRow, ...]:
    """Return the shortest distance of each object to wall, canal and foramina."""
    subjects = dict.fromkeys(item.subject for item in margins)
    return tuple(
        MarginRow(
            subject=subject_words(plan, subject),
            unverified=_unverified(plan, subject),
            cells=tuple(
                _cell(item, assessment, names(plan)[subject])
                for item in margins
                if item.subject == subject
            ),
        )
        for subject in subjects
    )


def _unverified(plan: Plan, subject: str) -> str:
    """Return the level of a needle, or of what is planned on one, unless it was accepted."""
    on = {str(item.id): str(item.trajectory_id) for item in plan.ablations}
    on |= {str(item.id): str(item.trajectory_id) for item in plan.cements}
    needle = on.get(subject, subject)
    level = next((item.level for item in plan.trajectories if item.id == needle), None)
    return "" if level is None or level in plan.anatomy.accepted_levels else level.value


def _cell(margin: Margin, assessment: Assessment, name: str) -> MarginCell:
    if margin.distance_mm is None:
        return MarginCell(text="?", explained=margin.why_not, severity=None, at=None)
    where = "away from" if margin.distance_mm > 0.0 else "reaches into"
    about = [item.severity for item in assessment.findings if _speaks_of(item, margin, name)]
    return MarginCell(
        text=_millimetres(margin.distance_mm),
        explained=f"{where} {in_words(margin.structure)}; click to see where",
        severity=min(about, key=lambda item: item.rank) if about else None,
        at=margin.at,
    )


def _speaks_of(finding: Finding, margin: Margin, name: str) -> bool:
    """Tell whether a finding is about this distance, or says it among others put together."""
    is_told = in_words(margin.structure) in _in_words(finding.message)
    if finding.subject == margin.subject:
        return finding.structure == margin.structure or is_told
    return margin.subject in finding.also_about and is_told and name in finding.message


def _millimetres(value: float) -> str:
    """Return a distance in mm with a true minus sign, and never a minus zero."""
    tenths = round(value, 1) or 0.0
    return f"{tenths:.1f}".replace("-", "−")


def headline(assessment: Assessment) -> tuple[str, str]:
    """Return the verdict in words, and what it rests on. Never a word of reassurance."""
    count = dict.fromkeys(Severity, 0)
    for finding in assessment.findings:
        count[finding.severity] += 1
    parts = [f"{count[item]} {SEVERITY_WORDS[item]}" for item in Severity if count[item]]
    detail = f"{len(assessment.checked)} rules ran to their end"
    if parts:
        detail += " · " + ", ".join(parts)
    words = {
        Verdict.NOT_EVALUATED: "Not evaluated",
        Verdict.HELD: "Held",
        Verdict.WARNED: "Warned",
        Verdict.CLEAR: "Nothing unresolved",
    }
    return words[assessment.verdict], detail
