"""A piece of the scan beside the canal, in straightened coordinates, to find a pedicle in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.interpolation import sample

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.spine_model import Box, SpineModel
    from planner.domain.levels import Side

STEP_MM = 0.5
"""Finer than any scan, so that shears fall on samples."""

_BELOW, _ABOVE = 0.3, 0.7
"""Reach along the spine from the body's middle, in level heights."""

_DEPTH_SHARE = 0.55
"""How far back from the posterior wall a pedicle reaches, as a share of the canal's depth."""

_BEHIND_MM = 5.0, 10.0
_LATERAL_MM = 2.0, 42.0
_FEWEST_VOXELS = 60
_MIDDLE_MM = 3.0

_REACH_SHARE = 1.22
"""Reach of a thoracic pedicle in half widths of its body."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PedicleBox:
    """Samples over ``(v, s, u)``; ``u`` grows away from the midline.

    Attributes
    ----------
    s_mm, v_mm, u_mm
        Straightened coordinates of the samples; ``v`` runs forward from the canal to the wall.
    inside
        Share of the vertebra at each sample, float32.
    canal_half_mm
        Half the width of the canal at this height.
    """

    s_mm: NDArray[np.float64]
    v_mm: NDArray[np.float64]
    u_mm: NDArray[np.float64]
    inside: NDArray[np.float32]
    canal_half_mm: float


def pedicle_box(
    model: SpineModel, number: int, box: Box, side: Side, *, ribs: bool
) -> PedicleBox | None:
    """Return the box of one pedicle; ``None`` where the canal beside it is not seen."""
    centre, height = model.centre_s[number - 1], model.height_mm[number - 1]
    s, v, u = (axis[box] for axis in model.located)
    canal = model.canal[box] & (s > centre) & (s < centre + 0.3 * height)
    if canal.sum() < _FEWEST_VOXELS:
        return None
    back, front = np.percentile(v[canal], (3, 97))
    depth = float(np.clip(_DEPTH_SHARE * (front - back), *_BEHIND_MM))
    v_mm = np.arange(front - depth, front + 0.01, STEP_MM)
    s_mm = np.arange(centre - _BELOW * height, centre + _ABOVE * height, STEP_MM)
    u_mm = np.arange(*_LATERAL_MM, STEP_MM)
    grid = np.meshgrid(v_mm, s_mm, u_mm, indexing="ij")
    points = model.curve.at(grid[1], grid[0], side.sign * grid[2])
    farthest = _farthest_mm(model, number, box) if ribs else float(_LATERAL_MM[1])
    mask = (model.vertebrae[box] == number).astype(np.float32)
    geometry = model.volume.geometry.cropped(
        (box[2].start, box[1].start, box[0].start), (mask.shape[2], mask.shape[1], mask.shape[0])
    )
    inside = sample(mask, geometry, points, outside=0.0)
    inside[:, :, u_mm > farthest] = 0.0
    return PedicleBox(
        s_mm=s_mm,
        v_mm=v_mm,
        u_mm=u_mm,
        inside=inside,
        canal_half_mm=float(np.percentile(np.abs(u[canal]), 95)),
    )


def _farthest_mm(model: SpineModel, number: int, box: Box) -> float:
    """Return how far from the midline a pedicle can reach beside a body that bears ribs.

    Thoracic pedicles stand within the width of their body, and ribs beyond it.
    """
    s, _, u = (axis[box] for axis in model.located)
    body = (model.bodies[box] == number) & (np.abs(s - model.centre_s[number - 1]) < _MIDDLE_MM)
    if not body.any():
        return float(_LATERAL_MM[1])
    half = float(np.percentile(np.abs(u[body]), 98))
    return _REACH_SHARE * half
