"""C-arm angles for the views that guide one needle."""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, atan2, cos, degrees, radians, sin
from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.points import unit
from planner.planning.patient_room import towards, up_in_room

if TYPE_CHECKING:
    from planner.domain.anatomy import Vertebra
    from planner.domain.plan import Trajectory
    from planner.geometry.points import Vector


@dataclass(frozen=True, slots=True, kw_only=True)
class CArmView:
    """One view.

    Attributes
    ----------
    name
        ``ap``, ``lateral``, ``oblique`` or ``down the barrel``.
    detector
        Unit vector from the patient to the detector, LPS.
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

    @property
    def words(self) -> str:
        """Such as ``LAO 12, cranial 5``; behind the patient ``LPO`` and ``RPO``."""
        turn = abs(self.primary_deg)
        side = towards(self.primary_deg, "L", "R")
        name = f"{side}AO {turn:.0f}" if turn <= 90.0 else f"{side}PO {180.0 - turn:.0f}"
        way = towards(self.secondary_deg, "cranial", "caudal")
        return f"{name}, {way} {abs(self.secondary_deg):.0f}"


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
    trajectory: Trajectory, vertebra: Vertebra, patient_position: str
) -> tuple[CArmView, ...]:
    """Return the views for one needle, for a patient lying as in the scan.

    AP and lateral are true to the vertebra: its endplates are lines, and in the AP its spinous
    process stands midway between the pedicles. The oblique view looks along the pedicle. The
    detector is above the patient; without a known position it is behind, as for a prone one.
    """
    up = up_in_room(patient_position)
    above = np.array((0.0, 1.0, 0.0)) if up is None else up
    needle = trajectory.tip.array - trajectory.entry.array
    ways = {"ap": np.array(vertebra.anterior), "down the barrel": needle}
    pedicle = vertebra.pedicles.get(trajectory.side)
    if pedicle is not None:
        ways["oblique"] = np.array(pedicle.axis)
    found = [_view(name, way, above, known=up is not None) for name, way in ways.items()]
    lateral = _view(
        "lateral",
        trajectory.side.sign * np.array(vertebra.left),
        above,
        known=up is not None,
        turn=False,
    )
    return (*found, lateral)


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
