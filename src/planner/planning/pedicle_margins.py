"""How a needle lies in a pedicle: bone left about it, and which way it is thinnest.

Measured in the outline, voxel by voxel. ``safety.pedicle`` judges the breach of the rules without
the outline, from the sizes measured at the isthmus, so that one fault does not hide in both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import hypot
from typing import TYPE_CHECKING, Final

import numpy as np

from planner.domain.sourced import Interval
from planner.geometry.kernels import kernel
from planner.geometry.points import PointLps, unit
from planner.planning.measures import Direction, PedicleMargins
from planner.planning.pedicle_walls import HALF_LENGTH_MM, measured_walls
from planner.planning.sampling import Place, trilinear, way_out
from planner.planning.segment_distance import nearest_to_points

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Pedicle, Vertebra
    from planner.domain.levels import Side
    from planner.geometry.points import Vector
    from planner.planning.pedicle_walls import MeasuredWalls
    from planner.planning.surfaces import Surroundings

NEAR_ISTHMUS_MM: Final = 20.0
"""A needle that passes farther from the isthmus does not go through this pedicle."""

ALONG_COSINE: Final = 0.5
"""A needle at more than 60 degrees to the pedicle does not run along it."""

SAMPLE_MM: Final = 1.0
RAYS: Final = 72
SPREAD: Final = 29
"""Rays are taken this many apart, no divisor shared with their number: the first few come near
the thinnest bone, and the others need not be followed any farther than that."""

CHORDS: Final = 31
CHORD_SPREAD: Final = 13
"""Chords of the needle's disc, closer together towards its rim, taken from the middle on and this
many apart; nine missed up to 0.1 mm at the steps of a mask."""

RAY_STEP_MM: Final = 0.5
FARTHEST_WALL_MM: Final = 30.0


@dataclass(frozen=True, slots=True)
class _Cross:
    """Directions across the needle, LPS unit vectors."""

    medial: Vector
    superior: Vector


def _cross(vertebra: Vertebra, side: Side, direction: Vector) -> _Cross:
    """Return medial and superior, made perpendicular to the needle."""
    inward = -side.sign * np.array(vertebra.left)
    medial = unit(inward - (inward @ direction) * direction)
    upward = np.array(vertebra.superior)
    superior = upward - (upward @ direction) * direction
    return _Cross(medial, unit(superior - (superior @ medial) * medial))


@kernel
def _moved(place: Place, by: float, way: Place) -> Place:
    return place[0] + by * way[0], place[1] + by * way[1], place[2] + by * way[2]


@kernel
def _turned(turn: float, medial: Place, superior: Place) -> Place:
    """Return the direction at an angle, 0 medial and a quarter turn superior."""
    return _moved(_moved((0.0, 0.0, 0.0), np.cos(turn), medial), np.sin(turn), superior)


@kernel
def _room(
    bone: NDArray[np.uint8],
    middle: Place,
    ways: tuple[Place, Place],
    radius_mm: float,
    clear_mm: float,
) -> float:
    """Return how far a needle's disc can go one way before a chord of it meets the wall.

    ``ways`` are 1 mm that way and 1 mm beside it. Within ``clear_mm`` of the middle there is
    bone all round, so chords begin there. A chord that begins outside the bone does not count.
    """
    way, sideways = ways
    room = np.inf
    for turn in range(CHORDS):
        chord = (CHORDS // 2 + turn * CHORD_SPREAD) % CHORDS
        offset = radius_mm * np.sin(np.pi * (chord / (CHORDS - 1.0) - 0.5))
        half = np.sqrt(max(radius_mm * radius_mm - offset * offset, 0.0))
        begin = np.sqrt(max(clear_mm * clear_mm - offset * offset, 0.0))
        rim = _moved(middle, offset, sideways)
        start = _moved(rim, begin, way)
        if trilinear(bone, start[0], start[1], start[2]) < 0.5:
            begin, start = 0.0, rim
            if trilinear(bone, start[0], start[1], start[2]) < 0.5:
                continue
        farthest = max(min(FARTHEST_WALL_MM, room + half) - begin, 0.0)
        room = min(room, begin + way_out(bone, start, way, RAY_STEP_MM, farthest) - half)
    return room


@kernel
def _gaps(
    bone: NDArray[np.uint8],
    samples_ijk: NDArray[np.float64],
    medial_ijk: NDArray[np.float64],
    superior_ijk: NDArray[np.float64],
    radius_mm: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return for each sample of the axis what bone is left about the needle.

    ``medial_ijk`` and ``superior_ijk`` are steps of 1 mm. The results are the thinnest bone
    over all directions and its angle (0 medial, 90 degrees superior), both shape ``(n,)``; and
    the room to shift medial, superior, lateral, inferior, shape ``(n, 4)``. NaN where the axis
    itself is outside the bone.
    """
    count = samples_ijk.shape[0]
    thinnest = np.full(count, np.nan)
    angle = np.full(count, np.nan)
    room = np.full((count, 4), np.nan)
    medial = (medial_ijk[0], medial_ijk[1], medial_ijk[2])
    superior = (superior_ijk[0], superior_ijk[1], superior_ijk[2])
    for n in range(count):
        start = (samples_ijk[n, 0], samples_ijk[n, 1], samples_ijk[n, 2])
        if trilinear(bone, start[0], start[1], start[2]) < 0.5:
            continue
        thinnest[n] = np.inf
        for ray in range(RAYS):
            turn = 2.0 * np.pi * (ray * SPREAD % RAYS) / RAYS
            way = _turned(turn, medial, superior)
            farthest = min(FARTHEST_WALL_MM, thinnest[n] + radius_mm)
            wall = way_out(bone, start, way, RAY_STEP_MM, farthest)
            if wall - radius_mm < thinnest[n]:
                thinnest[n] = wall - radius_mm
                angle[n] = turn
        clear_mm = max(thinnest[n] + radius_mm - RAY_STEP_MM, 0.0)
        for quarter in range(4):
            turn = 0.5 * np.pi * quarter
            way = _turned(turn, medial, superior)
            beside = _turned(turn + 0.5 * np.pi, medial, superior)
            room[n, quarter] = _room(bone, start, (way, beside), radius_mm, clear_mm)
    return thinnest, angle, room


