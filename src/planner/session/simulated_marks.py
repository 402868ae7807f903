"""A simulation as it is drawn over the slices."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.domain.while_open import kept_while_open
from planner.geometry.volume_geometry import VolumeGeometry
from planner.session.drawing import (
    CERTAIN,
    DEEP,
    ICE,
    LETHAL,
    MISSED,
    POSSIBLE,
    ZONE,
    SimulatedMark,
)
from planner.session.surfaces import SMOOTH_VOXELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from planner.domain.live_preview import LivePreview
    from planner.domain.simulation import Simulation

LETHAL_CELSIUS, DEEP_CELSIUS = -20.0, -40.0
"""The two lethal temperatures in use (Papalexis 2023; PMC4850244)."""


@kept_while_open(8)
def mark_of(one: Simulation) -> SimulatedMark:
    """Return a simulation as drawn: heat with its band, cold as ice and lethal isotherms.

    Drawn on half the spacing of the run, so that its voxels do not show; a flat face stays where
    it is. Takes a tenth of a second, so it is called first in a worker.
    """
    if one.is_cold:
        celsius = one.lowest_celsius
        levels = [limit - celsius for limit in (0.0, LETHAL_CELSIUS, DEEP_CELSIUS)]
        names = (ICE, LETHAL, DEEP)
    else:
        levels = [_softened(mask) for mask in (one.possible, one.zone, one.certain)]
        names = (POSSIBLE, ZONE, CERTAIN)
    return _drawn(one, levels, names, one.missed)


def mark_at(one: Simulation, at_s: float) -> SimulatedMark:
    """Return what is dead by a moment of the treatment, as drawn; quick enough for a slider.

    Of cold only the lethal temperature, and nothing of what lives: both are known at the end.
    """
    box = _box_of(one.possible_at_s <= at_s)
    times = [(LETHAL, one.killed_at_s)]
    if not one.is_cold:
        times = [(POSSIBLE, one.possible_at_s), (ZONE, one.killed_at_s)]
        times.append((CERTAIN, one.certain_at_s))
    levels = [_softened(at[box] <= at_s) for _, at in times]
    start = (box[2].start, box[1].start, box[0].start)
    k, j, i = levels[0].shape
    part = one.geometry.cropped(start, (i, j, k))
    none = np.zeros_like(levels[0], bool)
    drawn = _drawn(one, levels, [code for code, _ in times], none, part)
    return replace(drawn, moment=f"ZONE AFTER {at_s:.0f} s OF {one.total_s:.0f} s")


def _drawn(
    one: Simulation,
    levels: list[NDArray[np.float32]],
    names: Sequence[int],
    missed: NDArray[np.bool_],
    geometry: VolumeGeometry | None = None,
) -> SimulatedMark:
    """Return fields that are zero at a surface as codes on half their spacing, the last on top."""
    box = _box_of((levels[0] >= 0.0) | missed)
    low = tuple(part.start for part in box)
    shape = tuple(2 * (part.stop - part.start) - 1 for part in box)
    codes: NDArray[np.uint8] = np.zeros(shape, dtype=np.uint8)
    for name, level in zip(names, levels, strict=True):
        codes[_halved(level[box]) >= 0.0] = name
    codes = _with_missed(codes, missed[box])
    grid = geometry or one.geometry
    spacing = grid.spacing_mm[0] / 2.0
    origin = grid.lps_mm(np.array(low[::-1], dtype=np.float64))
    fine = VolumeGeometry.axis_aligned(
        (codes.shape[2], codes.shape[1], codes.shape[0]),
        (spacing, spacing, spacing),
        (float(origin[0]), float(origin[1]), float(origin[2])),
    )
    return SimulatedMark(geometry=fine, codes=codes)


def _halved(field: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a field on half its spacing, straight between its values."""
    for axis in range(3):
        rows = np.moveaxis(field, axis, 0)
        fine = np.empty((2 * len(rows) - 1, *rows.shape[1:]), np.float32)
        fine[::2] = rows
        fine[1::2] = (rows[:-1] + rows[1:]) * np.float32(0.5)
        field = np.moveaxis(fine, 0, axis)
    return field


def preview_mark(one: LivePreview) -> SimulatedMark:
    """Return a preview as drawn: on its own grid, because it has to be quick."""
    box = _box_of(one.possible | one.missed)
    codes = one.possible[box].astype(np.uint8) * np.uint8(LETHAL if one.is_cold else POSSIBLE)
    codes[one.zone[box]] = LETHAL if one.is_cold else ZONE
    codes[one.certain[box]] = DEEP if one.is_cold else CERTAIN
    codes[one.missed[box]] = MISSED
    start = (box[2].start, box[1].start, box[0].start)
    size = (codes.shape[2], codes.shape[1], codes.shape[0])
    grid = one.geometry.cropped(start, size)
    return SimulatedMark(geometry=grid, codes=codes)


def _with_missed(codes: NDArray[np.uint8], missed: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Mark on the finer grid what lives of the target, where the zone does not reach."""
    fine = missed.repeat(2, axis=0).repeat(2, axis=1).repeat(2, axis=2)[:-1, :-1, :-1]
    reached = (codes >= ZONE) & (codes != ICE)
    return np.where(fine & ~reached, np.uint8(MISSED), codes)


def _softened(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return a field that is zero at the surface of a mask, with the steps of its voxels gone."""
    soft = ndimage.gaussian_filter(mask.astype(np.float32), SMOOTH_VOXELS)
    return np.asarray(soft - np.float32(0.5), dtype=np.float32)


def _box_of(mask: NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    """Return the box of a mask with a voxel of margin; a small one when it is empty."""
    found = np.argwhere(mask)
    low = np.maximum(found.min(axis=0) - 1, 0) if len(found) else np.zeros(3, dtype=int)
    high = found.max(axis=0) + 2 if len(found) else np.full(3, 2)
    high = np.minimum(high, mask.shape)
    k, j, i = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return k, j, i
