"""What was measured of a needle, as labelled lines with their doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from planner.report.model import Fact
from planner.report.rows import structure_words
from planner.report.wording import millimetres, number

if TYPE_CHECKING:
    from planner.domain.sourced import Interval
    from planner.planning.measures import (
        EstimatedClearance,
        PedicleMargins,
        TipPlace,
        TrajectoryMeasures,
    )

NEAREST_CLEARANCES: Final = 5
"""A needle's page has room for these; findings name every one that is too near."""


def measure_facts(measures: TrajectoryMeasures) -> tuple[Fact, ...]:
    """Return what a reader at the CT table wants to know; what was not found says so."""
    facts = [
        Fact(label="Outer diameter", value=f"{number(measures.outer_diameter_mm, 2)} mm"),
        Fact(label="Skin to tip", value=interval_words(measures.skin_to_tip_mm)),
        Fact(label="Depth in bone", value=interval_words(measures.bone_depth_mm)),
    ]
    if measures.pedicle is not None:
        facts += _pedicle(measures.pedicle)
    if "endplate" in measures.angles_deg:
        tilt = f"{number(measures.angles_deg['endplate'])}°"
        facts.append(Fact(label="Angle to the endplates", value=tilt))
    if measures.tip is not None:
        facts.append(Fact(label="Tip", value=_tip(measures.tip)))
    facts += [
        Fact(
            label=f"To {structure_words(item.structure)}",
            value=interval_words(item.distance_mm),
        )
        for item in measures.clearances[:NEAREST_CLEARANCES]
    ]
    if measures.estimated:
        words = "; ".join(map(_estimate_words, measures.estimated))
        facts.append(Fact(label="Estimated from the canal", value=words))
    return tuple(facts)


def _estimate_words(item: EstimatedClearance) -> str:
    name = structure_words(item.structure).removeprefix("estimated ")
    if item.likely_mm is None:
        return f"{name} at least {millimetres(item.at_least_mm)}, likely not here"
    return f"{name} at least {millimetres(item.at_least_mm)}, likely {millimetres(item.likely_mm)}"


def interval_words(value: Interval | None) -> str:
    """Write ``best (low to high)`` in mm; ``None`` stays empty and is printed as not given."""
    if value is None:
        return ""
    return f"{millimetres(value.best)} ({number(value.low)} to {number(value.high)})"


def _pedicle(margins: PedicleMargins) -> list[Fact]:
    return [
        Fact(
            label="Thinnest bone around",
            value=f"{interval_words(margins.worst_mm)}, {margins.worst_direction}",
        ),
        Fact(label="Pedicle width there", value=interval_words(margins.width_across_needle_mm)),
        Fact(label="Gertzbein-Robbins", value=margins.gertzbein_robbins),
    ]


def _tip(tip: TipPlace) -> str:
    if not tip.in_body:
        return "NOT in the vertebral body"
    depth = f"{number(100.0 * tip.depth_fraction, 0)} % of the way to the front"
    if not tip.in_anterior_third:
        depth += ", behind the front third"
    return f"{depth}, ACROSS the midline" if tip.crosses_midline else depth
