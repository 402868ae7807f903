"""What is said of the coverage of a target: in the panel and on paper."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.domain.coverage import Coverage

NAMED = 3
"""Parts that live and are named; the rest is in their number."""


def coverage_lines(coverage: Coverage) -> list[str]:
    """Return how much of a target dies, its least margin, and what lives by name."""
    name = coverage.of[0].upper() + coverage.of[1:]
    lines = [
        f"{name} ({coverage.volume_ml:.1f} mL): {floor(coverage.percent)} % dies, "
        f"{floor(coverage.sure_percent)} % for sure; {margin_words(coverage.least_margin_mm)}"
    ]
    if coverage.missed_parts:
        named = [f"{part.words} {part.volume_ml:.1f} mL" for part in coverage.missed_parts[:NAMED]]
        more = len(coverage.missed_parts) - NAMED
        lines.append(f"Lives: {'; '.join(named)}{f'; {more} more' if more > 0 else ''}")
    return lines


def margin_words(least_margin_mm: float) -> str:
    """Say how deep the target lies in the zone, or how far it sticks out."""
    if least_margin_mm < -100.0:  # there is no zone to lie in
        return "no zone"
    if least_margin_mm < 0.0:
        return f"sticks out {-least_margin_mm:.0f} mm"
    return f"least margin {least_margin_mm:.0f} mm"