_QUARTERS: Final = (
    Direction.MEDIAL,
    Direction.SUPERIOR,
    Direction.LATERAL,
    Direction.INFERIOR,
)


def pedicle_margins(
    entry_mm: Vector,
    tip_mm: Vector,
    vertebra: Vertebra,
    side: Side,
    surroundings: Surroundings,
    *,
    outer_diameter_mm: float,
    doubt_mm: float = 0.0,
) -> PedicleMargins | None:
    """Measure the needle's place in the pedicle; ``None`` when it does not pass it.

    ``doubt_mm`` widens every interval on both sides, for placement and registration error.
    """
    pedicle = vertebra.pedicles.get(side)
    if pedicle is None or not len(surroundings.bone_points_mm):
        return None
    samples = _samples(entry_mm, tip_mm, pedicle)
    if samples is None:
        return None
    direction = unit(tip_mm - entry_mm)
    cross = _cross(vertebra, side, direction)
    grid = surroundings.geometry
    turn = grid.ijk_from_lps[:3, :3]
    radius = outer_diameter_mm / 2.0
    thinnest, angle, room = _gaps(
        surroundings.bone, grid.ijk(samples), turn @ cross.medial, turn @ cross.superior, radius
    )
    _measure_outside(samples, surroundings, cross, radius, (thinnest, angle, room))
    worst = int(thinnest.argmin())
    ways = (cross.medial, cross.superior, -cross.medial, -cross.superior)
    voxel = [half_voxel_mm(turn @ way) + doubt_mm for way in ways]
    quarter = int(np.rint(angle[worst] / (0.5 * np.pi))) % 4
    least = room.min(axis=0)
    walls = measured_walls(vertebra, side, surroundings)
    if not walls.beyond_mm:
        across = float((room[:, 0] + room[:, 2]).min()) + outer_diameter_mm
        fat = _fat_mm(across, pedicle, voxel[0])
    else:
        fat = walls.fat_mm
    shift = {
        name: _about(float(least[place]), voxel[place], 0.0 if place % 2 else fat)
        for place, name in enumerate(_QUARTERS)
    }
    width = float(room[worst, 0] + room[worst, 2]) + outer_diameter_mm
    margins = PedicleMargins(
        worst_mm=_about(float(thinnest[worst]), voxel[quarter], fat),
        worst_direction=_QUARTERS[quarter],
        shift_mm=shift,
        at=PointLps.of(samples[worst]),
        width_across_needle_mm=_about(max(width, 0.0), voxel[0] + voxel[2]),
    )
    return _within(margins, walls, tip_mm, -direction, radius, doubt_mm)


