"""The planes a report looks at, all in the patient's axes whatever the scan's grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.kernels import kernel
from planner.geometry.points import unit
from planner.geometry.volume_geometry import direction_label

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from planner.geometry.points import PointLps, Vector
    from planner.geometry.volume_geometry import VolumeGeometry

LEFT = np.array((1.0, 0.0, 0.0))
POSTERIOR = np.array((0.0, 1.0, 0.0))
SUPERIOR = np.array((0.0, 0.0, 1.0))

NEARLY_PARALLEL = 0.95
"""Cosine above which two directions are too close to span a steady plane."""


@dataclass(frozen=True, slots=True)
class Plane:
    """A square window on the patient.

    Attributes
    ----------
    centre
        LPS mm, shown in the middle.
    right, down
        Unit vectors of the screen's right and down, LPS, at right angles.
    half_mm
        Half of the window's side.
    """

    centre: PointLps
    right: tuple[float, float, float]
    down: tuple[float, float, float]
    half_mm: float

    @property
    def normal(self) -> Vector:
        """Unit vector into the screen, LPS."""
        return np.cross(np.array(self.right), np.array(self.down))

    @property
    def letters(self) -> tuple[str, str, str, str]:
        """Patient letters at the left, right, top and bottom edges."""
        right, down = np.array(self.right), np.array(self.down)
        ends = (-right, right, -down, down)
        left_edge, right_edge, top, bottom = (direction_label(end) for end in ends)
        return left_edge, right_edge, top, bottom

    def grid_mm(self, pixels: int) -> Vector:
        """Return the LPS of every pixel centre, shape ``(pixels, pixels, 3)``."""
        steps = ((np.arange(pixels) + 0.5) / pixels * 2.0 - 1.0) * self.half_mm
        across = steps[None, :, None] * np.array(self.right)
        downward = steps[:, None, None] * np.array(self.down)
        return np.asarray(self.centre.array + across + downward)

    def pixel(self, points_mm: Vector, pixels: int) -> Vector:
        """Project LPS points, shape ``(n, 3)``, to pixel ``(x, y)``, shape ``(n, 2)``."""
        offset = np.atleast_2d(points_mm) - self.centre.array
        along = np.stack([offset @ np.array(self.right), offset @ np.array(self.down)], axis=1)
        return np.asarray((along / self.half_mm + 1.0) / 2.0 * pixels)

    def depth_mm(self, points_mm: Vector) -> Vector:
        """Return the signed distance of LPS points, shape ``(n, 3)``, from the plane."""
        return np.asarray((np.atleast_2d(points_mm) - self.centre.array) @ self.normal)


def axial(centre: PointLps, half_mm: float) -> Plane:
    """Anterior up, the patient's right on the screen's left."""
    return _plane(centre, LEFT, POSTERIOR, half_mm)


def sagittal(centre: PointLps, half_mm: float) -> Plane:
    """Superior up, anterior on the screen's left."""
    return _plane(centre, POSTERIOR, -SUPERIOR, half_mm)


def coronal(centre: PointLps, half_mm: float) -> Plane:
    """Superior up, the patient's right on the screen's left."""
    return _plane(centre, LEFT, -SUPERIOR, half_mm)


def along_needle_axial(entry: PointLps, tip: PointLps, half_mm: float) -> Plane:
    """Plane that holds the needle and turns least from axial; centred on the needle.

    A needle that runs almost straight left-right is shown in the true axial plane turned
    about it, so the plane always holds the needle.
    """
    direction = unit(tip.array - entry.array)
    side = LEFT if abs(float(direction @ LEFT)) < NEARLY_PARALLEL else POSTERIOR
    other = unit(direction - float(direction @ side) * side)
    if side is LEFT:
        down = other if float(other @ POSTERIOR) >= 0.0 else -other
        right = LEFT
    else:
        right = other if float(other @ LEFT) >= 0.0 else -other
        down = POSTERIOR
    return _plane(_middle(entry, tip), right, down, half_mm)


def along_needle_sagittal(entry: PointLps, tip: PointLps, half_mm: float) -> Plane:
    """Plane that holds the needle and the way up; anterior on the screen's left."""
    direction = unit(tip.array - entry.array)
    steep = abs(float(direction @ SUPERIOR)) > NEARLY_PARALLEL
    up = -POSTERIOR if steep else SUPERIOR
    across = unit(direction - float(direction @ up) * up)
    towards = SUPERIOR if steep else POSTERIOR
    right = across if float(across @ towards) >= 0.0 else -across
    return _plane(_middle(entry, tip), right, -up, half_mm)


