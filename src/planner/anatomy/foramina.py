"""The neural foramina: what is not bone between two pedicles, beside the canal."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import cc3d
import numpy as np

from planner.anatomy.interpolation import sample
from planner.catalog import resource_path

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.spine_model import Box, SpineModel
    from planner.domain.anatomy import Pedicle
    from planner.domain.levels import Side
    from planner.geometry.points import Vector

_LEAST_HALF_WIDTH_MM = 4.5
_BEYOND_MM = 1.0
_HALF_DEPTH_MM = 5.0, 9.0
"""Half the depth of the canal, between which limits a foramen is as deep from front to back."""

_IN_FRONT_MM = 2.0
"""The back of a body curves forward beside the canal, and the foramen with it."""

_REACH_MM = 30.0
"""Nothing of a foramen lies farther from both isthmuses than this."""

_BONE_OVER_SOFT_HU = 150.0

_LEAST_MM3 = 100.0
"""Less is a cranny beside a joint; the narrowest foramina hold some 500 mm3."""

_BESIDE_MM = 6.0
"""The top of the sacrum is looked for this far to both sides of the middle of a foramen."""

_UNDER_PEDICLE_MM = 3.0
_BESIDE_PROCESS = 80
"""Percentile of the ways down that end on the sacrum: the shorter ones meet the articular process
that stands on it, which a broad one does on more than half of them."""

_LEAST_COLUMNS = 0.3
"""Share of the ways down that must meet the sacrum for its top to be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForamenEnd:
    """Where a foramen ends above or below, in straightened coordinates.

    Attributes
    ----------
    svu_mm
        Middle of the pedicle that bounds it.
    edge_s_mm
        ``s`` of that pedicle's edge towards the foramen.
    width_mm
        Of that pedicle.
    """

    svu_mm: tuple[float, float, float]
    edge_s_mm: float
    width_mm: float


def pedicle_end(model: SpineModel, pedicle: Pedicle, *, above: bool) -> ForamenEnd:
    """Return the end of a foramen at a pedicle that lies above or below it."""
    s, v, u = (float(value[0]) for value in model.curve.locate(pedicle.isthmus.array[None]))
    half = 0.5 * pedicle.height_mm.best
    return ForamenEnd(
        svu_mm=(s, v, u), edge_s_mm=s - half if above else s + half, width_mm=pedicle.width_mm.best
    )


@cache
def _sacral_pedicle_mm() -> float:
    text = resource_path("anatomy", "sacrum.toml").read_text(encoding="utf-8")
    return float(tomllib.loads(text)["s1_pedicle_width_mm"]["mean"])


def sacral_end(model: SpineModel, sacrum: int, upper: ForamenEnd, side: Side) -> ForamenEnd | None:
    """Return the lower end of a foramen on the sacrum; ``None`` where its top is not seen.

    The pedicle of S1 passes into the wing and has no outer edge, so it is taken to be as wide as
    published from the canal outward. The top is where bone begins on the ways down beside its
    articular process.
    """
    centre = float(model.centre_s[sacrum - 1])
    s, _, u = model.located
    canal = model.canal & (np.abs(s - centre) < _UNDER_PEDICLE_MM) & (u * side.sign > 0.0)
    if not canal.any():
        return None
    width = _sacral_pedicle_mm()
    aside = float(np.percentile(np.abs(u[canal]), 97)) + 0.5 * width
    middle = 0.5 * (aside + abs(upper.svu_mm[2]))
    back, front = _depth_mm(model, model.whole, centre, upper.edge_s_mm)
    down = np.arange(upper.edge_s_mm - _UNDER_PEDICLE_MM, centre, -0.5)
    ahead = np.arange(0.5 * (back + front), front, 1.0)
    out = side.sign * np.arange(middle - _BESIDE_MM, middle + _BESIDE_MM + 0.1)
    if not len(down):
        return None
    points = model.curve.at(*np.meshgrid(down, ahead, out, indexing="ij"))
    bone = sample(model.volume.hu, model.volume.geometry, points) > (
        model.soft_hu + _BONE_OVER_SOFT_HU
    )
    met = bone.any(axis=0) & ~bone[0]
    if met.mean() < _LEAST_COLUMNS:
        return None
    top = float(down[int(np.percentile(bone.argmax(axis=0)[met], _BESIDE_PROCESS))])
    return ForamenEnd(
        svu_mm=(centre, upper.svu_mm[1], side.sign * aside), edge_s_mm=top, width_mm=width
    )


def foramen(
    model: SpineModel, upper: ForamenEnd, lower: ForamenEnd, side: Side
) -> tuple[Box, NDArray[np.bool_]]:
    """Return one foramen on the work grid, as a box of it and the voxels inside that.

    It spans from the pedicle above to the pedicle below and is as wide as they are, about the
    line from isthmus to isthmus; from front to back it is as deep as the canal. In front lie body
    and disc, behind the facets.
    """
    top, bottom = upper.edge_s_mm, lower.edge_s_mm
    half_width = max(_LEAST_HALF_WIDTH_MM, 0.25 * (upper.width_mm + lower.width_mm) + _BEYOND_MM)
    ends = np.array([upper.svu_mm, lower.svu_mm])
    box = _box(model, model.curve.at(*ends.T))
    s, v, u = (axis[box] for axis in model.located)
    share = np.clip((s - ends[1, 0]) / max(1.0, float(ends[0, 0] - ends[1, 0])), 0.0, 1.0)
    middle_u = ends[1, 2] + share * (ends[0, 2] - ends[1, 2])
    back, front = _depth_mm(model, box, bottom, top)
    region = (s < top) & (s > bottom) & (u * side.sign > 0.0)
    region &= (np.abs(u - middle_u) < half_width) & (v > back) & (v < front + _IN_FRONT_MM)
    # A vertebra found by HU is closed over its gaps and takes a narrow foramen in.
    region &= (model.bodies[box] == 0) & ~model.canal[box] & (model.discs[box] == 0)
    if model.said is not None:
        region &= ~model.said[box]
    region &= model.volume.hu[box] < model.soft_hu + _BONE_OVER_SOFT_HU
    pieces = np.asarray(cc3d.connected_components(region, connectivity=6))
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    if sizes.max() * model.volume.spacing_mm**3 < _LEAST_MM3:
        return box, np.zeros(region.shape, np.bool_)
    return box, np.asarray(pieces == sizes.argmax())


def _depth_mm(model: SpineModel, box: Box, bottom: float, top: float) -> tuple[float, float]:
    """Return ``v`` of the back and front of the canal between two heights."""
    s, v, _ = (axis[box] for axis in model.located)
    here = model.canal[box] & (s > bottom) & (s < top)
    if not here.any():
        return -_HALF_DEPTH_MM[1], _HALF_DEPTH_MM[1]
    back, front = np.percentile(v[here], (2, 98))
    half = float(np.clip(0.5 * (front - back), *_HALF_DEPTH_MM))
    middle = 0.5 * float(front + back)
    return middle - half, middle + half


def _box(model: SpineModel, ends_mm: Vector) -> Box:
    """Return the index box within reach of both isthmuses."""
    index = model.volume.geometry.ijk(ends_mm)[:, ::-1]
    reach = _REACH_MM / model.volume.spacing_mm
    low = np.maximum(np.floor(index.min(0) - reach), 0).astype(int)
    high = np.ceil(index.max(0) + reach).astype(int) + 1
    k, j, i = (slice(int(a), int(max(a, b))) for a, b in zip(low, high, strict=True))
    return k, j, i
