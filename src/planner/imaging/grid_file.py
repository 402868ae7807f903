"""What a volume file holds before anybody says whether it is CT or labels."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from planner.imaging.codes import Code
from planner.imaging.limits import MAX_MATRIX, MAX_PACKING, MAX_VOXELS, MOST_PACKED_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from planner.geometry.volume_geometry import VolumeGeometry

GZIP_MAGIC = b"\x1f\x8b"

TRAILING_BYTES = 4096
"""What may follow the voxels, such as a line end; more is not the volume the header states."""

VOXEL_MM = (0.01, 100.0)
"""Sides a voxel can have; metres or micrometres taken for millimetres lie outside."""

FARTHEST_MM = 1e5
FLAT = 1e-3
"""Volume of three unit axes below which they lie in one plane."""

_CHUNK = 1024 * 1024


class GridFileError(Exception):
    """The file does not hold one volume on a known grid."""

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GridFile:
    """Voxels of any number type, shape ``[k, j, i]``, on their grid.

    ``segments`` are the names of values, where the file gives them.
    """

    geometry: VolumeGeometry
    voxels: NDArray[np.generic]
    segments: Mapping[int, str] = field(default_factory=dict)


def is_possible(matrix: NDArray[np.float64]) -> bool:
    """Tell whether a 4 x 4 matrix can place voxels of a body in a patient."""
    if not np.abs(matrix).max() < FARTHEST_MM:
        return False
    steps_mm = np.sqrt((matrix[:3, :3] ** 2).sum(axis=0))
    low, high = VOXEL_MM
    if not ((steps_mm >= low) & (steps_mm <= high)).all():
        return False
    return bool(abs(np.linalg.det(matrix[:3, :3] / steps_mm)) > FLAT)


def check_size(size: tuple[int, ...]) -> None:
    """Refuse sizes no volume has, before anything is allocated."""
    if (
        any(not 1 <= count <= 4 * MAX_MATRIX for count in size)
        or int(np.prod(size, dtype=object)) > MAX_VOXELS
    ):
        raise GridFileError(Code.TOO_LARGE, " x ".join(str(count) for count in size))


def read_start(path: Path, length: int) -> bytes:
    """Return the first ``length`` bytes, unpacked when the file is compressed."""
    with path.open("rb") as file:
        start = file.read(2 * length)
    if not start.startswith(GZIP_MAGIC):
        return start[:length]
    try:
        return _gunzip().decompress(start, length)
    except zlib.error:
        raise _damaged() from None


def raw_bytes(path: Path, at: int, length: int) -> bytes:
    """Return ``length`` bytes of a file from ``at`` (fewer at its end)."""
    with path.open("rb") as file:
        if file.seek(0, 2) > at + length + TRAILING_BYTES:
            raise GridFileError(Code.PIXELS_LONG, f"more than {length} bytes")
        file.seek(at)
        return file.read(length)


def unzipped_bytes(path: Path, at: int, length: int) -> bytearray:
    """Unpack the gzip data of a file from ``at``, to its end, and check its sum.

    It is unpacked piece by piece and never beyond what the header states, so that a bomb costs
    no more memory than an honest file.
    """
    packed = path.stat().st_size
    if length > max(MOST_PACKED_BYTES, MAX_PACKING * packed):
        raise GridFileError(Code.TOO_LARGE, f"{packed} bytes that unpack to {length}")
    found = bytearray()
    unpacker, piece = _gunzip(), b""
    most = length + TRAILING_BYTES
    try:
        with path.open("rb") as file:
            file.seek(at)
            while len(found) <= most and (piece := piece or file.read(_CHUNK)):
                if unpacker.eof:
                    if not piece.startswith(GZIP_MAGIC):
                        break
                    unpacker = _gunzip()
                found += unpacker.decompress(piece, most + 1 - len(found))
                piece = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
    except zlib.error:
        raise _damaged() from None
    if len(found) > most:
        raise GridFileError(Code.PIXELS_LONG, f"it unpacks to more than {length} bytes")
    if not unpacker.eof:
        raise GridFileError(Code.VOLUME_FILE, "its compressed data ends too early")
    return found


def _gunzip() -> zlib._Decompress:
    return zlib.decompressobj(zlib.MAX_WBITS | 16)


def _damaged() -> GridFileError:
    return GridFileError(Code.VOLUME_FILE, "its compressed data is damaged")


def voxels_from(
    data: bytes | bytearray,
    dtype: np.dtype[np.generic],
    size_ijk: tuple[int, int, int],
    offset: int = 0,
) -> NDArray[np.generic]:
    """Return the array of a file's voxel bytes from ``offset`` on, i fastest."""
    i, j, k = size_ijk
    expected = i * j * k * dtype.itemsize
    there = max(0, len(data) - offset)
    if there < expected:
        raise GridFileError(Code.PIXELS_SHORT, f"{there} of {expected} bytes")
    voxels = np.frombuffer(data, dtype=dtype, count=i * j * k, offset=offset).reshape(k, j, i)
    return voxels.astype(dtype.newbyteorder("="), copy=False)
