"""Finds the isthmus of each pedicle and how wide it is there.

The outline only says where a pedicle runs. Its size is read from the CT itself, in sections
across its axis, where HU fall from the cortex to the soft tissue: voxels of an outline are as
wide as their grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.anatomy.bone_edges import BoneEdges
from planner.anatomy.pedicle_box import pedicle_box
from planner.anatomy.pedicle_core import pedicle_core
from planner.domain.anatomy import Pedicle
from planner.domain.levels import Side
from planner.domain.sourced import Interval
from planner.geometry.points import PointLps, unit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from planner.anatomy.pedicle_core import PedicleCore
    from planner.anatomy.spine_model import Box, SpineModel
    from planner.geometry.points import Vector

_ALONG_MM = np.arange(-2.0, 5.01, 0.5)
"""Sections across the axis, from the middle of the core; farther back the lamina is narrower."""

_MEET_CANAL = 0.5
"""Share of the rays of a section that must end at the canal: others run along lamina or body."""

_HEIGHTS_MM = (-1.5, -0.75, 0.0, 0.75, 1.5)
"""A width is the median of rays at these heights: noise must not choose the narrowest."""

_SMOOTH_SECTIONS = 3
_TURNS_DEG = (0.0, -8.0, 8.0, -16.0, 16.0)
"""Slants tried about that of the core, which at L5 leans to the body; the second narrowest counts.

A section is narrowest across the pedicle's own slant; the narrowest of all is often a fault of
noise, and 8 degrees widen it by 1 % only.
"""

_MOST_JUMP_MM = 2.0
"""Widths of neighbouring sections that differ by more begin or end at different things."""

_MOST_SHIFT_MM = 2.5
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
        if core is None:
            continue
        pedicle = _measured(model, BoneEdges(model, number, box), core, side)
        if pedicle is not None:
            found[side] = pedicle
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Section:
    """The narrowest section across one axis."""

    centre_mm: Vector
    axis: Vector
    across: Vector
    upright: Vector
    width_mm: float


def _measured(
    model: SpineModel, edges: BoneEdges, core: PedicleCore, side: Side
) -> Pedicle | None:
    """Measure the narrowest section across each axis near that of the core."""
    found = [_section(model, edges, core, side, turn) for turn in _TURNS_DEG]
    sections = [section for section in found if section is not None]
    if not sections:
        return None
    sections.sort(key=lambda section: section.width_mm)
    best = sections[min(1, len(sections) - 1)]
    if best.width_mm < _LEAST_WIDTH_MM:
        return None
    up, down = _heights_mm(edges, best)
    height = up + down if np.isfinite(up + down) else best.width_mm
    shift = 0.5 * (up - down) if np.isfinite(up - down) else 0.0
    centre = best.centre_mm + np.clip(shift, -_MOST_SHIFT_MM, _MOST_SHIFT_MM) * best.upright
    doubt = max(model.ct.geometry.spacing_mm)
    return Pedicle(
        side=side,
        isthmus=PointLps.of(centre),
        axis=(float(best.axis[0]), float(best.axis[1]), float(best.axis[2])),
        width_mm=_interval(best.width_mm, doubt),
        height_mm=_interval(height, doubt),
    )


def _section(
    model: SpineModel,
    edges: BoneEdges,
    core: PedicleCore,
    side: Side,
    turn_deg: float,
) -> _Section | None:
    """Return the narrowest section across the axis of the core turned by some degrees."""
    s, v, u = core.middle_svu
    row = int(np.clip(round(s), 0, len(model.curve) - 1))
    outward = side.sign * model.curve.left[row]
    upward = model.curve.superior[row]
    inward = np.tan(np.arctan(core.inward) + np.deg2rad(turn_deg))
    axis = unit(model.curve.anterior[row] - inward * outward - core.downward * upward)
    across = unit(np.cross(axis, upward))
    across = across if across @ outward > 0 else -across
    upright = unit(np.cross(across, axis))
    upright = upright if upright @ upward > 0 else -upright
    middle = model.curve.at(np.array(s), np.array(v), np.array(side.sign * u))
    starts = middle + _ALONG_MM[:, None] * axis
    rays = starts[:, None] + np.array(_HEIGHTS_MM)[:, None] * upright
    # A rib may lie there even where none was recognised, as at the end of a scan.
    outer = edges.along(rays, across, rib_beside=True)
    inner = edges.along(rays, -across)
    meets = edges.canal_behind(rays, -across, inner).mean(axis=1) > _MEET_CANAL
    widths = np.where(meets, np.median(_known(outer + inner), axis=1), np.inf)
    place = _narrowest(widths)
    if place is None:
        return None
    shift = 0.5 * float(np.nanmedian(outer[place] - inner[place]))
    return _Section(
        centre_mm=starts[place] + shift * across,
        axis=axis,
        across=across,
        upright=upright,
        width_mm=float(widths[place]),
    )


def _heights_mm(edges: BoneEdges, section: _Section) -> tuple[float, float]:
    """Return how far bone reaches up and down; a ray into an articular process goes too far."""
    aside = np.array([-0.2, 0.0, 0.2])[:, None] * section.width_mm * section.across
    ahead = np.array([-1.5, 0.0, 1.5])[:, None] * section.axis
    starts = (section.centre_mm + aside[:, None] + ahead[None]).reshape(-1, 3)
    reach = [edges.along(starts, sign * section.upright) for sign in (1.0, -1.0)]
    known = np.isfinite(reach[0] + reach[1])
    if not known.any():
        return float("nan"), float("nan")
    up, down = (float(np.percentile(one[known], 30)) for one in reach)
    return up, down


def _known(widths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return widths where rays that began outside the bone count as endless."""
    return np.where(np.isfinite(widths), widths, np.inf)


def _narrowest(widths: NDArray[np.float64]) -> int | None:
    """Return the place of the least width that its neighbours bear out; ``None`` where none is."""
    windows = np.lib.stride_tricks.sliding_window_view(widths, _SMOOTH_SECTIONS)
    least, middle, most = np.sort(windows, axis=1).T
    steady = np.isfinite(most) & (np.where(np.isfinite(most), most, 0.0) - least <= _MOST_JUMP_MM)
    if not steady.any():
        return None
    return int(np.where(steady, middle, np.inf).argmin()) + _SMOOTH_SECTIONS // 2


def _interval(best_mm: float, doubt_mm: float) -> Interval:
    """Return a width with a voxel of doubt."""
    best = max(0.0, best_mm)
    return Interval(max(0.0, best - doubt_mm), best, best + doubt_mm)
