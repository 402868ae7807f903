"""Puts findings together and in order, so that a person reads few lines and loses none."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from planner.domain.finding import Finding, Severity
from planner.domain.structures import (
    AORTA,
    CANAL,
    CORD,
    DURAL_SAC,
    PLEURA,
    VENA_CAVA,
    in_words,
)
from planner.safety.gives import gives
from planner.safety.naming import PLAN_SUBJECT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from planner.safety.measured import MissingInputError

LABEL_RULES = frozenset({"A11", "C1", "C10", "D2", "P5"})
"""Rules that say how far a number can be trusted, or how cement is given whatever the plan; one
line says it for all of them."""

CEMENT_ADVICE = "C7"
"""Says how cement is given too, as long as it is no more than INFO: CT after each step."""

CAUSES = (
    frozenset({"A1", "A2", "A3", "A4", "A6", "A7", "A13"}),
    frozenset({"A15", "N10"}),
)
"""Rules that speak of one cause with one remedy, each set in one finding as heavy as its
heaviest: zones that reach or heat nerves, and zones that leave out part of the lesion."""

MOST_DANGEROUS = (CORD, DURAL_SAC, CANAL, "root", "foramen", AORTA, VENA_CAVA, PLEURA)
"""What leads where several are touched: paralysis first, then the loss of one root, then blood.
Anything else, such as skin, comes after these."""

KIND_WORDS = {
    "answer": ("Not answered", "Answer the clinical questions."),
    "anatomy": ("Not outlined or not measurable", "Outline it, or move the needle away from it."),
    "prediction": ("Not predicted", "Run the prediction again, or choose another setting."),
    "catalogue": ("Not in the catalogue", "Enter it from the instructions for use."),
    "scan": ("Not seen by the scan", "Use a scan that shows all of the plan."),
    "plan": ("Not planned", "Plan a needle."),
    "fault": ("Stopped with a fault", "Run the check again; report the fault if it stays."),
}
"""What a missing input of each kind is called, and what settles it."""

E12_SOURCE = "project rule: a rule without its input has not passed (derived)"


NOT_OF_PLACE = frozenset({"answer", "catalogue"})
"""Kinds of missing input that no edit of a needle or a setting changes."""

FINAL_KINDS, FINAL_RULES = frozenset({"fault"}), frozenset({"D1"})
"""A fault judged nothing that anyone could take on, and a record with gaps is never final."""


def missing_findings(
    missing: Sequence[tuple[str, MissingInputError]], parts_sha256: str
) -> tuple[Finding, ...]:
    """Return one NOT EVALUATED finding for each kind of missing input (rule E12).

    ``parts_sha256`` stands for where everything planned lies: what could not be judged of it may
    have been taken on for this place and no other.
    """
    found = []
    for kind in dict.fromkeys(item.kind for _, item in missing):
        words, resolve = KIND_WORDS[kind]
        here = [(rule, item) for rule, item in missing if item.kind == kind]
        what = "; ".join(dict.fromkeys(str(item) for _, item in here))
        rules = tuple(dict.fromkeys(rule for rule, _ in here))
        found.append(
            Finding(
                rule="E12",
                severity=Severity.NOT_EVALUATED,
                message=f"{words}: {what}. {', '.join(rules)} could not run.",
                subject=PLAN_SUBJECT,
                source=E12_SOURCE,
                structure=next((item.structure for _, item in here if item.structure), ""),
                resolve=resolve,
                also=rules,
                judged="" if kind in NOT_OF_PLACE else parts_sha256,
                is_final=kind in FINAL_KINDS or not FINAL_RULES.isdisjoint(rules),
            )
        )
    return tuple(found)


def grouped(raw: Iterable[Finding], call: Callable[[str], str]) -> tuple[Finding, ...]:
    """Return findings heaviest first: one for each cause, and one for all labels.

    ``call`` gives the words for a subject.
    """
    labels: list[Finding] = []
    remaining: list[Finding] = []
    for item in raw:
        (labels if _is_label(item) else remaining).append(item)
    found = [_joined(labels)] if labels else []
    keys = dict.fromkeys((item.rule, item.severity) for item in remaining)
    for rule, severity in keys:
        if rule == "E12":
            found += [item for item in remaining if item.rule == rule]
            continue
        same = [item for item in remaining if (item.rule, item.severity) == (rule, severity)]
        found.append(_leading(same, call))
    for cause in CAUSES:
        same = [item for item in found if item.rule in cause]
        if len(same) > 1:
            found = [item for item in found if item.rule not in cause]
            found.append(_joined(same))
    infos = [item for item in found if item.severity is Severity.INFO]
    if len(infos) > 1:
        found = [item for item in found if item.severity is not Severity.INFO]
        found.append(_joined(infos))
    return tuple(sorted(found, key=lambda item: item.severity.rank))


def check_nothing_was_lost(raw: Sequence[Finding], found: Sequence[Finding]) -> None:
    """Make sure that every rule that spoke is still heard, as heavily as it spoke.

    Raises
    ------
    ValueError
        When one is not.
    """
    for item in raw:
        if not isinstance(item.severity.rank, int):
            raise TypeError("a severity has no rank")
        heard = [
            other
            for other in found
            if (item.rule == other.rule or item.rule in other.also)
            and other.severity.rank <= item.severity.rank
        ]
        if not heard:
            raise ValueError(f"the finding of rule {item.rule} was lost")


def _leading(same: list[Finding], call: Callable[[str], str]) -> Finding:
    """Return the worst of findings of one rule and severity, speaking for the others."""
    if len(same) == 1:
        return same[0]
    head, *rest = sorted(same, key=_worst_first)
    others = "; ".join(_in_short(item, call) for item in rest)
    return replace(
        head,
        message=f"{head.message} Also: {others}.",
        also_about=tuple(dict.fromkeys(item.subject for item in rest)),
        judged=" ".join(dict.fromkeys(item.judged for item in same if item.judged)),
    )


@gives(bool)
def _is_label(item: Finding) -> bool:
    if item.rule == CEMENT_ADVICE:
        return item.severity is Severity.INFO
    return item.rule in LABEL_RULES


def _worst_first(item: Finding) -> tuple[bool, float, float]:
    """Touched structures first, the most dangerous of them leading; then the nearest."""
    distance = inf if item.distance_mm is None else item.distance_mm
    danger = float(danger_of(item.structure))
    return (False, danger, distance) if distance <= 0.0 else (True, distance, danger)


@gives(int)
def danger_of(structure: str) -> int:
    """Return the place of a structure in ``MOST_DANGEROUS``; 0 is the worst."""
    kind = structure.split(":", maxsplit=1)[0]
    return MOST_DANGEROUS.index(kind) if kind in MOST_DANGEROUS else len(MOST_DANGEROUS)


def _joined(items: list[Finding]) -> Finding:
    """Return one finding that says what several say, as heavy as the heaviest.

    It is of all that was judged of any of them, so that an edit of one voids the answer to all.
    """
    weights = []
    for item in items:
        apart, first, second = _worst_first(item)
        weights.append((item.severity.rank, apart, first, second))
    ordered = [items[place] for place in sorted(range(len(items)), key=weights.__getitem__)]
    head = ordered[0]
    if len(ordered) == 1:
        return head
    rules = dict.fromkeys(rule for item in ordered for rule in (item.rule, *item.also))
    subjects = dict.fromkeys(one for item in ordered for one in (item.subject, *item.also_about))
    return replace(
        head,
        message=" ".join(dict.fromkeys(item.message for item in ordered)),
        threshold="; ".join(dict.fromkeys(item.threshold for item in ordered if item.threshold)),
        source="; ".join(dict.fromkeys(item.source for item in ordered)),
        resolve=" ".join(dict.fromkeys(item.resolve for item in ordered if item.resolve)),
        also=tuple(rule for rule in rules if rule != head.rule),
        also_about=tuple(one for one in subjects if one != head.subject),
        judged=" ".join(dict.fromkeys(item.judged for item in ordered if item.judged)),
    )


def _in_short(item: Finding, call: Callable[[str], str]) -> str:
    if item.distance_mm is None:
        return item.message.rstrip(".")
    return f"{call(item.subject)} {item.distance_mm:.1f} mm to the {in_words(item.structure)}"
