"""How a person answers a finding, and whether the answer counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.domain.finding import Severity
from planner.safety.resolving import is_settled

if TYPE_CHECKING:
    from planner.domain.finding import Finding
    from planner.domain.plan import Plan

CANNOT_ANSWER = {
    Severity.BLOCK: "A BLOCK cannot be overridden or signed. Change the plan.",
    Severity.INFO: "An INFO needs no answer.",
}
"""Why a finding of a severity takes no answer."""

ANSWERED = {
    Severity.STOP: "Overridden",
    Severity.NOT_EVALUATED: "Overridden",
    Severity.WARN: "Acknowledged",
}
"""What is done to a finding of a severity by answering it."""


def answer_words(plan: Plan, finding: Finding) -> str:
    """Return who answered a finding and why, or that the answer does not count; else empty."""
    given = [word for word in plan.acknowledgements if word.fingerprint == finding.fingerprint]
    if not given or finding.severity in CANNOT_ANSWER:
        return ""
    word = given[-1]
    said = f"{ANSWERED[finding.severity]} by {word.by}, {word.at_utc[:16]}: {word.reason}"
    if is_settled(plan, finding):
        return said
    return f"{said}. It does not count yet: record a thermocouple and protection first."


def answers_without_finding(plan: Plan, findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """Return the answers given to findings that an edit has changed since; they are void."""
    here = {item.fingerprint for item in findings}
    return tuple(
        f"{word.rule}: {word.by}, {word.at_utc[:16]}: {word.reason}"
        for word in plan.acknowledgements
        if word.fingerprint not in here
    )
