"""How much of each target dies, as rows and curves on paper."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import TYPE_CHECKING, Final

from planner.domain.coverage_words import margin_words
from planner.report.wording import number, plain

if TYPE_CHECKING:
    from planner.domain.coverage import Coverage
    from planner.domain.plan import Plan
    from planner.report.pictured import Pictured

NAMED: Final = 4
"""Parts that live and are named on paper; the rest is in their number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """One target.

    Attributes
    ----------
    curve
        Step in words, and the share of the target, 0 to 1, that gets at least as much.
    """

    name: str
    volume: str
    dies: str
    margin: str
    lives: str
    curve: tuple[tuple[str, float], ...]
    unit: str


def coverage_rows(plan: Plan, scene: Pictured) -> tuple[CoverageRow, ...]:
    """Return every target of the ablations that were simulated, each once."""
    found: dict[CoverageRow, None] = {}
    for item in plan.ablations:
        exposure = scene.exposures.get(item.id)
        for coverage in () if exposure is None else exposure.coverage:
            found[_row(coverage)] = None
    return tuple(found)


def _row(coverage: Coverage) -> CoverageRow:
    named = [f"{part.words} {number(part.volume_ml)} mL" for part in coverage.missed_parts[:NAMED]]
    more = len(coverage.missed_parts) - NAMED
    if more > 0:
        named.append(f"{more} more")
    is_cold = coverage.curve[0][0] <= 0.0 if coverage.curve else False
    return CoverageRow(
        name=plain(coverage.of),
        volume=f"{number(coverage.volume_ml)} mL",
        dies=f"{floor(coverage.percent)} % ({floor(coverage.sure_percent)} % in every run)",
        margin=margin_words(coverage.least_margin_mm),
        lives=plain("; ".join(named) or "nothing that is larger than the grid"),
        curve=tuple((f"{step:g}", percent / 100.0) for step, percent in coverage.curve),
        unit="cooled to at most, °C" if is_cold else "heat dose of at least, CEM43 minutes",
    )
