"""Where each vertebra of a person stands, and the line of the canal through them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator

from planner.domain.levels import Level

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.geometry.points import Vector
    from planner.phantom.morphometry import LevelShape

REFERENCE = Level.L3
"""The level whose middle is the origin of the posture before the person is laid down."""

PITCH_AT_REFERENCE_DEG = 2.0
"""Mean forward pitch of L3 in a person lying on the back."""

SCOLIOSIS_APEX = Level.L1
COUPLED_ROTATION = 0.55
"""Axial rotation of the apex per degree of half the Cobb angle; rotation follows the curve."""

WALL_HOLLOW_MM = 1.2
"""How much deeper the canal is at half height of a body than at its rims."""

ENDPLATE_DISH_MM = {"thoracic": (0.4, 0.5), "lumbar": (1.0, 1.8), "sacral": (0.8, 0.0)}
"""How deep the upper and the lower endplate are dished in their middle."""

THINNEST_GAP_MM = 0.8
"""However worn a disc is, the rims do not touch."""

CANAL_INSET_MM = 0.45
"""The tube stays this far inside the pedicles on either side, where they slant past it; the
canal is as wide as published between the pedicles themselves."""

LAST_RUNNING = 17.0
"""Running level of the sacrum."""

LINE_STEP_MM = 1.0
"""Arc length between samples of the canal's line."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """One vertebra in the patient.

    Attributes
    ----------
    centre
        Middle of the body, LPS mm, shape ``(3,)``.
    axes
        Shape ``(3, 3)``: columns are the vertebra's left, posterior and superior, LPS.
    above_sacrum
        0 for the sacrum, 1 for the last lumbar vertebra, and so on upward.
    fused
        Whether its transverse processes have grown onto the sacrum.
    """

    level: Level
    shape: LevelShape
    centre: Vector
    axes: NDArray[np.float64]
    above_sacrum: int
    fused: bool = False

    def lps(self, local_mm: NDArray[np.float64]) -> Vector:
        """Map the vertebra's own (left, posterior, superior) mm, shape ``(..., 3)``, to LPS."""
        return np.asarray(local_mm @ self.axes.T + self.centre, dtype=np.float64)

    def local(self, lps_mm: Vector) -> NDArray[np.float64]:
        """Map LPS mm, shape ``(..., 3)``, to the vertebra's own frame."""
        return np.asarray((lps_mm - self.centre) @ self.axes, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CanalLine:
    """The middle of the canal from above T1 to the sacrum.

    Attributes
    ----------
    rows
        float64, shape ``(n, 16)``: centre (3), axes row by row (9), half width, half depth,
        taper towards the back, and the running level (0 at the middle of T1, 1 at T2 ...).
    """

    rows: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Posture:
    """Every vertebra in place, from the head down."""

    placed: Mapping[Level, Placed]
    line: CanalLine


def rotation(pitch: float, yaw: float, roll: float) -> NDArray[np.float64]:
    """Return the axes of a body pitched forward about x, bent sideways about y, turned about z.

    Radians. Positive pitch tips the top of the body forward (to -y).
    """
    cx, sx, cy, sy, cz, sz = (f(a) for a in (pitch, yaw, roll) for f in (np.cos, np.sin))
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x, dtype=np.float64)


def stand(
    person: Mapping[Level, LevelShape],
    *,
    pitch_deg: float,
    scoliosis_deg: float,
    rotation_deg: float,
    reference_mm: Vector,
    sacralised: bool = False,
) -> Posture:
    """Stack the vertebrae of a person: discs between the middles of the rims, walls in line.

    Parameters
    ----------
    pitch_deg
        Added to the usual pitch of L3.
    reference_mm
        Where the middle of L3's body comes to lie, LPS mm.
    """
    levels = list(person)
    pitch = _pitches(person, PITCH_AT_REFERENCE_DEG + pitch_deg)
    bend = _bends(levels, scoliosis_deg)
    turn = COUPLED_ROTATION * np.gradient(bend) * len(levels) / 4.0 + np.radians(rotation_deg)
    axes = [rotation(*angles) for angles in zip(pitch, bend, turn, strict=True)]
    centres = [np.zeros(3)]
    for place in range(1, len(levels)):
        upper, lower = person[levels[place - 1]], person[levels[place]]
        between = _middle(axes[place - 1], axes[place])
        down = (
            axes[place - 1][:, 2] * upper.height_mm / 2.0
            + between[:, 2] * rim_gap_mm(levels[place - 1], levels[place], upper.disc_below_mm)
            + axes[place][:, 2] * lower.height_mm / 2.0
        )
        step = between[:, 1] * 0.5 * (upper.endplate_depth_mm - lower.endplate_depth_mm)
        centres.append(centres[-1] - down + step)
    shift = reference_mm - centres[levels.index(REFERENCE)]
    placed = {
        level: Placed(
            level=level,
            shape=person[level],
            centre=centre + shift,
            axes=frame,
            above_sacrum=len(levels) - 1 - place,
            fused=sacralised and place == len(levels) - 2,
        )
        for place, (level, centre, frame) in enumerate(zip(levels, centres, axes, strict=True))
    }
    return Posture(placed=placed, line=_canal_line(list(placed.values()), pitch, bend, turn))


