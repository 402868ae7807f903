"""NIfTI-1 in and out, NIfTI-2 in (https://nifti.nimh.nih.gov, nifti1.h, nifti2.h), written here.

General readers drop a sheared sform in silence and prefer one of two orientations that
disagree; both would move anatomy.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from struct import Struct, pack_into, unpack_from
from typing import TYPE_CHECKING

import numpy as np

from planner.geometry.volume_geometry import VolumeGeometry
from planner.imaging.codes import Code
from planner.imaging.grid_file import (
    GZIP_MAGIC,
    GridFile,
    GridFileError,
    check_size,
    is_possible,
    raw_bytes,
    read_start,
    unzipped_bytes,
    voxels_from,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

HEADER_BYTES = 348
HEADER_2_BYTES = 540
MAGIC_2 = b"n+2\0\r\n\x1a\n"
DATA_OFFSET = 352
LPS_FROM_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])

FORMS_AGREE_MM = 0.5
"""Corners of sform and qform may differ by this: both are 32-bit and the qform is rebuilt."""

SIDES_AGREE = 0.01
"""Part by which the voxel's sides may differ between the orientation and pixdim."""

IMPOSSIBLE = 1e9
"""No length in mm, no slope and no intercept reaches this; sums of such numbers stay finite."""

_TYPES = {2: "u1", 4: "i2", 8: "i4", 16: "f4", 64: "f8", 256: "i1", 512: "u2", 768: "u4"}
_UNIT_MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    """What both kinds of header state, by the names of nifti1.h."""

    order: str
    dim: tuple[int, ...]
    datatype: int
    pixdim: tuple[float, ...]
    vox_offset: float
    scaling: tuple[float, float]
    units: int
    qform_code: int
    sform_code: int
    quaternion_and_offset: tuple[float, ...]
    srow: tuple[float, ...]


def read_nifti(path: Path) -> GridFile:
    """Read one volume; the grid comes out in LPS.

    Raises
    ------
    GridFileError
        When it is not one volume with one orientation.
    """
    start = read_start(path, HEADER_2_BYTES)
    header = _header(start)
    size = _size(header.dim)
    kind = _TYPES.get(header.datatype)
    if kind is None:
        raise GridFileError(Code.VOLUME_VALUES, "colour or complex values")
    dtype = np.dtype(header.order + kind)
    if not HEADER_BYTES <= header.vox_offset <= 2**24 or header.vox_offset % 1:
        raise GridFileError(Code.VOLUME_FILE, "its voxels start at an impossible place")
    geometry = VolumeGeometry.from_matrix(size, LPS_FROM_RAS @ _ras_from_ijk(header, size))
    offset = int(header.vox_offset)
    length = int(np.prod(size, dtype=np.int64)) * dtype.itemsize
    with path.open("rb") as file:
        packed = file.read(2) == GZIP_MAGIC
    read = unzipped_bytes if packed else raw_bytes
    voxels = voxels_from(read(path, 0, offset + length), dtype, size, offset)
    return GridFile(geometry=geometry, voxels=_scaled(voxels, header.scaling))


def _header(start: bytes) -> _Header:
    """Return the header of either kind; the first number is its length."""
    for order in "<>":
        length = Struct(order + "i").unpack_from(start.ljust(4, b"\0"))[0]
        if length == HEADER_BYTES <= len(start) and start[344:348] == b"n+1\0":
            return _header_1(start, order)
        if length == HEADER_2_BYTES <= len(start) and start[4:12] == MAGIC_2:
            return _header_2(start, order)
    raise GridFileError(Code.VOLUME_FILE, "not a NIfTI file that holds its voxels")


def _header_1(start: bytes, order: str) -> _Header:
    qform_code, sform_code = unpack_from(order + "2h", start, 252)
    return _Header(
        order=order,
        dim=unpack_from(order + "8h", start, 40),
        datatype=unpack_from(order + "h", start, 70)[0],
        pixdim=unpack_from(order + "4f", start, 76),
        vox_offset=unpack_from(order + "f", start, 108)[0],
        scaling=unpack_from(order + "2f", start, 112),
        units=start[123],
        qform_code=qform_code,
        sform_code=sform_code,
        quaternion_and_offset=unpack_from(order + "6f", start, 256),
        srow=unpack_from(order + "12f", start, 280),
    )


