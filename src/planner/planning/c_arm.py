"""C-arm angles for the views that guide one needle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import asin, atan2, ceil, cos, degrees, radians, sin
from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.points import unit
from planner.planning.patient_room import towards, up_in_room

if TYPE_CHECKING:
    from planner.domain.anatomy import Vertebra
    from planner.domain.plan import Trajectory
    from planner.geometry.points import Vector
    from planner.planning.pedicle_course import PedicleCourse


@dataclass(frozen=True, slots=True, kw_only=True)
class CArmView:
    """One view.

    Attributes
    ----------
    name
        ``ap``, ``lateral``, ``oblique`` or ``down the barrel``.
    detector
        Unit vector from the patient to the detector, LPS.
    doubt_deg
        How far either angle may be off where the view follows an outline; ``None`` where it
        follows the plan itself.
    primary_deg, secondary_deg
        DICOM (0018,1510) and (0018,1511): 0 with the detector over the patient's front,
        primary positive towards the patient's left (LAO), secondary positive towards the head.
    tilt_deg, tilt_towards
        How far the C-arm turns from the vertical of the room, and to which side of the
        PATIENT the detector goes; ``None`` when the scan does not say how the patient lay.
    """

    name: str
    detector: tuple[float, float, float]
    primary_deg: float
    secondary_deg: float
    tilt_deg: float | None
    tilt_towards: str
    doubt_deg: tuple[float, float] | None = None

    @property
    def words(self) -> str:
        """Such as ``LAO 12, cranial 5``; behind the patient ``LPO`` and ``RPO``.

        A doubt follows as ``± 9``; it is rounded up.
        """
        turn = abs(self.primary_deg)
        side = towards(self.primary_deg, "L", "R")
        name = f"{side}AO {turn:.0f}" if turn <= 90.0 else f"{side}PO {180.0 - turn:.0f}"
        way = towards(self.secondary_deg, "cranial", "caudal")
        one, other = ("", "") if self.doubt_deg is None else map(_about, self.doubt_deg)
        return f"{name}{one}, {way} {abs(self.secondary_deg):.0f}{other}"


def _about(doubt_deg: float) -> str:
    return f" ± {ceil(doubt_deg)}"


def detector_direction(primary_deg: float, secondary_deg: float) -> Vector:
    """Return the unit vector to the detector, LPS, of DICOM positioner angles."""
    primary, secondary = radians(primary_deg), radians(secondary_deg)
    return np.array(
        (
            sin(primary) * cos(secondary),
            -cos(primary) * cos(secondary),
            sin(secondary),
        )
    )


def positioner_angles_deg(detector: Vector) -> tuple[float, float]:
    """Return primary and secondary angle of a direction to the detector, LPS."""
    way = unit(detector)
    secondary = asin(min(max(float(way[2]), -1.0), 1.0))
    return degrees(atan2(float(way[0]), -float(way[1]))), degrees(secondary)


def c_arm_views(
    trajectory: Trajectory,
    vertebra: Vertebra,
    patient_position: str,
    *,
    course: PedicleCourse | None = None,
) -> tuple[CArmView, ...]:
    """Return the views for one needle, for a patient lying as in the scan.

    AP and lateral are true to the vertebra: its endplates are lines, and in the AP its spinous
    process stands midway between the pedicles. The oblique view looks along the pedicle and holds
    within its doubt; without ``course`` there is none. The view down the barrel is the planned
    path itself. The detector is above the patient; without a known position it is behind, as for
    a prone one.
    """
    up = up_in_room(patient_position)
    above = np.array((0.0, 1.0, 0.0)) if up is None else up
    needle = trajectory.tip.array - trajectory.entry.array
    ways = {"ap": np.array(vertebra.anterior), "down the barrel": needle}
    found = [_view(name, way, above, known=up is not None) for name, way in ways.items()]
    if course is not None:
        found.append(_along(course, above, known=up is not None))
    lateral = _view(
        "lateral",
        trajectory.side.sign * np.array(vertebra.left),
        above,
        known=up is not None,
        turn=False,
    )
    return (*found, lateral)


def _along(course: PedicleCourse, above: Vector, *, known: bool) -> CArmView:
    """Return the view along a pedicle; its doubt is that of the pedicle's course."""
    middle, *rim = (
        _view("oblique", np.array(way), above, known=known)
        for way in (course.direction, *course.rim)
    )
    turns = [(one.primary_deg - middle.primary_deg + 180.0) % 360.0 - 180.0 for one in rim]
    leans = [one.secondary_deg - middle.secondary_deg for one in rim]
    return replace(middle, doubt_deg=(max(map(abs, turns)), max(map(abs, leans))))


def _view(name: str, way: Vector, above: Vector, *, known: bool, turn: bool = True) -> CArmView:
    detector = unit(way)
    if turn and float(detector @ above) < 0.0:
        detector = -detector
    primary, secondary = positioner_angles_deg(detector)
    flat = detector - np.array((0.0, 0.0, detector[2]))
    beside = float(np.cross(above, np.array((0.0, 0.0, 1.0))) @ flat)
    tilt = degrees(atan2(beside, float(flat @ above)))
    return CArmView(
        name=name,
        detector=(float(detector[0]), float(detector[1]), float(detector[2])),
        primary_deg=primary,
        secondary_deg=secondary,
        tilt_deg=abs(tilt) if known else None,
        tilt_towards=_side_in_words(flat, above),
    )


def _side_in_words(flat: Vector, above: Vector) -> str:
    """Return the side of the patient the detector leans to."""
    if abs(float(above[0])) > 0.5:
        return towards(float(flat[1]), "back", "front")
    return towards(float(flat[0]), "left", "right")
