"""Signed distance to an outline, read off a fine lattice whose nodes lie on the voxel faces.

The second way of taking a distance. It knows nothing of the surface points of the first: an
exact Euclidean transform finds for every node how far the nearest node of the outline lies.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import edt
import numpy as np
from scipy.ndimage import map_coordinates

from planner.geometry.volume_geometry import VolumeGeometry
from planner.safety.beating import beat
from planner.safety.gives import gives

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.geometry.points import Vector

FIELD_STEP_MM = 0.6
"""Longest step between nodes. Voxels are divided evenly, so that nodes lie on their faces and a
wall is exactly where it was drawn; only between nodes of one face is anything rounded."""

TILTED_STEP_MM = 0.3
"""Voxel of the right-angled grid a tilted outline is looked up on. No finer division puts nodes
on slanted faces, so walls move by up to half of this on each axis."""

FIELD_REACH_MM = 12.0
"""How far the field reaches about a structure: beyond every distance limit of the rules."""

BEYOND_MM = 4.0 * FIELD_REACH_MM
"""What a node reads whose lattice holds no outline at all; farther than any lattice reaches."""

SLAB_MM = 40.0
"""Length of structure per field, so that only the fields near a needle are ever made."""


KEPT_BYTES = 100_000_000
"""Of all slabs together, from one check to the next: those about the needle in the hand need some
15 MB, with a lung beside it 95. Nobody asks again for those of a needle that stays where it is."""

NODES_PER_S = 1e7
"""Nodes an exact transform does in a second; twice as many were measured. The slab of a lung has
twenty million."""


@dataclass(frozen=True, slots=True, eq=False)
class SlabField:
    """Signed distance about one slab of a structure.

    Attributes
    ----------
    node_from_lps
        Shape ``(4, 4)``: LPS mm to places on the lattice.
    signed_mm
        float32, indexed ``[k, j, i]`` by node; negative inside.
    """

    node_from_lps: NDArray[np.float64]
    signed_mm: NDArray[np.float32]

    def at(self, points_mm: Vector) -> NDArray[np.float64]:
        """Return the signed distance at points, shape ``(n, 3)``; infinity beyond the lattice."""
        place = points_mm @ self.node_from_lps[:3, :3].T + self.node_from_lps[:3, 3]
        last = np.array(self.signed_mm.shape[::-1]) - 1.0
        inside = ((place >= 0.0) & (place <= last)).all(axis=1)
        found = np.full(len(points_mm), np.inf)
        if inside.any():
            found[inside] = map_coordinates(self.signed_mm, place[inside].T[::-1], order=1)
        return found


@dataclass(slots=True, eq=False)
class _Kept:
    """All slabs there are, the last asked for at the end: whose each is, its number, its bytes."""

    slabs: OrderedDict[tuple[weakref.ref[DistanceField], int], int] = field(
        default_factory=OrderedDict
    )
    lock: threading.Lock = field(default_factory=threading.Lock)

    def asked(self, owner: DistanceField, number: int, slab: SlabField) -> SlabField:
        """Return a slab, counted as the last one that was asked for."""
        key = weakref.ref(owner), number
        with self.lock:
            self.slabs[key] = slab.signed_mm.nbytes
            self.slabs.move_to_end(key)
        return slab

    def let_go(self) -> None:
        """Keep the slab asked for last, of the others as many as may be kept, and no more."""
        size = 0
        with self.lock:
            for key, own in reversed(tuple(self.slabs.items())):
                owner = key[0]()
                if owner is not None and (size == 0 or size + own <= KEPT_BYTES):
                    size += own
                    continue
                del self.slabs[key]
                if owner is not None:
                    owner.forget(key[1])


_KEPT = _Kept()


def let_slabs_go() -> None:
    """Let slabs go that were not asked for lately.

    Called between checks and never in one, so that two checks of equal things that begin alike
    go through the same calls.
    """
    _KEPT.let_go()


@dataclass(eq=False)
class DistanceField:
    """The distance to one outline, made slab by slab where it is asked for.

    A slab sees the outline as far beyond its ends as it reaches, so one slab answers a point.
    """

    geometry: VolumeGeometry
    mask: NDArray[np.bool_]
    _slabs: dict[int, SlabField] = field(default_factory=dict)

    def at(self, points_mm: Vector) -> NDArray[np.float64]:
        """Return the signed distance of points, shape ``(n, 3)``; infinity beyond the reach."""
        found = np.full(len(points_mm), np.inf)
        index = self.geometry.ijk(points_mm)
        low, high = self._reached
        near = np.flatnonzero(((index >= low) & (index <= high)).all(axis=1))
        if not len(near):
            return found
        thick, last = self._thick, len(self.mask) - 1
        slab = np.rint(index[near, 2]).clip(0, last).astype(np.intp) // thick
        for number in range(int(slab.min()), int(slab.max()) + 1):
            here = near[slab == number]
            if len(here):
                found[here] = self._slab(number, thick).at(points_mm[here])
        return found

    @cached_property
    def _reached(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The least and the largest indices ijk that the field reaches."""
        steps = FIELD_REACH_MM * np.linalg.norm(self.geometry.ijk_from_lps[:3, :3], axis=1)
        return -0.5 - steps, np.array(self.geometry.size_ijk) - 0.5 + steps

    @cached_property
    def _thick(self) -> int:
        """How many slices a slab has."""
        return max(1, round(SLAB_MM / self.geometry.spacing_mm[2]))

    def forget(self, number: int) -> None:
        """Let a slab go; it is made again when it is asked for."""
        self._slabs.pop(number, None)

    def _slab(self, number: int, thick: int) -> SlabField:
        made = self._slabs.get(number)
        if made is None:
            made = self._slabs[number] = self._made(number * thick)
        return _KEPT.asked(self, number, made)

    def _made(self, start: int) -> SlabField:
        stop = min(start + self._thick, self.geometry.size_ijk[2])
        grid, filled = self._about(start, stop)
        if not is_square(grid):
            grid, filled = looked_up(grid, filled)
        parts = np.maximum(np.ceil(np.array(grid.spacing_mm) / FIELD_STEP_MM), 1.0).astype(int)
        for axis, count in enumerate(parts[::-1]):
            filled = np.repeat(filled, count, axis=axis)
        signed = node_distances_mm(filled, np.array(grid.spacing_mm) / parts)
        beat()
        node_from_ijk = np.diag([*parts.astype(np.float64), 1.0])
        node_from_ijk[:3, 3] = 0.5 * parts
        return SlabField(node_from_ijk @ grid.ijk_from_lps, signed)

    def _about(self, start: int, stop: int) -> tuple[VolumeGeometry, NDArray[np.bool_]]:
        """Return the outline from slice ``start`` to ``stop`` and what the field reaches."""
        steps = np.linalg.norm(self.geometry.ijk_from_lps[:3, :3], axis=1)
        i, j, k = (int(count) for count in np.ceil(FIELD_REACH_MM * steps))
        first, last = max(start - k, 0), min(stop + k, self.mask.shape[0])
        ends = (k - start + first, stop + k - last)
        filled = np.pad(self.mask[first:last], (ends, (j, j), (i, i)))
        size = (filled.shape[2], filled.shape[1], filled.shape[0])
        return self.geometry.cropped((-i, -j, start - k), size), filled


