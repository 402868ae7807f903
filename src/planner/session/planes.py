"""Where the pixels of a slice pane lie in the patient; no toolkit, no voxels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.points import PointLps, unit
from planner.geometry.volume_geometry import direction_label

if TYPE_CHECKING:
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry

Direction = tuple[float, float, float]
"""A unit vector, LPS."""


class Plane(StrEnum):
    """A slice pane."""

    AXIAL = "axial"
    SAGITTAL = "sagittal"
    CORONAL = "coronal"


class Orientation(StrEnum):
    """How the panes are turned."""

    ANTERIOR_UP = "anterior up"
    """Patient axes; axial with anterior up and the patient's right on the screen's left."""
    AS_ACQUIRED = "as acquired"
    """The scan's own rows and columns: a prone patient lies as on the table."""


@dataclass(frozen=True, slots=True)
class PlaneFrame:
    """Directions of a pane's axes: where the screen's right and down point, LPS."""

    right: Direction
    down: Direction

    @property
    def normal(self) -> Vector:
        """Unit vector into the screen, shape ``(3,)``, read-only."""
        return _normal(self.right, self.down)

    @property
    def letters(self) -> tuple[str, str, str, str]:
        """Patient letters at the screen's left, right, top and bottom; ``'`` when oblique."""
        right, down = np.array(self.right), np.array(self.down)
        ends = (-right, right, -down, down)
        left, right_end, top, bottom = (direction_label(end) for end in ends)
        return left, right_end, top, bottom


@lru_cache(maxsize=64)
def _normal(right: Direction, down: Direction) -> Vector:
    """Return the normal of a frame: every mark asks for it, and it never changes."""
    normal = unit(np.cross(right, down))
    normal.flags.writeable = False
    return normal


@lru_cache(maxsize=64)
def _normal_numbers(right: Direction, down: Direction) -> Direction:
    """Return the normal of a frame as plain numbers."""
    x, y, z = (float(value) for value in _normal(right, down))
    return x, y, z


_SLICE_AXIS = 2
"""Grid axis k, across the slices."""

