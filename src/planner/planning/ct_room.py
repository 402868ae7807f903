"""What to dial and mark in the CT room for one needle, in the position of its scan."""

from __future__ import annotations

from dataclasses import dataclass
from math import acos, asin, atan2, cos, degrees, hypot, radians, sin
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.geometry.points import PointLps, unit
from planner.planning.patient_room import HEAD, lying_in_words, towards, up_in_room

if TYPE_CHECKING:
    from collections.abc import Iterable

    from planner.domain.anatomy import Vertebra
    from planner.domain.devices import Device, Needle
    from planner.domain.plan import Trajectory, TrajectoryId
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector
    from planner.planning.measures import TrajectoryMeasures

GANTRY_LIMIT_DEG: Final = 30.0
"""Most gantries that tilt at all tilt no farther (recalled); many do not tilt."""

UPRIGHT_DEG: Final = 0.5
"""Slices tilted by less are upright: 100 mm behind the middle it is not a millimetre."""

SAME_THICKNESS_MM: Final = 0.05
"""Diameters of the catalogue are read to hundredths; gauges lie 0.2 mm apart and more."""

HUB_MM: Final = 10.0
"""Length a needle keeps outside the skin for its hub (derived): less is no grip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedleFit:
    """Whether one length of needle reaches and suits.

    ``outside_mm`` is what stands out of the skin when the tip is at its place; ``unsuited`` why it
    is not the needle this plan was measured with, empty where it is.
    """

    needle_id: str
    length_mm: float
    outside_mm: float
    gauge: int | None = None
    unsuited: str = ""

    @property
    def fits(self) -> bool:
        """Whether the tip reaches its place and the hub stays outside."""
        return self.outside_mm >= HUB_MM


@dataclass(frozen=True, slots=True, kw_only=True)
class GantryTilt:
    """The tilt that brings the whole path into one slice.

    Attributes
    ----------
    tilt_deg
        From the upright gantry; ``top_towards`` is ``head`` or ``feet``.
    in_plane_deg
        The needle's angle from the middle of that slice.
    """

    tilt_deg: float
    top_towards: str
    in_plane_deg: float

    @property
    def reachable(self) -> bool:
        """Whether a gantry that tilts can be expected to reach it."""
        return self.tilt_deg <= GANTRY_LIMIT_DEG


@dataclass(frozen=True, slots=True, kw_only=True)
class FromGrid:
    """Where to go on the skin from a mark of a grid.

    Attributes
    ----------
    across_mm, along_mm
        Across the patient and along the table; ``..._towards`` says which way from the mark.
    """

    across_mm: float
    across_towards: str
    along_mm: float
    along_towards: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CtRoomCard:
    """The numbers of one needle for the CT room.

    Attributes
    ----------
    entry_slice, tip_slice
        Counted from 1, of ``slices``, from the ``counted_from``: ``feet`` or ``head``; may lie
        outside the stack. A scanner may number its images the other way round.
    entry_position_mm
        Place of the entry along the table, DICOM z (LPS): what the scanner shows as the slice
        position of this scan.
    entry_from_midline_mm, entry_side
        Across the patient, from the middle of the vertebra.
    in_plane_deg
        Against the vertical of the room, within the slice; ``in_plane_towards`` is the side
        the tip lies to. ``None`` when the scan does not say how the patient lay.
    out_of_plane_deg
        Out of the slice; ``out_of_plane_towards`` is ``head`` or ``feet``.
    skin_to_tip_mm
        ``None`` when the skin lies outside the scan.
    from_grid
        The entry seen from a line of a grid on the skin; ``None`` when none was marked.
    chosen
        Whether the bone needle that was chosen reaches; ``None`` when none was, or the skin is
        not seen.
    notes
        What to mind, in sentences.
    """

    trajectory_id: TrajectoryId
    lying: str
    entry_slice: int
    tip_slice: int
    slices: int
    counted_from: str
    entry_position_mm: float
    entry_from_midline_mm: float
    entry_side: str
    in_plane_deg: float | None
    in_plane_towards: str
    out_of_plane_deg: float
    out_of_plane_towards: str
    gantry: GantryTilt | None
    skin_to_tip_mm: float | None
    needles: tuple[NeedleFit, ...]
    notes: tuple[str, ...]
    from_grid: FromGrid | None = None
    chosen: NeedleFit | None = None


def ct_room_card(  # a door: everything the card is made from
    trajectory: Trajectory,
    measures: TrajectoryMeasures,
    ct: CtVolume,
    vertebra: Vertebra,
    needles: Iterable[Needle] = (),
    *,
    grid_mark: PointLps | None = None,
    device: Device | None = None,
) -> CtRoomCard:
    """Return the card of one needle, valid only for a patient lying as in this scan.

    ``grid_mark`` is a point of a grid on the skin as this scan shows it; ``device`` is what goes
    in through the needle.
    """
    direction = unit(trajectory.tip.array - trajectory.entry.array)
    skin = measures.skin or trajectory.entry
    normal = _slice_normal(ct)
    out_of_plane = degrees(asin(min(max(float(direction @ normal), -1.0), 1.0)))
    up = up_in_room(ct.record.patient_position)
    across = float((skin.array - vertebra.body_centre.array)[0])
    depth = None if measures.skin_to_tip_mm is None else measures.skin_to_tip_mm.best
    return CtRoomCard(
        trajectory_id=trajectory.id,
        lying=lying_in_words(ct.record.patient_position),
        entry_slice=_slice_number(ct, skin),
        tip_slice=_slice_number(ct, trajectory.tip),
        slices=ct.geometry.size_ijk[2],
        counted_from=towards(float(ct.geometry.direction[2, 2]), "feet", "head"),
        entry_position_mm=skin.z_mm,
        entry_from_midline_mm=abs(across),
        entry_side=towards(across, "left", "right"),
        in_plane_deg=None if up is None else _in_plane_deg(direction, normal, up),
        in_plane_towards=_sideways(direction, up),
        out_of_plane_deg=abs(out_of_plane),
        out_of_plane_towards=towards(out_of_plane, "head", "feet"),
        gantry=None if up is None else gantry_tilt(direction, up),
        skin_to_tip_mm=depth,
        needles=() if depth is None else _fits(needles, depth, measures.outer_diameter_mm, device),
        notes=(*_notes(direction, up, depth), *_tilted(normal)),
        from_grid=None if grid_mark is None else from_grid(skin, grid_mark),
        chosen=None if depth is None else _chosen(trajectory, depth),
    )


def from_grid(skin: PointLps, mark: PointLps) -> FromGrid:
    """Return the way from a mark on the skin to the entry, straight across and straight along."""
    across, along = skin.x_mm - mark.x_mm, skin.z_mm - mark.z_mm
    return FromGrid(
        across_mm=abs(across),
        across_towards=towards(across, "left", "right"),
        along_mm=abs(along),
        along_towards=towards(along, "head", "feet"),
    )


def slices_are_axial(ct: CtVolume) -> bool:
    """Tell whether the stored slices can be slices of a CT table, whatever its gantry's tilt.

    A card for the table means nothing on a volume stored in sagittal or coronal slices.
    """
    return float(_slice_normal(ct) @ np.array(HEAD)) >= cos(radians(GANTRY_LIMIT_DEG))


def _slice_normal(ct: CtVolume) -> Vector:
    """Return the normal of the stored slices, towards the head."""
    axes = ct.geometry.direction
    normal = unit(np.cross(axes[:, 0], axes[:, 1]))
    return normal if float(normal @ np.array(HEAD)) >= 0.0 else -normal


def _slice_number(ct: CtVolume, point: PointLps) -> int:
    return round(float(ct.geometry.ijk(point.array)[2])) + 1


def _in_plane_deg(direction: Vector, normal: Vector, up: Vector) -> float:
    """Return the angle between needle and vertical as both are seen in the slice."""
    needle = direction - (direction @ normal) * normal
    vertical = -up + (up @ normal) * normal
    size = float(np.linalg.norm(needle) * np.linalg.norm(vertical))
    if not size > 0.0:
        return 90.0
    return degrees(acos(min(max(float(needle @ vertical) / size, -1.0), 1.0)))


def _sideways(direction: Vector, up: Vector | None) -> str:
    """Return which way the tip lies from the vertical through the entry."""
    if up is not None and abs(float(up[0])) > 0.5:
        return towards(float(direction[1]), "back", "front")
    return towards(float(direction[0]), "left", "right")


def gantry_tilt(direction: Vector, up: Vector) -> GantryTilt | None:
    """Return the tilt about the axis across the table that holds the whole path.

    ``None`` for a path so nearly along the table that no tilt does.
    """
    head = np.array(HEAD)
    down, along = float(direction @ -up), float(direction @ head)
    sideways = float(direction @ np.cross(up, head))
    if not abs(down) > 0.0:
        return None
    tilt = degrees(atan2(along, abs(down)) if down > 0.0 else atan2(-along, abs(down)))
    return GantryTilt(
        tilt_deg=abs(tilt),
        top_towards=towards(tilt, "feet", "head"),
        in_plane_deg=degrees(atan2(abs(sideways), hypot(down, along))),
    )


def _fits(
    needles: Iterable[Needle], depth_mm: float, measured_mm: float, device: Device | None
) -> tuple[NeedleFit, ...]:
    found = [
        NeedleFit(
            needle_id=needle.id,
            length_mm=length.value,
            outside_mm=length.value - depth_mm,
            gauge=needle.gauge,
            unsuited=_unsuited(needle.outer_diameter_mm.value, length.value, measured_mm, device),
        )
        for needle in needles
        for length in needle.lengths_mm
    ]
    return tuple(sorted(found, key=lambda fit: (fit.length_mm, fit.needle_id)))


def _unsuited(thick_mm: float, long_mm: float, measured_mm: float, device: Device | None) -> str:
    """Return why a needle does not suit what was measured or goes in, empty where it does."""
    if thick_mm > measured_mm + SAME_THICKNESS_MM:
        return f"THICKER than the {measured_mm:.2f} mm that were measured"
    if device is None:
        return ""
    if thick_mm < measured_mm - SAME_THICKNESS_MM:
        return f"TOO THIN for {device.name}"
    numbers = device.numbers
    if "shaft_length_mm" in numbers and "tip_beyond_cannula_mm" in numbers:
        beyond = numbers["tip_beyond_cannula_mm"].value
        if long_mm > numbers["shaft_length_mm"].value - beyond:
            return f"TOO LONG for {device.name} to stand {beyond:g} mm out of it"
    return ""


def _chosen(trajectory: Trajectory, depth_mm: float) -> NeedleFit | None:
    if trajectory.size is None:
        return None
    long_mm = trajectory.size.length_mm
    return NeedleFit(needle_id="chosen", length_mm=long_mm, outside_mm=long_mm - depth_mm)


def _notes(direction: Vector, up: Vector | None, depth_mm: float | None) -> tuple[str, ...]:
    found = ["These numbers hold only while the patient lies exactly as in this scan."]
    if up is None:
        found.append(
            "The scan does not say how the patient lay, so no angle against the vertical is given."
        )
    elif float(direction @ up) > 0.0:
        found.append(
            "In the position of this scan the entry faces the table: scan again as the patient "
            "will lie, and plan on that scan."
        )
    if depth_mm is None:
        found.append("The skin lies outside the scan, so no depth from the skin is given.")
    return tuple(found)


def _tilted(normal: Vector) -> tuple[str, ...]:
    """Say what a tilted gantry does to the numbers of a card."""
    tilt = degrees(acos(min(float(normal @ np.array(HEAD)), 1.0)))
    if tilt < UPRIGHT_DEG:
        return ()
    return (
        f"The slices of this scan are tilted by {tilt:.1f}°: z is that of the point itself and "
        "not of the table, and the angles in and out of the slice hold with this tilt.",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """How to turn a needle that is off its path.

    Attributes
    ----------
    miss_mm
        How far it would pass its target if pushed on as it is.
    turn_deg
        The whole turn about the skin point; its parts are ``sideways_deg`` within the axial
        plane and ``lengthwise_deg`` out of it.
    remaining_mm
        From the tip seen to the target.
    """

    miss_mm: float
    turn_deg: float
    sideways_deg: float
    sideways_towards: str
    lengthwise_deg: float
    lengthwise_towards: str
    remaining_mm: float


def correction(target: PointLps, skin_seen: PointLps, tip_seen: PointLps) -> Correction:
    """Return how to turn a needle seen on a control CT so that it points at its target.

    All points in the frame of one scan. ``..._towards`` says which way the TIP has to go.

    Raises
    ------
    ValueError
        When skin point and tip, or skin point and target, are the same.
    """
    now = unit(tip_seen.array - skin_seen.array)
    wanted = unit(target.array - skin_seen.array)
    way = target.array - skin_seen.array
    cosine = min(max(float(now @ wanted), -1.0), 1.0)
    side = degrees(_axial(wanted) - _axial(now))
    side = (side + 180.0) % 360.0 - 180.0
    length = degrees(asin(float(wanted[2])) - asin(float(now[2])))
    return Correction(
        miss_mm=float(np.linalg.norm(way - (way @ now) * now)),
        turn_deg=degrees(acos(cosine)),
        sideways_deg=abs(side),
        sideways_towards=towards(sin(_axial(wanted)) - sin(_axial(now)), "left", "right"),
        lengthwise_deg=abs(length),
        lengthwise_towards=towards(length, "head", "feet"),
        remaining_mm=tip_seen.distance_mm(target),
    )


def _axial(direction: Vector) -> float:
    """Return the angle as an axial slice shows it; leaving the slice only shortens a needle."""
    return atan2(float(direction[0]), -float(direction[1]))
