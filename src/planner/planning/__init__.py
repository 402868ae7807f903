"""Corridors, trajectory measures, proposals, and the numbers to take to the room."""

from planner.planning.c_arm import CArmView, c_arm_views
from planner.planning.ct_room import Correction, CtRoomCard, FromGrid, correction, ct_room_card
from planner.planning.exact_distances import HAND_ERROR_MM, worst_under_error_mm
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
from planner.planning.needle_assembly import (
    NeedleAssembly,
    assembled,
    bare_needle,
    planned_assemblies,
)
from planner.planning.needle_gaps import NeedleGap, needle_gaps
from planner.planning.needle_moves import (
    advanced,
    depth_left_mm,
    snapped_to_pedicle,
    with_angles,
    with_depth,
)
from planner.planning.pedicle_course import PedicleCourse, course_of
from planner.planning.proposals import Proposals, ProposedPair, ProposedTrajectory
from planner.planning.propose import access_diameter_mm, propose
from planner.planning.skin_access import SkinAccess, skin_access

__all__ = [
    "HAND_ERROR_MM",
    "CArmView",
    "Clearance",
    "Correction",
    "Crossing",
    "CtRoomCard",
    "Direction",
    "FromGrid",
    "NeedleAssembly",
    "NeedleGap",
    "PedicleCourse",
    "PedicleMargins",
    "Proposals",
    "ProposedPair",
    "ProposedTrajectory",
    "SkinAccess",
    "TipPlace",
    "TrajectoryMeasures",
    "access_diameter_mm",
    "advanced",
    "assembled",
    "bare_needle",
    "c_arm_views",
    "correction",
    "course_of",
    "ct_room_card",
    "depth_left_mm",
    "gertzbein_robbins",
    "measure",
    "needle_gaps",
    "planned_assemblies",
    "propose",
    "skin_access",
    "snapped_to_pedicle",
    "with_angles",
    "with_depth",
    "worst_under_error_mm",
]
