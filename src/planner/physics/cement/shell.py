"""The cortex of a vertebra as its outline has it, and the holes in it.

A shell of half a millimetre never shows its own HU in a voxel of one. So what counts is the
densest HU near by along the normal, and against what the shell of this vertebra usually shows in
this very scan: slice thickness and kernel cancel. The HU between voxels is that of a spline: where
a thin shell runs slantwise between the voxels, straight lines between them cut its crest off and
read a row of holes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.physics.cement.flow_numbers import FlowNumbers

STEP_MM = 0.5
"""Between samples along a normal: half a voxel."""

CUBIC = 3
"""Order of the spline that HU is read from."""

SMOOTH_VOXELS = 1.5
"""Normals are those of an outline smoothed by this, because voxels have only six."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shell:
    """The outermost voxels of a vertebra, shape ``(n,)`` each.

    Attributes
    ----------
    voxels
        Flat indices.
    cortex_hu
        Highest HU within reach along the normal.
    neighbours
        Shape ``(n, 26)``: numbers of the shell voxels that touch each, -1 where there is none.
    usual_hu
        Median of ``cortex_hu``.
    """

    voxels: NDArray[np.int64]
    cortex_hu: NDArray[np.float32]
    neighbours: NDArray[np.int32]
    usual_hu: float


def shell_of(
    bone: NDArray[np.bool_],
    hu: NDArray[np.floating] | NDArray[np.integer],
    spacing_mm: float,
    numbers: FlowNumbers,
) -> Shell:
    """Return the shell of an outlined vertebra, bool ``[k, j, i]``, on an isotropic grid.

    Every way from inside to outside over faces of voxels leads through it.
    """
    edge = bone & ~ndimage.binary_erosion(bone, border_value=1)
    at = np.argwhere(edge)
    smooth = ndimage.gaussian_filter(bone.astype(np.float32), SMOOTH_VOXELS)
    normal = np.stack([_slope(smooth, at, axis) for axis in range(3)], axis=1)
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    normal /= np.maximum(length, np.finfo(np.float32).tiny)
    reach = numbers.cortex["reach_mm"].value / spacing_mm
    offsets = np.arange(-reach, reach + 1e-6, STEP_MM / spacing_mm)
    places = at.T[:, None, :] + offsets[None, :, None] * normal.T[:, None, :]
    # Air and fat tell nothing of a cortex, and a spline would ring beside them.
    solid = np.maximum(hu, numbers.cortex["soft_hu"].value).astype(np.float32)
    seen = ndimage.map_coordinates(solid, places.reshape(3, -1), order=CUBIC, mode="nearest")
    cortex = seen.reshape(len(offsets), -1).max(axis=0) if len(at) else np.empty(0)
    number_at = np.full(bone.shape, -1, np.int32)
    number_at[edge] = np.arange(len(at))
    return Shell(
        voxels=np.flatnonzero(edge).astype(np.int64),
        cortex_hu=cortex.astype(np.float32),
        neighbours=_neighbours(number_at, at),
        usual_hu=float(np.median(cortex)) if len(at) else 0.0,
    )


def _slope(smooth: NDArray[np.float32], at: NDArray[np.int64], axis: int) -> NDArray[np.float64]:
    step = np.eye(3, dtype=np.int64)[axis]
    last = np.array(smooth.shape) - 1
    after = smooth[tuple(np.minimum(at + step, last).T)]
    before = smooth[tuple(np.maximum(at - step, 0).T)]
    return np.asarray(before - after, dtype=np.float64)


def _neighbours(number_at: NDArray[np.int32], at: NDArray[np.int64]) -> NDArray[np.int32]:
    steps = np.argwhere(np.ones((3, 3, 3), np.bool_)) - 1
    steps = steps[np.abs(steps).any(axis=1)]
    padded = np.pad(number_at, 1, constant_values=-1)
    found = [padded[tuple((at + step + 1).T)] for step in steps]
    return np.stack(found, axis=1).astype(np.int32)


def threshold_hu(shell: Shell, share: float, numbers: FlowNumbers) -> float:
    """Return the HU below which the shell counts as broken."""
    cortex = numbers.cortex
    over = share * (shell.usual_hu - cortex["faint_hu"].value)
    low, high = cortex["least_over_soft_hu"].value, cortex["most_over_soft_hu"].value
    return cortex["soft_hu"].value + float(np.clip(over, low, high))


def rim_hu(shell: Shell, numbers: FlowNumbers) -> float:
    """Return the HU below which a voxel beside a hole belongs to it."""
    cortex = numbers.cortex
    soft = cortex["soft_hu"].value
    return soft + cortex["rim_share"].value * max(shell.usual_hu - soft, 0.0)


@kernel
def open_shell(
    cortex_hu: NDArray[np.float32],
    limits_hu: tuple[float, float],
    neighbours: NDArray[np.int32],
    in_vein: NDArray[np.bool_],
    least: int,
) -> NDArray[np.bool_]:
    """Tell which shell voxels are open, shape ``(n,)``.

    A hole counts from ``least`` voxels below the first limit on, and takes in what touches it
    below the second: the blur of a scan narrows every hole by about a voxel all round. The
    foramen of the basivertebral vein is no hole by itself; one that reaches ``least`` voxels
    beyond it is.
    """
    count = cortex_hu.size
    seen = np.zeros(count, np.bool_)
    hole = np.zeros(count, np.bool_)
    members = np.empty(count, np.int32)
    for start in range(count):
        if seen[start] or not cortex_hu[start] < limits_hu[0]:
            continue
        end = _together(start, cortex_hu, limits_hu[0], neighbours, seen, members)
        beyond = 0
        for n in range(end):
            if not in_vein[members[n]]:
                beyond += 1
        if beyond >= least:
            for n in range(end):
                hole[members[n]] = True
    return _with_rim(hole, cortex_hu, limits_hu[1], neighbours)


@kernel
def _together(
    start: int,
    cortex_hu: NDArray[np.float32],
    limit_hu: float,
    neighbours: NDArray[np.int32],
    seen: NDArray[np.bool_],
    members: NDArray[np.int32],
) -> int:
    """List in ``members`` all below the limit that hangs together with one; return how many."""
    members[0] = start
    seen[start] = True
    end, at = 1, 0
    while at < end:
        one = members[at]
        at += 1
        for way in range(26):
            other = neighbours[one, way]
            if other >= 0 and not seen[other] and cortex_hu[other] < limit_hu:
                seen[other] = True
                members[end] = other
                end += 1
    return end


@kernel
def _with_rim(
    hole: NDArray[np.bool_],
    cortex_hu: NDArray[np.float32],
    limit_hu: float,
    neighbours: NDArray[np.int32],
) -> NDArray[np.bool_]:
    """Return a hole with the voxels below the limit that touch it."""
    found = hole.copy()
    for one in range(hole.size):
        if cortex_hu[one] < limit_hu:
            for way in range(26):
                other = neighbours[one, way]
                if other >= 0 and hole[other]:
                    found[one] = True
    return found
