"""Where a control scan, made on the way, shows a needle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planner.geometry.points import PointLps

SHORTEST_SEEN_MM = 1.0
"""Entry and tip nearer than this are a click by mistake, not a needle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlReading:
    """One needle as one control scan shows it.

    Attributes
    ----------
    trajectory_id
        The needle's id in the plan.
    entry, tip
        Where it goes in and where its tip lies now, LPS mm of the PLAN's scan.
    at_utc
        When it was read.
    scan_uid, scan_words
        The control scan: its series, and what it says of itself.
    offset
        What was added to places of the control scan, as a person registered it; ``None`` where
        both scans are in one frame of reference.
    """

    trajectory_id: str
    entry: PointLps
    tip: PointLps
    at_utc: str
    scan_uid: str
    scan_words: str
    offset: PointLps | None = None

    def __post_init__(self) -> None:
        if self.entry.distance_mm(self.tip) < SHORTEST_SEEN_MM:
            raise ValueError("entry and tip seen on a control scan must lie apart")
