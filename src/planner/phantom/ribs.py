"""Ribs and iliac wings: chains of blades in the patient frame, painted piece by piece."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import CubicSpline

from planner.domain.levels import Level, Side
from planner.geometry.points import unit
from planner.phantom import fields
from planner.phantom.blades import blade, ends_mm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from planner.geometry.points import Vector
    from planner.phantom.model import SpineModel
    from planner.phantom.paint_trunk import TrunkTable
    from planner.phantom.posture import Placed

FAR_AWAY_MM = 1.0e5
"""A chain has no body; the body that the fields ask for stands this far off."""

PIECE_MM = 22.0
"""Length of one straight piece of a rib."""

RIB_HALF_THICK_MM, RIB_HALF_TALL_MM = 3.4, 5.8
RIB_UNDER_FAT_MM = 9.0
"""Ribs run this far below the deep side of the fat."""

_END_RAD = {Level.T1: 2.2, Level.T10: 2.1, Level.T11: 1.45, Level.T12: 1.05}
_DROP_MM = (22, 35, 48, 58, 66, 74, 82, 90, 96, 98, 70, 50)


def chains(model: SpineModel, trunk: TrunkTable) -> Iterator[tuple[fields.BoneRows, Vector]]:
    """Give pieces to paint, each with its neighbours, and the ends of the piece itself."""
    for place, level in enumerate(list(model.posture.placed)[:12]):
        placed = model.posture.placed[level]
        for side in Side:
            points = _rib_points(placed, side, trunk, float(_DROP_MM[place]))
            yield from _pieces(_rib_blades(points, trunk), model)
    for side in Side:
        yield from _pieces(_wing(model.posture.placed[Level.S1], side), model)
        yield from _pieces([_shoulder_blade(model, side, trunk)], model)
    yield from _pieces(_breastbone(model, trunk), model)


def _front(model: SpineModel, trunk: TrunkTable, level: Level, deep_mm: float) -> Vector:
    """Return the point in the middle of the chest's front, ``deep_mm`` below the fat, LPS."""
    z = float(model.posture.placed[level].centre[2])
    row = trunk.outline[_row(trunk, z)]
    return np.array([row[0], row[1] - row[3] + row[4] + deep_mm, z])


def _breastbone(model: SpineModel, trunk: TrunkTable) -> list[NDArray[np.float64]]:
    """Return the sternum: a broad handle, a flat body, and a point."""
    points = [_front(model, trunk, level, 7.0) for level in (Level.T3, Level.T4, Level.T9)]
    points.append(_front(model, trunk, Level.T9, 8.0) - np.array([0.0, 0.0, 22.0]))
    widths, across = (26.0, 16.0, 17.0, 6.0), np.array([1.0, 0.0, 0.0])
    return [
        blade(start, end, across, (widths[place], widths[place + 1], 4.6, 4.2))
        for place, (start, end) in enumerate(itertools.pairwise(points))
    ]


def _shoulder_blade(model: SpineModel, side: Side, trunk: TrunkTable) -> NDArray[np.float64]:
    """Return one scapula: a thin plate behind the upper ribs."""
    upper, lower = (_back(model, side, trunk, level) for level in (Level.T2, Level.T7))
    upright = unit(upper - lower)
    start = 0.5 * (upper + lower)
    end = start + np.array([side.sign * 58.0, -40.0, 14.0])
    radii = (2.4, 5.0, 58.0, 40.0)
    return blade(start, end, np.cross(end - start, upright), radii, (1.2, 0.0))


def _back(model: SpineModel, side: Side, trunk: TrunkTable, level: Level) -> Vector:
    """Return where the inner edge of a shoulder blade passes a level, LPS."""
    z = float(model.posture.placed[level].centre[2])
    row = trunk.outline[_row(trunk, z)]
    behind = row[1] + 0.93 * row[3] - row[4] - 9.0
    return np.array([row[0] + side.sign * 68.0, behind, z])


