"""NIfTI-1 in and out (https://nifti.nimh.nih.gov/nifti-1, nifti1.h), written here.

General readers drop a sheared sform in silence and prefer one of two orientations that
disagree; both would move anatomy.
"""

from __future__ import annotations

import gzip
from struct import pack_into, unpack_from
from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.volume_geometry import VolumeGeometry
from planner.imaging.codes import Code
from planner.imaging.grid_file import (
    GZIP_MAGIC,
    GridFile,
    GridFileError,
    check_size,
    read_start,
    unzipped,
    voxels_from,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

HEADER_BYTES = 348
DATA_OFFSET = 352
LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])

FORMS_AGREE_MM = 0.5
"""Corners of sform and qform may differ by this: both are 32-bit and the qform is rebuilt."""

_TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4"}
_UNIT_MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}


def read_nifti(path: Path) -> GridFile:
    """Read one volume; the grid comes out in LPS.

    Raises
    ------
    GridFileError
        When it is not one volume with one orientation.
    """
    header = read_start(path, DATA_OFFSET)
    if len(header) < HEADER_BYTES:
        raise GridFileError(Code.VOLUME_FILE, "the header is cut short")
    order = next((o for o in "<>" if unpack_from(o + "i", header)[0] == HEADER_BYTES), "")
    if not order or header[344:348] != b"n+1\0":
        raise GridFileError(Code.VOLUME_FILE, "not a single-file NIfTI-1")
    size = _size(unpack_from(order + "8h", header, 40))
    kind = _TYPES.get(unpack_from(order + "h", header, 70)[0])
    if kind is None:
        raise GridFileError(Code.VOLUME_VALUES, "colour or complex values")
    dtype = np.dtype(order + kind)
    offset_value = unpack_from(order + "f", header, 108)[0]
    if not HEADER_BYTES <= offset_value <= 2**24:
        raise GridFileError(Code.VOLUME_FILE, "its voxels start at an impossible place")
    geometry = VolumeGeometry.from_matrix(size, LPS_FROM_RAS @ _ras_from_ijk(header, order, size))
    offset = int(offset_value)
    packed = path.read_bytes()
    most = offset + int(np.prod(size, dtype=np.int64)) * dtype.itemsize
    data = unzipped(packed, most) if packed.startswith(GZIP_MAGIC) else packed[:most]
    voxels = voxels_from(data[offset:], dtype, size)
    return GridFile(geometry=geometry, voxels=_scaled(voxels, header, order))


def _size(dim: tuple[int, ...]) -> tuple[int, int, int]:
    count = dim[0]
    if not 3 <= count <= 7 or any(extent != 1 for extent in dim[4 : count + 1]):
        raise GridFileError(Code.VOLUME_KIND, f"dimensions {list(dim[1 : count + 1])}")
    check_size(dim[1:4])
    return (dim[1], dim[2], dim[3])


def _scaled(voxels: NDArray[np.generic], header: bytes, order: str) -> NDArray[np.generic]:
    slope, intercept = unpack_from(order + "2f", header, 112)
    if slope == 0.0 or (slope, intercept) == (1.0, 0.0):
        return voxels
    if not np.isfinite([slope, intercept]).all():
        raise GridFileError(Code.VOLUME_VALUES, "the scaling is not a number")
    return np.asarray(voxels.astype(np.float64) * slope + intercept)


