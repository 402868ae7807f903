"""What the outlines say of every lesion, as sentences for the panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy import report_lesion
from planner.domain.errors import UsageError
from planner.domain.levels import Level

if TYPE_CHECKING:
    from planner.anatomy import LesionReport
    from planner.domain.anatomy import Anatomy
    from planner.domain.volume import CtVolume


def lesion_sentences(ct: CtVolume, anatomy: Anatomy) -> tuple[str, ...]:
    """Describe the lesion of every level it lies in, from the head down."""
    if anatomy.lesion is None:
        return ()
    found = np.unique(anatomy.labels[anatomy.lesion])
    levels = [Level.from_verse_label(int(number)) for number in found[found > 0]]
    out: list[str] = []
    for level in sorted(levels, key=lambda level: level.order):
        try:
            out += _sentences(report_lesion(ct, anatomy, level))
        except UsageError as refusal:
            out.append(f"Lesion in {level} not described: {refusal}.")
    if not levels and anatomy.lesion.any():
        out.append("The lesion lies in no outlined vertebra.")
    return tuple(out)


def _sentences(report: LesionReport) -> list[str]:
    parts = ", ".join(f"{part.words} {ml:.1f} mL" for part, ml in report.parts_ml.items())
    target = ", ".join(part.words for part in report.target_parts)
    low, high = report.sins_range
    *rest, last = [part.name for part in report.sins if part.points is None]
    still_open = f"{', '.join(rest)} and {last}" if rest else last
    told = [f"{part.name} {part.points}" for part in report.sins if part.points is not None]
    return [
        f"Lesion in {report.level}: {report.volume_ml:.1f} mL, {report.kind}, takes "
        f"{report.share_of_body:.0%} of the body. In {parts or 'no part by more than a trace'}.",
        f"Target volume {report.target_ml:.1f} mL: {target or 'none'}. By {report.target_source}.",
        f"ESCC at least {report.escc_at_least}. {report.epidural}",
        f"SINS {low} to {high}: {', '.join(told)}; {still_open} only you can tell.",
    ]