def _pieces(
    blades: list[NDArray[np.float64]], model: SpineModel
) -> Iterator[tuple[fields.BoneRows, Vector]]:
    frame = np.concatenate([np.zeros(3), np.eye(3).ravel()])
    away = np.array([0.0, 0.0, FAR_AWAY_MM])
    frame[:3] = away
    body = np.ones(fields.BODY_COLUMNS)
    body[fields.FOOT_TAPER :] = 0.0
    for place, row in enumerate(blades):
        near = np.array(blades[max(place - 1, 0) : place + 2])
        near[:, fields.START : fields.START + 3] -= away
        ends = ends_mm(row)
        yield fields.BoneRows(frame, body, near, np.zeros((0, 8)), model.posture.line.rows), ends


def _rib_points(placed: Placed, side: Side, trunk: TrunkTable, drop_mm: float) -> Vector:
    """Return points along one rib from its head to its front end, LPS, about evenly spaced."""
    shape, sign = placed.shape, side.sign
    joined = placed.level not in (Level.T1, Level.T11, Level.T12)
    half = np.array([shape.endplate_width_mm, shape.endplate_depth_mm, shape.height_mm]) / 2.0
    head = np.array(
        [sign * (0.80 * half[0] + 1.6), 0.58 * half[1], (1.0 if joined else 0.4) * half[2]]
    )
    reach = shape.transverse_span_mm / 2.0
    tubercle = np.array([sign * (reach + 1.0), half[1] + 0.5 * reach, 0.42 * half[2] + 1.0])
    neck, joint = placed.lps(head), placed.lps(tubercle)
    points = [neck, 0.5 * (neck + joint) + placed.axes @ np.array([0, 1.5, 0.5]), joint]
    row = trunk.outline[_row(trunk, float(joint[2]))]
    a = row[2] - row[4] - RIB_UNDER_FAT_MM
    first = float(np.arcsin(np.clip((abs(joint[0] - row[0]) + 26.0) / a, 0.1, 0.9)))
    last = _END_RAD.get(placed.level, 2.45)
    for angle in np.arange(first, last, 0.11):
        share = (angle - first) / (2.45 - first)
        z = float(joint[2]) - 4.0 - drop_mm * share**0.9
        here = trunk.outline[_row(trunk, z)]
        inset = here[4] + RIB_UNDER_FAT_MM
        square = 1.0 + 0.05 * np.sin(2.0 * angle) ** 2
        points.append(
            np.array(
                [
                    here[0] + sign * (here[2] - inset) * np.sin(angle) * square,
                    here[1] + (here[3] - inset) * np.cos(angle) * square,
                    z,
                ]
            )
        )
    rough = np.array(points)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(rough, axis=0), axis=1))])
    count = max(int(along[-1] / PIECE_MM), 3) + 1
    return np.asarray(CubicSpline(along, rough)(np.linspace(0.0, along[-1], count)))


def _row(trunk: TrunkTable, z: float) -> int:
    return int(np.clip((z - trunk.low_mm) / trunk.step_mm, 0, len(trunk.outline) - 1))


def _rib_blades(points: Vector, trunk: TrunkTable) -> list[NDArray[np.float64]]:
    blades = []
    for place, (start, end) in enumerate(itertools.pairwise(points)):
        centre = trunk.outline[_row(trunk, float(start[2]))][:2]
        outward = np.array([*(0.5 * (start + end)[:2] - centre), 0.0])
        tall = RIB_HALF_TALL_MM if place > 1 else 4.6
        radii = (RIB_HALF_THICK_MM, RIB_HALF_THICK_MM, tall, tall)
        blades.append(blade(start, end, outward, radii))
    return blades


def _wing(sacrum: Placed, side: Side) -> list[NDArray[np.float64]]:
    """Return one iliac wing: a curved plate from the sacroiliac joint forward and out."""
    sign = side.sign
    upright = np.array([0.0, 0.0, 1.0])
    path = np.array(
        [
            [46.0, 44.0, -6.0],
            [60.0, 22.0, -2.0],
            [78.0, -6.0, 2.0],
            [104.0, -36.0, 4.0],
            [118.0, -66.0, 0.0],
        ]
    )
    path[:, 0] *= sign
    points = sacrum.centre + path
    blades = []
    for place, (start, end) in enumerate(itertools.pairwise(points)):
        thick = (9.0, 6.5, 4.5, 5.5, 8.0)
        across = np.cross(end - start, upright)
        radii = (thick[place], thick[place + 1], 46.0, 46.0)
        blades.append(blade(start, end, across, radii))
    return blades
