"""Closed surfaces as binary STL and as OBJ in LPS, normals outward."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from skimage import measure

from planner.geometry.points import unit

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from planner.geometry.ellipsoid import Spheroid
    from planner.geometry.points import Vector
    from planner.geometry.volume_geometry import VolumeGeometry

HEADER: Final = b"SPACE=LPS; UNIT=mm; planner, research only, not a medical device"
"""Slicer reads ``SPACE=LPS`` from an STL header; without it a mesh is taken for RAS."""

RINGS = 48
SEGMENTS = 96


def mask_surface(
    mask: NDArray[np.bool_], geometry: VolumeGeometry
) -> tuple[Vector, NDArray[np.int64]]:
    """Return points in LPS mm, shape ``(n, 3)``, and triangles, shape ``(m, 3)``.

    The surface runs half-way between voxel centres in and out; nothing is smoothed.
    """
    padded = np.pad(mask, 1).astype(np.float32)
    found = measure.marching_cubes(padded, 0.5)  # type: ignore[no-untyped-call]
    kji, triangles = np.asarray(found[0], dtype=np.float64), np.asarray(found[1], dtype=np.int64)
    points = geometry.lps_mm(kji[:, ::-1] - 1.0)
    return points, outward(points, triangles)


def spheroid_surface(shape: Spheroid) -> tuple[Vector, NDArray[np.int64]]:
    """Return an ellipsoid as points in LPS mm and triangles."""
    axis = np.array(shape.axis)
    helper = np.eye(3)[int(np.abs(axis).argmin())]
    across = unit(np.cross(axis, helper))
    third = np.cross(axis, across)
    tilt = np.linspace(0.0, np.pi, RINGS + 1)[1:-1]
    turn = np.arange(SEGMENTS) * (2.0 * np.pi / SEGMENTS)
    radial = np.cos(turn)[:, None] * across + np.sin(turn)[:, None] * third
    rings = [
        shape.half_length_mm * np.cos(angle) * axis + shape.half_width_mm * np.sin(angle) * radial
        for angle in tilt
    ]
    ends = shape.half_length_mm * np.array([axis, -axis])
    points = shape.centre.array + np.concatenate([*rings, ends])
    return points, outward(points, _sphere_triangles(len(rings)))


def outward(points: Vector, triangles: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return triangles wound so that the enclosed volume is positive."""
    return triangles if volume_mm3(points, triangles) >= 0.0 else triangles[:, ::-1]


def volume_mm3(points: Vector, triangles: NDArray[np.int64]) -> float:
    """Return the signed volume a closed surface encloses."""
    a, b, c = (points[triangles[:, corner]] - points.mean(axis=0) for corner in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6.0)


def write_stl(path: Path, points: Vector, triangles: NDArray[np.int64]) -> Path:
    """Write a binary STL with outward facet normals."""
    record = np.dtype([("normal", "<f4", 3), ("corner", "<f4", (3, 3)), ("unused", "<u2")])
    facets = np.zeros(len(triangles), dtype=record)
    corners = points[triangles]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    facets["normal"] = np.divide(normal, length, out=np.zeros_like(normal), where=length > 0.0)
    facets["corner"] = corners
    header = HEADER.ljust(80, b" ") + np.uint32(len(triangles)).tobytes()
    path.write_bytes(header + facets.tobytes())
    return path


def write_obj(path: Path, points: Vector, triangles: NDArray[np.int64]) -> Path:
    """Write an OBJ, which shares points between triangles; to a tenth of a micrometre."""
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.write(f"# {HEADER.decode('ascii')}\n")
        np.savetxt(file, points, fmt="v %.4f %.4f %.4f")
        np.savetxt(file, triangles + 1, fmt="f %d %d %d")
    return path


def _sphere_triangles(rings: int) -> NDArray[np.int64]:
    here = np.arange(SEGMENTS)
    after = (here + 1) % SEGMENTS
    top, bottom = rings * SEGMENTS, rings * SEGMENTS + 1
    last = (rings - 1) * SEGMENTS
    bands = [np.stack([np.full(SEGMENTS, top), here, after], axis=1)]
    for ring in range(rings - 1):
        a, b = ring * SEGMENTS, (ring + 1) * SEGMENTS
        bands.append(np.stack([a + here, b + here, b + after], axis=1))
        bands.append(np.stack([a + here, b + after, a + after], axis=1))
    bands.append(np.stack([np.full(SEGMENTS, bottom), last + after, last + here], axis=1))
    return np.concatenate(bands).astype(np.int64)
