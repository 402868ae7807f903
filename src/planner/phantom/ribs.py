"""Ribs and iliac wings: chains of blades in the patient frame, painted piece by piece."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import CubicSpline

from planner.domain.levels import Level, Side
from planner.phantom import fields
from planner.phantom.blades import blade, ends_mm
from planner.phantom.pelvis import wing

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

RIB_HALF_THICK_MM, RIB_HALF_TALL_MM = 3.1, 5.8
BREASTBONE_HALF_MM = 17.0
RIB_UNDER_FAT_MM = 9.0
"""Ribs run this far below the deep side of the fat."""

BLADE_OUT_MM = 5.0
"""A shoulder blade lies this far outside the ribs' side of the fat, with muscle on both sides."""

_BLADE_ANGLES_RAD = (0.46, 0.62, 0.80, 0.98, 1.14)

_END_RAD = {Level.T1: 2.2, Level.T10: 2.1, Level.T11: 1.45, Level.T12: 1.05}
_DROP_MM = (28, 45, 62, 78, 90, 100, 108, 114, 117, 114, 78, 52)
"""How far a rib falls from its tubercle to its front end."""


def chains(model: SpineModel, trunk: TrunkTable) -> Iterator[tuple[fields.BoneRows, Vector]]:
    """Give pieces to paint, each with its neighbours, and the ends of the piece itself."""
    for place, level in enumerate(list(model.posture.placed)[:12]):
        placed = model.posture.placed[level]
        for side in Side:
            points = _rib_points(placed, side, trunk, float(_DROP_MM[place]))
            yield from _pieces(_rib_blades(points, trunk), model)
    for side in Side:
        yield _whole(wing(model.posture.placed[Level.S1], side), model)
        yield _whole(_shoulder_blade(model, side, trunk), model)
    yield from _pieces(_breastbone(model, trunk), model)


def cartilages(model: SpineModel, trunk: TrunkTable) -> Iterator[NDArray[np.float64]]:
    """Give pieces of the cartilages that join the first ten ribs to the breastbone."""
    for place, level in enumerate(list(model.posture.placed)[:10]):
        placed = model.posture.placed[level]
        joint = min(place, 6)
        for side in Side:
            points = _rib_points(placed, side, trunk, float(_DROP_MM[place]))
            start = points[-1]
            low = float(model.posture.placed[Level.T9].centre[2])
            high = float(model.posture.placed[Level.T3].centre[2])
            z = high + (low - high) * joint / 6.0
            path = [start, *_along_front(start, side, z, trunk)]
            for one, other in itertools.pairwise(path):
                outward = np.array([0.15 * side.sign, -1.0, 0.0])
                yield blade(one, other, outward, (4.2, 4.0, 6.8, 6.0))


def _along_front(start: Vector, side: Side, z: float, trunk: TrunkTable) -> Iterator[Vector]:
    """Give points from a rib's front end to the breastbone's edge at a height, LPS."""
    for share in (0.3, 0.65, 1.0):
        here = start[2] + share**1.6 * (z - start[2])
        row = trunk.outline[_row(trunk, float(here))]
        aside = (1.0 - share) * abs(start[0] - row[0]) + share * BREASTBONE_HALF_MM
        a, b = row[2] - row[4] - RIB_UNDER_FAT_MM, row[3] - row[4] - RIB_UNDER_FAT_MM
        before = b * (1.0 - min(aside / a, 0.95) ** 2.6) ** (1.0 / 2.6)
        yield np.array([row[0] + side.sign * aside, row[1] - before, here])


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


def _shoulder_blade(model: SpineModel, side: Side, trunk: TrunkTable) -> list[NDArray[np.float64]]:
    """Return one scapula: a thin curved plate over the upper ribs, its spine, and its socket."""
    inner, *_, outer = _BLADE_ANGLES_RAD
    path = [
        _over_ribs(model, side, trunk, angle, 6.0 + 34.0 * (angle - inner) / (outer - inner))
        for angle in _BLADE_ANGLES_RAD
    ]
    upright = np.array([0.0, 0.0, 1.0])
    plates = [
        blade(start, end, np.cross(end - start, upright), (*thick, *tall))
        for (start, end), thick, tall in zip(
            itertools.pairwise(path), itertools.pairwise((2.2, 1.2, 1.1, 1.6, 4.5)),
            itertools.pairwise((50.0, 56.0, 46.0, 30.0, 17.0)), strict=True,
        )
    ]  # fmt: skip
    behind = np.array([side.sign * 5.0, 13.0, 14.0])
    ridge = blade(
        path[0] + np.array([0.0, 2.0, 16.0]),
        path[3] + behind,
        np.cross(path[3] - path[0], upright),
        (3.0, 9.0, 4.0, 4.5),
    )
    socket = blade(path[-1], path[-1] + np.array([0.0, -8.0, 4.0]), upright, (12.0, 9.0, 9.0, 7.0))
    return [*plates, ridge, socket]


def _over_ribs(
    model: SpineModel, side: Side, trunk: TrunkTable, angle: float, above_mm: float
) -> Vector:
    """Return a point between the ribs and the muscle over them, ``above_mm`` over T5, LPS.

    ``angle`` is from the back towards the side, radians.
    """
    z = float(model.posture.placed[Level.T5].centre[2]) + above_mm
    row = trunk.outline[_row(trunk, z)]
    inset = row[4] - BLADE_OUT_MM
    square = 1.0 + 0.09 * np.sin(2.0 * angle) ** 2
    return np.array(
        [
            row[0] + side.sign * (row[2] - inset) * np.sin(angle) * square,
            row[1] + (row[3] - inset) * np.cos(angle) * square,
            z,
        ]
    )


def _pieces(
    blades: list[NDArray[np.float64]], model: SpineModel
) -> Iterator[tuple[fields.BoneRows, Vector]]:
    for place, row in enumerate(blades):
        yield _rows(blades[max(place - 1, 0) : place + 2], model), ends_mm(row)


def _whole(blades: list[NDArray[np.float64]], model: SpineModel) -> tuple[fields.BoneRows, Vector]:
    """Return a plate whose blades are broader than they are long, so that no seam shows."""
    return _rows(blades, model), np.concatenate([ends_mm(row) for row in blades])


def _rows(blades: list[NDArray[np.float64]], model: SpineModel) -> fields.BoneRows:
    away = np.array([0.0, 0.0, FAR_AWAY_MM])
    frame = np.concatenate([away, np.eye(3).ravel()])
    body = np.ones(fields.BODY_COLUMNS)
    body[[fields.HOLLOW, fields.SLOPE]] = 0.0  # a plain box: on no voxel may it have no size
    body[fields.FOOT_TAPER :] = 0.0
    rows = np.array(blades)
    rows[:, fields.START : fields.START + 3] -= away
    return fields.BoneRows(frame, body, rows, np.zeros((0, 8)), model.posture.line.rows)


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