def _header_2(start: bytes, order: str) -> _Header:
    qform_code, sform_code = unpack_from(order + "2i", start, 344)
    return _Header(
        order=order,
        dim=unpack_from(order + "8q", start, 16),
        datatype=unpack_from(order + "h", start, 12)[0],
        pixdim=unpack_from(order + "4d", start, 104),
        vox_offset=float(unpack_from(order + "q", start, 168)[0]),
        scaling=unpack_from(order + "2d", start, 176),
        units=unpack_from(order + "i", start, 500)[0],
        qform_code=qform_code,
        sform_code=sform_code,
        quaternion_and_offset=unpack_from(order + "6d", start, 352),
        srow=unpack_from(order + "12d", start, 400),
    )


def _size(dim: tuple[int, ...]) -> tuple[int, int, int]:
    count = dim[0]
    if not 3 <= count <= 7 or any(extent != 1 for extent in dim[4 : count + 1]):
        raise GridFileError(Code.VOLUME_KIND, f"dimensions {list(dim[1 : count + 1])}")
    check_size(dim[1:4])
    return (dim[1], dim[2], dim[3])


def _scaled(voxels: NDArray[np.generic], scaling: tuple[float, float]) -> NDArray[np.generic]:
    slope, intercept = scaling
    if slope == 0.0 or (slope, intercept) == (1.0, 0.0):
        return voxels
    if not (abs(slope) < IMPOSSIBLE and abs(intercept) < IMPOSSIBLE):
        raise GridFileError(Code.VOLUME_VALUES, "the scaling is not a number")
    return np.asarray(voxels.astype(np.float64) * slope + intercept)


def _ras_from_ijk(header: _Header, size: tuple[int, int, int]) -> NDArray[np.float64]:
    """Return the one orientation the file states (sform before qform, which must agree)."""
    unit_mm = _UNIT_MM.get(header.units & 7)
    if unit_mm is None:
        raise GridFileError(Code.VOLUME_ORIENTATION, "unknown unit of length")
    if any(extent < 0.0 for extent in header.pixdim[1:4]):
        raise GridFileError(Code.VOLUME_ORIENTATION, "a voxel has a negative side")
    forms = []
    if header.sform_code > 0:
        rows = np.array(header.srow, dtype=np.float64)
        forms.append(np.vstack([rows.reshape(3, 4), [0.0, 0.0, 0.0, 1.0]]))
    if header.qform_code > 0:
        forms.append(_from_quaternion(header))
    if not forms:
        raise GridFileError(Code.VOLUME_ORIENTATION, "neither sform nor qform is set")
    for form in forms:
        form[:3] *= unit_mm
    if not all(is_possible(form) for form in forms):
        raise GridFileError(Code.VOLUME_ORIENTATION, "the stated orientation is impossible")
    _check_sides(forms[0], header, unit_mm)
    corners = np.array([(i, j, k, 1) for i in (0, 1) for j in (0, 1) for k in (0, 1)])
    corners = corners * np.array([*(count - 1 for count in size), 1])
    apart = np.abs(corners @ (forms[0] - forms[-1]).T).max()
    if apart > FORMS_AGREE_MM:
        raise GridFileError(Code.VOLUME_FORMS, f"corners up to {apart:.1f} mm apart")
    return forms[0]


def _check_sides(form: NDArray[np.float64], header: _Header, unit_mm: float) -> None:
    """Hold the voxel's sides of the orientation against those stated apart (pixdim)."""
    sides_mm = np.sqrt((form[:3, :3] ** 2).sum(axis=0))
    stated_mm = np.array(header.pixdim[1:4]) * unit_mm
    if not np.allclose(sides_mm, stated_mm, rtol=SIDES_AGREE, atol=0.0):
        shown = " x ".join(f"{side:.3g}" for side in stated_mm)
        meant = " x ".join(f"{side:.3g}" for side in sides_mm)
        raise GridFileError(Code.VOLUME_FORMS, f"voxels of {shown} and of {meant} mm")


def _from_quaternion(header: _Header) -> NDArray[np.float64]:
    """Build the qform matrix (nifti1.h, method 2)."""
    b, c, d, x, y, z = header.quaternion_and_offset
    sign, *spacing = header.pixdim
    if not all(abs(number) < IMPOSSIBLE for number in (b, c, d, x, y, z, *spacing)):
        raise GridFileError(Code.VOLUME_ORIENTATION, "the stated orientation is impossible")
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
