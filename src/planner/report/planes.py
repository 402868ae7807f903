"""The planes a report looks at, all in the patient's axes whatever the scan's grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

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
    points_mm: Vector,
    outside: float,
    pick: Callable[[NDArray[np.generic]], NDArray[np.generic]] | None = None,
) -> NDArray[np.float32]:
    """Interpolate ``array[k, j, i]`` linearly at LPS points, shape ``(..., 3)``.

    Only the part of the array that the points need is converted, so a mask of a whole scan
    costs no copy of it; ``pick`` turns that part into a mask first. A point outside the
    outer faces of the grid gets ``outside``.
    """
    # One plane per axis, because numpy is slow along a last axis of three.
    index = np.ascontiguousarray(np.moveaxis(geometry.ijk(points_mm)[..., ::-1], -1, 0))
    flat = index.reshape(3, -1)
    last = np.array(array.shape) - 1
    low = np.clip(np.floor(flat.min(axis=1)).astype(int) - 1, 0, last)
    high = np.clip(np.ceil(flat.max(axis=1)).astype(int) + 1, 0, last)
    part = array[low[0] : high[0] + 1, low[1] : high[1] + 1, low[2] : high[2] + 1]
    chosen = part if pick is None else pick(part)
    values = ndimage.map_coordinates(
        chosen.astype(np.float32),
        (flat - low[:, None]).reshape(index.shape),
        order=1,
        mode="nearest",
        prefilter=False,
    )
    inside = ((flat >= -0.5) & (flat <= last[:, None] + 0.5)).all(axis=0)
    shown = np.where(inside.reshape(values.shape), values, np.float32(outside))
    return shown.astype(np.float32)


def _middle(first: PointLps, second: PointLps) -> PointLps:
    return first.moved(0.5 * (second.array - first.array))


def _plane(centre: PointLps, right: Vector, down: Vector, half_mm: float) -> Plane:
    return Plane(centre, _triple(right), _triple(down), half_mm)


def _triple(vector: Vector) -> tuple[float, float, float]:
    x, y, z = (float(value) + 0.0 for value in vector)
    return x, y, z
