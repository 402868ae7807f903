"""The grid of a scan: which part of the patient it covers and how the patient lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.domain.levels import Level
from planner.geometry.volume_geometry import VolumeGeometry
from planner.phantom.recipe import FieldOfView, Position

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.phantom.posture import Posture
    from planner.phantom.recipe import Recipe

MARGIN_MM = 14.0
"""Scan beyond the outermost endplates of the wanted levels."""

TRUNK_FIELD_MM = (400.0, 300.0)
SPINE_FIELD_MM = (180.0, 180.0)
SPINE_FIELD_BEHIND_MM = 36.0
"""The spine's field is centred this far behind the middle of the bodies."""

ORIGIN_DECIMALS = 3
"""The first voxel is placed to a micrometre, so that a written series has the same grid."""

AXES = {
    Position.HFS: ((1, 0, 0), (0, 1, 0)),
    Position.HFP: ((-1, 0, 0), (0, -1, 0)),
    Position.FFS: ((-1, 0, 0), (0, 1, 0)),
    Position.FFP: ((1, 0, 0), (0, -1, 0)),
    Position.HFDR: ((0, -1, 0), (1, 0, 0)),
    Position.HFDL: ((0, 1, 0), (-1, 0, 0)),
    Position.FFDR: ((0, -1, 0), (-1, 0, 0)),
    Position.FFDL: ((0, 1, 0), (1, 0, 0)),
}
"""Patient directions of a picture's columns axis and rows axis for a gantry that is always
viewed from the foot of the table (DICOM PS3.3 C.7.3.1.1.2 names the positions)."""


def scan_geometry(recipe: Recipe, posture: Posture) -> VolumeGeometry:
    """Return the grid of the scan in the patient.

    Slices are stacked along the cross product of the picture's axes, without it along the
    table: a tilted gantry makes a sheared grid, as it does in a scanner.
    """
    low, high = covered_mm(recipe, posture)
    columns, rows = (np.array(axis, dtype=np.float64) for axis in AXES[recipe.position])
    table = np.cross(columns, rows)
    tilt = np.radians(recipe.tilt_deg)
    rows = np.cos(tilt) * rows + np.sin(tilt) * table
    step = np.array(recipe.spacing_mm)
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1] = columns * step[0], rows * step[1]
    matrix[:3, 2] = table * step[2]
    field = _field_mm(recipe)
    wide, tall = recipe.matrix or tuple(
        int(np.ceil(extent / spacing))
        for extent, spacing in zip(_along(field, columns), step[:2], strict=True)
    )
    deep = int(np.ceil((high - low) / step[2])) + 1
    size = (int(wide), int(tall), deep)
    centre = _field_centre(recipe, posture, 0.5 * (low + high))
    first = centre - matrix[:3, :3] @ ((np.array(size) - 1.0) / 2.0)
    matrix[:3, 3] = np.round(first, ORIGIN_DECIMALS)
    return VolumeGeometry.from_matrix(size, matrix)


def covered_mm(recipe: Recipe, posture: Posture) -> tuple[float, float]:
    """Return the lowest and highest LPS z of the scan."""
    first, last = (posture.placed[level] for level in recipe.levels)
    half = 0.5 * first.shape.endplate_depth_mm
    top = first.lps(np.array([[0, v, first.shape.height_mm / 2] for v in (-half, half)]))
    low_height = last.shape.height_mm * (1.6 if last.level is Level.S1 else 0.5)
    half = 0.5 * last.shape.endplate_depth_mm
    bottom = last.lps(np.array([[0, v, -low_height] for v in (-half, half)]))
    return float(bottom[:, 2].min()) - MARGIN_MM, float(top[:, 2].max()) + MARGIN_MM


def _field_mm(recipe: Recipe) -> tuple[float, float]:
    """Return the extent of the pictures along patient x and y."""
    if recipe.field_of_view is FieldOfView.TRUNK:
        return TRUNK_FIELD_MM
    return SPINE_FIELD_MM


def _along(field_mm: tuple[float, float], columns: NDArray[np.float64]) -> tuple[float, float]:
    """Return the extent along the picture's own axes."""
    across = abs(columns[0]) > 0.5
    return (field_mm[0], field_mm[1]) if across else (field_mm[1], field_mm[0])


def _field_centre(recipe: Recipe, posture: Posture, height_mm: float) -> NDArray[np.float64]:
    """Return the middle of the grid, LPS mm."""
    middle = min(posture.placed.values(), key=lambda item: abs(item.centre[2] - height_mm))
    if recipe.field_of_view is FieldOfView.TRUNK:
        return np.array([0.4 * middle.centre[0], middle.centre[1] - 36.0, height_mm])
    return np.array([middle.centre[0], middle.centre[1] + SPINE_FIELD_BEHIND_MM, height_mm])
