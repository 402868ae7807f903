"""Finds where the spinal canal runs: a soft hole that bone surrounds, slice after slice.

Each axial voxel is scored by rays: how many hit bone within the size of a canal, how even the
hits lie, and whether a vertebral body lies in front. A path through the slices then maximises
the score. Several grids and bone thresholds give several paths; ``hypotheses`` returns them all,
because only the discs that a path leads to can tell which one is the spine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.anatomy.work_grid import noise_sd_hu, work_volume
from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from planner.anatomy.work_grid import WorkVolume
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector

GRIDS_MM = (2.0, 1.5)
"""Both are needed: 2.0 mm loses narrow canals between dense bone, 1.5 mm strays in thin bone."""

BONE_HU = ((190.0, 1.0), (140.0, 0.93), (105.0, 0.85))
"""Bone thresholds with the weight of a path found at them; low ones are for osteoporosis."""

RAYS = 16
LONGEST_RAY_MM = 22.0
SHORTEST_RADIUS_MM = 2.0
CANAL_RADIUS_MM = 16.0
ANTERIOR_RADIUS_MM = 20.0
"""Discs leave a gap in front, so bone may be farther there."""

CANAL_HU = (-40.0, 120.0)
"""Local mean inside a canal: fat, fluid and cord."""

NOISE_TO_BLUR_HU = 35.0
"""Above this noise the volume is blurred before thresholds mean anything."""

_STEP = 2
_CANDIDATES = 80
_WORST_SCORE = 0.25
_FAIR_SCORE = 0.45
_MEAN_SCORE = 0.55
_SLOPE = 1.3
_GAP_MM = 30.0
_COST_PER_MM = 0.06
_FREE_SLOPE = 0.25
_GAP_COST = 0.15
_LONG_ENOUGH = 0.8
_TURN = 0.7
_NO_HIT_STEPS = 30


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CanalPath:
    """One reading of where the canal runs.

    Attributes
    ----------
    points_mm
        Shape ``(n, 3)``, LPS, from inferior to superior.
    scores
        Shape ``(n,)``, 0 to about 1.
    grid_mm, bone_hu
        What it was found with.
    noise_hu
        Noise of the soft tissue on that grid.
    """

    points_mm: Vector
    scores: NDArray[np.float64]
    grid_mm: float
    bone_hu: float
    noise_hu: float


def hypotheses(ct: CtVolume, low_mm: Vector, high_mm: Vector) -> Iterator[CanalPath]:
    """Give the best path on each grid inside the box, or nothing where no canal shows."""
    for grid_mm in GRIDS_MM:
        path = best_path(work_volume(ct, low_mm, high_mm, grid_mm))
        if path is not None:
            yield path


def best_path(volume: WorkVolume) -> CanalPath | None:
    """Return the best path over the bone thresholds, with its ends trimmed."""
    noise_hu = noise_sd_hu(volume)
    hu = volume.hu
    if noise_hu > NOISE_TO_BLUR_HU:
        hu = ndimage.gaussian_filter(hu, min(1.2, noise_hu / 70.0) * 1.6 / volume.spacing_mm)
    best_value, best = 0.0, None
    for bone_hu, weight in BONE_HU:
        path = best_walk(canal_score(hu, volume.spacing_mm, bone_hu), volume.spacing_mm)
        if path is None:
            continue
        scores = path[:, 3]
        value = float((scores - _FAIR_SCORE).sum() + 1e-3 * len(path)) * weight
        if scores.mean() > _MEAN_SCORE and value > best_value:
            best_value, best = value, (path, bone_hu)
        if len(path) * _STEP > _LONG_ENOUGH * hu.shape[0]:
            break
    if best is None:
        return None
    path, bone_hu = best
    path = _trimmed(_trimmed(path)[::-1])[::-1]
    return CanalPath(
        points_mm=volume.geometry.lps_mm(path[:, 2::-1]),
        scores=path[:, 3],
        grid_mm=volume.spacing_mm,
        bone_hu=bone_hu,
        noise_hu=noise_hu,
    )


def canal_score(hu: NDArray[np.float32], spacing_mm: float, bone_hu: float) -> NDArray[np.float32]:
    """Score every voxel as a canal centre, 0 where it cannot be one."""
    smooth = ndimage.gaussian_filter(hu, np.array([0.5, 0.7, 0.7]) / spacing_mm)
    # On a coarse grid thin laminae fall between voxels.
    grown = ndimage.grey_dilation(smooth, size=(1, 3, 3)) if spacing_mm >= 1.9 else smooth
    bone = grown > bone_hu
    width = max(3, round(7.0 / spacing_mm) | 1)
    local = ndimage.uniform_filter(smooth, size=(1, width, width))
    possible = (local > CANAL_HU[0]) & (local < CANAL_HU[1]) & ~bone
    score = np.zeros(hu.shape, np.float32)
    steps, limits = _rays(spacing_mm)
    _enclosure(bone, possible, steps, limits, spacing_mm, score)
    support = np.clip((_body_in_front(smooth, spacing_mm) + 30.0) / 100.0, 0.25, 1.0)
    return np.asarray(score * support, dtype=np.float32)


def _rays(spacing_mm: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return pixel offsets ``(ray, step, (j, i))`` and the farthest useful hit of each ray."""
    count = int(LONGEST_RAY_MM / spacing_mm)
    angle = 2 * np.pi * np.arange(RAYS) / RAYS
    length = np.arange(1, count + 1)
    steps = np.stack(
        [np.rint(np.outer(np.sin(angle), length)), np.rint(np.outer(np.cos(angle), length))], -1
    ).astype(np.int64)
    forward = (np.sin(angle) < 0) & (np.abs(np.cos(angle)) <= 0.8)
    return steps, np.where(forward, ANTERIOR_RADIUS_MM, CANAL_RADIUS_MM)


