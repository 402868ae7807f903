"""Corridors, trajectory measures, proposals, and the numbers to take to the room."""

from planner.planning.c_arm import CArmView, c_arm_views
from planner.planning.ct_room import Correction, CtRoomCard, correction, ct_room_card
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
from planner.planning.needle_moves import advanced, snapped_to_pedicle, with_depth
from planner.planning.needle_spacing import NeedleSpacing, needle_spacings
from planner.planning.proposals import Proposals, ProposedTrajectory
from planner.planning.propose import access_diameter_mm, propose

__all__ = [
    "CArmView",
    "Clearance",
    "Correction",
    "Crossing",
    "CtRoomCard",
    "Direction",
    "NeedleSpacing",
    "PedicleMargins",
    "Proposals",
    "ProposedTrajectory",
    "TipPlace",
    "TrajectoryMeasures",
    "access_diameter_mm",
    "advanced",
    "c_arm_views",
    "correction",
    "ct_room_card",
    "gertzbein_robbins",
    "measure",
    "needle_spacings",
    "propose",
    "snapped_to_pedicle",
    "with_depth",
]