def in_another_place(placed: Mapping[Level, Placed]) -> Posture:
    """Return the posture of vertebrae that have moved, with the canal's line threaded anew."""
    found = list(placed.values())
    pitch, bend, turn = np.array([_angles(item.axes) for item in found]).T
    return Posture(placed=placed, line=_canal_line(found, pitch, bend, turn))


def _angles(axes: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return pitch, yaw and roll of axes in radians; what ``rotation`` makes axes of."""
    return (
        float(np.arctan2(axes[2, 1], axes[2, 2])),
        float(np.arcsin(-axes[2, 0])),
        float(np.arctan2(axes[1, 0], axes[0, 0])),
    )


def rim_gap_mm(upper: Level, lower: Level, disc_mm: float) -> float:
    """Return how far the rims are apart when the disc is ``disc_mm`` high in its middle."""
    dished = ENDPLATE_DISH_MM[upper.region][1] + ENDPLATE_DISH_MM[lower.region][0]
    return max(disc_mm - dished, THINNEST_GAP_MM)


def _middle(upper: NDArray[np.float64], lower: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the frame halfway between two, made orthonormal again."""
    left, _, right = np.linalg.svd(0.5 * (upper + lower))
    return np.asarray(left @ right, dtype=np.float64)


def _pitches(person: Mapping[Level, LevelShape], at_reference_deg: float) -> NDArray[np.float64]:
    """Return the pitch of every level in radians, summed over bodies and discs."""
    shapes = list(person.values())
    pitch = np.zeros(len(shapes))
    for place in range(1, len(shapes)):
        upper, lower = shapes[place - 1], shapes[place]
        lordosis = 0.5 * (upper.wedge_deg + lower.wedge_deg) + upper.disc_wedge_deg
        pitch[place] = pitch[place - 1] + np.radians(lordosis)
    return np.asarray(pitch - pitch[list(person).index(REFERENCE)] + np.radians(at_reference_deg))


def _bends(levels: list[Level], cobb_deg: float) -> NDArray[np.float64]:
    """Return the sideways tilt of every level: one curve about the apex, fading outward."""
    offset = np.array([level.order for level in levels]) - SCOLIOSIS_APEX.order
    shape = -(offset / 3.0) * np.exp(0.5 - 0.5 * (offset / 3.0) ** 2)
    return np.asarray(np.radians(cobb_deg / 2.0) * shape)


def _canal_line(
    placed: list[Placed],
    pitch: NDArray[np.float64],
    bend: NDArray[np.float64],
    turn: NDArray[np.float64],
) -> CanalLine:
    """Thread a smooth line through the canals of all levels and sample it evenly."""
    knots = np.array(
        [
            item.lps(
                np.array([0.0, (item.shape.endplate_depth_mm + _tube_depth_mm(item)) / 2.0, 0.0])
            )
            for item in placed
        ]
    )
    above = knots[0] + placed[0].axes[:, 2] * 60.0
    below = knots[-1] - placed[-1].axes[:, 2] * 60.0
    knots = np.vstack([above, knots, below])
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(knots, axis=0), axis=1))])
    sample = np.arange(0.0, along[-1], LINE_STEP_MM)
    centres = CubicSpline(along, knots)(sample)

    def smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
        padded = np.concatenate([values[:1], values, values[-1:]])
        return np.asarray(PchipInterpolator(along, padded)(sample), dtype=np.float64)

    angles = np.stack([smooth(pitch), smooth(bend), smooth(turn)], axis=1)
    frames = np.array([rotation(*row).ravel() for row in angles])
    columns = (
        smooth(np.array([item.shape.canal_width_mm / 2.0 - CANAL_INSET_MM for item in placed])),
        smooth(np.array([_tube_depth_mm(item) / 2.0 for item in placed])),
        smooth(np.array([canal_taper(item.above_sacrum) for item in placed])),
        smooth(running_levels([item.level for item in placed])),
    )
    return CanalLine(rows=np.ascontiguousarray(np.column_stack([centres, frames, *columns])))


def _tube_depth_mm(item: Placed) -> float:
    """Return the tube's depth behind the rims; the wall's hollow at half height adds the rest."""
    return item.shape.canal_depth_mm - WALL_HOLLOW_MM


def canal_taper(above_sacrum: int) -> float:
    """Return how much narrower the canal is at its back: round above, three-sided at L5."""
    return {3: 0.12, 2: 0.22, 1: 0.30, 0: 0.40}.get(above_sacrum, 0.05)


def running_levels(levels: list[Level]) -> NDArray[np.float64]:
    """Return the running level of each: T1 is 0, L1 is 12 and S1 17, however many lie between."""
    lumbar = sum(level.region == "lumbar" for level in levels)
    thoracic = len(levels) - lumbar - 1
    rest = thoracic + (LAST_RUNNING - thoracic) * np.arange(lumbar + 1) / lumbar
    return np.concatenate([np.arange(thoracic, dtype=np.float64), rest])