def node_distances_mm(
    filled: NDArray[np.bool_], step_mm: NDArray[np.float64]
) -> NDArray[np.float32]:
    """Return the signed distance at the corners of cells ``[k, j, i]``, one more on each axis.

    ``step_mm`` is the size of a cell along i, j and k. A corner of a filled and an empty cell
    lies on the wall and reads 0.
    """
    spacing = tuple(float(step) for step in step_mm[::-1])
    expected_s = filled.size / NODES_PER_S
    beat(expected_s)
    outside = edt.edt(~at_corners(filled), anisotropy=spacing, parallel=1)
    beat(expected_s)
    inside = edt.edt(~at_corners(~filled), anisotropy=spacing, parallel=1)
    # Where nothing is filled the distance is infinite, and halfway to infinity not a number.
    return np.asarray(np.minimum(outside, BEYOND_MM) - inside, dtype=np.float32)


def at_corners(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which corners of cells belong to at least one that is true."""
    found = cells
    for axis in range(3):
        lower = [(1, 0) if other == axis else (0, 0) for other in range(3)]
        upper = [(0, 1) if other == axis else (0, 0) for other in range(3)]
        found = np.pad(found, lower) | np.pad(found, upper)
    return np.ascontiguousarray(found)


def looked_up(
    grid: VolumeGeometry, filled: NDArray[np.bool_]
) -> tuple[VolumeGeometry, NDArray[np.bool_]]:
    """Return an outline of a tilted grid on one along the LPS axes, voxel by nearest voxel."""
    last = np.array(grid.size_ijk) - 1
    ends = np.stack(np.meshgrid(*((0.0, float(end)) for end in last)), axis=-1).reshape(-1, 3)
    low, high = grid.lps_mm(ends).min(axis=0), grid.lps_mm(ends).max(axis=0)
    x, y, z = (int(count) for count in np.ceil((high - low) / TILTED_STEP_MM) + 1)
    straight = VolumeGeometry.axis_aligned(
        (x, y, z), (TILTED_STEP_MM,) * 3, (float(low[0]), float(low[1]), float(low[2]))
    )
    matrix = grid.ijk_from_lps @ straight.lps_from_ijk
    inside, index = np.ones((z, y, x), dtype=np.bool_), []
    for row in range(3):
        # A sum of one term for each axis, so that no large list of points is made.
        terms = [matrix[row, axis] * np.arange(count) for axis, count in enumerate((x, y, z))]
        sums = terms[2][:, None, None] + terms[1][None, :, None] + terms[0][None, None, :]
        place = np.rint(sums + matrix[row, 3]).astype(np.int32)
        inside &= (place >= 0) & (place <= last[row])
        index.append(np.clip(place, 0, last[row]))
    return straight, inside & filled[index[2], index[1], index[0]]


@gives(bool)
def is_square(grid: VolumeGeometry) -> bool:
    """Tell whether the axes of a grid stand at right angles."""
    return grid.is_orthogonal
