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
from planner.planning.proposals import Proposals, ProposedTrajectory
from planner.planning.propose import access_diameter_mm, propose

__all__ = [
    "Clearance",
    "Crossing",
    "Direction",
    "PedicleMargins",
    "Proposals",
    "ProposedTrajectory",
    "TipPlace",
    "TrajectoryMeasures",
    "access_diameter_mm",
    "gertzbein_robbins",
    "measure",
    "propose",
]
