"""Findings in the words and numbers that the window shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain import structures
from planner.domain.finding import Assessment, Finding, Severity, Verdict
from planner.session.window_states import FindingRow, MarginRow

if TYPE_CHECKING:
    from planner.domain.plan import Plan

MARGIN_COLUMNS = ("Wall", "Canal", "Foramina")
"""Columns of the margin table; the structures behind each are in ``_column``."""

SEVERITY_WORDS = {
    Severity.BLOCK: "BLOCK",
    Severity.STOP: "STOP",
    Severity.NOT_EVALUATED: "NOT EVALUATED",
    Severity.WARN: "WARN",
    Severity.INFO: "INFO",
}


def subject_words(plan: Plan, subject: str) -> str:
    """Return what a finding is about, such as ``L3 left needle``."""
    for needle in plan.trajectories:
        if needle.id == subject:
            return f"{needle.level} {needle.side} needle"
    for ablation in plan.ablations:
        if ablation.id == subject:
            needle = plan.trajectory(ablation.trajectory_id)
            return f"{needle.level} {needle.side} zone"
    for cement in plan.cements:
        if cement.id == subject:
            needle = plan.trajectory(cement.trajectory_id)
            return f"{needle.level} {needle.side} cement"
    return "Plan" if subject == "plan" else subject


def structure_words(name: str) -> str:
    """Return a structure's name as a reader says it, such as ``L3 left foramen``."""
    parts = name.split(":")
    if len(parts) == 3:
        return f"{parts[1]} {parts[2]} {parts[0]}"
    return name.replace("_", " ")


def finding_rows(plan: Plan, assessment: Assessment) -> tuple[FindingRow, ...]:
    """Return every finding, heaviest first."""
    taken = {item.fingerprint for item in plan.acknowledgements}
    ordered = sorted(assessment.findings, key=lambda item: item.severity.rank)
    return tuple(
        FindingRow(
            fingerprint=item.fingerprint,
            rule=item.rule,
            severity=item.severity,
            message=item.message,
            subject=subject_words(plan, item.subject),
            numbers=_numbers(item),
            resolve=item.resolve,
            source=item.source,
            at=item.at,
            acknowledged=item.fingerprint in taken,
        )
        for item in ordered
    )


def _numbers(finding: Finding) -> str:
    parts = []
    if finding.distance_mm is not None:
        where = f" to {structure_words(finding.structure)}" if finding.structure else ""
        parts.append(f"{finding.distance_mm:.1f} mm{where}")
    if finding.threshold:
        parts.append(f"limit {finding.threshold}")
    return " · ".join(parts)


def margin_rows(plan: Plan, assessment: Assessment) -> tuple[MarginRow, ...]:
    """Return the shortest distance of each object to wall, canal and foramina.

    Only numbers that a rule measured are shown; a cell nobody measured stays empty.
    """
    subjects: list[str] = [item.id for item in plan.trajectories]
    subjects += [item.id for item in plan.ablations]
    subjects += [item.id for item in plan.cements]
    return tuple(
        MarginRow(
            subject=subject_words(plan, subject),
            cells=tuple(_cell(assessment, subject, column) for column in MARGIN_COLUMNS),
        )
        for subject in subjects
    )


def _cell(assessment: Assessment, subject: str, column: str) -> tuple[str, Severity | None]:
    found = [
        item
        for item in assessment.findings
        if item.subject == subject and _column(item.structure) == column
    ]
    measured = [item.distance_mm for item in found if item.distance_mm is not None]
    if not found:
        return "", None
    worst = min((item.severity for item in found), key=lambda item: item.rank)
    if not measured:
        return "not evaluated" if worst is Severity.NOT_EVALUATED else "", worst
    return f"{min(measured):.1f} mm", worst


def _column(structure: str) -> str:
    if structure == structures.POSTERIOR_WALL:
        return MARGIN_COLUMNS[0]
    if structure in (structures.CANAL, structures.CORD, structures.DURAL_SAC):
        return MARGIN_COLUMNS[1]
    return MARGIN_COLUMNS[2] if structure.startswith(("foramen:", "root:")) else ""


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