_PATIENT_FRAMES = {
    Plane.AXIAL: PlaneFrame((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    Plane.SAGITTAL: PlaneFrame((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
    Plane.CORONAL: PlaneFrame((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
}

_SCROLL_FORWARD = {
    Plane.AXIAL: np.array((0.0, 0.0, 1.0)),
    Plane.SAGITTAL: np.array((1.0, 0.0, 0.0)),
    Plane.CORONAL: np.array((0.0, -1.0, 0.0)),
}
"""A wheel step away from the user goes to the head, to the patient's left, to the front."""


@lru_cache(maxsize=64)
def plane_frame(plane: Plane, geometry: VolumeGeometry, orientation: Orientation) -> PlaneFrame:
    """Return the axes of ``plane``.

    As acquired, the axial pane of an axial scan has the scan's rows and columns, so a prone
    patient lies as on the table. All other panes take the grid axes nearest to their own, so
    a pane never shows another plane than its name says, whatever way the slices were stacked.
    No choice ever mirrors: the normal is always right x down.
    """
    if orientation is Orientation.ANTERIOR_UP:
        return _PATIENT_FRAMES[plane]
    axes = geometry.direction.T
    wanted = _PATIENT_FRAMES[plane]
    into = int(np.abs(axes @ wanted.normal).argmax())
    if plane is Plane.AXIAL and into == _SLICE_AXIS:
        return _frame(axes[0], axes[1])
    right = _nearest(axes, np.array(wanted.right), {into})
    down = _nearest(axes, np.array(wanted.down), {into, right[0]})
    return _frame(right[1], down[1])


def _nearest(axes: Vector, wanted: Vector, taken: set[int]) -> tuple[int, Vector]:
    """Return the free grid axis that runs most along ``wanted``, turned to point that way."""
    cosines = axes @ wanted
    free = [place for place in range(3) if place not in taken]
    best = max(free, key=lambda place: abs(float(cosines[place])))
    return best, axes[best] * (1.0 if cosines[best] >= 0.0 else -1.0)


def _frame(right: Vector, down: Vector) -> PlaneFrame:
    """Make a frame at right angles: ``down`` is kept, ``right`` gives up its share along it."""
    right = unit(right - down * float(right @ down))
    a, b = (tuple(float(value) for value in vector) for vector in (right, down))
    return PlaneFrame((a[0], a[1], a[2]), (b[0], b[1], b[2]))


@lru_cache(maxsize=64)
def scroll_step(plane: Plane, frame: PlaneFrame, geometry: VolumeGeometry) -> Vector:
    """Return the move, shape ``(3,)`` mm LPS, read-only, of one wheel step away from the user.

    The length is the voxel spacing along the grid axis nearest the pane's normal, so that
    scrolling from a slice centre lands on slice centres.
    """
    normal = frame.normal
    cosines = np.abs(geometry.direction.T @ normal)
    step_mm = geometry.spacing_mm[int(cosines.argmax())]
    sign = 1.0 if float(normal @ _SCROLL_FORWARD[plane]) >= 0 else -1.0
    step = np.asarray(sign * step_mm * normal)
    step.flags.writeable = False
    return step


@dataclass(frozen=True, slots=True)
class PaneMap:
    """The map between pixels of one pane and the patient.

    Attributes
    ----------
    centre
        The point shown in the middle of the pane, on the plane that is shown.
    mm_per_pixel
        Size of a pixel; pixels are square.
    """

    frame: PlaneFrame
    centre: PointLps
    mm_per_pixel: float
    width_px: float
    height_px: float

    def lps(self, x_px: float, y_px: float) -> PointLps:
        """Return the patient point under a pixel."""
        across = (x_px - self.width_px / 2) * self.mm_per_pixel
        below = (y_px - self.height_px / 2) * self.mm_per_pixel
        right, down, centre = self.frame.right, self.frame.down, self.centre
        return PointLps(
            centre.x_mm + across * right[0] + below * down[0],
            centre.y_mm + across * right[1] + below * down[1],
            centre.z_mm + across * right[2] + below * down[2],
        )

    def pixels(self, points_mm: Vector) -> Vector:
        """Project points, shape ``(n, 3)`` LPS, to pixels, shape ``(n, 2)``."""
        offset = np.atleast_2d(points_mm) - self.centre.array
        axes = np.array((self.frame.right, self.frame.down)).T
        middle = (self.width_px / 2, self.height_px / 2)
        return np.asarray(offset @ axes / self.mm_per_pixel + middle, dtype=np.float64)

    def pixel(self, point: PointLps) -> tuple[float, float]:
        """Project one point; in plain numbers, because marks ask for one point at a time."""
        right, down, centre = self.frame.right, self.frame.down, self.centre
        x = point.x_mm - centre.x_mm
        y = point.y_mm - centre.y_mm
        z = point.z_mm - centre.z_mm
        across = (x * right[0] + y * right[1] + z * right[2]) / self.mm_per_pixel
        below = (x * down[0] + y * down[1] + z * down[2]) / self.mm_per_pixel
        return across + self.width_px / 2, below + self.height_px / 2

    def point_depth_mm(self, point: PointLps) -> float:
        """Return how far behind the plane one point lies; negative in front."""
        x, y, z = _normal_numbers(self.frame.right, self.frame.down)
        centre = self.centre
        return (
            (point.x_mm - centre.x_mm) * x
            + (point.y_mm - centre.y_mm) * y
            + (point.z_mm - centre.z_mm) * z
        )

    def depth_mm(self, points_mm: Vector) -> Vector:
        """Return how far behind the plane points lie, shape ``(n,)``; negative in front."""
        offset = np.atleast_2d(points_mm) - self.centre.array
        return np.asarray(offset @ self.frame.normal)

    def moved_to(self, start: PointLps, x_px: float, y_px: float) -> PointLps:
        """Return ``start`` dragged to a pixel, keeping its depth behind the plane."""
        depth = self.point_depth_mm(start)
        return self.lps(x_px, y_px).moved(depth * self.frame.normal)


@lru_cache(maxsize=64)
def extent_mm(geometry: VolumeGeometry, frame: PlaneFrame) -> tuple[float, float]:
    """Return how wide and high the whole scan is along the pane's axes."""
    last = np.array(geometry.size_ijk, dtype=np.float64) - 0.5
    corners = np.array(list(product(*((-0.5, end) for end in last))))
    points = geometry.lps_mm(corners)
    width = np.ptp(points @ np.array(frame.right))
    height = np.ptp(points @ np.array(frame.down))
    return float(width), float(height)


@lru_cache(maxsize=64)
def volume_centre(geometry: VolumeGeometry) -> PointLps:
    """Return the centre of the voxel in the middle of the scan."""
    middle = np.array([(count - 1) // 2 for count in geometry.size_ijk], dtype=np.float64)
    return PointLps.of(geometry.lps_mm(middle))
