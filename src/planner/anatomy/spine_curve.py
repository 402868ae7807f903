"""The curved axis of the spine and the straightened coordinates round it.

``s`` runs along the canal from inferior to superior, ``v`` to anterior and ``u`` to the left,
all in mm; ``s`` counts the curve's points, which lie 1 mm apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from scipy.interpolate import UnivariateSpline

from planner.anatomy.interpolation import along_curve
from planner.geometry.kernels import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from planner.anatomy.canal_path import CanalPath
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry

U_MM = np.arange(-40.0, 41.0)
"""Lateral samples of the straightened volume, to the left."""

V_MM = np.arange(-40.0, 71.0)
"""Front-back samples of the straightened volume, to anterior."""

STEP_MM = 1.0
"""Distance between the curve's points."""

_EXTENSION_MM = 22.0
"""The first and last vertebra reach beyond the path that was found."""

_PATH_NOISE_MM = 1.2
"""How far the smooth axis may lie from the found path, root mean square."""

_CALM_MM = 10.0
"""The slope that goes on beyond an end is taken this far inside it."""

_TANGENT_SMOOTHING = 8.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpineCurve:
    """A smooth axis in the canal with a frame at each of its points.

    Attributes
    ----------
    points_mm
        Shape ``(n, 3)``, LPS, 1 mm apart, from inferior to superior.
    superior, left, anterior
        Shape ``(n, 3)``: unit vectors of the frame at each point.
    """

    points_mm: Vector
    superior: Vector
    left: Vector
    anterior: Vector

    def __len__(self) -> int:
        return len(self.points_mm)

    def at(self, s: NDArray[np.float64], v: NDArray[np.float64], u: NDArray[np.float64]) -> Vector:
        """Return LPS points, shape ``(..., 3)``, of straightened coordinates."""
        last = len(self) - 1
        whole = np.clip(np.rint(s), 0, last).astype(np.int64)
        along = np.asarray(s - whole)[..., None] * self.superior[whole]
        return np.asarray(
            self.points_mm[whole]
            + along
            + np.asarray(v)[..., None] * self.anterior[whole]
            + np.asarray(u)[..., None] * self.left[whole]
        )

    def locate(
        self, points_mm: Vector
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return ``s, v, u`` of LPS points, shape ``(n, 3)``; the inverse of ``at``."""
        flat = np.ascontiguousarray(points_mm.reshape(-1, 3))
        out = np.empty((3, len(flat)), np.float64)
        _locate(flat, self.points_mm, self.superior, self.left, self.anterior, out)
        shape = points_mm.shape[:-1]
        return out[0].reshape(shape), out[1].reshape(shape), out[2].reshape(shape)

    def locate_grid(self, geometry: VolumeGeometry) -> NDArray[np.float32]:
        """Return ``s, v, u`` of every voxel of any grid: float32 ``(3, k, j, i)``."""
        out = np.empty((3, *geometry.shape_kji), np.float32)
        _locate_grid(
            geometry.lps_from_ijk, self.points_mm, self.superior, self.left, self.anterior, out
        )
        return out


def spine_curve(path: CanalPath) -> SpineCurve:
    """Fit a smooth axis through a canal path and carry a frame along it."""
    return _curve_through(path.points_mm, np.clip(path.scores, 0.3, 1.0))


def _curve_through(points_mm: Vector, weights: NDArray[np.float64]) -> SpineCurve:
    """Smooth points from inferior to superior into a curve with frames."""
    points = _smooth_axis(points_mm, weights)
    flat = ndimage.gaussian_filter1d(points, _TANGENT_SMOOTHING, axis=0, mode="nearest")
    superior = _unit_rows(np.gradient(flat, axis=0))
    left = np.tile([1.0, 0.0, 0.0], (len(points), 1))
    left = _unit_rows(left - (left * superior).sum(1, keepdims=True) * superior)
    return SpineCurve(
        points_mm=np.ascontiguousarray(points),
        superior=np.ascontiguousarray(superior),
        left=np.ascontiguousarray(left),
        anterior=np.ascontiguousarray(np.cross(left, superior)),
    )


def recentred(curve: SpineCurve, canal_radius_mm: NDArray[np.float64]) -> SpineCurve:
    """Return the curve moved to the middle of the canal.

    Parameters
    ----------
    canal_radius_mm
        Shape ``(n, angles)``: canal wall round the curve; angle 0, anterior, is in the middle.
    """
    angle = np.linspace(-np.pi, np.pi, canal_radius_mm.shape[1], endpoint=False)
    area = (canal_radius_mm**2).mean(1) / 2.0
    shift_v = (canal_radius_mm**3 * np.cos(angle)).mean(1) / 3.0 / area
    shift_u = (canal_radius_mm**3 * np.sin(angle)).mean(1) / 3.0 / area
    moved = curve.points_mm + shift_v[:, None] * curve.anterior + shift_u[:, None] * curve.left
    kept = slice(round(_EXTENSION_MM), -round(_EXTENSION_MM))
    points = moved[kept][::4] if len(moved) > 3 * _EXTENSION_MM else moved[::4]
    order = np.argsort(points[:, 2], kind="stable")
    return _curve_through(points[order], np.ones(len(points)))


def straightened(
    hu: NDArray[np.generic],
    geometry: VolumeGeometry,
    curve: SpineCurve,
    rows: slice = slice(None),
) -> NDArray[np.float32]:
    """Return a volume in straightened coordinates, float32 ``[s, v, u]``, for some rows of s."""
    frames = (curve.points_mm[rows], curve.anterior[rows], curve.left[rows])
    return along_curve(hu, geometry, frames, (V_MM, U_MM))


def _smooth_axis(points_mm: Vector, weights: NDArray[np.float64]) -> Vector:
    """Smooth x and y over z, extend both ends, and resample at 1 mm."""
    z = points_mm[:, 2]
    degree = min(3, len(z) - 1)
    # The ends of the spline turn; their slope is taken a little way in.
    calm = np.array([min(z[0] + _CALM_MM, z[-1]), max(z[-1] - _CALM_MM, z[0])])
    splines = [
        UnivariateSpline(
            z, points_mm[:, column], w=weights / _PATH_NOISE_MM, k=degree, s=0.8 * len(z)
        )
        for column in (0, 1)
    ]
    slopes = np.stack([spline.derivative()(calm) for spline in splines])
    rise = _EXTENSION_MM / np.sqrt(1.0 + (slopes**2).sum(0))
    height = np.arange(z[0] - rise[0], z[-1] + rise[1], STEP_MM)
    inside = np.clip(height, z[0], z[-1])
    slope = np.where((height < 0.5 * (z[0] + z[-1]))[:, None], slopes[:, 0], slopes[:, 1])
    axis = np.empty((len(height), 3))
    axis[:, 2] = height
    for column, spline in enumerate(splines):
        axis[:, column] = spline(inside) + slope[:, column] * (height - inside)
    length = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(axis, axis=0), axis=1))]
    even = np.arange(0.0, length[-1], STEP_MM)
    return np.stack([np.interp(even, length, axis[:, column]) for column in range(3)], 1)


def _unit_rows(vectors: Vector) -> Vector:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


@kernel
def _locate_one(
    x: float,
    y: float,
    z: float,
    points: Vector,
    superior: Vector,
    start: float,
) -> float:
    """Return ``s`` of one point by repeated projection on the tangent of the nearest frame."""
    last = points.shape[0] - 1
    s = start
    for _ in range(8):
        i = int(min(max(round(s), 0), last))
        along = (
            (x - points[i, 0]) * superior[i, 0]
            + (y - points[i, 1]) * superior[i, 1]
            + (z - points[i, 2]) * superior[i, 2]
        )
        change = along - (s - i)
        s += 0.8 * change
        if abs(change) < 0.01:
            break
    return s


@kernel
def _start(z: float, points: Vector) -> float:
    """Return a first ``s`` from the height alone."""
    last = points.shape[0] - 1
    rise = (points[last, 2] - points[0, 2]) / last
    return float((z - points[0, 2]) / rise)


@kernel
def _locate(
    wanted: Vector,
    points: Vector,
    superior: Vector,
    left: Vector,
    anterior: Vector,
    out: NDArray[np.float64],
) -> None:
    """Fill ``out`` (3, n) with s, v, u of each point."""
    last = points.shape[0] - 1
    for n in range(wanted.shape[0]):
        x, y, z = wanted[n, 0], wanted[n, 1], wanted[n, 2]
        s = _locate_one(x, y, z, points, superior, _start(z, points))
        i = int(min(max(round(s), 0), last))
        dx, dy, dz = x - points[i, 0], y - points[i, 1], z - points[i, 2]
        out[0, n] = s
        out[1, n] = dx * anterior[i, 0] + dy * anterior[i, 1] + dz * anterior[i, 2]
        out[2, n] = dx * left[i, 0] + dy * left[i, 1] + dz * left[i, 2]


@kernel
def _locate_grid(
    affine: NDArray[np.float64],
    points: Vector,
    superior: Vector,
    left: Vector,
    anterior: Vector,
    out: NDArray[np.float32],
) -> None:
    """Fill ``out`` (3, k, j, i) with s, v, u of each voxel centre."""
    last = points.shape[0] - 1
    for k in range(out.shape[1]):
        for j in range(out.shape[2]):
            previous = -1e9
            for i in range(out.shape[3]):
                x = affine[0, 0] * i + affine[0, 1] * j + affine[0, 2] * k + affine[0, 3]
                y = affine[1, 0] * i + affine[1, 1] * j + affine[1, 2] * k + affine[1, 3]
                z = affine[2, 0] * i + affine[2, 1] * j + affine[2, 2] * k + affine[2, 3]
                start = _start(z, points) if previous < -1e8 else previous
                s = _locate_one(x, y, z, points, superior, start)
                previous = s
                near = int(min(max(round(s), 0), last))
                dx, dy, dz = x - points[near, 0], y - points[near, 1], z - points[near, 2]
                out[0, k, j, i] = s
                out[1, k, j, i] = (
                    dx * anterior[near, 0] + dy * anterior[near, 1] + dz * anterior[near, 2]
                )
                out[2, k, j, i] = dx * left[near, 0] + dy * left[near, 1] + dz * left[near, 2]
