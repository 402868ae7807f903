"""Limits a site has set for itself, in ``<user folder>/site_limits.toml``.

A limit may be made stricter freely. A looser one needs the name of who decided it and a reason;
both stand in the verdict, in the plan and on paper::

    site = "Hospital A"

    [[limit]]
    rule = "N2"
    name = "stop_below_mm"
    value = 3.0

    [[limit]]
    rule = "E11"
    name = "age_max_days"
    value = 14.0
    by = "Dr B"
    reason = "scans are repeated under the needle"
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from planner.domain.devices import LimitChange, Stricter
from planner.domain.sourced import Sourced, Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from planner.catalog.section import Section
    from planner.domain.devices import RuleText

_KEYS = frozenset({"rule", "name", "value", "by", "reason"})


def site_limits_path(user_folder: Path) -> Path:
    """Return where the limits of a site lie."""
    return user_folder / "site_limits.toml"


def with_site_limits(rules: Mapping[str, RuleText], whole: Section) -> dict[str, RuleText]:
    """Return the rules with the limits of a site in place of the shipped ones.

    Raises
    ------
    InputRefusedError
        When a limit is unknown, fixed, given twice, or looser without a name and a reason.
    """
    whole.refuse_other_keys({"site", "limit"})
    site = whole.text("site")
    found = dict(rules)
    for section in whole.sections("limit"):
        section.refuse_other_keys(_KEYS)
        change = _change(section, site, rules)
        rule = found[change.rule]
        if any(known.name == change.name for known in rule.changes):
            section.refuse(f"{change.rule} {change.name} is there twice")
        found[change.rule] = _changed(rule, change)
    return found


def looser_limits(rules: Mapping[str, RuleText]) -> tuple[str, ...]:
    """Return every limit that is looser than shipped, each in one sentence."""
    return tuple(
        change.sentence for rule in rules.values() for change in rule.changes if change.is_looser
    )


def _change(section: Section, site: str, rules: Mapping[str, RuleText]) -> LimitChange:
    rule_id, name = section.text("rule"), section.text("name")
    rule = rules.get(rule_id)
    if rule is None or name not in rule.thresholds:
        section.refuse(f"there is no limit {name} of rule {rule_id}")
    way, shipped = rule.stricter[name], rule.thresholds[name].value
    if way is Stricter.FIXED:
        section.refuse(f"{name} of rule {rule_id} is part of a definition and cannot be changed")
    value = section.number(section.values.get("value"), "value")
    is_looser = value < shipped if way is Stricter.HIGHER else value > shipped
    by, reason = section.text("by", ""), section.text("reason", "")
    if is_looser and not (by.strip() and reason.strip()):
        section.refuse(
            f"{value:g} is looser than the shipped {shipped:g}, which needs the name of who "
            "decided it (by) and a reason"
        )
    return LimitChange(
        site=site, rule=rule_id, name=name, shipped=shipped, value=value, is_looser=is_looser,
        by=by, reason=reason,
    )  # fmt: skip


def _changed(rule: RuleText, change: LimitChange) -> RuleText:
    shipped = rule.thresholds[change.name]
    limit = Sourced(
        value=change.value,
        status=Status.USER_ENTERED,
        source=f"{change.site}; shipped {shipped.value:g} from {shipped.source}",
    )
    thresholds = MappingProxyType({**rule.thresholds, change.name: limit})
    source = f"{rule.source}; limit of {change.site}"
    return replace(rule, thresholds=thresholds, source=source, changes=(*rule.changes, change))
