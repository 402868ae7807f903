"""The order of burns in time, as stages."""

from __future__ import annotations

from dataclasses import dataclass
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


def stages_of(burns: Sequence[Burn], order: Order) -> tuple[Stage, ...]:
    """Return the stages of ``burns``.

    Together, every needle starts at once and its own burns follow each other; a needle that is
    done stays in place, switched off. In turn, the burns follow each other and only the needle
    that burns is in the tissue.
    """
    if order is Order.IN_TURN:
        return tuple(
            Stage(
                duration_s=burn.time_s,
                driven=(Driven(applicator=burn.applicator, drive=burn.drive),),
            )
            for burn in burns
        )
    tracks = _tracks(burns)
    ends = sorted({end for track in tracks for _, end in track})
    stages, begun = [], 0.0
    for end in ends:
        if end - begun > SHORTEST_STAGE_S:
            driven = tuple(_at((begun + end) / 2.0, track) for track in tracks)
            stages.append(Stage(duration_s=end - begun, driven=driven))
            begun = end
    return tuple(stages)


def _tracks(burns: Sequence[Burn]) -> list[list[tuple[Burn, float]]]:
    """Return the burns of each needle with the time each ends."""
    tracks: dict[str, list[tuple[Burn, float]]] = {}
    for burn in burns:
        track = tracks.setdefault(burn.needle, [])
        begun = track[-1][1] if track else 0.0
        track.append((burn, begun + burn.time_s))
    return list(tracks.values())


def _at(moment_s: float, track: Sequence[tuple[Burn, float]]) -> Driven:
    for burn, end in track:
        if moment_s < end:
            return Driven(applicator=burn.applicator, drive=burn.drive)
    return Driven(applicator=track[-1][0].applicator, drive=None)
