"""Answers to the clinical questions as words of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from planner.document.commands import CLINICAL_FIELDS
from planner.domain.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

YES_OR_NO = {
    "infection", "cord_compression_symptoms", "pacemaker", "tumour_touches_root",
    "thermocouple_planned",
}  # fmt: skip
WHOLE = {"sins", "lesion_count", "ecog"}
NUMBERS = {"platelets_e9_per_l", "inr", "vas", "thermometer_celsius", "life_expectancy_months"}


def clinical_answers(words: Sequence[str]) -> dict[str, object]:
    """Read ``key=value`` words; a key is a field of ``ClinicalAnswers``.

    Raises
    ------
    UsageError
        For an unknown key, or a value that is none of its kind.
    """
    answers: dict[str, object] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or key not in CLINICAL_FIELDS:
            known = ", ".join(sorted(CLINICAL_FIELDS))
            raise UsageError(
                f"'{word}' is no clinical answer; write key=value with one of {known}"
            )
        try:
            answers[key] = _reader(key)(value)
        except ValueError:
            raise UsageError(f"'{value}' is no answer to {key}") from None
    return answers


def _reader(key: str) -> Callable[[str], object]:
    if key in YES_OR_NO:
        return _yes_or_no
    if key in WHOLE:
        return int
    return float if key in NUMBERS else str


def _yes_or_no(value: str) -> bool:
    if value not in {"yes", "no"}:
        raise ValueError(value)
    return value == "yes"