def _within(
    margins: PedicleMargins,
    walls: MeasuredWalls,
    tip_mm: Vector,
    outward: Vector,
    radius: float,
    doubt_mm: float,
) -> PedicleMargins:
    """Let the measured walls count where they are nearer."""
    rooms = walls.rooms_mm(tip_mm[None], outward[None], radius)
    shift, worst, way = dict(margins.shift_mm), margins.worst_mm, margins.worst_direction
    for side, room in rooms.items():
        best = float(room[0])
        if not best < shift[side].best:
            continue
        nearer = best - walls.doubt_mm - doubt_mm
        shift[side] = Interval(nearer, best, max(shift[side].high, best))
        if best < worst.best:
            worst, way = Interval(nearer, best, max(worst.high, best)), side
    if not walls.beyond_mm:
        return replace(margins, worst_mm=worst, worst_direction=way, shift_mm=shift)
    width = min(margins.width_across_needle_mm.best, 2.0 * walls.half_width_mm)
    return replace(
        margins,
        worst_mm=worst,
        worst_direction=way,
        shift_mm=shift,
        width_across_needle_mm=Interval(
            max(width - 2.0 * walls.doubt_mm, 0.0), width, margins.width_across_needle_mm.high
        ),
        not_believed_mm=walls.beyond_mm,
    )


def _samples(entry_mm: Vector, tip_mm: Vector, pedicle: Pedicle) -> Vector | None:
    """Return points of the axis along the pedicle, shape ``(n, 3)``.

    ``None`` for a needle that runs across the pedicle rather than along it.
    """
    axis, isthmus = np.array(pedicle.axis), pedicle.isthmus.array
    along = np.array([(entry_mm - isthmus) @ axis, (tip_mm - isthmus) @ axis])
    span = along[1] - along[0]
    if span < ALONG_COSINE * float(np.linalg.norm(tip_mm - entry_mm)):
        return None
    wanted = np.linspace(
        -HALF_LENGTH_MM, HALF_LENGTH_MM, int(2.0 * HALF_LENGTH_MM / SAMPLE_MM) + 1
    )
    share = (wanted - along[0]) / span
    share = share[(share >= 0.0) & (share <= 1.0)]
    points = entry_mm + share[:, None] * (tip_mm - entry_mm)
    near = np.linalg.norm(points - isthmus, axis=1) <= NEAR_ISTHMUS_MM
    return points if near.any() else None


def _fat_mm(across_mm: float, pedicle: Pedicle, half_voxel_mm: float) -> float:
    """Return by how much the mask's side walls lie too far out.

    The width of the pedicle is measured finer than a voxel and never biased wide; a mask may
    be fat. Half of what it is wider, at most one voxel, is taken off.
    """
    return min(max(across_mm - pedicle.width_mm.best, 0.0) / 2.0, 2.0 * half_voxel_mm)


def _measure_outside(
    samples: Vector,
    surroundings: Surroundings,
    cross: _Cross,
    radius: float,
    gaps: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> None:
    """Fill in the samples whose axis lies outside the bone.

    There the needle stands out by its radius and the way to the bone, on the side away from
    it; to the other sides there is no wall to measure to.
    """
    thinnest, angle, room = gaps
    outside = np.flatnonzero(np.isnan(thinnest))
    if not len(outside):
        return
    far, index = nearest_to_points(surroundings.bone_points_mm, samples[outside])
    away = samples[outside] - surroundings.bone_points_mm[index]
    thinnest[outside] = -(far + radius)
    angle[outside] = np.arctan2(away @ cross.superior, away @ cross.medial)
    room[outside] = np.inf
    quarter = np.rint(angle[outside] / (0.5 * np.pi)).astype(np.int64) % 4
    room[outside, quarter] = thinnest[outside]


def half_voxel_mm(step_ijk: NDArray[np.float64]) -> float:
    """Return half the size of a voxel along the direction whose 1 mm step is ``step_ijk``."""
    return 0.5 / hypot(*step_ijk)


def _about(value: float, doubt: float, fat: float = 0.0) -> Interval:
    """Return the room seen in the mask, less what the mask is fat.

    That alone never makes a breach, it only lowers the interval.
    """
    value = min(value, FARTHEST_WALL_MM)
    best = max(value - fat, 0.0) if value > 0.0 else value
    return Interval(min(value - fat - doubt, best), best, max(value + doubt, best))
