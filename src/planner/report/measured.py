"""What was measured of a needle, as labelled lines with their doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from planner.domain.structures import in_words
from planner.planning.measures import Direction
from planner.report.model import Fact
from planner.report.wording import millimetres, number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.domain.sourced import Interval
    from planner.planning.measures import (
        Clearance,
        EstimatedClearance,
        PedicleMargins,
        TipPlace,
        TrajectoryMeasures,
    )


_Measured = TypeVar("_Measured", "Clearance", "EstimatedClearance")

NEAREST_CLEARANCES: Final = 6
"""Kinds of structure a needle's page has room for; findings name every one that is too near."""


def measure_facts(measures: TrajectoryMeasures) -> tuple[Fact, ...]:
    """Return what a reader at the CT table wants to know; what was not found says so."""
    facts = [
        Fact(label="Outer diameter", value=f"{number(measures.outer_diameter_mm, 2)} mm"),
        Fact(label="Skin to tip", value=interval_words(measures.skin_to_tip_mm)),
        Fact(label="Depth in bone", value=interval_words(measures.bone_depth_mm)),
    ]
    if measures.bone_hu is not None:
        facts.append(Fact(label="HU in bone", value=_hu(measures)))
    if measures.pedicle is not None:
        facts += _pedicle(measures.pedicle)
    if "endplate" in measures.angles_deg:
        doubt = f"{number(measures.angle_doubt_deg)}°"
        tilt = f"{number(measures.angles_deg['endplate'])}° (± {doubt}, as every angle)"
        facts.append(Fact(label="Angle to the endplates", value=tilt))
    if measures.tip is not None:
        facts.append(Fact(label="Tip", value=_tip(measures.tip)))
    error = f"{number(measures.placement_error_mm)} mm"
    words = f"half a voxel and {error} for registration and bending of the needle"
    return (*facts, Fact(label="Intervals hold", value=words))


def distance_facts(measures: TrajectoryMeasures) -> tuple[Fact, ...]:
    """Return how far the nearest structure of each kind is from the needle's surface."""
    facts = [
        Fact(
            label=f"To {in_words(item.structure)}",
            value=interval_words(item.distance_mm),
        )
        for item in _nearest_of_each_kind(measures.clearances)[:NEAREST_CLEARANCES]
    ]
    if facts:
        facts.append(Fact(label="Measured", value=measures.clearances_go))
    if measures.estimated:
        near = sorted(measures.estimated, key=lambda item: item.at_least_mm)
        words = "; ".join(map(_estimate_words, _nearest_of_each_kind(near)))
        facts.append(Fact(label="Estimated from bone", value=words))
    return tuple(facts)


def _nearest_of_each_kind(clearances: Iterable[_Measured]) -> list[_Measured]:
    """Return the nearest canal, foramen, vessel and so on; four foramina would hide the aorta.

    Parameters
    ----------
    clearances
        The nearest first.
    """
    found: dict[str, _Measured] = {}
    for item in clearances:
        found.setdefault(item.structure.partition(":")[0], item)
    return list(found.values())


def _hu(measures: TrajectoryMeasures) -> str:
    """Say how dense the bone is on the way, and how dense each cortex that is passed."""
    hu = measures.bone_hu
    if hu is None:
        return ""
    along = f"{number(hu.best, 0)} ({number(hu.low, 0)} to {number(hu.high, 0)})"
    passed = [
        f"{number(one.hu, 0)} at {number(one.from_entry_mm, 0)} mm" for one in measures.crossings
    ]
    return f"{along}; cortex {', '.join(passed)}"


def _estimate_words(item: EstimatedClearance) -> str:
    name = in_words(item.structure).removeprefix("estimated ")
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
        Fact(label="Room each way", value=_room(margins)),
        Fact(label="Pedicle width there", value=interval_words(margins.width_across_needle_mm)),
        Fact(label="Gertzbein-Robbins", value=_grade(margins)),
    ]


def _room(margins: PedicleMargins) -> str:
    rooms = ((way, margins.shift_mm[way]) for way in Direction if way in margins.shift_mm)
    ways = (
        f"{way} {number(room.best)} ({number(room.low)} to {number(room.high)})"
        for way, room in rooms
    )
    return f"{', '.join(ways)} mm"


def _grade(margins: PedicleMargins) -> str:
    if margins.breach_mm <= 0.0:
        return margins.gertzbein_robbins
    out = f"{millimetres(margins.breach_mm)} {margins.worst_direction}"
    return f"{margins.gertzbein_robbins}: OUT by {out}"


def _tip(tip: TipPlace) -> str:
    if not tip.in_body:
        return "NOT in the vertebral body"
    doubt = number(100.0 * tip.doubt[1], 0)
    depth = f"{number(100.0 * tip.depth_fraction, 0)} % (± {doubt}) of the way to the front"
    if not tip.in_anterior_third:
        depth += ", behind the front third"
    if tip.crosses_midline:
        return f"{depth}, ACROSS the midline"
    return f"{depth}, perhaps across the midline" if tip.may_cross_midline else depth
