"""Which needle seen is which needle planned, said with its doubt, and how far it is off.

A needle is known by its line and not by its depth: on the way in none is at its depth yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import acos, degrees
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.levels import Side
from planner.geometry.points import unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from planner.control.needles import FoundNeedle
    from planner.domain.anatomy import Vertebra
    from planner.domain.levels import Level
    from planner.domain.plan import Trajectory, TrajectoryId

FARTHEST_MM: Final = 35.0
"""A needle whose line runs farther from the planned one is another needle."""

CLEAR_MM: Final = 8.0
"""Another way to pair them must be worse by this for each needle it moves, or both are told."""

MOST_PAIRED: Final = 6
"""Every way to pair is tried: 6 planned and 6 found make 13327."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """How far a needle lies from where it was planned, both in one frame.

    Attributes
    ----------
    entry_mm
        Between the planned entry and that seen; ``None`` where the entry is not in the scan.
    tip_mm
        Between the planned tip and that seen; ``None`` where the tip is not in the scan.
    deeper_mm
        How much deeper along the planned path the tip lies; negative where it is still to go.
    beside_mm
        How far the tip lies beside the planned path.
    passes_mm
        How near the needle's line passes the planned tip: what is left wrong if it is pushed on.
    angle_deg
        Between both directions.
    """

    entry_mm: float | None
    tip_mm: float | None
    deeper_mm: float | None
    beside_mm: float | None
    passes_mm: float
    angle_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """A planned needle and the one seen that is taken for it.

    ``doubts`` are sentences on why it may be another; while there is one, a person has to say
    which needle it is.
    """

    trajectory_id: TrajectoryId
    needle: FoundNeedle
    deviation: Deviation
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """All pairs, planned needles that were not seen, and needles seen that were not planned."""

    pairs: tuple[Paired, ...]
    not_seen: tuple[TrajectoryId, ...]
    not_planned: tuple[FoundNeedle, ...]


def pair_needles(
    found: Sequence[FoundNeedle],
    planned: Sequence[Trajectory],
    vertebrae: Mapping[Level, Vertebra],
) -> Pairing:
    """Pair needles seen with needles planned; all in ONE frame, LPS mm.

    ``vertebrae`` say where the midline of each level is, so that a needle on the other side is
    told. Nothing is paired that passes farther than ``FARTHEST_MM``.

    Raises
    ------
    ValueError
        With more than ``MOST_PAIRED`` planned needles or needles seen.
    """
    if max(len(found), len(planned)) > MOST_PAIRED:
        raise ValueError(f"at most {MOST_PAIRED} needles can be paired")
    apart = np.array([[_apart_mm(needle, plan) for needle in found] for plan in planned])
    apart = apart.reshape(len(planned), len(found))
    ways = sorted(_ways(apart), key=lambda way: way[0])
    best = ways[0][1]
    pairs = []
    for row, column in best.items():
        plan, needle = planned[row], found[column]
        doubts = (*_other_ways(row, ways, planned), *_side_doubt(plan, needle, vertebrae))
        pairs.append(
            Paired(
                trajectory_id=plan.id,
                needle=needle,
                deviation=deviation(plan, needle),
                doubts=doubts,
            )
        )
    return Pairing(
        pairs=tuple(pairs),
        not_seen=tuple(plan.id for row, plan in enumerate(planned) if row not in best),
        not_planned=tuple(
            needle for column, needle in enumerate(found) if column not in best.values()
        ),
    )


def _apart_mm(needle: FoundNeedle, plan: Trajectory) -> float:
    """Return how far the planned entry and tip lie from the needle's line, in the mean."""
    at, way = needle.last_seen.array, np.array(needle.direction)
    total = 0.0
    for place in (plan.entry.array, plan.tip.array):
        away = place - at
        total += float(np.linalg.norm(away - (away @ way) * way))
    backward = float(way @ (plan.tip.array - plan.entry.array)) <= 0.0
    return float("inf") if backward else 0.5 * total


def _ways(apart: NDArray[np.float64]) -> Iterator[tuple[float, dict[int, int]]]:
    """Give each way to pair rows with columns, and what it costs; a row left alone costs most."""
    rows, columns = apart.shape

    def grow(row: int, cost: float, way: dict[int, int]) -> Iterator[tuple[float, dict[int, int]]]:
        if row == rows:
            yield cost, way
            return
        yield from grow(row + 1, cost + FARTHEST_MM, way)
        for column in range(columns):
            more = float(apart[row, column])
            if column not in way.values() and more <= FARTHEST_MM:
                yield from grow(row + 1, cost + more, {**way, row: column})

    return grow(0, 0.0, {})


def _other_ways(
    row: int, ways: Sequence[tuple[float, dict[int, int]]], planned: Sequence[Trajectory]
) -> tuple[str, ...]:
    """Say which other planned needles the needle of a row may be."""
    least, best = ways[0]
    column = best[row]
    told = []
    for cost, way in ways[1:]:
        moved = sum(best.get(place) != way.get(place) for place in range(len(planned)))
        if way.get(row) == column or cost - least >= CLEAR_MM * moved:
            continue
        others = [place for place, taken in way.items() if taken == column]
        name = f"may be {planned[others[0]].id}" if others else "may be none of those planned"
        told.append(f"it {name}: that fits worse by only {(cost - least) / moved:.0f} mm a needle")
    return tuple(told[:1])


def _side_doubt(
    plan: Trajectory, needle: FoundNeedle, vertebrae: Mapping[Level, Vertebra]
) -> tuple[str, ...]:
    """Say when the needle goes in on the other side of the patient than planned."""
    vertebra = vertebrae.get(plan.level)
    if vertebra is None:
        return (f"the side could not be checked: {plan.level} is not outlined in this frame",)
    out = needle.outermost.array - vertebra.body_centre.array
    to_left = float(out @ np.array(vertebra.left))
    seen = Side.LEFT if to_left > 0.0 else Side.RIGHT
    if seen is plan.side:
        return ()
    return (
        f"it goes in {abs(to_left):.0f} mm on the patient's {seen.value.upper()}, "
        f"but {plan.id} is planned on the {plan.side.value.upper()}",
    )


def deviation(plan: Trajectory, needle: FoundNeedle) -> Deviation:
    """Return how far a needle lies from its plan; both in one frame, LPS mm."""
    way, planned = np.array(needle.direction), unit(plan.tip.array - plan.entry.array)
    to_target = plan.tip.array - needle.last_seen.array
    passes = float(np.linalg.norm(to_target - (to_target @ way) * way))
    deeper = beside = tip_mm = None
    if needle.tip is not None:
        off = needle.tip.array - plan.tip.array
        deeper = float(off @ planned)
        beside = float(np.linalg.norm(off - deeper * planned))
        tip_mm = needle.tip.distance_mm(plan.tip)
    cosine = min(max(float(way @ planned), -1.0), 1.0)
    return Deviation(
        entry_mm=None if needle.entry is None else needle.entry.distance_mm(plan.entry),
        tip_mm=tip_mm,
        deeper_mm=deeper,
        beside_mm=beside,
        passes_mm=passes,
        angle_deg=degrees(acos(cosine)),
    )
