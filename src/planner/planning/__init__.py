"""Corridors, trajectory measures and proposals."""

from planner.planning.measure import measure
from planner.planning.measures import (
    Clearance,
    Crossing,
    Direction,
    PedicleMargins,
    TipPlace,
    TrajectoryMeasures,
    gertzbein_robbins,
)

__all__ = [
    "Clearance",
    "Crossing",
    "Direction",
    "PedicleMargins",
    "TipPlace",
    "TrajectoryMeasures",
    "gertzbein_robbins",
    "measure",
]
