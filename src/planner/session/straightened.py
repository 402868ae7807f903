"""A long spine laid straight: the CT resampled along the canal, for looking and for going there.

Along the canal and at right angles to it lengths are true on the axis alone; where the spine
bends, what lies before or behind the axis is stretched or squeezed. So nothing is measured here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.ndimage import gaussian_filter1d, map_coordinates

from planner.geometry.points import PointLps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.domain.anatomy import Anatomy
    from planner.domain.volume import CtVolume
    from planner.geometry.points import Vector

STEP_MM: Final = 0.6
HALF_MM: Final = 72.0
"""Shown to either side of the axis: bodies, processes and the muscle beside them."""

SMOOTH_MM: Final = 12.0
"""The axis follows the spine, not the steps of the slices: a third of a lumbar level."""

BEYOND_MM: Final = 15.0
"""The picture goes on straight this far beyond the ends of the canal."""

LEAST_POINTS: Final = 5
AIR_HU: Final = -1024.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StraightPicture:
    """One straightened picture: rows from head to feet, ``STEP_MM`` apart.

    Attributes
    ----------
    title
        What it shows.
    hu
        int16, shape ``(rows, columns)``.
    lesion
        bool, of the same shape.
    axis_mm, across
        Shape ``(rows, 3)``, LPS: the canal's axis, and the unit vector along which columns grow.
    letters
        Of the patient, at the screen's left and right.
    tags
        Name of a level with its row and column.
    """

    title: str
    hu: NDArray[np.int16]
    lesion: NDArray[np.bool_]
    axis_mm: Vector
    across: Vector
    letters: tuple[str, str]
    tags: tuple[tuple[str, float, float], ...]

    def point(self, row: float, column: float) -> PointLps:
        """Return the patient point at a place of the picture; rows beyond it are pulled in."""
        number = int(np.clip(round(row), 0, len(self.axis_mm) - 1))
        aside_mm = (column - (self.hu.shape[1] - 1) / 2.0) * STEP_MM
        return PointLps.of(self.axis_mm[number] + aside_mm * self.across[number])

    def place(self, point: PointLps) -> tuple[float, float]:
        """Return row and column of the place nearest to a point; the column may lie outside."""
        away = np.linalg.norm(self.axis_mm - point.array, axis=1)
        row = int(away.argmin())
        aside_mm = float((point.array - self.axis_mm[row]) @ self.across[row])
        return float(row), aside_mm / STEP_MM + (self.hu.shape[1] - 1) / 2.0


def straighten(ct: CtVolume, anatomy: Anatomy) -> tuple[StraightPicture, ...]:
    """Return the spine from the side and from the front; empty where no canal is outlined."""
    axis = _axis(anatomy)
    if axis is None:
        return ()
    down = np.gradient(axis, axis=0)
    down /= np.linalg.norm(down, axis=1, keepdims=True)
    left = np.array((1.0, 0.0, 0.0)) - down[:, :1] * down
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    posterior = np.cross(left, down)
    return (
        _picture("Straightened, from the side", ct, anatomy, axis, posterior, ("A'", "P'")),
        _picture("Straightened, from the front", ct, anatomy, axis, left, ("R'", "L'")),
    )


def _axis(anatomy: Anatomy) -> Vector | None:
    """Return the middle of the canal from head to feet, smooth, ``STEP_MM`` apart."""
    points = _canal_middle(anatomy)
    if len(points) < LEAST_POINTS:
        return None
    points = points[np.argsort(-points[:, 2], kind="stable")]
    even = _even(points, 1.0)
    smooth = gaussian_filter1d(even, SMOOTH_MM, axis=0, mode="nearest")
    ends = []
    for end, next_to in ((smooth[0], smooth[:10]), (smooth[-1], smooth[-10:][::-1])):
        way = end - next_to[-1]
        ends.append(end + BEYOND_MM * way / max(float(np.linalg.norm(way)), 1e-9))
    return _even(np.concatenate([ends[:1], smooth, ends[1:]]), STEP_MM)


def _canal_middle(anatomy: Anatomy) -> Vector:
    """Return the middle of the canal in each slice that has any, LPS mm."""
    if anatomy.guides is not None and len(anatomy.guides.canal_mm) >= LEAST_POINTS:
        return anatomy.guides.canal_mm
    found = [
        (*np.argwhere(anatomy.canal[k]).mean(axis=0)[::-1], k)
        for k in np.flatnonzero(anatomy.canal.any(axis=(1, 2)))
    ]
    return anatomy.geometry.lps_mm(np.array(found).reshape(-1, 3))


def _even(points: Vector, step_mm: float) -> Vector:
    """Return points of a line at even distances along it."""
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    kept = np.concatenate([[True], steps > 1e-6])
    points = points[kept]
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    wanted = np.arange(0.0, along[-1], step_mm)
    return np.stack([np.interp(wanted, along, points[:, axis]) for axis in range(3)], axis=1)


def _picture(
    title: str,
    ct: CtVolume,
    anatomy: Anatomy,
    axis: Vector,
    across: Vector,
    letters: tuple[str, str],
) -> StraightPicture:
    aside = np.arange(-HALF_MM, HALF_MM + STEP_MM / 2.0, STEP_MM)
    points = axis[:, None, :] + aside[None, :, None] * across[:, None, :]
    shape = points.shape[:2]
    flat = points.reshape(-1, 3)
    hu = map_coordinates(
        ct.hu, ct.geometry.ijk(flat)[:, ::-1].T, order=1, cval=AIR_HU, output=np.float32
    )
    lesion = np.zeros(len(flat), np.bool_)
    if anatomy.lesion is not None:
        places = anatomy.geometry.ijk(flat)[:, ::-1].T
        lesion = map_coordinates(anatomy.lesion.astype(np.uint8), places, order=0, cval=0) > 0
    bare = StraightPicture(
        title=title,
        hu=np.rint(hu).astype(np.int16).reshape(shape),
        lesion=lesion.reshape(shape),
        axis_mm=axis,
        across=across,
        letters=letters,
        tags=(),
    )
    tags = []
    for item in anatomy.vertebrae.values():
        doubt = " ?" if item.level_doubt and not item.accepted else ""
        tags.append((f"{item.level}{doubt}", *bare.place(item.body_centre)))
    return StraightPicture(
        title=title,
        hu=bare.hu,
        lesion=bare.lesion,
        axis_mm=axis,
        across=across,
        letters=letters,
        tags=tuple(tags),
    )