def _ras_from_ijk(header: bytes, order: str, size: tuple[int, int, int]) -> NDArray[np.float64]:
    """Return the one orientation the file states (sform before qform, which must agree)."""
    unit_mm = _UNIT_MM.get(header[123] & 7)
    if unit_mm is None:
        raise GridFileError(Code.VOLUME_ORIENTATION, "unknown unit of length")
    qform_code, sform_code = unpack_from(order + "2h", header, 252)
    forms = []
    if sform_code > 0:
        rows = np.array(unpack_from(order + "12f", header, 280), dtype=np.float64)
        forms.append(np.vstack([rows.reshape(3, 4), [0.0, 0.0, 0.0, 1.0]]))
    if qform_code > 0:
        forms.append(_from_quaternion(header, order))
    if not forms:
        raise GridFileError(Code.VOLUME_ORIENTATION, "neither sform nor qform is set")
    for form in forms:
        form[:3] *= unit_mm
    if not all(abs(np.linalg.det(form[:3, :3])) > 0.0 for form in forms):
        raise GridFileError(Code.VOLUME_ORIENTATION, "the stated orientation is impossible")
    corners = np.array([(i, j, k, 1) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    corners = corners * np.array([*(count - 1 for count in size), 1])
    apart = np.abs(corners @ (forms[0] - forms[-1]).T).max()
    if apart > FORMS_AGREE_MM:
        raise GridFileError(Code.VOLUME_FORMS, f"corners up to {apart:.1f} mm apart")
    return forms[0]


def _from_quaternion(header: bytes, order: str) -> NDArray[np.float64]:
    """Build the qform matrix (nifti1.h, method 2)."""
    b, c, d, x, y, z = unpack_from(order + "6f", header, 256)
    sign, *spacing = unpack_from(order + "4f", header, 76)
    a = np.sqrt(max(0.0, 1.0 - (b * b + c * c + d * d)))
    rotation = np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
    scale = np.array(spacing) * np.array([1.0, 1.0, -1.0 if sign < 0 else 1.0])
    matrix = np.eye(4)
    matrix[:3, :3] = rotation * scale
    matrix[:3, 3] = (x, y, z)
    return matrix


def nifti_bytes(geometry: VolumeGeometry, voxels: NDArray[np.generic], *, packed: bool) -> bytes:
    """Return a NIfTI-1 file; the grid, shear and all, goes into the sform."""
    codes = {np.dtype(kind): code for code, kind in _TYPES.items()}
    header = bytearray(DATA_OFFSET)
    i, j, k = geometry.size_ijk
    ras = LPS_FROM_RAS @ geometry.lps_from_ijk
    pack_into("<i", header, 0, HEADER_BYTES)
    pack_into("<8h", header, 40, 3, i, j, k, 1, 1, 1, 1)
    pack_into("<2h", header, 70, codes[voxels.dtype], voxels.dtype.itemsize * 8)
    pack_into("<4f", header, 76, 1.0, *geometry.spacing_mm)
    pack_into("<3f", header, 108, float(DATA_OFFSET), 1.0, 0.0)
    header[123] = 2
    pack_into("<2h", header, 252, 0, 1)
    if geometry.is_orthogonal:
        quaternion, sign = _to_quaternion(ras[:3, :3] / np.linalg.norm(ras[:3, :3], axis=0))
        pack_into("<f", header, 76, sign)
        pack_into("<h", header, 252, 1)
        pack_into("<6f", header, 256, *quaternion, *ras[:3, 3])
    pack_into("<12f", header, 280, *ras[:3].ravel())
    header[344:348] = b"n+1\0"
    stored = np.ascontiguousarray(voxels, dtype=voxels.dtype.newbyteorder("<"))
    whole = bytes(header) + stored.tobytes()
    return gzip.compress(whole, compresslevel=4, mtime=0) if packed else whole


def _to_quaternion(rotation: NDArray[np.float64]) -> tuple[tuple[float, float, float], float]:
    """Return (b, c, d) and qfac of unit columns; the largest term is found first."""
    sign = -1.0 if np.linalg.det(rotation) < 0 else 1.0
    r = rotation * np.array([1.0, 1.0, sign])
    squares = np.array(
        [
            1 + r[0, 0] + r[1, 1] + r[2, 2],
            1 + r[0, 0] - r[1, 1] - r[2, 2],
            1 - r[0, 0] + r[1, 1] - r[2, 2],
            1 - r[0, 0] - r[1, 1] + r[2, 2],
        ]
    )
    rows = {
        0: (squares[0], r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]),
        1: (r[2, 1] - r[1, 2], squares[1], r[1, 0] + r[0, 1], r[0, 2] + r[2, 0]),
        2: (r[0, 2] - r[2, 0], r[1, 0] + r[0, 1], squares[2], r[2, 1] + r[1, 2]),
        3: (r[1, 0] - r[0, 1], r[0, 2] + r[2, 0], r[2, 1] + r[1, 2], squares[3]),
    }
    best = int(squares.argmax())
    quaternion = np.array(rows[best]) / (2.0 * np.sqrt(squares[best]))
    quaternion *= -1.0 if quaternion[0] < 0 else 1.0
    return (float(quaternion[1]), float(quaternion[2]), float(quaternion[3])), sign
