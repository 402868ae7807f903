"""What the room with two X-ray pictures works out: where the needle lies, and its pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.errors import UsageError
from planner.domain.plan import Trajectory, TrajectoryId
from planner.fluoroscopy import XrayView, attenuation_along_rays, picture
from planner.geometry.capsule import Capsule
from planner.geometry.points import unit
from planner.planning.body_outline import skin_on_line
from planner.planning.c_arm import CArmView, detector_direction
from planner.planning.needle_moves import with_angles
from planner.session.xray_drawing import FIELD_MM, FULL_PIXELS
from planner.session.xray_pictures import TITLES
from planner.session.xray_room_states import Shot

if TYPE_CHECKING:
    from planner.domain.levels import Side
    from planner.domain.volume import CtVolume
    from planner.geometry.points import PointLps
    from planner.session.xray_room_states import Arm, Table
    from planner.training.attempt import Reading
    from planner.training.blind_needle import BlindNeedle

SHAFT_MM: Final = 150.0
"""How long the shadow of the needle is, hub to tip; for the look of it alone."""

BACKWARD: Final = (0.0, 1.0, 0.0)
"""LPS: the needle comes from the patient's back, however the scan was made."""

NO_SKIN: Final = "The scan shows no skin there. Choose a point nearer to the middle."


def laid(needle: BlindNeedle, ct: CtVolume, middle: PointLps, reading: Reading) -> Trajectory:
    """Return where the needle lies, as long as its shaft while it only touches the skin.

    Level, side and way are those of the reading.

    Parameters
    ----------
    middle
        Of the room, a point in the patient.

    Raises
    ------
    UsageError
        When the scan shows no skin there, or nobody is treated.
    """
    if reading.approach is None or reading.side is None:
        raise UsageError("You decided not to treat, so there is no needle.")
    backward = np.array(BACKWARD)
    under = middle.moved(np.array((needle.left_mm, 0.0, needle.head_mm)))
    entry = skin_on_line(ct, under, backward)
    if entry is None:
        raise UsageError(NO_SKIN)
    straight = Trajectory(
        id=TrajectoryId("T1"),
        level=reading.level,
        side=reading.side,
        approach=reading.approach,
        entry=entry,
        tip=entry.moved(-SHAFT_MM * backward),
    )
    turned = with_angles(
        straight,
        towards_midline_deg=needle.towards_midline_deg,
        upward_deg=needle.upward_deg,
        keep_tip=False,
    )
    way = unit(turned.tip.array - turned.entry.array)
    depth_mm = needle.depth_mm or SHAFT_MM
    return replace(turned, tip=entry.moved(depth_mm * way))


def shadow_of(needle: BlindNeedle, lies: Trajectory, outer_diameter_mm: float) -> Capsule:
    """Return the metal that an X-ray picture shows: from the hub outside to the tip."""
    way = unit(lies.tip.array - lies.entry.array)
    tip = lies.entry.moved(needle.depth_mm * way)
    return Capsule(tip.moved(-SHAFT_MM * way), tip, outer_diameter_mm / 2.0)


def table_at(middle: PointLps, table: Table) -> PointLps:
    """Return the point both arms look at; ``middle`` is where the room was entered."""
    return middle.moved(np.array((table.left_mm, table.back_mm, table.head_mm)))


def arm_view(name: str, arm: Arm, side: Side) -> CArmView:
    """Return where an arm stands: AP behind the prone patient, lateral on the needle's side."""
    is_ap = name == "ap"
    primary = 180.0 - arm.turn_deg if is_ap else side.sign * (90.0 + arm.turn_deg)
    if primary > 180.0:
        primary -= 360.0
    detector = detector_direction(primary, arm.tilt_deg)
    return CArmView(
        name=name,
        detector=(float(detector[0]), float(detector[1]), float(detector[2])),
        primary_deg=primary,
        secondary_deg=arm.tilt_deg,
        tilt_deg=None,
        tilt_towards="",
    )


def taken(
    arm: CArmView,
    ct: CtVolume,
    middle: PointLps,
    needle: Capsule | None,
    *,
    number: int,
    at_s: float,
) -> Shot:
    """Take a picture about the middle of the room."""
    view = XrayView.about(middle, np.array(arm.detector), field_mm=FIELD_MM, pixels=FULL_PIXELS)
    return Shot(
        number=number,
        at_s=at_s,
        title=TITLES[arm.name],
        words=arm.words,
        view=view,
        grey=picture(attenuation_along_rays(ct.hu, ct.geometry, view)),
        needle=needle,
    )
