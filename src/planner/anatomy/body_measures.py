"""Frame and size of a vertebral body, from its mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.domain.levels import Side
from planner.geometry.points import unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.anatomy.spine_model import Box, SpineModel
    from planner.domain.anatomy import Pedicle
    from planner.geometry.points import Vector

_FEWEST_COLUMNS = 60
_STEEPEST_DEG = 35.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BodyMeasures:
    """The body in its own frame.

    Attributes
    ----------
    centre_mm
        Centroid, LPS, shape ``(3,)``.
    left, anterior, superior
        Right-handed unit vectors, LPS, shape ``(3,)``.
    size_mm
        Width, depth and height in that frame.
    volume_ml
        Volume of the mask.
    """

    centre_mm: Vector
    left: Vector
    anterior: Vector
    superior: Vector
    size_mm: tuple[float, float, float]
    volume_ml: float


def measure_body(
    model: SpineModel, number: int, box: Box, found: Mapping[Side, Pedicle]
) -> BodyMeasures | None:
    """Return frame and size of body ``number``; ``None`` when it has no voxel.

    ``superior`` stands on the mean of both endplates; ``left`` joins the pedicles where both
    are known, because the body alone is too round to show axial rotation.
    """
    body = model.bodies[box] == number
    if not body.any():
        return None
    points = model.points_mm(body, box)
    centre = points.mean(0)
    row = int(
        np.clip(round(float(model.curve.locate(centre[None])[0][0])), 0, len(model.curve) - 1)
    )
    superior = _endplate_normal(points - centre, model, row)
    sideways = model.curve.left[row]
    if len(found) == 2:
        joined = found[Side.LEFT].isthmus.array - found[Side.RIGHT].isthmus.array
        sideways = unit(joined)
    left = unit(sideways - (sideways @ superior) * superior)
    anterior = np.cross(left, superior)
    frame = np.stack([left, anterior, superior])
    return BodyMeasures(
        centre_mm=centre,
        left=left,
        anterior=anterior,
        superior=superior,
        size_mm=_size(points - centre, frame, model.volume.spacing_mm),
        volume_ml=float(body.sum()) * model.volume.geometry.voxel_volume_mm3 / 1000.0,
    )


def _endplate_normal(offsets: Vector, model: SpineModel, row: int) -> Vector:
    """Return the mean normal of planes through the top and the bottom of the body."""
    axes = np.stack([model.curve.left[row], model.curve.anterior[row], model.curve.superior[row]])
    local = offsets @ axes.T
    spacing = model.volume.spacing_mm
    cells = np.rint(local[:, :2] / spacing).astype(int)
    cells -= cells.min(axis=0)
    # One number for each cell: pairs are sorted ten times as slowly.
    numbers = cells[:, 0] * (cells[:, 1].max() + 1) + cells[:, 1]
    _, column = np.unique(numbers, return_inverse=True)
    count = int(column.max()) + 1
    top, bottom = np.full(count, -np.inf), np.full(count, np.inf)
    np.maximum.at(top, column, local[:, 2])
    np.minimum.at(bottom, column, local[:, 2])
    sums = [np.bincount(column, weights=local[:, axis]) for axis in (0, 1)]
    place = np.stack(sums, axis=1) / np.bincount(column)[:, None]
    # Columns near the side wall are short and would tilt the planes.
    tall = (top - bottom) > 0.6 * np.percentile(top - bottom, 90)
    if tall.sum() < _FEWEST_COLUMNS:
        return np.array(model.curve.superior[row])
    design = np.c_[place[tall], np.ones(int(tall.sum()))]
    slopes = [np.linalg.lstsq(design, z[tall], rcond=None)[0][:2] for z in (top, bottom)]
    slope = np.mean(slopes, axis=0)
    normal = unit(axes[2] - slope[0] * axes[0] - slope[1] * axes[1])
    steep = normal @ axes[2] < np.cos(np.deg2rad(_STEEPEST_DEG))
    return np.array(model.curve.superior[row] if steep else normal)


def _size(
    offsets: Vector, frame: NDArray[np.float64], spacing_mm: float
) -> tuple[float, float, float]:
    """Return width, depth and height through the middle of the body."""
    local = offsets @ frame.T
    reach = np.percentile(np.abs(local), 98, axis=0)
    sizes = []
    for axis in range(3):
        others = [other for other in range(3) if other != axis]
        core = (np.abs(local[:, others]) < 0.35 * reach[others]).all(axis=1)
        values = local[core, axis] if core.any() else local[:, axis]
        low, high = np.percentile(values, (1, 99))
        sizes.append(float(high - low) + spacing_mm)
    return sizes[0], sizes[1], sizes[2]
