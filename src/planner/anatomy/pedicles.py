"""Finds the isthmus of each pedicle and how wide it is there.

The outline only says where a pedicle runs. Its size is read from the CT itself, in sections
across its axis, where HU fall from the cortex to the soft tissue: voxels of an outline are as
wide as their grid.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.pedicle_box import pedicle_box
from planner.anatomy.pedicle_core import pedicle_core
from planner.anatomy.work_grid import sample
from planner.domain.anatomy import Pedicle
from planner.domain.levels import Side
from planner.domain.sourced import Interval
from planner.geometry.points import PointLps, unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.anatomy.pedicle_box import PedicleBox
    from planner.anatomy.pedicle_core import PedicleCore
    from planner.anatomy.spine_model import Box, SpineModel
    from planner.geometry.points import Vector

EDGE_SHARE = 0.6
"""A bone's edge is where HU fall to this share of the way from soft tissue to its cortex.

Half is right for thick bone only; behind a cortex thinner than the blur it lies outside, which
would make a pedicle wide. A little more than half errs to the narrow side.
"""

LEAST_CORTEX_OVER_SOFT_HU = 150.0
"""Below this no cortex is seen, as beside a lytic lesion, and the outline has to serve."""

_ALONG_MM = np.arange(-5.0, 5.01, 0.5)
"""Sections across the axis, from the middle of the core."""

_HEIGHTS_MM = (-1.5, -0.75, 0.0, 0.75, 1.5)
"""A width is the median of rays at these heights: noise must not choose the narrowest."""

_RAY_MM = np.arange(0.0, 24.0, 0.25)
_CORTEX_WITHIN_MM = 4.0
_OUTSIDE_MM = 3.0
_GAP_SHARE, _GAP_MM = 0.4, 2.0
_SMOOTH_SECTIONS = 3
_OUTLINE_BIAS_MM = 0.4
_LEAST_WIDTH_MM = 1.0


def pedicles(model: SpineModel, number: int, box: Box, *, ribs: bool) -> Mapping[Side, Pedicle]:
    """Return the pedicles of vertebra ``number`` (1 is the lowest) that can be told.

    Parameters
    ----------
    ribs
        Whether it bears ribs, which lie against its pedicles.
    """
    found = {}
    for side in Side:
        space = pedicle_box(model, number, box, side, ribs=ribs)
        core = pedicle_core(space) if space is not None else None
        if space is None or core is None:
            continue
        pedicle = _measured(model, _mask(model, number, box), space, core, side)
        if pedicle is not None:
            found[side] = pedicle
    return found


class _Mask:
    """The outline of one vertebra, to be asked at points."""

    __slots__ = ("geometry", "share")

    def __init__(self, model: SpineModel, number: int, box: Box) -> None:
        self.share = (model.vertebrae[box] == number).astype(np.float32)
        size = self.share.shape
        self.geometry = model.volume.geometry.cropped(
            (box[2].start, box[1].start, box[0].start), (size[2], size[1], size[0])
        )

    def at(self, points: Vector) -> NDArray[np.float32]:
        return sample(self.share, self.geometry, points, outside=0.0)


def _mask(model: SpineModel, number: int, box: Box) -> _Mask:
    return _Mask(model, number, box)


def _measured(
    model: SpineModel, mask: _Mask, space: PedicleBox, core: PedicleCore, side: Side
) -> Pedicle | None:
    """Measure sections along the axis; the narrowest counts."""
    s, v, u = core.middle_svu
    row = int(np.clip(round(s), 0, len(model.curve) - 1))
    outward = side.sign * model.curve.left[row]
    upward = model.curve.superior[row]
    axis = unit(model.curve.anterior[row] - core.inward * outward - core.downward * upward)
    across = unit(np.cross(axis, upward)) * side.sign
    across = across if across @ outward > 0 else -across
    upright = unit(np.cross(across, axis))
    upright = upright if upright @ upward > 0 else -upright
    middle = model.curve.at(np.array(s), np.array(v), np.array(side.sign * u))
    reach = 0.5 * (space.v_mm[-1] - space.v_mm[0]) + 1.0
    along = _ALONG_MM[np.abs(_ALONG_MM) <= reach]
    starts = middle + along[:, None] * axis
    heights = np.array(_HEIGHTS_MM)[:, None] * upright
    rays = starts[:, None] + heights[None]
    outer = _edges_mm(model, mask, rays, across, space.farthest_mm)
    inner = _edges_mm(model, mask, rays, -across)
    widths = np.nanmedian(_known(outer + inner), axis=1)
    if not np.isfinite(widths).any():
        return None
    place = _narrowest(widths)
    width = float(widths[place])
    if width < _LEAST_WIDTH_MM:
        return None
    shift = 0.5 * float(np.nanmedian(outer[place] - inner[place]))
    centre = starts[place] + shift * across
    up = float(_edges_mm(model, mask, centre[None, None], upright)[0, 0])
    down = float(_edges_mm(model, mask, centre[None, None], -upright)[0, 0])
    height = up + down if np.isfinite(up + down) else width
    if np.isfinite(up + down):
        centre = centre + 0.5 * (up - down) * upright
    doubt = max(model.ct.geometry.spacing_mm)
    return Pedicle(
        side=side,
        isthmus=PointLps.of(centre),
        axis=(float(axis[0]), float(axis[1]), float(axis[2])),
        width_mm=_interval(width, doubt),
        height_mm=_interval(height, doubt),
    )


def _known(widths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return widths with a number in every section, so that none is only gaps."""
    empty = ~np.isfinite(widths).any(axis=1)
    out = widths.copy()
    out[empty] = np.inf
    return out


