"""Sentences that say what speaks for a proposed path, and what against it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.structures import POSTERIOR_WALL
from planner.geometry.ellipsoid import Spheroid
from planner.geometry.points import unit

if TYPE_CHECKING:
    from planner.domain.devices import Device
    from planner.domain.plan import Trajectory
    from planner.planning.aims import LesionPart
    from planner.planning.measures import TrajectoryMeasures

OFF_CENTRE_MM: Final = 10.0
"""A zone this far off a lesion's middle is as badly laid as can be (derived)."""

NEAR_MM: Final = 2.0
"""Below this the rules hold a path (rule N2)."""


def reasons_for(
    trajectory: Trajectory,
    measures: TrajectoryMeasures,
    *,
    lesion: LesionPart | None,
    device: Device | None,
    aim: str,
) -> tuple[str, ...]:
    """Return the reasons, what speaks for the path first."""
    found = [
        _pedicle(measures),
        _nearest(measures),
        _tip(measures, aim),
        _coverage(trajectory, lesion, device),
        _angles(measures),
        _against(measures),
    ]
    return tuple(sentence for sentence in found if sentence)


def _pedicle(measures: TrajectoryMeasures) -> str:
    if measures.pedicle is None:
        return ""
    worst = measures.pedicle.worst_mm
    return (
        f"Bone about the needle in the pedicle at its thinnest {worst.best:.1f} mm "
        f"({worst.low:.1f} to {worst.high:.1f}), {measures.pedicle.worst_direction}."
        + "".join(
            f" The outline runs {far:.1f} mm beyond the {side} wall, as into a rib, so the width "
            "measured in the scan counts there."
            for side, far in measures.pedicle.not_believed_mm.items()
        )
    )


def _nearest(measures: TrajectoryMeasures) -> str:
    near = [item for item in measures.clearances if item.structure != POSTERIOR_WALL]
    if not near:
        return ""
    first = near[0]
    return (
        f"Nearest structure to keep away from: {first.structure}, {first.distance_mm.best:.1f} mm "
        f"({first.distance_mm.low:.1f} to {first.distance_mm.high:.1f}), midway between voxels; "
        "the card and the rules measure to their corners and may say up to half a voxel less."
    )


def _tip(measures: TrajectoryMeasures, aim: str) -> str:
    tip = measures.tip
    if tip is None:
        return ""
    place = f"{tip.depth_fraction:.0%} of the way from the back of the body to its front"
    return f"The tip lies at the {aim}, {place}."


def first_zone(trajectory: Trajectory, device: Device | None) -> Spheroid | None:
    """Return the first zone in a device's table, laid at the tip of a needle."""
    if device is None or not device.zone_rows:
        return None
    row = device.zone_rows[0]
    axis = unit(trajectory.tip.array - trajectory.entry.array)
    return Spheroid(
        centre=trajectory.tip.moved(-row.centre_from_tip_mm.value * axis),
        axis=(float(axis[0]), float(axis[1]), float(axis[2])),
        half_length_mm=row.length_mm.value / 2.0,
        half_width_mm=row.width_mm.value / 2.0,
    )


def coverage_of_first(
    trajectory: Trajectory, lesion: LesionPart | None, device: Device | None
) -> float | None:
    """Return the share of the lesion in this body that the first zone of a table would hold."""
    zone = first_zone(trajectory, device)
    if lesion is None or zone is None:
        return None
    return float(np.mean(zone.contains(lesion.points_mm)))


def off_centre(trajectory: Trajectory, lesion: LesionPart | None, device: Device | None) -> float:
    """Return how far the first zone lies off the lesion's middle, 0 to 1; 0 without either.

    A lesion that a large zone holds from any place is still best in its middle.
    """
    zone = first_zone(trajectory, device)
    if lesion is None or zone is None:
        return 0.0
    far = float(np.linalg.norm(zone.centre.array - lesion.points_mm.mean(axis=0)))
    return min(far / OFF_CENTRE_MM, 1.0)


def _coverage(trajectory: Trajectory, lesion: LesionPart | None, device: Device | None) -> str:
    share = coverage_of_first(trajectory, lesion, device)
    if share is None or device is None:
        return ""
    row = device.zone_rows[0]
    return (
        f"The first zone in the table of {device.name} ({row.length_mm.value:g} x "
        f"{row.width_mm.value:g} mm) would hold {share:.0%} of the lesion in this body."
    )


def _angles(measures: TrajectoryMeasures) -> str:
    axial, cranial = measures.angles_deg["axial"], measures.angles_deg["cranial"]
    inward = "towards" if axial >= 0.0 else "away from"
    upward = f"{abs(cranial):.0f} to the {'head' if cranial >= 0.0 else 'feet'}"
    wide = f"A needle {measures.outer_diameter_mm:.2f} mm wide"
    text = f"{wide} runs {abs(axial):.0f} degrees {inward} the midline and {upward}"
    if measures.skin_to_tip_mm is None:
        return f"{text}; the skin lies outside the scan, so the entry is where the scan ends."
    return f"{text}, {measures.skin_to_tip_mm.best:.0f} mm from skin to tip."


def _against(measures: TrajectoryMeasures) -> str:
    near = [
        item.structure
        for item in measures.clearances
        if item.structure != POSTERIOR_WALL and item.distance_mm.best < NEAR_MM
    ]
    return f"Against it: nearer than {NEAR_MM:g} mm to {', '.join(near)}." if near else ""