def needles_eye(entry: PointLps, tip: PointLps, at: PointLps, half_mm: float) -> Plane:
    """Plane across the needle at ``at``, seen from the entry towards the tip, head up."""
    direction = unit(tip.array - entry.array)
    up = SUPERIOR if abs(float(direction @ SUPERIOR)) < NEARLY_PARALLEL else -POSTERIOR
    upward = unit(up - float(up @ direction) * direction)
    return _plane(at, np.cross(direction, upward), -upward, half_mm)


def seen_from(centre: PointLps, viewer: Vector, half_mm: float) -> Plane:
    """Plane through ``centre`` as seen from ``viewer``, a direction from the centre; head up."""
    inward = -unit(viewer)
    upward = unit(SUPERIOR - float(SUPERIOR @ inward) * inward)
    return _plane(centre, np.cross(inward, upward), -upward, half_mm)


def sample(
    array: NDArray[np.generic],
    geometry: VolumeGeometry,
    plane: Plane,
    pixels: int,
    outside: float,
    pick: Callable[[NDArray[np.generic]], NDArray[np.generic]] | None = None,
) -> NDArray[np.float32]:
    """Interpolate ``array[k, j, i]`` linearly at every pixel centre of a plane.

    Only the part of the array that the plane needs is converted, so a mask of a whole scan
    costs no copy of it; ``pick`` turns that part into a mask first. A pixel outside the outer
    faces of the grid gets ``outside``. Returns shape ``(pixels, pixels)``.
    """
    step_mm = 2.0 * plane.half_mm / pixels
    matrix = geometry.ijk_from_lps[:3, :3]
    right, down = (matrix @ np.array(way) * step_mm for way in (plane.right, plane.down))
    first = geometry.ijk(plane.centre.array) - 0.5 * (pixels - 1) * (right + down)
    ends = first + (pixels - 1) * np.array((0.0 * right, right, down, right + down))
    last = np.array(geometry.size_ijk) - 1
    low = np.clip(np.floor(ends.min(axis=0)).astype(int) - 1, 0, last)
    high = np.clip(np.ceil(ends.max(axis=0)).astype(int) + 1, 0, last)
    part = array[low[2] : high[2] + 1, low[1] : high[1] + 1, low[0] : high[0] + 1]
    chosen = np.ascontiguousarray(part if pick is None else pick(part), dtype=np.float32)
    shown = np.full((pixels, pixels), np.float32(outside))
    _fill(shown, chosen, first, right, down, low, last)
    return shown


@kernel
def _fill(
    shown: NDArray[np.float32],
    part: NDArray[np.float32],
    first: Vector,
    right: Vector,
    down: Vector,
    low: NDArray[np.int64],
    last: NDArray[np.int64],
) -> None:
    """Fill the pixels inside the grid; indices run ``i, j, k`` and ``part`` begins at ``low``."""
    index = np.empty(3)
    for y in range(shown.shape[0]):
        for x in range(shown.shape[1]):
            inside = True
            for axis in range(3):
                place = first[axis] + x * right[axis] + y * down[axis]
                inside = inside and -0.5 <= place <= last[axis] + 0.5
                index[axis] = min(max(place, 0.0), last[axis]) - low[axis]
            if not inside:
                continue
            i, j, k = int(index[0]), int(index[1]), int(index[2])
            u, v, w = index[0] - i, index[1] - j, index[2] - k
            nk, nj, ni = part.shape
            value = 0.0
            for corner in range(8):
                a, b, c = corner & 1, (corner >> 1) & 1, corner >> 2
                share = (u if a else 1.0 - u) * (v if b else 1.0 - v) * (w if c else 1.0 - w)
                if share > 0.0:
                    at_k, at_j, at_i = min(k + c, nk - 1), min(j + b, nj - 1), min(i + a, ni - 1)
                    value += share * part[at_k, at_j, at_i]
            shown[y, x] = value


def _middle(first: PointLps, second: PointLps) -> PointLps:
    return first.moved(0.5 * (second.array - first.array))


def _plane(centre: PointLps, right: Vector, down: Vector, half_mm: float) -> Plane:
    return Plane(centre, _triple(right), _triple(down), half_mm)


def _triple(vector: Vector) -> tuple[float, float, float]:
    x, y, z = (float(value) + 0.0 for value in vector)
    return x, y, z