def _narrowest(widths: NDArray[np.float64]) -> int:
    """Return the place of the least width, of the middle of three neighbours."""
    finite = np.where(np.isfinite(widths), widths, 1e3)
    padded = np.pad(finite, _SMOOTH_SECTIONS // 2, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, _SMOOTH_SECTIONS)
    return int(np.median(windows, axis=1).argmin())


def _edges_mm(
    model: SpineModel,
    mask: _Mask,
    starts: Vector,
    direction: Vector,
    farthest_mm: float = np.inf,
) -> NDArray[np.float64]:
    """Return how far bone reaches from each start, NaN where the start is not in it.

    The outline says which cortex is the last one; the CT says where it ends.
    """
    points = starts[..., None, :] + _RAY_MM[:, None] * direction
    inside = mask.at(points) > 0.5
    if np.isfinite(farthest_mm):
        _, _, u = model.curve.locate(points)
        inside &= np.abs(u) < farthest_mm
    hu = sample(model.ct.hu, model.ct.geometry, points)
    out = np.full(starts.shape[:-1], np.nan)
    for index in np.ndindex(out.shape):
        if inside[index][:3].any():
            out[index] = _edge_mm(hu[index], inside[index], model.soft_hu)
    return out


def _edge_mm(line: NDArray[np.float32], solid: NDArray[np.bool_], soft_hu: float) -> float:
    """Return where bone ends on one ray that starts in it."""
    step = float(_RAY_MM[1])
    left = np.flatnonzero(~solid[2:])
    end = int(left[0]) + 2 if len(left) else len(line) - 1
    outline = max(0.0, end * step - _OUTLINE_BIAS_MM)
    first = max(0, end - round(_CORTEX_WITHIN_MM / step))
    last = min(len(line), end + round(_OUTSIDE_MM / step) + 1)
    window = line[first:last]
    peak = float(line[first : end + 3].max())
    if peak < soft_hu + LEAST_CORTEX_OVER_SOFT_HU:
        return outline
    soft = float(np.clip(window.min(), -120.0, soft_hu + 30.0))
    level = soft + EDGE_SHARE * (peak - soft)
    # The first fall that is deep enough for a gap: behind it may lie a rib.
    gap = soft + _GAP_SHARE * (peak - soft)
    deep = round(_GAP_MM / step)
    falls = [
        n for n in range(1, len(window))
        if window[n - 1] >= level > window[n] and window[n : n + deep].min() < gap
    ]  # fmt: skip
    if not falls:
        return outline
    before, after = float(window[falls[0] - 1]), float(window[falls[0]])
    return (first + falls[0] - 1 + (before - level) / max(1e-6, before - after)) * step


def _interval(best_mm: float, doubt_mm: float) -> Interval:
    """Return a width with a voxel of doubt."""
    best = max(0.0, best_mm)
    return Interval(max(0.0, best - doubt_mm), best, best + doubt_mm)