@kernel
def _enclosure(
    bone: NDArray[np.bool_],
    possible: NDArray[np.bool_],
    steps: NDArray[np.int64],
    limits: NDArray[np.float64],
    spacing_mm: float,
    score: NDArray[np.float32],
) -> None:
    """Fill ``score``: the share of rays that hit bone, weighted by evenness and width."""
    rays, longest = steps.shape[0], steps.shape[1]
    rows, columns = bone.shape[1], bone.shape[2]
    hit = np.empty(rays)
    for k in range(bone.shape[0]):
        for j in range(rows):
            for i in range(columns):
                if not possible[k, j, i]:
                    continue
                useful = 0
                nearest = float(_NO_HIT_STEPS)
                for ray in range(rays):
                    hit[ray] = float(_NO_HIT_STEPS)
                    for step in range(longest):
                        row = j + steps[ray, step, 0]
                        column = i + steps[ray, step, 1]
                        if row < 0 or row >= rows or column < 0 or column >= columns:
                            break
                        if bone[k, row, column]:
                            hit[ray] = step + 1.0
                            distance_mm = (step + 1.0) * spacing_mm
                            if SHORTEST_RADIUS_MM <= distance_mm <= limits[ray]:
                                useful += 1
                            break
                    nearest = min(nearest, hit[ray])
                sideways = abs(hit[rays // 2] - hit[0]) * spacing_mm
                lengthways = abs(hit[3 * rays // 4] - hit[rays // 4]) * spacing_mm
                even = 0.5 + 0.3 * max(0.0, 1.0 - sideways / 20.0)
                even += 0.2 * max(0.0, 1.0 - lengthways / 30.0)
                wide = min(1.0, max(0.3, nearest * spacing_mm / 6.0))
                score[k, j, i] = useful / rays * even * wide


def _body_in_front(smooth: NDArray[np.float32], spacing_mm: float) -> NDArray[np.float32]:
    """Return the mean HU of a 22 mm box whose centre lies 24 mm in front of each voxel."""
    width = round(22.0 / spacing_mm) | 1
    mean = ndimage.uniform_filter(np.clip(smooth, -100, 250), size=(1, width, width))
    shift = min(round(24.0 / spacing_mm), mean.shape[1])
    out = np.full_like(mean, -100.0)
    out[:, shift:] = mean[:, : mean.shape[1] - shift]
    return np.asarray(out, dtype=np.float32)


def _candidates(score: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the best local maxima of one slice as rows (j, i, score)."""
    peaks = (score == ndimage.maximum_filter(score, size=3)) & (score > _WORST_SCORE)
    rows, columns = np.nonzero(peaks)
    values = score[rows, columns]
    best = np.argsort(-values, kind="stable")[:_CANDIDATES]
    return np.stack([rows[best], columns[best], values[best]], 1).astype(np.float64)


def best_walk(score: NDArray[np.float32], spacing_mm: float) -> NDArray[np.float64] | None:
    """Return the best path as rows (k, j, i, score) in voxels, by dynamic programming."""
    slices = list(range(0, score.shape[0], _STEP))
    candidates = [_candidates(score[k]) for k in slices]
    longest_gap = round(_GAP_MM / (spacing_mm * _STEP))
    totals: list[NDArray[np.float64]] = []
    origins: list[NDArray[np.int64]] = []
    for here, current in enumerate(candidates):
        total = current[:, 2] - _FAIR_SCORE
        origin = np.full((len(current), 2), -1, np.int64)
        for before in range(max(0, here - longest_gap), here):
            previous = candidates[before]
            if not len(previous) or not len(current):
                continue
            rise_mm = (here - before) * _STEP * spacing_mm
            shift = current[:, None, :2] - previous[None, :, :2]
            distance_mm = np.hypot(shift[..., 0], shift[..., 1]) * spacing_mm
            cost = _COST_PER_MM * np.maximum(0.0, distance_mm - _FREE_SLOPE * rise_mm)
            reached = totals[before][None] - cost - _GAP_COST * (here - before - 1)
            reached[distance_mm > _SLOPE * rise_mm + 2.0] = -np.inf
            choice = reached.argmax(1)
            value = reached[np.arange(len(current)), choice] + current[:, 2] - _FAIR_SCORE
            better = value > total
            total = np.where(better, value, total)
            origin[better, 0] = before
            origin[better, 1] = choice[better]
        totals.append(total)
        origins.append(origin)
    return _traced(slices, candidates, totals, origins)


def _traced(
    slices: list[int],
    candidates: list[NDArray[np.float64]],
    totals: list[NDArray[np.float64]],
    origins: list[NDArray[np.int64]],
) -> NDArray[np.float64] | None:
    """Follow the dynamic programme back from its best end."""
    ends = [(float(total.max()), here) for here, total in enumerate(totals) if len(total)]
    if not ends:
        return None
    here = max(ends)[1]
    choice = int(totals[here].argmax())
    rows = []
    while here >= 0:
        rows.append((float(slices[here]), *candidates[here][choice]))
        here, choice = (int(value) for value in origins[here][choice])
    return np.array(rows[::-1])


def _trimmed(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cut points off the start while the direction turns sharply (sacrum, a wrong hole)."""
    for _ in range(12):
        if len(path) < 9:
            break
        turn = _slope(path[0:4]) - _slope(path[4:8])
        if not np.linalg.norm(turn) > _TURN:
            break
        path = path[1:]
    return path


def _slope(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the least-squares slope of j and i over k."""
    height = rows[:, 0] - rows[:, 0].mean()
    return np.asarray(height @ (rows[:, 1:3] - rows[:, 1:3].mean(0)) / (height @ height))
