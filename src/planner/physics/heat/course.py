"""The order of burns in time, as stages."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from planner.domain.simulation import Order
from planner.physics.heat.applicators import Driven, Stage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from planner.physics.heat.applicators import Applicator, Drive

SHORTEST_STAGE_S = 1e-6
"""Two times closer than this are the same moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """One burn or freeze.

    Attributes
    ----------
    needle
        The cannula it is given through: two burns of one needle are positions of a pull-back.
    """

    needle: str
    applicator: Applicator
    drive: Drive
    time_s: float
    cycle_s: float | None = None
    pause_s: float | None = None

    @property
    def stretches_s(self) -> tuple[tuple[float, float], ...]:
        """When energy is given, from the start of the burn: begin and end of each stretch."""
        return stretches(self.time_s, self.cycle_s, self.pause_s)


def stretches(
    time_s: float, cycle_s: float | None, pause_s: float | None
) -> tuple[tuple[float, float], ...]:
    """Split a time with energy into stretches of ``cycle_s`` with pauses between them."""
    if cycle_s is None or pause_s is None or cycle_s >= time_s - SHORTEST_STAGE_S:
        return ((0.0, time_s),)
    count = ceil((time_s - SHORTEST_STAGE_S) / cycle_s)
    starts = [number * (cycle_s + pause_s) for number in range(count)]
    last = time_s - (count - 1) * cycle_s
    return tuple(
        (start, start + (last if number == count - 1 else cycle_s))
        for number, start in enumerate(starts)
    )


def stages_of(burns: Sequence[Burn], order: Order) -> tuple[Stage, ...]:
    """Return the stages of ``burns``.

    Together, every needle starts at once and its own burns follow each other; a needle that is
    done stays in place, switched off. In turn, the burns follow each other and only the needle
    that burns is in the tissue.
    """
    if order is Order.IN_TURN:
        return tuple(stage for burn in burns for stage in stages_of([burn], Order.TOGETHER))
    tracks = _tracks(burns)
    ends = sorted({end for track in tracks for _, _, end in track})
    stages, begun = [], 0.0
    for end in ends:
        if end - begun > SHORTEST_STAGE_S:
            driven = tuple(_at((begun + end) / 2.0, track) for track in tracks)
            stages.append(Stage(duration_s=end - begun, driven=driven))
            begun = end
    return tuple(stages)


def starts_of(burns: Sequence[Burn], order: Order) -> tuple[float, ...]:
    """Return when each burn begins."""
    clock: dict[str, float] = {}
    found = []
    for burn in burns:
        track = burn.needle if order is Order.TOGETHER else ""
        begun = clock.get(track, 0.0)
        found.append(begun)
        clock[track] = begun + burn.stretches_s[-1][1]
    return tuple(found)


def _tracks(burns: Sequence[Burn]) -> list[list[tuple[Burn, bool, float]]]:
    """Return the stretches of each needle: the burn, whether it is on, and when that ends."""
    tracks: dict[str, list[tuple[Burn, bool, float]]] = {}
    for burn in burns:
        track = tracks.setdefault(burn.needle, [])
        begun = track[-1][2] if track else 0.0
        for on_s, off_s in burn.stretches_s:
            if on_s > 0.0:
                track.append((burn, False, begun + on_s))
            track.append((burn, True, begun + off_s))
    return list(tracks.values())


def _at(moment_s: float, track: Sequence[tuple[Burn, bool, float]]) -> Driven:
    for burn, is_on, end in track:
        if moment_s < end:
            return Driven(applicator=burn.applicator, drive=burn.drive if is_on else None)
    return Driven(applicator=track[-1][0].applicator, drive=None)
