"""Which findings a person has settled, and the verdict that leaves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from planner.domain.finding import Severity, Verdict
from planner.safety.gives import gives

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.domain.finding import Finding
    from planner.domain.plan import Plan

NEEDS_THERMOCOUPLE = frozenset({"A2", "A3", "A4"})
"""Rules whose answer counts only with a thermocouple planned."""

NEEDS_PROTECTION = frozenset({"A2", "A4"})
"""Of these the override counts only with protection recorded as well."""

NO_PROTECTION = re.compile(r"\W*((no|none|not|nothing|nil|without|n/?a|unknown)\b.*)?", re.DOTALL)
"""What names none, or begins by saying that there is none."""


@gives(bool)
def is_settled(plan: Plan, finding: Finding) -> bool:
    """Tell whether a person took a finding on themselves, by name and with a reason.

    A BLOCK cannot be settled. The word counts for exactly what the finding said; one that says
    something else has another fingerprint.
    """
    if finding.severity is Severity.INFO:
        return True
    if finding.severity is Severity.BLOCK or finding.is_final:
        return False
    rules = (finding.rule, *finding.also)
    if not NEEDS_THERMOCOUPLE.isdisjoint(rules) and plan.clinical.thermocouple_planned is not True:
        return False
    if not NEEDS_PROTECTION.isdisjoint(rules) and not _is_protected(plan):
        return False
    fingerprint: object = finding.fingerprint
    if not (isinstance(fingerprint, str) and fingerprint):
        raise TypeError("a finding has no fingerprint")
    return any(
        word.fingerprint == fingerprint
        and word.rule == finding.rule
        and bool(word.by.strip())
        and bool(word.reason.strip())
        for word in plan.acknowledgements
    )


def verdict_of(plan: Plan, findings: Iterable[Finding]) -> Verdict:
    """Return the verdict of a finished check."""
    open_findings = [item for item in findings if is_settled(plan, item) is not True]
    if any(item.severity.holds_the_plan for item in open_findings):
        return Verdict.HELD
    return Verdict.WARNED if open_findings else Verdict.CLEAR


def _is_protected(plan: Plan) -> bool:
    """Tell whether some protection is recorded."""
    return not NO_PROTECTION.fullmatch((plan.clinical.protection or "").lower())
